"""Requests to join bodies whose moderators have to agree."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from provisioner.model.enrolments import JoinRequest, RequestState
from provisioner.state.database import Transactions
from provisioner.state.inserts import insert_into
from provisioner.state.service_schema import JOIN_REQUEST


class Requests:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def ask(self, person: str, body: str, word: str, at: datetime) -> int | None:
        """The new request's id. None: the same person waits for the same body already."""
        row: dict[str, object] = {
            "network": self._network,
            "person": person,
            "body": body,
            "word": word,
            "asked_at": at,
            "state": str(RequestState.WAITING),
            "answer": "",
        }
        with self._transactions.writing() as connection:
            statement = insert_into(connection.dialect.name, JOIN_REQUEST).values(row).on_conflict_do_nothing()
            found = connection.execute(statement.returning(JOIN_REQUEST.c.id)).scalar_one_or_none()
        return None if found is None else int(found)

    def get(self, request: int) -> JoinRequest | None:
        """One of this network's."""
        mine = (JOIN_REQUEST.c.network == self._network, JOIN_REQUEST.c.id == request)
        with self._transactions.reading() as connection:
            row = connection.execute(select(JOIN_REQUEST).where(*mine)).one_or_none()
        return None if row is None else _request(row)

    def waiting(self, body: str | None = None) -> list[JoinRequest]:
        """What nobody decided on, oldest first; of all bodies, or of one."""
        statement = select(JOIN_REQUEST).where(
            JOIN_REQUEST.c.network == self._network, JOIN_REQUEST.c.state == str(RequestState.WAITING)
        )
        if body is not None:
            statement = statement.where(JOIN_REQUEST.c.body == body)
        with self._transactions.reading() as connection:
            return [_request(row) for row in connection.execute(statement.order_by(JOIN_REQUEST.c.id))]

    def of_person(self, person: str) -> list[JoinRequest]:
        """All of somebody's, newest first, whatever became of them."""
        mine = (JOIN_REQUEST.c.network == self._network, JOIN_REQUEST.c.person == person)
        statement = select(JOIN_REQUEST).where(*mine).order_by(JOIN_REQUEST.c.id.desc())
        with self._transactions.reading() as connection:
            return [_request(row) for row in connection.execute(statement)]

    def decide(self, request: int, state: RequestState, by: str, answer: str, at: datetime) -> bool:
        """Once. False: it did not wait (any more), or is another network's."""
        statement = (
            update(JOIN_REQUEST)
            .where(JOIN_REQUEST.c.network == self._network, JOIN_REQUEST.c.id == request)
            .where(JOIN_REQUEST.c.state == str(RequestState.WAITING))
            .values(state=str(state), decided_at=at, decided_by=by, answer=answer)
        )
        with self._transactions.writing() as connection:
            return bool(connection.execute(statement).rowcount)

    def remind(self, request: int, at: datetime) -> None:
        """The moderators were reminded."""
        mine = (JOIN_REQUEST.c.network == self._network, JOIN_REQUEST.c.id == request)
        with self._transactions.writing() as connection:
            connection.execute(update(JOIN_REQUEST).where(*mine).values(reminded_at=at))

    def forget(self, before: datetime) -> int:
        """Drop what was decided before then; how many. What waits stays."""
        old = (JOIN_REQUEST.c.network == self._network, JOIN_REQUEST.c.decided_at < before)
        with self._transactions.writing() as connection:
            return int(connection.execute(delete(JOIN_REQUEST).where(*old)).rowcount)


def _request(row: Any) -> JoinRequest:
    return JoinRequest(
        id=row.id,
        person=row.person,
        body=row.body,
        word=row.word,
        asked_at=row.asked_at,
        state=RequestState(row.state),
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        answer=row.answer,
        reminded_at=row.reminded_at,
    )
