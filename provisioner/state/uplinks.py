"""What was measured, for as long as the policy keeps it: by it a message is known again, and charts are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from provisioner.state.alert_schema import UPLINK
from provisioner.state.codec import load
from provisioner.state.database import Transactions
from provisioner.state.many import Many

_SENSORS: Final = 200
"""Of so many is forgotten in one transaction, so that nobody who receives waits for it."""
_KEEP: Final = Many(insert(UPLINK), "network", "sensor", "at", "word", "quantities")
_AMONG: Final = {
    "sqlite": """
        SELECT uplink.sensor, uplink.at, uplink.word FROM json_each(?) AS span CROSS JOIN uplink
        ON uplink.network = ? AND uplink.sensor = json_extract(span.value, '$[0]')
        AND uplink.at BETWEEN json_extract(span.value, '$[1]') AND json_extract(span.value, '$[2]')""",
    "postgresql": """
        SELECT uplink.sensor, uplink.at, uplink.word
        FROM unnest(%s::text[], %s::float8[], %s::float8[]) AS span (sensor, first, last)
        JOIN uplink ON uplink.network = %s AND uplink.sensor = span.sensor
        AND uplink.at BETWEEN span.first AND span.last""",
}
"""A planner that knows nothing of the tables' sizes would read all of a network's; so the spans lead."""

Span = tuple[datetime, datetime]
"""From the first to the second moment."""


class Kept(NamedTuple):
    """One of them."""

    sensor: str
    at: datetime
    word: int
    """63 bits of a hash of device, session and counter."""
    quantities: str
    """JSON: numbers by the name of the quantity."""


class Uplinks:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def among(self, spans: Mapping[str, Sequence[Span]]) -> dict[tuple[str, int], list[datetime]]:
        """Of each sensor those between two moments, once or more: when they were measured, by sensor and word."""
        found: dict[tuple[str, int], list[datetime]] = {}
        edges = [(key, first.timestamp(), last.timestamp()) for key, some in spans.items() for first, last in some]
        if edges:
            with self._transactions.reading() as connection:
                for sensor, at, word in self._among(connection, edges):
                    found.setdefault((sensor, word), []).append(datetime.fromtimestamp(at, UTC))
        return found

    def _among(self, connection: Connection, edges: list[tuple[str, float, float]]) -> Iterable[Any]:
        dialect = connection.dialect.name
        if dialect == "sqlite":
            asked: tuple[Any, ...] = (msgspec.json.encode(edges).decode(), self._network)
        else:
            asked = (*(list(column) for column in zip(*edges, strict=True)), self._network)
        return connection.exec_driver_sql(_AMONG[dialect], asked)

    def keep(self, uplinks: Iterable[Kept]) -> None:
        """New ones."""
        network = self._network
        rows = [(network, one.sensor, one.at.timestamp(), one.word, one.quantities) for one in uplinks]
        with self._transactions.writing() as connection:
            _KEEP.run(connection, rows)

    def of_sensor(self, sensor: str, after: datetime, before: datetime, limit: int = 10_000) -> list[Kept]:
        """What a sensor measured, by the time of the measurement; with more than ``limit`` the latest."""
        mine = (self._mine, UPLINK.c.sensor == sensor, UPLINK.c.at >= after, UPLINK.c.at < before)
        statement = select(UPLINK).where(*mine).order_by(UPLINK.c.at.desc(), UPLINK.c.word.desc()).limit(limit)
        with self._transactions.reading() as connection:
            rows = connection.execute(statement).all()
        return [Kept(row.sensor, row.at, row.word, row.quantities) for row in reversed(rows)]

    def series(
        self, sensor: str, quantity: str, after: datetime, before: datetime, limit: int = 10_000
    ) -> list[tuple[datetime, float]]:
        """The numbers of one quantity, for a chart."""
        found = self.of_sensor(sensor, after, before, limit)
        measured = ((one.at, load(one.quantities).get(quantity)) for one in found)
        return [(at, float(value)) for at, value in measured if isinstance(value, int | float)]

    def count(self) -> int:
        """How many are kept."""
        with self._transactions.reading() as connection:
            return int(connection.scalar(select(func.count()).select_from(UPLINK).where(self._mine)) or 0)

    def forget(self, before: datetime, after: str = "") -> tuple[int, str | None]:
        """Drop what some sensors measured before then: (how much, the ``after`` to go on with); None: that was all."""
        count = 0
        with self._transactions.writing() as connection:
            for _ in range(_SENSORS):
                following = select(func.min(UPLINK.c.sensor)).where(self._mine, UPLINK.c.sensor > after)
                sensor = connection.scalar(following)
                if sensor is None:
                    return count, None
                old = (self._mine, UPLINK.c.sensor == sensor, UPLINK.c.at < before)
                count += int(connection.execute(delete(UPLINK).where(*old)).rowcount)
                after = sensor
        return count, after

    @property
    def _mine(self) -> ColumnElement[bool]:
        return UPLINK.c.network == self._network
