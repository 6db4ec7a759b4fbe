"""Being woken by what others commit, on PostgreSQL: a NOTIFY in the very transaction that puts something down.

It is handed over on commit and never for what is rolled back, the same one of a transaction once. Neither side needs a
right beyond that to connect (PostgreSQL documentation, LISTEN and NOTIFY). A pgbouncer in transaction mode breaks it,
as it breaks locks. SQLite has no such thing: there, what another process put down is found by whoever looks.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func
from sqlalchemy.exc import DBAPIError

from provisioner.state.database import Database
from provisioner.state.errors import explained, translated

CHANNEL: Final = "readi_alerts"
"""Its payload is the network's name, and nothing else."""


def wakes(connection: Connection, network: str) -> tuple[ColumnElement[Any], ...]:
    """To be returned by the statement that puts something down: whoever waits for this network's is woken on commit."""
    return (func.pg_notify(CHANNEL, network),) if connection.dialect.name == "postgresql" else ()


class Waking:
    """Has ``woken`` called whenever something was put down for a network, by whomever. Made by `of`.

    `turn` and `close` are for one thread; `stop` for any.
    """

    def __init__(self, database: Database, network: str, woken: Callable[[], None]) -> None:
        self._database, self._network, self._woken = database, network, woken
        self._connection: Connection | None = None
        reading, writing = os.pipe()
        self._ends, self._end = os.fdopen(reading, "rb", 0), os.fdopen(writing, "wb", 0)

    @classmethod
    def of(cls, database: Database, network: str, woken: Callable[[], None]) -> Waking | None:
        """None: this database tells nobody of what others commit."""
        return cls(database, network, woken) if database.path is None else None

    def turn(self) -> float:
        """Connect, or wait for the next call; 0, the seconds until it is to be called again.

        Raises `StateError` when the connection cannot be made, or was lost; the next turn makes another one. What was
        committed in between nobody was told of, so ``woken`` is called then, too.
        """
        if self._connection is None:
            self._connection = self._listening()
            self._woken()
        else:
            self._wait(self._connection)
        return 0.0

    def stop(self) -> None:
        """No turn waits any more. Idempotent."""
        self._end.close()  # which the other end hears

    def close(self) -> None:
        """Let go of the connection. Idempotent."""
        self._hang_up()
        self.stop()
        self._ends.close()

    def _listening(self) -> Connection:
        with translated(self._database.where):
            connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            try:
                connection.exec_driver_sql(f"LISTEN {CHANNEL}")
            except BaseException:
                _drop(connection)
                raise
        return connection

    def _wait(self, connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        errors: Any = connection.dialect.dbapi
        try:
            poll = select.poll()
            poll.register(raw.fileno(), select.POLLIN)
            poll.register(self._ends, select.POLLIN)
            poll.poll()
            called = {note.payload for note in raw.notifies(timeout=0)}
        except errors.Error as error:
            self._hang_up()
            raise explained(DBAPIError(None, None, error), self._database.where) from error
        if self._network in called:
            self._woken()

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            _drop(connection)


def _drop(connection: Connection) -> None:
    connection.invalidate()  # never back into the pool: it would go on to listen there
    connection.close()
