"""Edges of folders and conversations beside those of groups: each says what sort it is of."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """All edges so far are accounts in groups."""
    op.execute("CREATE TABLE edge_of_groups AS SELECT network, target, container, account FROM edge")
    op.drop_table("edge")
    op.create_table(
        "edge",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("container", sa.Text(), nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("network", "target", "container", "sort", "account", name=op.f("pk_edge")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO edge (network, target, container, sort, account) "
        "SELECT network, target, container, 'group/member/account', account FROM edge_of_groups"
    )
    op.drop_table("edge_of_groups")
