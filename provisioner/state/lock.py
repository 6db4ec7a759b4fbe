"""One write lock a server, held on the very connection on which the journal is written.

SQLite: an advisory lock on a file beside the database; the kernel frees it however the process ends.
PostgreSQL: `pg_try_advisory_lock`; whoever loses the connection has lost the lock, and notices before the next
write. (A pgbouncer in transaction mode breaks advisory locks: connect to PostgreSQL itself.)
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, delete, insert, text, update
from sqlalchemy import select as select_
from sqlalchemy.exc import DBAPIError

from provisioner.model.errors import StateError
from provisioner.model.text import Text
from provisioner.state.durability import transaction
from provisioner.state.errors import LockLost, LockTaken, translated
from provisioner.state.schema import SERVER_LOCK
from provisioner.transport.gate import WriteToken


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a lock."""

    host: str
    pid: int
    run: int | None
    since: datetime


class _Held(Protocol):
    """The lock as the operating system or the database server keeps it."""

    def is_held(self) -> bool: ...

    def release(self) -> None: ...


class ServerLock:
    """A held lock: a context manager, and the connection on which bindings and the journal are written."""

    def __init__(self, server: str, owner: Owner, where: str, connection: Connection, held: _Held) -> None:
        self.server = server
        self.owner = owner
        self._where = where
        self._connection = connection
        self._held = held
        self._lost = False

    def is_held(self) -> bool:
        """Cheap (microseconds): asked before every single write. Once lost it stays lost."""
        if not self._lost and not self._held.is_held():
            self._lost = True
        return not self._lost

    def name_run(self, run: int) -> None:
        """Say for which run the lock is held, when the run began after the lock was taken."""
        with self.writing() as connection:
            connection.execute(update(SERVER_LOCK).where(SERVER_LOCK.c.server == self.server).values(run=run))
        self.owner = replace(self.owner, run=run)

    def token(self) -> WriteToken:
        """The right to write to this server for as long as the lock is held."""
        return WriteToken(self.server, self.is_held)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction on the lock's own connection, for reading."""
        with self._transaction() as connection:
            yield connection

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """A transaction on the lock's own connection. Raises `LockLost` when the lock is gone, else `StateError`."""
        with self._transaction(durable=durable) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, durable: bool = True) -> Iterator[Connection]:
        if not self.is_held():
            raise self._gone()
        with translated(self._where):
            try:
                with transaction(self._connection, durable=durable):
                    yield self._connection
            except DBAPIError as error:
                # SQLAlchemy would connect anew for the next statement, without the lock and without a word.
                if error.connection_invalidated:
                    self._lost = True
                    raise self._gone() from error
                raise

    def _gone(self) -> LockLost:
        return LockLost(Text.of("state.lock_lost", server=self.server, database=self._where))

    def release(self) -> None:
        """Give the lock back. Doing it twice, or after it was lost, does no harm."""
        if self._connection.closed:
            return
        try:
            if self.is_held():
                with suppress(LockLost), self.writing() as connection:
                    connection.execute(delete(SERVER_LOCK).where(SERVER_LOCK.c.server == self.server))
        finally:
            self._lost = True
            with translated(self._where):
                try:
                    self._held.release()
                finally:
                    self._connection.invalidate()  # never back into the pool: it may still carry the lock
                    self._connection.close()

    def __enter__(self) -> ServerLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def open_lock(engine: Engine, where: str, path: Path | None, server: str, at: datetime, run: int | None) -> ServerLock:
    """Take the lock or raise `LockTaken`; see `provisioner.state.database.Database.lock`."""
    with translated(where):
        connection = engine.connect()
        try:
            taken = _FileLock.take(path, server) if path is not None else _AdvisoryLock.take(connection, server)
            if taken is None:
                raise _taken(connection, server)
            owner = Owner(socket.gethostname(), os.getpid(), run, at)
            lock = ServerLock(server, owner, where, connection, taken)
            try:
                with lock.writing() as writing:
                    writing.execute(delete(SERVER_LOCK).where(SERVER_LOCK.c.server == server))
                    row = {"server": server, "host": owner.host, "pid": owner.pid, "run": run, "since": at}
                    writing.execute(insert(SERVER_LOCK).values(row))
            except BaseException:
                taken.release()
                raise
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
    return lock


def _taken(connection: Connection, server: str) -> LockTaken:
    with connection.begin():
        row = connection.execute(select_(SERVER_LOCK).where(SERVER_LOCK.c.server == server)).one_or_none()
    if row is None:  # taken this very moment
        return LockTaken(Text.of("state.lock_taken_unknown", server=server))
    arguments: dict[str, Any] = {"server": server, "host": row.host, "pid": row.pid, "since": row.since}
    if row.run is None:
        return LockTaken(Text.of("state.lock_taken", **arguments))
    return LockTaken(Text.of("state.lock_taken_run", run=row.run, **arguments))


class _FileLock:
    """An exclusive `flock` on a file beside the database."""

    def __init__(self, handle: int, path: Path) -> None:
        self._handle = handle
        self._path = path
        self._database = _identity(path)

    @classmethod
    def take(cls, database: Path, server: str) -> _FileLock | None:
        name = f"{database.name}-lock-{hashlib.sha256(server.encode()).hexdigest()[:16]}"
        try:
            handle = os.open(database.with_name(name), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StateError(Text.of("state.unreadable", database=str(database)), error.strerror or "") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        except OSError as error:
            os.close(handle)
            raise StateError(Text.of("state.no_file_locks", database=str(database)), error.strerror or "") from error
        return cls(handle, database)

    def is_held(self) -> bool:
        """Held as long as nobody removed the lock's file, or put another database in place of ours."""
        return self._handle >= 0 and os.fstat(self._handle).st_nlink > 0 and _identity(self._path) == self._database

    def release(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _AdvisoryLock:
    """PostgreSQL's session lock, kept for as long as this one connection lives."""

    def __init__(self, raw: Any, error: type[Exception]) -> None:
        self._raw = raw
        self._error = error
        self._asking = threading.Lock()

    @classmethod
    def take(cls, connection: Connection, server: str) -> _AdvisoryLock | None:
        key = int.from_bytes(hashlib.sha256(f"readi:{server}".encode()).digest()[:8], "big", signed=True)
        with connection.begin():
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}):
                return None
        dbapi: Any = connection.dialect.dbapi
        return cls(connection.connection.dbapi_connection, dbapi.Error)

    def is_held(self) -> bool:
        """A server that ends a connection says so: the socket becomes readable, and reading it finds the end."""
        with self._asking:  # libpq knows no threads, and several may write by one lock
            if self._raw.closed or self._raw.broken:
                return False
            poll = select.poll()
            poll.register(self._raw.fileno(), select.POLLIN)
            while poll.poll(0):
                try:
                    self._raw.pgconn.consume_input()
                except self._error:
                    return False
            return True

    def release(self) -> None:
        """Closing the connection is what frees it; the owner of the connection does that at once."""
