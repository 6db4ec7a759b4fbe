"""Inserting what may be there already: both databases can, each in a dialect of its own."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ``on_conflict_…``; ``dialect``: that of the connection, by name."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
