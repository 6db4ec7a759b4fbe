"""Every failure of the database becomes a `StateError` whose text says what to do; no SQLAlchemy error leaves here."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from provisioner.model.errors import StateError
from provisioner.model.text import Text


class AlreadyBound(StateError):
    """The remote object is tied to something else already; one object is tied once a server."""


class LockTaken(StateError):
    """Another run holds the server's write lock."""


class LockLost(StateError):
    """The write lock was held and no longer is. Nothing may be written any more."""


class StateBehind(StateError):
    """The database knows less than its file of ties: an old copy, or made anew. It must not write."""


_SQLITE: Final = {
    sqlite3.SQLITE_FULL: "state.full",
    sqlite3.SQLITE_BUSY: "state.busy",
    sqlite3.SQLITE_LOCKED: "state.busy",
    sqlite3.SQLITE_CANTOPEN: "state.unreadable",
    sqlite3.SQLITE_READONLY: "state.unreadable",
    sqlite3.SQLITE_PERM: "state.unreadable",
    sqlite3.SQLITE_AUTH: "state.unreadable",
    sqlite3.SQLITE_NOTADB: "state.corrupt",
    sqlite3.SQLITE_CORRUPT: "state.corrupt",
    sqlite3.SQLITE_IOERR: "state.disk",
}
"""By primary result code, https://www.sqlite.org/rescode.html"""

_POSTGRESQL: Final = {
    "53100": "state.full",
    "53200": "state.busy",
    "53300": "state.busy",
    "55P03": "state.busy",
    "40001": "state.busy",
    "40P01": "state.busy",
    "57P03": "state.unreachable",
    "28000": "state.login",
    "28P01": "state.login",
    "3D000": "state.no_database",
    "42501": "state.unreadable",
    "25006": "state.unreadable",
    "XX001": "state.corrupt",
    "XX002": "state.corrupt",
}
"""By SQLSTATE, PostgreSQL documentation, appendix A."""


def explained(error: SQLAlchemyError, where: str) -> StateError:
    """The `StateError` for what SQLAlchemy raised. ``where`` is the database as people know it, without password."""
    if isinstance(error, DBAPIError):
        return StateError(Text.of(_code(error), database=where), detail=_detail(error))
    return StateError(Text.of("state.failed", database=where), detail=type(error).__name__)


def _code(error: DBAPIError) -> str:
    original = error.orig
    number = getattr(original, "sqlite_errorcode", None)
    if isinstance(number, int):
        return _SQLITE.get(number & 0xFF, "state.failed")
    sqlstate = getattr(original, "sqlstate", None)
    if isinstance(sqlstate, str) and sqlstate in _POSTGRESQL:
        return _POSTGRESQL[sqlstate]
    if isinstance(sqlstate, str) and sqlstate.startswith("58"):
        return "state.disk"
    if error.connection_invalidated or (sqlstate is None and type(original).__name__ == "OperationalError"):
        # psycopg reports a failed log-in while connecting without a SQLSTATE, in the server's own words.
        if "password authentication failed" in str(original):
            return "state.login"
        if "does not exist" in str(original):
            return "state.no_database"
        return "state.unreachable"
    return "state.failed"


def _detail(error: DBAPIError) -> str:
    """What the driver calls it. Never its message: that can quote values, and values are about people."""
    original = error.orig
    name = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    return f"{type(original).__name__} {name}" if name else type(original).__name__


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Run the block; what the database raises leaves it as a `StateError`."""
    try:
        yield
    except IntegrityError as error:
        # Both databases name the constraint or its columns.
        if "remote_id" in str(error.orig) and "binding" in str(error.orig):
            raise AlreadyBound(Text.of("state.already_bound", database=where), detail=_detail(error)) from None
        raise explained(error, where) from error
    except SQLAlchemyError as error:
        raise explained(error, where) from error
    except sqlite3.Error as error:  # of a connection that is the driver's own
        raise explained(DBAPIError(None, None, error), where) from error
