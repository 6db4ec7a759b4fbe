"""Sensors and alerts: what came, what is known of each sensor, what goes on, what is to be said."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """There were no sensors before."""
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("opened", sa.Float(53), nullable=False),
        sa.Column("closed", sa.Float(53), nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.Column("due", sa.Float(53), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alert_network_due"), "alert", ["network", "due"], unique=False)
    op.create_index(op.f("ix_alert_network_opened"), "alert", ["network", "opened"], unique=False)
    op.create_index(
        "ix_alert_open",
        "alert",
        ["network", "body", "rule"],
        unique=True,
        sqlite_where=sa.text("closed IS NULL"),
        postgresql_where=sa.text("closed IS NULL"),
    )
    op.create_table(
        "alert_outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("alert", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("not_before", sa.Float(53), nullable=False),
        sa.Column("changed", sa.Float(53), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried", sa.Float(53), nullable=True),
        sa.Column("gathered", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("conversation", sa.Text(), nullable=True),
        sa.Column("message", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alert_outbox_network_alert"), "alert_outbox", ["network", "alert"], unique=False)
    op.create_index(
        op.f("ix_alert_outbox_network_conversation_message"),
        "alert_outbox",
        ["network", "conversation", "message"],
        unique=False,
    )
    op.create_index(
        "ix_alert_outbox_to_say",
        "alert_outbox",
        ["network", "body", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'sending')"),
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    )
    op.create_table(
        "alert_silence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("since", sa.Float(53), nullable=False),
        sa.Column("until", sa.Float(53), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_silence")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alert_silence_network_until"), "alert_silence", ["network", "until"], unique=False)
    op.create_table(
        "gateway",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("since", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("network", "sender", "gateway", name=op.f("pk_gateway")),
    )
    op.create_table(
        "sender_count",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("network", "sender", "what", name=op.f("pk_sender_count")),
    )
    op.create_table(
        "sender_state",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("network", "sender", name=op.f("pk_sender_state")),
    )
    op.create_table(
        "sensor_state",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("sensor", sa.Text(), nullable=False),
        sa.Column("due", sa.Float(53), nullable=True),
        sa.Column("heard", sa.Float(53), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("network", "sensor", name=op.f("pk_sensor_state")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_sensor_state_network_due"), "sensor_state", ["network", "due"], unique=False)
    op.create_table(
        "unknown_device",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("first_heard", sa.Float(53), nullable=False),
        sa.Column("last_heard", sa.Float(53), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("paths", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("network", "sender", "device", name=op.f("pk_unknown_device")),
    )
    op.create_table(
        "uplink",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("sensor", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("word", sa.BigInteger(), nullable=False),
        sa.Column("quantities", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("network", "sensor", "at", "word", name=op.f("pk_uplink")),
        sqlite_with_rowid=False,
    )
