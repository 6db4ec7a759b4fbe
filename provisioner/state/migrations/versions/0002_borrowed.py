"""Accounts that another network owns, and whose memberships a network manages."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing was borrowed before."""
    op.create_table(
        "borrowed",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("network", "target", "key", name=op.f("pk_borrowed")),
        sa.UniqueConstraint("network", "target", "remote_id", name=op.f("uq_borrowed_network_target_remote_id")),
    )
