"""Past and present runs: who started them, what they changed, and what the guards add up over seven days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Integer, Row, case, cast, delete, func, insert, select, update

from provisioner.model.resources import LADDER_OF_RIGHTS, EdgeRole, Kind, ResourceId, Seats
from provisioner.model.steps import Effects
from provisioner.model.text import Text
from provisioner.state.codec import dump, load, load_effects, load_text
from provisioner.state.database import Transactions
from provisioner.state.schema import OPEN, RUN, STEP


class StepState(StrEnum):
    """Where a journalled step stands."""

    INTENT = "intent"  # about to be written, or the process ended while it was
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"  # it may have happened
    MOVED = "moved"  # not written: the object is not as the plan saw it
    SKIPPED = "skipped"  # not tried
    FOUND = "found"  # a later run found the object that this creation made
    ABSENT = "absent"  # a later run proved that this creation did not happen
    SUPERSEDED = "superseded"  # repeatable, and overtaken by a fresh read


class Outcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    PARTLY = "partly"  # something failed, moved, is unknown or was skipped
    INTERRUPTED = "interrupted"
    BROKEN = "broken"  # the database failed; the journal's open intents tell the rest


@dataclass(frozen=True, slots=True)
class Run:
    """One apply. ``ended`` None: it runs, or its process was killed."""

    id: int
    network: str
    started: datetime
    ended: datetime | None
    actor: str
    cause: str
    plan_digest: str
    outcome: Outcome | None
    counts: Mapping[str, int]
    """Steps by `StepState`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One journalled step."""

    id: int
    run: int
    target: str
    server: str
    operation: str
    resource: ResourceId
    name: str
    remote_id: str | None
    state: StepState
    creates: bool
    repeatable: bool
    changes: tuple[str, ...]
    effects: Effects
    error: Text | None
    intent_at: datetime
    outcome_at: datetime | None


@dataclass(frozen=True, slots=True)
class Recent:
    """What was done since a moment: the guards' rolling sums."""

    suspensions: Mapping[Kind, int]
    updates: Mapping[Kind, int]
    """Steps that changed fields of an object that stood already, suspensions and resumptions apart."""
    removed_edges: int
    """An object that was erased counts as one more: at least a membership is gone with it."""
    members_lost: Mapping[Seats, int]


