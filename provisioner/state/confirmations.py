"""Whether bodies' moderators confirmed their lists: asked, reminded, passed on, done."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update

from provisioner.model.enrolments import Confirmation
from provisioner.state.database import Transactions
from provisioner.state.inserts import insert_new
from provisioner.state.service_schema import CONFIRMATION


class Confirmations:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def ask(self, body: str, due: date, at: datetime) -> bool:
        """Begin one. False: it was begun before."""
        row = {"network": self._network, "body": body, "due": due, "asked_at": at, "struck": 0}
        with self._transactions.writing() as connection:
            return insert_new(connection, CONFIRMATION, row)

    def all(self, *, waiting: bool = False) -> list[Confirmation]:
        """All, or those that wait, by body and date."""
        statement = select(CONFIRMATION).where(CONFIRMATION.c.network == self._network)
        if waiting:
            statement = statement.where(CONFIRMATION.c.done_at.is_(None))
        with self._transactions.reading() as connection:
            rows = connection.execute(statement.order_by(CONFIRMATION.c.body, CONFIRMATION.c.due))
            return [_confirmation(row) for row in rows]

    def of_body(self, body: str) -> list[Confirmation]:
        """A body's, newest first."""
        mine = (CONFIRMATION.c.network == self._network, CONFIRMATION.c.body == body)
        with self._transactions.reading() as connection:
            rows = connection.execute(select(CONFIRMATION).where(*mine).order_by(CONFIRMATION.c.due.desc()))
            return [_confirmation(row) for row in rows]

    def remind(self, body: str, due: date, at: datetime) -> None:
        """The moderators were reminded."""
        self._put(body, due, reminded_at=at)

    def escalate(self, body: str, due: date, at: datetime) -> None:
        """The lead city was asked."""
        self._put(body, due, escalated_at=at)

    def finish(self, body: str, by: str, struck: int, at: datetime) -> int:
        """All that wait of this body are done with; how many."""
        mine = (CONFIRMATION.c.network == self._network, CONFIRMATION.c.body == body, CONFIRMATION.c.done_at.is_(None))
        with self._transactions.writing() as connection:
            statement = update(CONFIRMATION).where(*mine).values(done_at=at, done_by=by, struck=struck)
            return int(connection.execute(statement).rowcount)

    def forget(self, before: datetime) -> int:
        """Drop those that were done before then; how many. What waits stays."""
        old = (CONFIRMATION.c.network == self._network, CONFIRMATION.c.done_at < before)
        with self._transactions.writing() as connection:
            return int(connection.execute(delete(CONFIRMATION).where(*old)).rowcount)

    def _put(self, body: str, due: date, **values: Any) -> None:
        mine = (CONFIRMATION.c.network == self._network, CONFIRMATION.c.body == body, CONFIRMATION.c.due == due)
        with self._transactions.writing() as connection:
            connection.execute(update(CONFIRMATION).where(*mine).values(**values))


def _confirmation(row: Any) -> Confirmation:
    return Confirmation(
        row.body, row.due, row.asked_at, row.reminded_at, row.escalated_at, row.done_at, row.done_by, row.struck
    )
