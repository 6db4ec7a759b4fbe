"""Devices that send and that no sensor of the registry is: shown, so that somebody enters them; no value of theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, func, select

from provisioner.state.alert_schema import UNKNOWN_DEVICE
from provisioner.state.codec import dump, load
from provisioner.state.database import Transactions
from provisioner.state.inserts import insert_into

MOST: Final = 5_000
"""So many are kept of a network: whoever has a sender's key cannot fill the disk with names."""
MOST_OF_ONE: Final = 1_000
"""Of one sender: whoever has its key cannot hide what others send either."""


@dataclass(frozen=True, slots=True)
class UnknownDevice:
    """One of them."""

    sender: str
    device: str
    first_heard: datetime
    last_heard: datetime
    count: int
    paths: tuple[str, ...]
    """What it measures, by the names of the fields; never a value."""


class UnknownDevices:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def note(self, devices: Collection[UnknownDevice]) -> dict[str, int]:
        """They were heard, each so often more; by sender how many of them are new and too many to be kept."""
        if not devices:
            return {}
        ordered = sorted(devices, key=lambda one: (one.sender, one.device))
        with self._transactions.writing() as connection:
            names = [one.device for one in ordered]
            columns = (UNKNOWN_DEVICE.c.sender, UNKNOWN_DEVICE.c.device)
            found = connection.execute(select(*columns).where(self._mine, UNKNOWN_DEVICE.c.device.in_(names)))
            known = {(row.sender, row.device) for row in found}
            new = [one for one in ordered if (one.sender, one.device) not in known]
            crowd = self._crowd(connection, new)
            rows = [self._row(one) for one in ordered if (one.sender, one.device) not in crowd]
            if rows:
                insert = insert_into(connection.dialect.name, UNKNOWN_DEVICE)
                same = tuple(UNKNOWN_DEVICE.primary_key.columns)
                again = {
                    "count": UNKNOWN_DEVICE.c.count + insert.excluded.count,
                    "last_heard": insert.excluded.last_heard,
                    "paths": insert.excluded.paths,
                }
                connection.execute(insert.on_conflict_do_update(index_elements=same, set_=again), rows)
        return dict(Counter(sender for sender, _ in crowd))

    def _crowd(self, connection: Connection, new: Sequence[UnknownDevice]) -> set[tuple[str, str]]:
        """Those of the new ones for which there is no room: one sender's leave some for the others'."""
        crowd: set[tuple[str, str]] = set()
        if not new:
            return crowd
        counts = select(UNKNOWN_DEVICE.c.sender, func.count()).where(self._mine).group_by(UNKNOWN_DEVICE.c.sender)
        kept: Counter[str] = Counter({row[0]: int(row[1]) for row in connection.execute(counts)})
        for one in new:
            if kept[one.sender] >= MOST_OF_ONE or kept.total() >= MOST:
                crowd.add((one.sender, one.device))
            else:
                kept[one.sender] += 1
        return crowd

    def all(self, limit: int = MOST) -> list[UnknownDevice]:
        """Those heard last first."""
        statement = select(UNKNOWN_DEVICE).where(self._mine)
        ordered = statement.order_by(UNKNOWN_DEVICE.c.last_heard.desc(), UNKNOWN_DEVICE.c.device).limit(limit)
        with self._transactions.reading() as connection:
            return [_device(row) for row in connection.execute(ordered)]

    def drop(self, devices: Sequence[tuple[str, str]]) -> None:
        """(sender, device) that the registry knows now."""
        if not devices:
            return
        with self._transactions.writing() as connection:
            for sender in sorted({sender for sender, _ in devices}):
                known = sorted(device for one, device in devices if one == sender)
                these = (UNKNOWN_DEVICE.c.sender == sender, UNKNOWN_DEVICE.c.device.in_(known))
                connection.execute(delete(UNKNOWN_DEVICE).where(self._mine, *these))

    def forget(self, before: datetime) -> int:
        """Drop those that were not heard since; how many."""
        with self._transactions.writing() as connection:
            old = (self._mine, UNKNOWN_DEVICE.c.last_heard < before)
            return int(connection.execute(delete(UNKNOWN_DEVICE).where(*old)).rowcount)

    def _row(self, one: UnknownDevice) -> dict[str, object]:
        return {
            "network": self._network,
            "sender": one.sender,
            "device": one.device,
            "first_heard": one.first_heard,
            "last_heard": one.last_heard,
            "count": one.count,
            "paths": dump(list(one.paths)),
        }

    @property
    def _mine(self) -> ColumnElement[bool]:
        return UNKNOWN_DEVICE.c.network == self._network


def _device(row: Any) -> UnknownDevice:
    return UnknownDevice(row.sender, row.device, row.first_heard, row.last_heard, row.count, tuple(load(row.paths)))
