"""Bringing a database to the version that this program knows, when it is opened."""

import secrets
from importlib.resources import files
from typing import Final

from sqlalchemy import Connection, insert, inspect, select, text

from provisioner.model.errors import StateError
from provisioner.model.text import Text
from provisioner.state.schema import SECRET

HEAD: Final = "0008"
"""The newest revision; a test holds it against the scripts. Known here so that opening need not load alembic."""

_GATE: Final = 0x72656164  # "read": one migration at a time on PostgreSQL


def is_current(connection: Connection) -> bool:
    """Whether the database needs nothing done to it."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD)


def upgrade(connection: Connection, where: str) -> None:
    """Migrate inside ``connection``'s transaction. Raises `StateError` for a database of a later program."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:gate)"), {"gate": _GATE})
    if is_current(connection):  # somebody else was faster
        return

    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(files("provisioner.state") / "migrations"))
    config.set_main_option("path_separator", "os")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if inspect(connection).has_table("alembic_version"):
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
        if found is not None and found not in known:
            raise StateError(Text.of("state.newer", database=where, found=str(found), known=HEAD))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.scalar(select(SECRET.c.value).where(SECRET.c.name == "tombstones")) is None:
        connection.execute(insert(SECRET).values(name="tombstones", value=secrets.token_hex(32)))
