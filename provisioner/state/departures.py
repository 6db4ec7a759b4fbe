"""What the ladder has to remember about people who left: opaque ids and days, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, func, select

from provisioner.state.database import Transactions
from provisioner.state.inserts import insert_into
from provisioner.state.schema import DEPARTURE


@dataclass(frozen=True, slots=True)
class Departure:
    """How far somebody's leaving has come. Ids are the registry's."""

    person: str
    suspended_on: date | None = None
    """From this day the wait counts; None: not suspended yet."""
    handed_to: str | None = None
    """Who has the files now."""
    handed_by: str | None = None
    """Who said so."""
    handed_on: date | None = None


class Departures:
    """Those of all networks. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def of(self, network: str) -> Mapping[str, Departure]:
        """By person."""
        statement = select(DEPARTURE).where(DEPARTURE.c.network == network).order_by(DEPARTURE.c.person)
        with self._transactions.reading() as connection:
            return {
                row.person: Departure(row.person, row.suspended_on, row.handed_to, row.handed_by, row.handed_on)
                for row in connection.execute(statement)
            }

    def note_suspended(self, network: str, person: str, on: date) -> None:
        """Suspended; the first day counts, whatever is noted later (another target, the same account again)."""
        self._put(network, person, {"suspended_on": on}, first=True)

    def hand_over(self, network: str, person: str, to: str, by: str, on: date) -> None:
        """The files of ``person`` are with ``to`` now, says ``by``; instead of whatever was said before."""
        self._put(network, person, {"handed_to": to, "handed_by": by, "handed_on": on})

    def forget(self, network: str, person: str) -> None:
        """Back again, or erased."""
        mine = (DEPARTURE.c.network == network, DEPARTURE.c.person == person)
        with self._transactions.writing() as connection:
            connection.execute(delete(DEPARTURE).where(*mine))

    def _put(self, network: str, person: str, values: Mapping[str, str | date], *, first: bool = False) -> None:
        """``first``: what is there already stays."""
        with self._transactions.writing() as connection:
            statement = insert_into(connection.dialect.name, DEPARTURE).values(network=network, person=person, **values)
            given = {name: statement.excluded[name] for name in values}
            set_ = {name: func.coalesce(DEPARTURE.c[name], value) if first else value for name, value in given.items()}
            keys = list(DEPARTURE.primary_key.columns)
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=set_))
