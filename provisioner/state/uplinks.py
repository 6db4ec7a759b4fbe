"""What was measured, for as long as the policy keeps it: by it a message is known again, and charts are drawn."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, delete, func, select

from provisioner.state.alert_schema import UPLINK
from provisioner.state.codec import load
from provisioner.state.database import Transactions

_AT_ONCE: Final = 900
_CHUNK: Final = 5_000


class Kept(NamedTuple):
    """One of them."""

    sensor: str
    word: int
    """63 bits of a hash of device, session and counter."""
    at: datetime
    received: datetime
    quantities: str
    """JSON: numbers, truths and words by the name of the quantity."""


class Uplinks:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def known(self, words: Collection[int]) -> dict[int, list[datetime]]:
        """When those were measured that have one of these words."""
        found: dict[int, list[datetime]] = {}
        ordered = sorted(words)
        with self._transactions.reading() as connection:
            for start in range(0, len(ordered), _AT_ONCE):
                # The index of the words alone decides: next to none of another network is among them.
                some = (UPLINK.c.word.in_(ordered[start : start + _AT_ONCE]), self._mine)
                for word, at in connection.execute(select(UPLINK.c.word, UPLINK.c.at).where(*some)):
                    found.setdefault(word, []).append(at)
        return found

    def keep(self, uplinks: Sequence[Kept]) -> None:
        """New ones."""
        if uplinks:
            rows = [{"network": self._network, **one._asdict()} for one in uplinks]
            with self._transactions.writing() as connection:
                connection.execute(UPLINK.insert(), rows)

    def of_sensor(self, sensor: str, after: datetime, before: datetime, limit: int = 10_000) -> list[Kept]:
        """What a sensor measured, by the time of the measurement; with more than ``limit`` the latest."""
        mine = (self._mine, UPLINK.c.sensor == sensor, UPLINK.c.at >= after, UPLINK.c.at < before)
        statement = select(UPLINK).where(*mine).order_by(UPLINK.c.at.desc(), UPLINK.c.id.desc()).limit(limit)
        with self._transactions.reading() as connection:
            found = [_kept(row) for row in connection.execute(statement)]
        return found[::-1]

    def series(
        self, sensor: str, quantity: str, after: datetime, before: datetime, limit: int = 10_000
    ) -> list[tuple[datetime, float]]:
        """The numbers of one quantity, for a chart."""
        measured = (
            (one.at, load(one.quantities).get(quantity)) for one in self.of_sensor(sensor, after, before, limit)
        )
        return [(at, float(value)) for at, value in measured if isinstance(value, int | float)]

    def count(self) -> int:
        """How many are kept."""
        with self._transactions.reading() as connection:
            return int(connection.scalar(select(func.count()).select_from(UPLINK).where(self._mine)) or 0)

    def forget(self, before: datetime, after_id: int = 0) -> tuple[int, int | None]:
        """Drop some thousands of those that came before then: (how many, where to go on); None: that was all.

        They lie in the order in which they came: the first of ours that is young enough ends it. Each call is short,
        so that nobody who receives waits for it.
        """
        with self._transactions.writing() as connection:
            first = select(UPLINK.c.id, UPLINK.c.network, UPLINK.c.received).where(UPLINK.c.id > after_id)
            rows = connection.execute(first.order_by(UPLINK.c.id).limit(_CHUNK)).all()
            last, is_end = after_id, len(rows) < _CHUNK
            for row in rows:
                if row.network == self._network and row.received >= before:
                    is_end = True
                    break
                last = row.id
            if last == after_id:
                return 0, None
            span = (self._mine, UPLINK.c.id > after_id, UPLINK.c.id <= last)
            count = int(connection.execute(delete(UPLINK).where(*span)).rowcount)
        return count, None if is_end else last

    @property
    def _mine(self) -> ColumnElement[bool]:
        return UPLINK.c.network == self._network


def _kept(row: Any) -> Kept:
    return Kept(row.sensor, row.word, row.at, row.received, row.quantities)
