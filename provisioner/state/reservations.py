"""When rooms are open that somebody enters: what the meeting server was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, delete, insert, select, update

from provisioner.state.database import Transactions
from provisioner.state.meeting_schema import RESERVATION


@dataclass(frozen=True, slots=True)
class Reservation:
    """A room is open from here to there."""

    id: int
    name: str
    """The room as the meeting server calls it: a secret of a kind."""
    starts: datetime
    ends: datetime


class Reservations:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network
        self._here = RESERVATION.c.network == network

    def open(self, key: str, name: str, starts: datetime, ends: datetime) -> Reservation:
        """The one that is open under this name and not over at ``starts``; else a new one.

        So whoever asks again, since the answer did not reach them, is told the same.
        """
        still = (RESERVATION.c.name == name, RESERVATION.c.is_open, RESERVATION.c.ends > starts)
        with self._transactions.writing() as connection:
            found = connection.execute(select(RESERVATION).where(self._here, *still)).first()
            if found is not None:
                return _reservation(found)
            row = {"network": self._network, "key": key, "name": name, "starts": starts, "ends": ends, "is_open": True}
            statement = insert(RESERVATION).values(row).returning(*RESERVATION.columns)
            return _reservation(connection.execute(statement).one())

    def get(self, number: int) -> Reservation | None:
        """One that is open."""
        one = (self._here, RESERVATION.c.id == number, RESERVATION.c.is_open)
        with self._transactions.reading() as connection:
            found = connection.execute(select(RESERVATION).where(*one)).first()
        return None if found is None else _reservation(found)

    def close(self, number: int) -> bool:
        """Everybody has left. False: there is none that is open."""
        one = (self._here, RESERVATION.c.id == number, RESERVATION.c.is_open)
        with self._transactions.writing() as connection:
            return bool(connection.execute(update(RESERVATION).where(*one).values(is_open=False)).rowcount)

    def forget(self, before: datetime) -> int:
        """Those that ended before; how many."""
        with self._transactions.writing() as connection:
            return int(connection.execute(delete(RESERVATION).where(self._here, RESERVATION.c.ends < before)).rowcount)


def _reservation(row: Row[tuple[object, ...]]) -> Reservation:
    return Reservation(row.id, row.name, row.starts, row.ends)
