"""Who decided what through the service: opaque ids, no names, nothing that anybody wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select

from provisioner.state.codec import dump, load
from provisioner.state.database import Transactions
from provisioner.state.service_schema import AUDIT


@dataclass(frozen=True, slots=True)
class Deed:
    """One act. ``actor``: a person's id, "admin-link", or what acted; ``subject``: e.g. "person:p-1", "body:pg-x"."""

    id: int
    at: datetime
    actor: str
    action: str
    """A word of the vocabulary under ``audit_…`` in the console's texts, e.g. "joined", "approved", "struck"."""
    subject: str
    about: Mapping[str, str | int]


class Audit:
    """The audit of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def note(
        self, at: datetime, actor: str, action: str, subject: str, about: Mapping[str, str | int] | None = None
    ) -> None:
        """Write one act down."""
        row = {"network": self._network, "at": at, "actor": actor, "action": action, "subject": subject}
        with self._transactions.writing() as connection:
            connection.execute(insert(AUDIT).values(**row, about=dump(dict(about or {}))))

    def latest(self, limit: int = 50, before: int | None = None) -> list[Deed]:
        """The newest, newest first; ``before``: only those older than the one with this id."""
        statement = select(AUDIT).where(AUDIT.c.network == self._network)
        if before is not None:
            statement = statement.where(AUDIT.c.id < before)
        with self._transactions.reading() as connection:
            return [
                Deed(row.id, row.at, row.actor, row.action, row.subject, load(row.about))
                for row in connection.execute(statement.order_by(AUDIT.c.id.desc()).limit(limit))
            ]

    def counts(self, since: datetime, until: datetime) -> dict[str, int]:
        """How many acts there were from ``since`` to before ``until``, by action."""
        when = (AUDIT.c.network == self._network, AUDIT.c.at >= since, AUDIT.c.at < until)
        statement = select(AUDIT.c.action, func.count()).where(*when).group_by(AUDIT.c.action)
        with self._transactions.reading() as connection:
            return {str(action): int(count) for action, count in connection.execute(statement)}

    def forget(self, before: datetime) -> int:
        """Drop what was done before then; how many."""
        old = (AUDIT.c.network == self._network, AUDIT.c.at < before)
        with self._transactions.writing() as connection:
            return int(connection.execute(delete(AUDIT).where(*old)).rowcount)
