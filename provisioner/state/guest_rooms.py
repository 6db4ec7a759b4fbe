"""Rooms that moderators opened for guests, each with an end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, insert, or_, select, update

from provisioner.state.database import Transactions
from provisioner.state.meeting_schema import GUEST_ROOM

_ID_BYTES: Final = 9


@dataclass(frozen=True, slots=True)
class GuestRoom:
    """One of them."""

    id: str
    body: str
    """Opened on its behalf: its moderators lead it, all of it may enter."""
    name: str
    """A secret of a kind: see that it gets into no log, plan or page."""
    title: str
    opened_by: str
    """A person's id."""
    opened_at: datetime
    until: datetime
    closed_at: datetime | None = None

    @property
    def key(self) -> str:
        """By which it is known wherever rooms of bodies are."""
        return guest_room_key(self.id)

    def is_open(self, now: datetime) -> bool:
        """Whether anybody may enter."""
        return self.closed_at is None and now < self.until


class GuestRooms:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def open(self, room: GuestRoom) -> None:
        """A new one."""
        row = {name: getattr(room, name) for name in GuestRoom.__dataclass_fields__}
        with self._transactions.writing() as connection:
            connection.execute(insert(GUEST_ROOM).values(network=self._network, **row))

    def get(self, room: str) -> GuestRoom | None:
        """By its id; None: there is none, or it was forgotten."""
        return self._first(GUEST_ROOM.c.id == room)

    def called(self, name: str) -> GuestRoom | None:
        """By its name."""
        return self._first(GUEST_ROOM.c.name == name)

    def of_body(self, body: str) -> list[GuestRoom]:
        """Also those that are closed, the newest first."""
        mine = (GUEST_ROOM.c.network == self._network, GUEST_ROOM.c.body == body)
        statement = select(GUEST_ROOM).where(*mine).order_by(GUEST_ROOM.c.opened_at.desc(), GUEST_ROOM.c.id)
        with self._transactions.reading() as connection:
            return [_room(row) for row in connection.execute(statement)]

    def close(self, room: str, at: datetime) -> bool:
        """Nobody enters any more. False: it was closed before, or there is none."""
        mine = (GUEST_ROOM.c.network == self._network, GUEST_ROOM.c.id == room, GUEST_ROOM.c.closed_at.is_(None))
        with self._transactions.writing() as connection:
            return bool(connection.execute(update(GUEST_ROOM).where(*mine).values(closed_at=at)).rowcount)

    def forget(self, before: datetime) -> int:
        """Drop those that ended, or were closed, before then; how many."""
        old = or_(GUEST_ROOM.c.until < before, GUEST_ROOM.c.closed_at < before)
        with self._transactions.writing() as connection:
            statement = delete(GUEST_ROOM).where(GUEST_ROOM.c.network == self._network, old)
            return int(connection.execute(statement).rowcount)

    def _first(self, condition: Any) -> GuestRoom | None:
        with self._transactions.reading() as connection:
            statement = select(GUEST_ROOM).where(GUEST_ROOM.c.network == self._network, condition)
            row = connection.execute(statement).first()
        return None if row is None else _room(row)


def new_guest_room_id() -> str:
    """Opaque; no secret: whoever knows it can't enter with it."""
    return secrets.token_urlsafe(_ID_BYTES)


def guest_room_key(room: str) -> str:
    """By which a guest room is known wherever rooms of bodies are."""
    return f"room:{room}"


def _room(row: Any) -> GuestRoom:
    return GuestRoom(row.id, row.body, row.name, row.title, row.opened_by, row.opened_at, row.until, row.closed_at)
