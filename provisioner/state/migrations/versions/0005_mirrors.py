"""What is believed of people in sources of identities, and whom of them a ranger told apart."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No source was read before."""
    op.create_table(
        "mirror",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("read_at", sa.Float(53), nullable=True),
        sa.Column("whole_at", sa.Float(53), nullable=True),
        sa.Column("failed_at", sa.Float(53), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("held", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("network", "source", name=op.f("pk_mirror")),
    )
    op.create_table(
        "mirrored",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("missing_since", sa.Date(), nullable=True),
        sa.Column("went_on", sa.Date(), nullable=True),
        sa.Column("first_seen", sa.Date(), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("network", "source", "key", name=op.f("pk_mirrored")),
    )
    op.create_table(
        "apart",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("said_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("network", "source", "key", "person", name=op.f("pk_apart")),
    )