class Runs:
    """The history of one installation."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def begin(self, network: str, actor: str, cause: str, plan_digest: str, at: datetime) -> int:
        """Write a run's beginning; its id. ``actor`` is an opaque id, or what started it (a schedule)."""
        row = {"network": network, "started": at, "actor": actor, "cause": cause, "plan_digest": plan_digest}
        with self._transactions.writing() as connection:
            key = connection.execute(insert(RUN).values(**row, counts="{}")).inserted_primary_key
        return int(key[0])

    def finish(self, run: int, outcome: Outcome, counts: Mapping[str, int], at: datetime) -> None:
        """Write a run's end."""
        values = {"ended": at, "outcome": str(outcome), "counts": dump(dict(counts))}
        with self._transactions.writing() as connection:
            connection.execute(update(RUN).where(RUN.c.id == run).values(values))

    def forget(self, network: str, before: datetime) -> int:
        """Delete runs that began before that moment, with their steps; how many. What is still open stays."""
        old = select(RUN.c.id).where(RUN.c.network == network, RUN.c.started < before)
        waits = select(STEP.c.run).where(STEP.c.network == network, OPEN)
        with self._transactions.writing() as connection:
            ids = list(connection.scalars(old.where(RUN.c.id.not_in(waits))))
            if ids:
                connection.execute(delete(STEP).where(STEP.c.run.in_(ids)))
                connection.execute(delete(RUN).where(RUN.c.id.in_(ids)))
        return len(ids)

    def latest(self, network: str, limit: int = 20, before: int | None = None) -> list[Run]:
        """The newest runs, newest first; ``before``: only those older than the one of this number."""
        statement = select(RUN).where(RUN.c.network == network).order_by(RUN.c.id.desc()).limit(limit)
        if before is not None:
            statement = statement.where(RUN.c.id < before)
        with self._transactions.reading() as connection:
            return [_run(row) for row in connection.execute(statement)]

    def get(self, network: str, run: int) -> Run | None:
        """One run of this network."""
        with self._transactions.reading() as connection:
            row = connection.execute(select(RUN).where(RUN.c.id == run, RUN.c.network == network)).one_or_none()
        return None if row is None else _run(row)

    def steps(self, run: int) -> list[Entry]:
        """A run's steps in the order in which they were tried."""
        with self._transactions.reading() as connection:
            return [
                entry_of(row) for row in connection.execute(select(STEP).where(STEP.c.run == run).order_by(STEP.c.id))
            ]

    def count_steps(self, run: int) -> int:
        """How many steps a run has."""
        with self._transactions.reading() as connection:
            return int(connection.scalar(select(func.count()).select_from(STEP).where(STEP.c.run == run)) or 0)

    def some_steps(self, run: int, offset: int, limit: int) -> list[Entry]:
        """A part of a run's steps: what did not go well first, then in the order in which they were tried."""
        well = case((STEP.c.state.in_([str(StepState.DONE), str(StepState.FOUND)]), 1), else_=0)
        statement = select(STEP).where(STEP.c.run == run).order_by(well, STEP.c.id).offset(offset).limit(limit)
        with self._transactions.reading() as connection:
            return [entry_of(row) for row in connection.execute(statement)]

    def open_entries(self, network: str, target: str) -> list[Entry]:
        """Steps whose outcome was never learnt."""
        with self._transactions.reading() as connection:
            return [
                entry_of(row)
                for row in connection.execute(
                    select(STEP).where(STEP.c.network == network, STEP.c.target == target, OPEN).order_by(STEP.c.id)
                )
            ]

    def recent(self, network: str, target: str, since: datetime) -> Recent:
        """What was done in a target since then."""
        done = (
            STEP.c.network == network,
            STEP.c.target == target,
            STEP.c.outcome_at >= since,
            STEP.c.state == StepState.DONE,
        )
        suspensions, updates = (func.sum(cast(column, Integer)) for column in (STEP.c.suspends, STEP.c.updates))
        with self._transactions.reading() as connection:
            sums = connection.execute(select(STEP.c.kind, suspensions, updates).where(*done).group_by(STEP.c.kind))
            by_kind = {Kind(kind): (int(suspended), int(updated)) for kind, suspended, updated in sums}
            leaving = connection.scalars(select(STEP.c.effects).where(*done, STEP.c.removes > 0)).all()
        lost: dict[Seats, int] = {}
        erased = 0
        for effects in map(load_effects, leaving):
            erased += effects.erased
            gained = {(seats.container, member): seats.role for seats, member in effects.joins}
            for seats, member in effects.leaves:
                if seats.container.is_common:
                    continue
                if not _is_raise(seats.role, gained.get((seats.container, member))):
                    lost[seats] = lost.get(seats, 0) + 1
        return Recent(
            suspensions={kind: sums[0] for kind, sums in by_kind.items() if sums[0]},
            updates={kind: sums[1] for kind, sums in by_kind.items() if sums[1]},
            removed_edges=sum(lost.values()) + erased,
            members_lost=lost,
        )


def _is_raise(before: EdgeRole, role: EdgeRole | None) -> bool:
    """Whether somebody left a role for one that may do all that, and more."""
    ladder = LADDER_OF_RIGHTS
    return before in ladder and role in ladder and ladder.index(role) > ladder.index(before)


def _run(row: Row[tuple[object, ...]]) -> Run:
    return Run(
        id=row.id,
        network=row.network,
        started=row.started,
        ended=row.ended,
        actor=row.actor,
        cause=row.cause,
        plan_digest=row.plan_digest,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        counts=load(row.counts),
    )


def entry_of(row: Row[tuple[object, ...]]) -> Entry:
    """A row of the table ``step`` as people's code wants it."""
    return Entry(
        id=row.id,
        run=row.run,
        target=row.target,
        server=row.server,
        operation=row.operation,
        resource=ResourceId(Kind(row.kind), row.key),
        name=row.name,
        remote_id=row.remote_id,
        state=StepState(row.state),
        creates=row.creates,
        repeatable=row.repeatable,
        changes=tuple(load(row.changes)),
        effects=load_effects(row.effects),
        error=load_text(row.error),
        intent_at=row.intent_at,
        outcome_at=row.outcome_at,
    )
