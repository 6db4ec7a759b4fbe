"""Inserting what may be there already: both databases can, each in a dialect of its own."""

from collections.abc import Mapping

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ``on_conflict_…``; ``dialect``: that of the connection, by name."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def insert_new(connection: Connection, table: Table, row: Mapping[str, object]) -> bool:
    """Insert one row. False: it was there already, or one that must be the only one of its kind.

    Of an INSERT the count of rows means nothing on PostgreSQL: SQLAlchemy gives -1 with psycopg. What comes back does.
    """
    statement = insert_into(connection.dialect.name, table).values(row).on_conflict_do_nothing()
    return connection.execute(statement.returning(*table.primary_key.columns)).first() is not None
