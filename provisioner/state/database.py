"""Opening the database, and its transactions."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from provisioner.model.errors import StateError
from provisioner.model.text import Text
from provisioner.state.durability import transaction
from provisioner.state.errors import translated
from provisioner.state.lock import ServerLock, open_lock
from provisioner.state.migrate import is_current, upgrade
from provisioner.state.turnstile import Turnstile

_PATIENCE: Final = 30
"""Seconds that one statement waits for another process' transaction; ours take milliseconds."""

_POSTGRESQL: Final = {
    # A leader whose machine vanished must lose its lock in about a minute, not in the two hours of the defaults.
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "application_name": "readi",
}


class Transactions(Protocol):
    """Whatever statements can be run on: the database, or one held lock's own connection."""

    def reading(self) -> Any:
        """A context manager over a `Connection`: one consistent picture, never waits for a writer."""
        ...

    def writing(self, *, durable: bool = True) -> Any:
        """A context manager over a `Connection`: all of it is kept, or nothing. ``durable``: see `transaction`."""
        ...


class Within:
    """`Transactions` inside one that was begun already: what several stores write is all kept, or nothing of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The connection of the transaction."""
        yield self._connection

    @contextmanager
    def writing(self, **_: bool) -> Iterator[Connection]:
        """The same: whoever began it decides how durable it is."""
        yield self._connection


class Database:
    """One database, shared by all threads of a process. Make it with `Database.open`."""

    def __init__(self, engine: Engine, where: str, path: Path | None) -> None:
        self.engine = engine
        self.where = where
        """The database as people know it: a path, or a URL without its password."""
        self.path = path
        self._watch: sqlite3.Connection | None = None
        self._watching = threading.Lock()
        self._writers = Turnstile()

    @classmethod
    def open(cls, address: str | Path) -> Database:
        """Open (and, if need be, make or migrate) the database at a path or a ``postgresql://`` URL.

        Raises `StateError`: unreadable, corrupt, made by a later version, no driver, unreachable.
        """
        url = _url(address)
        where = url.database if url.get_backend_name() == "sqlite" and url.database else url.render_as_string()
        path = Path(where) if url.get_backend_name() == "sqlite" else None
        if path is not None:
            _prepare(path)
        with translated(where):
            database = cls(_engine(url), where, path)
        try:
            with _alone(path):
                with database.reading() as connection:
                    current = is_current(connection)
                if not current:
                    with database.writing() as connection:
                        upgrade(connection, where)
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Let go of every connection. Locks are to be released before."""
        with self._watching:
            if self._watch is not None:
                self._watch.close()
                self._watch = None
        self.engine.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent picture. Raises `StateError`."""
        with translated(self.where), self.engine.connect() as connection:
            # By its own default PostgreSQL gives each statement a newer picture; SQLite knows no such levels.
            options = {"isolation_level": "REPEATABLE READ"} if self.path is None else {"readi_begin": "BEGIN"}
            connection = connection.execution_options(**options)
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back when it raises. Raises `StateError`."""
        # PostgreSQL has many writers. Who waited here too long asks SQLite, which says that it is busy.
        turn = nullcontext() if self.path is None else self._writers.inside(_PATIENCE)
        with (
            turn,
            translated(self.where),
            self.engine.connect() as connection,
            transaction(connection, durable=durable),
        ):
            yield connection

    def version(self) -> int | None:
        """Another number whenever anything was committed since, by whomever; None: the database tells no such thing.

        Asked in microseconds, where the shortest transaction takes a hundred times that: who reads something, and the
        version before it, need not read it again while the version is the same. Raises `StateError`.
        """
        if self.path is None:
            return None
        with translated(self.where), self._watching:
            if self._watch is None:
                # One of its own that never writes: it tells what all others did, and nothing of what it does itself.
                self._watch = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            return int(self._watch.execute("PRAGMA data_version").fetchone()[0])

    def fold(self) -> None:
        """Move SQLite's write-ahead log into the file and empty it; left to the next time while somebody reads.

        Until then it holds what was overwritten since. PostgreSQL sees to its own.
        """
        if self.path is not None:
            with translated(self.where), closing(self.engine.raw_connection()) as pooled:
                driver = pooled.cursor()
                driver.execute("PRAGMA busy_timeout=0")
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # says that it could not, and raises nothing
                driver.execute(f"PRAGMA busy_timeout={_PATIENCE * 1000}")
                driver.close()

    def lock(self, server: str, at: datetime, run: int | None = None) -> ServerLock:
        """Take a server's write lock, or raise `LockTaken` at once, naming who has it.

        ``server`` is the server's identity, ``at`` the present. Released by its `with` block, `release`, or the
        end of the process, however it ends.
        """
        return open_lock(self.engine, self.where, self.path, server, at, run)


def _url(address: str | Path) -> URL:
    if isinstance(address, Path) or "://" not in address:
        return URL.create("sqlite", database=str(address))
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise StateError(Text.of("state.bad_url")) from None
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise StateError(Text.of("state.no_driver", scheme=url.drivername))
    if url.get_backend_name() == "sqlite" and (url.database or ":memory:") == ":memory:":
        raise StateError(Text.of("state.in_memory"))
    return url


def _prepare(path: Path) -> None:
    """Make the file, for our eyes only, before SQLite would make it for everybody's.

    A file that is there is not opened: closing it again would drop the locks that SQLite holds on it for this whole
    process (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    try:
        _make_folder(path.parent)
        if not path.exists():
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise StateError(Text.of("state.unreadable", database=str(path)), detail=error.strerror or "") from error


def _make_folder(path: Path) -> None:
    """Those above that are missing are ours alone, too: the mode that `Path.mkdir` is given holds for the last one."""
    if not path.is_dir():
        _make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def _alone(path: Path | None) -> Iterator[None]:
    """One process at a time may turn a file into our database: SQLite does not wait while another switches to WAL."""
    if path is None:
        yield
        return
    try:
        handle = os.open(path.with_name(f"{path.name}-lock-open"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StateError(Text.of("state.unreadable", database=str(path)), detail=error.strerror or "") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() == "postgresql":
            arguments = {name: value for name, value in _POSTGRESQL.items() if name not in url.query}
            return create_engine(url, connect_args=arguments, pool_pre_ping=True)
        engine = create_engine(url, connect_args={"isolation_level": None, "timeout": _PATIENCE})
    except (NoSuchModuleError, ModuleNotFoundError):
        raise StateError(Text.of("state.no_driver", scheme=url.drivername)) from None
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    """What must hold on every connection: SQLite remembers none of it but the journal mode."""
    # What is deleted is overwritten: a person who was erased must not be found in a free page.
    kept = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
    for pragma in (*kept, f"busy_timeout={_PATIENCE * 1000}"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    """The driver's own way of beginning lost 658 of 800 read-modify-writes of 8 threads; this way loses none."""
    connection.exec_driver_sql(connection.get_execution_options().get("readi_begin", "BEGIN IMMEDIATE"))
