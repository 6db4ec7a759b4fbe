"""Alerts: what goes on, and what was. Of one body and one rule there is at most one that goes on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, insert, select, text, update

from provisioner.model.alerts import AlertEnd, AlertSeverity
from provisioner.state.alert_schema import ALERT, OPEN
from provisioner.state.database import Transactions

_GATE: Final = 0x616C6572  # "aler": of advisory locks that last as long as their transaction


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert as it is kept."""

    id: int
    body: str
    rule: str
    severity: AlertSeverity
    opened: datetime
    closed: datetime | None
    ending: AlertEnd | None
    due: datetime | None
    """When it has to be looked at next."""
    about: str
    """The engine's own JSON."""


class Alerts:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def alone(self) -> None:
        """Until the transaction ends nobody else changes alerts of this network: call it before reading them.

        SQLite has one writer anyway. Take it after the states of sensors, never before them.
        """
        with self._transactions.writing() as connection:
            if connection.dialect.name == "postgresql":
                gate = {"gate": _GATE, "network": self._network}
                connection.execute(text("SELECT pg_advisory_xact_lock(:gate, hashtext(:network))"), gate)

    def open(
        self, body: str, rule: str, severity: AlertSeverity, opened: datetime, due: datetime | None, about: str
    ) -> int:
        """A new one; its id."""
        row = {"network": self._network, "body": body, "rule": rule, "severity": str(severity), "opened": opened}
        with self._transactions.writing() as connection:
            key = connection.execute(insert(ALERT).values(**row, due=due, about=about)).inserted_primary_key
        return int(key[0])

    def put(self, alert: int, severity: AlertSeverity, due: datetime | None, about: str) -> None:
        """What it is now."""
        self._update(alert, severity=str(severity), due=due, about=about)

    def close(self, alert: int, severity: AlertSeverity, at: datetime, why: AlertEnd, about: str) -> None:
        """It is over."""
        self._update(alert, severity=str(severity), due=None, about=about, closed=at, ending=str(why))

    def get(self, alert: int) -> AlertRow | None:
        """One of this network's, over or not."""
        found = self._find(ALERT.c.id == alert)
        return found[0] if found else None

    def going_on(self, rules: Collection[str] | None = None, bodies: Collection[str] | None = None) -> list[AlertRow]:
        """Those that are not over, the oldest first: all, or those of these rules, of these bodies."""
        where: list[Any] = [OPEN]
        if rules is not None:
            where.append(ALERT.c.rule.in_(sorted(rules)))
        if bodies is not None:
            where.append(ALERT.c.body.in_(sorted(bodies)))
        return self._find(*where)

    def due(self, now: datetime, limit: int = 500) -> list[AlertRow]:
        """Those that have to be looked at, the longest overdue first."""
        statement = select(ALERT).where(self._mine, OPEN, ALERT.c.due <= now)
        with self._transactions.reading() as connection:
            return [_row(row) for row in connection.execute(statement.order_by(ALERT.c.due, ALERT.c.id).limit(limit))]

    def next_due(self) -> datetime | None:
        """When the next has to be looked at."""
        with self._transactions.reading() as connection:
            found: datetime | None = connection.scalar(select(func.min(ALERT.c.due)).where(self._mine, OPEN))
        return found

    def wake(self, now: datetime) -> None:
        """All that go on are looked at now: a silence ended, the registry changed."""
        with self._transactions.writing() as connection:
            connection.execute(update(ALERT).where(self._mine, OPEN).values(due=now))

    def history(
        self, limit: int = 100, before: int | None = None, bodies: Collection[str] | None = None
    ) -> list[AlertRow]:
        """The newest first, those that go on among them; ``before``: older than the one with this id."""
        statement = select(ALERT).where(self._mine)
        if before is not None:
            statement = statement.where(ALERT.c.id < before)
        if bodies is not None:
            statement = statement.where(ALERT.c.body.in_(sorted(bodies)))
        with self._transactions.reading() as connection:
            return [_row(row) for row in connection.execute(statement.order_by(ALERT.c.id.desc()).limit(limit))]

    def holding(self, word: str, limit: int = 10_000) -> list[AlertRow]:
        """Those in whose JSON this word stands, e.g. a person's id in quotes."""
        statement = select(ALERT).where(self._mine, ALERT.c.about.contains(word, autoescape=True))
        with self._transactions.reading() as connection:
            return [_row(row) for row in connection.execute(statement.order_by(ALERT.c.id).limit(limit))]

    def rewrite(self, alert: int, about: str) -> None:
        """Keep other JSON of it, e.g. without names; nothing else of it changes."""
        self._update(alert, about=about)

    def forget(self, before: datetime) -> int:
        """Drop those that were over before then; how many."""
        old = (self._mine, ALERT.c.closed < before)
        with self._transactions.writing() as connection:
            return int(connection.execute(delete(ALERT).where(*old)).rowcount)

    @property
    def _mine(self) -> ColumnElement[bool]:
        return ALERT.c.network == self._network

    def _find(self, *where: Any) -> list[AlertRow]:
        with self._transactions.reading() as connection:
            return [_row(row) for row in connection.execute(select(ALERT).where(self._mine, *where).order_by("id"))]

    def _update(self, alert: int, **values: Any) -> None:
        with self._transactions.writing() as connection:
            connection.execute(update(ALERT).where(self._mine, ALERT.c.id == alert).values(**values))


def _row(row: Any) -> AlertRow:
    return AlertRow(
        row.id,
        row.body,
        row.rule,
        AlertSeverity(row.severity),
        row.opened,
        row.closed,
        None if row.ending is None else AlertEnd(row.ending),
        row.due,
        row.about,
    )
