"""What the service has to do. Put down in the transaction that makes it necessary, taken away once it is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, insert, or_, select, update

from provisioner.model.errands import Errand, Job
from provisioner.state.codec import dump, load
from provisioner.state.database import Transactions
from provisioner.state.service_schema import ERRAND

_AHEAD: Final = timedelta(hours=1)
"""What a clock put down that was ahead by more is due."""


class Errands:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def add(
        self,
        job: Job,
        cause: str,
        actor: str,
        now: datetime,
        only: str | None = None,
        about: Mapping[str, str] | None = None,
        not_before: datetime | None = None,
    ) -> int:
        """Put one down; its id. See `Errand` for what the fields mean."""
        row = {
            "network": self._network,
            "job": str(job),
            "only": only,
            "about": dump(dict(about or {})),
            "cause": cause,
            "actor": actor,
            "created": now,
            "not_before": not_before or now,
            "tries": 0,
        }
        with self._transactions.writing() as connection:
            key = connection.execute(insert(ERRAND).values(row)).inserted_primary_key
        return int(key[0])

    def due(self, now: datetime) -> list[Errand]:
        """Whose time has come, oldest first. They stay until they are `done`."""
        come = or_(ERRAND.c.not_before <= now, ERRAND.c.not_before == ERRAND.c.created, ERRAND.c.created > now + _AHEAD)
        statement = select(ERRAND).where(ERRAND.c.network == self._network, come)
        with self._transactions.reading() as connection:
            return [_errand(row) for row in connection.execute(statement.order_by(ERRAND.c.id))]

    def all(self) -> list[Errand]:
        """Everything that is still to be done, oldest first, also what is tried again later."""
        statement = select(ERRAND).where(ERRAND.c.network == self._network).order_by(ERRAND.c.id)
        with self._transactions.reading() as connection:
            return [_errand(row) for row in connection.execute(statement)]

    def waits(self, errand: int) -> bool:
        """Whether it is still to be done."""
        mine = (ERRAND.c.network == self._network, ERRAND.c.id == errand)
        with self._transactions.reading() as connection:
            return connection.scalar(select(ERRAND.c.id).where(*mine)) is not None

    def count(self) -> int:
        """How many are still to be done."""
        statement = select(func.count()).select_from(ERRAND).where(ERRAND.c.network == self._network)
        with self._transactions.reading() as connection:
            return int(connection.scalar(statement) or 0)

    def done(self, errands: Collection[int]) -> None:
        """Take these away: they are done, or given up and told of."""
        with self._transactions.writing() as connection:
            connection.execute(delete(ERRAND).where(ERRAND.c.network == self._network, ERRAND.c.id.in_(list(errands))))

    def again(self, errands: Collection[int], not_before: datetime) -> None:
        """They failed and are tried again then."""
        with self._transactions.writing() as connection:
            connection.execute(
                update(ERRAND)
                .where(ERRAND.c.network == self._network, ERRAND.c.id.in_(list(errands)))
                .values(tries=ERRAND.c.tries + 1, not_before=not_before)
            )


def _errand(row: Any) -> Errand:
    return Errand(
        row.id,
        row.network,
        Job(row.job),
        row.cause,
        row.actor,
        row.created,
        row.only,
        load(row.about),
        row.tries,
        row.not_before,
    )
