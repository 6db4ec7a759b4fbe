"""One statement for many rows, where thousands a second count: compiled once, and no row is looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Insert, Update


class Many:
    """Rows are tuples in the order of ``names``; moments are given as seconds since 1970."""

    def __init__(self, statement: Insert | Update, *names: str) -> None:
        self._statement, self._names = statement, names
        self._ready: dict[str, tuple[str, list[int] | None]] = {}

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Do it for each of them."""
        if not rows:
            return
        sql, order = self._compiled(connection)
        if order is None:
            connection.exec_driver_sql(sql, [dict(zip(self._names, row, strict=True)) for row in rows])
        elif order == list(range(len(self._names))):
            connection.exec_driver_sql(sql, list(rows))
        else:
            connection.exec_driver_sql(sql, [tuple([row[place] for place in order]) for row in rows])

    def _compiled(self, connection: Connection) -> tuple[str, list[int] | None]:
        """The statement as the driver wants it, and the order of its places; None: they have names."""
        dialect = connection.dialect
        ready = self._ready.get(dialect.name)
        if ready is None:
            keys = list(self._names) if isinstance(self._statement, Insert) else None
            compiled = self._statement.compile(dialect=dialect, column_keys=keys)
            places = getattr(compiled, "positiontup", None)
            order = [self._names.index(name) for name in places] if compiled.positional and places else None
            ready = self._ready[dialect.name] = (str(compiled), order)
        return ready
