"""Meeting rooms: who may enter, who is invited, how many are inside; feeds; what was read before."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """There were no meetings before."""
    op.create_table(
        "feed",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("network", "person", name=op.f("pk_feed")),
        sa.UniqueConstraint("network", "digest", name=op.f("uq_feed_network_digest")),
    )
    op.create_table(
        "gathering",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("came", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("network", "key", "created", name=op.f("pk_gathering")),
    )
    op.create_index(op.f("ix_gathering_network_ended"), "gathering", ["network", "ended"], unique=False)
    op.create_table(
        "guest_room",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Float(53), nullable=False),
        sa.Column("until", sa.Float(53), nullable=False),
        sa.Column("closed_at", sa.Float(53), nullable=True),
        sa.PrimaryKeyConstraint("network", "id", name=op.f("pk_guest_room")),
        sa.UniqueConstraint("network", "name", name=op.f("uq_guest_room_network_name")),
    )
    op.create_index(op.f("ix_guest_room_network_body"), "guest_room", ["network", "body"], unique=False)
    op.create_table(
        "headcount",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("inside", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "network", "key", "part", "told", "at", "since", "inside", "most", name=op.f("pk_headcount")
        ),
    )
    op.create_table(
        "invitation",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("guest_name", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("invited_at", sa.Float(53), nullable=False),
        sa.Column("until", sa.Float(53), nullable=False),
        sa.Column("withdrawn_at", sa.Float(53), nullable=True),
        sa.PrimaryKeyConstraint("network", "id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("network", "digest", name=op.f("uq_invitation_network_digest")),
    )
    op.create_index(op.f("ix_invitation_network_key"), "invitation", ["network", "key"], unique=False)
    op.create_table(
        "remembered",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("container", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("objects", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("network", "target", "kind", "container", name=op.f("pk_remembered")),
    )
    op.create_table(
        "reservation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts", sa.Float(53), nullable=False),
        sa.Column("ends", sa.Float(53), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_reservation_network_name"), "reservation", ["network", "name"], unique=False)
    op.create_table(
        "room_access",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("named_at", sa.Float(53), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("passed_at", sa.Float(53), nullable=True),
        sa.Column("due_since", sa.Float(53), nullable=True),
        sa.Column("due_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("network", "key", name=op.f("pk_room_access")),
    )
