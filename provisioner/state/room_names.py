"""What bodies' meeting rooms are called: their ties, looked up in a hurry."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, select

from provisioner.model.resources import Kind
from provisioner.state.database import Transactions
from provisioner.state.meeting_schema import ROOM_ACCESS
from provisioner.state.schema import BINDING
from provisioner.state.tie_facts import secret_of

_COLUMNS = (BINDING.c.target, BINDING.c.key, BINDING.c.remote_id, BINDING.c.name, BINDING.c.bound_at)
_ACCESS = and_(ROOM_ACCESS.c.network == BINDING.c.network, ROOM_ACCESS.c.key == BINDING.c.key)
_ROOMS = (
    select(*_COLUMNS, ROOM_ACCESS.c.due_since)
    .select_from(BINDING.outerjoin(ROOM_ACCESS, _ACCESS))
    .where(
        BINDING.c.network == bindparam("network"),
        BINDING.c.target == bindparam("target"),
        BINDING.c.kind == str(Kind.MEETING_ROOM),
    )
)
_BY_KEY = _ROOMS.where(BINDING.c.key == bindparam("key"))
_BY_NAME = _ROOMS.where(BINDING.c.remote_id == bindparam("name"))
"""Made once: making a statement costs more than running it."""


@dataclass(frozen=True, slots=True)
class RoomName:
    """A body's room on one meeting server."""

    target: str
    key: str
    """The resource's: "body:<id>"."""
    name: str
    """A secret of a kind: see that it gets into no log, plan or page."""
    title: str
    since: datetime
    """Since when it has this name."""
    is_due: bool = False
    """Whether it waits for another one."""


class RoomNames:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def of(self, key: str, targets: Collection[str]) -> RoomName | None:
        """The room of this key in the first of ``targets`` that has one; one look at an index each."""
        return self._first(_BY_KEY, targets, key=key)

    def called(self, name: str, targets: Collection[str]) -> RoomName | None:
        """The room of this name."""
        return self._first(_BY_NAME, targets, name=name)

    def all(self, targets: Collection[str]) -> list[RoomName]:
        """Each key's, by key; of several targets the first one's, as `of` has it."""
        found: dict[str, RoomName] = {}
        with self._transactions.reading() as connection:
            for target in targets:
                for row in connection.execute(_ROOMS, {"network": self._network, "target": target}):
                    found.setdefault(row.key, _name(row))
        return [found[key] for key in sorted(found)]

    def secret(self) -> bytes:
        """The key of this database's keyed hashes."""
        with self._transactions.reading() as connection:
            return bytes.fromhex(secret_of(connection))

    def _first(self, statement: Any, targets: Collection[str], **by: str) -> RoomName | None:
        with self._transactions.reading() as connection:
            for target in targets:
                row = connection.execute(statement, {"network": self._network, "target": target, **by}).first()
                if row is not None:
                    return _name(row)
        return None


def _name(row: Any) -> RoomName:
    return RoomName(row.target, row.key, row.remote_id, row.name, row.bound_at, row.due_since is not None)
