"""Plans that wait for a ranger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, select, update

from provisioner.state.codec import dump, load
from provisioner.state.database import Transactions
from provisioner.state.schema import SAVED_PLAN


class PlanState(StrEnum):
    """What became of a saved plan."""

    WAITING = "waiting"
    APPLIED = "applied"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan as it was read, by its digest. ``body`` is whatever JSON the planner made of it."""

    network: str
    digest: str
    body: Any
    state: PlanState
    created: datetime
    decided: datetime | None
    decided_by: str | None


@dataclass(frozen=True, slots=True)
class PlanHead:
    """What became of a saved plan, without what is in it."""

    digest: str
    state: PlanState
    created: datetime
    decided: datetime | None
    decided_by: str | None


class SavedPlans:
    """The plans of an installation. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def save(self, network: str, digest: str, body: Any, at: datetime) -> None:
        """Keep a plan. The very same plan saved again waits again, from when it was first saved."""
        row = {"network": network, "digest": digest, "body": dump(body), "state": str(PlanState.WAITING)}
        again = {"body": row["body"], "state": row["state"], "decided": None, "decided_by": None}
        mine = (SAVED_PLAN.c.network == network, SAVED_PLAN.c.digest == digest)
        with self._transactions.writing() as connection:
            if not connection.execute(update(SAVED_PLAN).where(*mine).values(again)).rowcount:
                connection.execute(SAVED_PLAN.insert(), {**row, "created": at})

    def find(self, network: str, digest: str) -> list[SavedPlan]:
        """Plans whose digest begins so: none, one, or several when the beginning was too short."""
        begins = SAVED_PLAN.c.digest.startswith(digest, autoescape=True)
        statement = select(SAVED_PLAN).where(SAVED_PLAN.c.network == network, begins).order_by(SAVED_PLAN.c.digest)
        with self._transactions.reading() as connection:
            return [_plan(row) for row in connection.execute(statement)]

    def waiting(self, network: str) -> list[SavedPlan]:
        """Plans that nobody has decided on, oldest first."""
        statement = (
            select(SAVED_PLAN)
            .where(SAVED_PLAN.c.network == network, SAVED_PLAN.c.state == PlanState.WAITING)
            .order_by(SAVED_PLAN.c.created, SAVED_PLAN.c.digest)
        )
        with self._transactions.reading() as connection:
            return [_plan(row) for row in connection.execute(statement)]

    def heads(self, network: str, state: PlanState = PlanState.WAITING) -> list[PlanHead]:
        """Which plans are in this state, oldest first; none of them is read."""
        columns = [SAVED_PLAN.c[name] for name in ("digest", "state", "created", "decided", "decided_by")]
        mine = (SAVED_PLAN.c.network == network, SAVED_PLAN.c.state == str(state))
        statement = select(*columns).where(*mine).order_by(SAVED_PLAN.c.created, SAVED_PLAN.c.digest)
        with self._transactions.reading() as connection:
            return [_head(row) for row in connection.execute(statement)]

    def head(self, network: str, digest: str) -> PlanHead | None:
        """The same of the plan with exactly this digest."""
        columns = [SAVED_PLAN.c[name] for name in ("digest", "state", "created", "decided", "decided_by")]
        statement = select(*columns).where(SAVED_PLAN.c.network == network, SAVED_PLAN.c.digest == digest)
        with self._transactions.reading() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else _head(row)

    def text(self, network: str, digest: str) -> str | None:
        """The body of the plan with exactly this digest, as JSON: a first sync's has tens of megabytes."""
        statement = select(SAVED_PLAN.c.body).where(SAVED_PLAN.c.network == network, SAVED_PLAN.c.digest == digest)
        with self._transactions.reading() as connection:
            found = connection.scalar(statement)
        return None if found is None else str(found)

    def decide(self, network: str, digest: str, state: PlanState, by: str, at: datetime) -> bool:
        """Applied or discarded, once. False: it did not wait (any more)."""
        statement = (
            update(SAVED_PLAN)
            .where(SAVED_PLAN.c.network == network, SAVED_PLAN.c.digest == digest)
            .where(SAVED_PLAN.c.state == PlanState.WAITING)
            .values(state=str(state), decided=at, decided_by=by)
        )
        with self._transactions.writing() as connection:
            return bool(connection.execute(statement).rowcount)

    def forget(self, network: str, before: datetime) -> int:
        """Drop plans that were decided on before then; how many. What waits stays."""
        old = (SAVED_PLAN.c.network == network, SAVED_PLAN.c.decided < before)
        with self._transactions.writing() as connection:
            return int(connection.execute(delete(SAVED_PLAN).where(*old)).rowcount)


def _head(row: Row[tuple[object, ...]]) -> PlanHead:
    return PlanHead(row.digest, PlanState(row.state), row.created, row.decided, row.decided_by)


def _plan(row: Row[tuple[object, ...]]) -> SavedPlan:
    return SavedPlan(
        network=row.network,
        digest=row.digest,
        body=load(row.body),
        state=PlanState(row.state),
        created=row.created,
        decided=row.decided,
        decided_by=row.decided_by,
    )
