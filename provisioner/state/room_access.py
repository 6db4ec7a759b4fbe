"""Since when meeting rooms have their names, who could enter under these, and which wait for another one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from provisioner.state.database import Transactions
from provisioner.state.inserts import insert_into
from provisioner.state.meeting_schema import ROOM_ACCESS

_PASSED = (
    update(ROOM_ACCESS)
    .where(ROOM_ACCESS.c.network == bindparam("of_network"), ROOM_ACCESS.c.key == bindparam("of_key"))
    .values(passed_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class RoomAccess:
    """One room."""

    key: str
    named_at: datetime
    audience: frozenset[str]
    """Hashes, keyed with the room's name: once it has another one, nobody can be read from them."""
    passed_at: datetime | None = None
    """When somebody was let in last, as far as it was noted."""
    due_since: datetime | None = None
    """Since when it waits for another name."""
    due_why: str = ""


class RoomAccesses:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def all(self) -> dict[str, RoomAccess]:
        """By key."""
        statement = select(ROOM_ACCESS).where(ROOM_ACCESS.c.network == self._network).order_by(ROOM_ACCESS.c.key)
        with self._transactions.reading() as connection:
            return {row.key: _access(row) for row in connection.execute(statement)}

    def held(self, key: str) -> RoomAccess | None:
        """One; nobody else changes it until the transaction ends."""
        statement = select(ROOM_ACCESS).where(*self._one(key)).with_for_update()
        with self._transactions.writing() as connection:
            row = connection.execute(statement).first()
        return None if row is None else _access(row)

    def due(self) -> list[RoomAccess]:
        """Those that wait for another name, by key."""
        mine = (ROOM_ACCESS.c.network == self._network, ROOM_ACCESS.c.due_since.is_not(None))
        with self._transactions.reading() as connection:
            return [
                _access(row) for row in connection.execute(select(ROOM_ACCESS).where(*mine).order_by(ROOM_ACCESS.c.key))
            ]

    def named(self, key: str, audience: Collection[str], at: datetime) -> None:
        """It has another name since then, or is new, and these may enter: it waits for nothing."""
        row: dict[str, Any] = {"named_at": at, "audience": _joined(audience), "passed_at": None}
        row |= {"due_since": None, "due_why": ""}
        with self._transactions.writing() as connection:
            statement = insert_into(connection.dialect.name, ROOM_ACCESS).values(network=self._network, key=key, **row)
            keys = ROOM_ACCESS.primary_key.columns
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=row))

    def heard_by(self, key: str, audience: Collection[str]) -> None:
        """These may enter now."""
        self._put(key, audience=_joined(audience))

    def make_due(self, key: str, since: datetime, why: str) -> bool:
        """It waits for another name from now on. False: it did already, or there is no such room."""
        with self._transactions.writing() as connection:
            statement = update(ROOM_ACCESS).where(*self._one(key), ROOM_ACCESS.c.due_since.is_(None))
            return bool(connection.execute(statement.values(due_since=since, due_why=why)).rowcount)

    def passed(self, key: str, at: datetime) -> None:
        """Somebody was let in. What a power cut takes with it does no harm."""
        with self._transactions.writing(durable=False) as connection:
            connection.execute(_PASSED, {"of_network": self._network, "of_key": key, "at": at})

    def forget(self, keys: Collection[str]) -> None:
        """There are no such rooms any more."""
        with self._transactions.writing() as connection:
            for key in keys:
                connection.execute(delete(ROOM_ACCESS).where(*self._one(key)))

    def _put(self, key: str, **values: Any) -> None:
        with self._transactions.writing() as connection:
            connection.execute(update(ROOM_ACCESS).where(*self._one(key)).values(**values))

    def _one(self, key: str) -> tuple[Any, ...]:
        return (ROOM_ACCESS.c.network == self._network, ROOM_ACCESS.c.key == key)


def _joined(audience: Collection[str]) -> str:
    return " ".join(sorted(audience))


def _access(row: Any) -> RoomAccess:
    return RoomAccess(row.key, row.named_at, frozenset(row.audience.split()), row.passed_at, row.due_since, row.due_why)
