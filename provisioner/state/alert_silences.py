"""Silences and maintenance windows: what is kept and said to nobody for a while."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update

from provisioner.model.alerts import Quiet
from provisioner.state.alert_schema import ALERT_SILENCE
from provisioner.state.database import Transactions


class AlertSilences:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def add(self, scope: str, since: datetime, until: datetime, by: str = "", reason: str = "") -> Quiet:
        """A new one; see `Quiet` for what the arguments mean."""
        row = {"network": self._network, "scope": scope, "since": since, "until": until, "said_by": by}
        with self._transactions.writing() as connection:
            key = connection.execute(insert(ALERT_SILENCE).values(**row, reason=reason)).inserted_primary_key
        return Quiet(int(key[0]), scope, since, until, by, reason)

    def active(self, now: datetime) -> tuple[Quiet, ...]:
        """Those that hold now."""
        return self._find(ALERT_SILENCE.c.since <= now, ALERT_SILENCE.c.until > now)

    def to_come(self, now: datetime) -> tuple[Quiet, ...]:
        """Those that hold now or later."""
        return self._find(ALERT_SILENCE.c.until > now)

    def latest(self, limit: int = 100) -> tuple[Quiet, ...]:
        """Also those that are over, the newest first."""
        statement = select(ALERT_SILENCE).where(self._mine).order_by(ALERT_SILENCE.c.id.desc()).limit(limit)
        with self._transactions.reading() as connection:
            return tuple(_quiet(row) for row in connection.execute(statement))

    def end(self, silence: int, now: datetime) -> bool:
        """It is over now, or never begins. False: it is over already, or there is none."""
        holds = (self._mine, ALERT_SILENCE.c.id == silence, ALERT_SILENCE.c.until > now)
        with self._transactions.writing() as connection:
            return bool(connection.execute(update(ALERT_SILENCE).where(*holds).values(until=now)).rowcount)

    def ended_since(self, since: datetime, now: datetime) -> bool:
        """Whether one came to its end between these two moments."""
        return bool(self._find(ALERT_SILENCE.c.until >= since, ALERT_SILENCE.c.until <= now))

    def forget_names(self, before: datetime, person: str | None = None) -> int:
        """Who made those that were over before then (or: those that this person made) is not known any more."""
        named = ALERT_SILENCE.c.said_by != ""
        which = ALERT_SILENCE.c.until < before if person is None else ALERT_SILENCE.c.said_by == person
        with self._transactions.writing() as connection:
            statement = update(ALERT_SILENCE).where(self._mine, named, which).values(said_by="")
            return int(connection.execute(statement).rowcount)

    def of_person(self, person: str) -> tuple[Quiet, ...]:
        """Those that they made."""
        return self._find(ALERT_SILENCE.c.said_by == person)

    def forget(self, before: datetime) -> int:
        """Drop those that were over before then; how many."""
        old = (self._mine, ALERT_SILENCE.c.until < before)
        with self._transactions.writing() as connection:
            return int(connection.execute(delete(ALERT_SILENCE).where(*old)).rowcount)

    @property
    def _mine(self) -> ColumnElement[bool]:
        return ALERT_SILENCE.c.network == self._network

    def _find(self, *where: ColumnElement[bool]) -> tuple[Quiet, ...]:
        statement = select(ALERT_SILENCE).where(self._mine, *where).order_by(ALERT_SILENCE.c.id)
        with self._transactions.reading() as connection:
            return tuple(_quiet(row) for row in connection.execute(statement))


def _quiet(row: Any) -> Quiet:
    return Quiet(row.id, row.scope, row.since, row.until, row.said_by, row.reason)
