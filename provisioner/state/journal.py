"""The journal of one run on one server: intent before each write, outcome and ties together after it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from provisioner.model.bindings import Binding, adopted
from provisioner.model.changes import Adopt
from provisioner.model.errors import StateError
from provisioner.model.inventory import Remote
from provisioner.model.resources import Edge, FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Done, Effects, Step
from provisioner.model.text import Text
from provisioner.state.bindings import BindingWriter
from provisioner.state.codec import dump, dump_effects, dump_text
from provisioner.state.database import Transactions
from provisioner.state.runs import Entry, StepState, entry_of
from provisioner.state.schema import OPEN, STEP
from provisioner.state.tie_facts import Facts
from provisioner.state.ties_log import TiesLog


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a step whose outcome was open; ``remote`` is the object that a creation had made."""

    entry: Entry
    state: StepState
    remote: Remote | None = None

    @property
    def erased(self) -> bool:
        """It was to erase its object, and did."""
        return self.state is StepState.DONE and self.entry.effects.erased


TOGETHER: Final = 25
"""Facts that wait in the database for the file of ties before they are appended: one by one they cost 2 % of a run."""

# Made once, since making a statement costs more than running it.
_CLOSE: Final = (
    update(STEP)
    .where(STEP.c.id == bindparam("entry"))
    .values({name: bindparam(f"to_{name}") for name in ("state", "error", "outcome_at")})
)


class Journal:
    """Writes one run's steps on the connection that holds the server's lock. All methods raise `StateError`."""

    def __init__(
        self,
        lock: Transactions,
        network: str,
        server: str,
        run: int,
        ties_log: TiesLog | None = None,
        together: int = TOGETHER,
    ) -> None:
        """``ties_log`` is brought up to date while steps are made, so many facts ``together``.

        Its last lines are the caller's to see to.
        """
        self._ties_log = ties_log
        self._together = together
        self._noted = self._waiting = 0
        self._lock = lock
        self._network = network
        self._server = server
        self._run = run

    def intend(self, step: Step, at: datetime, *, made: str | None = None) -> int:
        """Write down, for good, that this step is about to be performed. Its number in the journal.

        ``made``: the remote id of what this run created before: the step goes on with it, and creates nothing. It
        counts as part of the creation all the same, and as no update of what was there.
        """
        row = self._row(step, StepState.INTENT, at)
        if made is not None:
            row |= {"creates": False, "remote_id": made}
        with self._lock.writing() as connection:
            key = connection.execute(insert(STEP), row).inserted_primary_key
        entry = int(key[0])
        # Now, since with the intent all that came before it is on disk: the file is never ahead of the database.
        if self._waiting >= self._together and self._ties_log is not None:
            try:
                self._ties_log.append(self._noted)
            except StateError as error:
                self.close(entry, StepState.SKIPPED, error.text, at)
                raise
            self._waiting = 0
        return entry

    def done(
        self, entry: int, step: Step, done: Done, at: datetime, *, binds: bool, overtaken: Iterable[int] = ()
    ) -> None:
        """The step happened: outcome, tie, edges and applied fields in one transaction. ``binds``: a new tie.

        ``overtaken``: open entries of earlier runs that it makes good. What was erased leaves a tombstone: its tie
        and its edges go, its name (``effects.fields["name"]``, in the canonical form) is never used again.
        On disk no later than the next intent. If a power cut takes it away, the step's intent still stands.
        """
        with self._changing(durable=False) as (connection, facts):
            self._close(connection, entry, StepState.DONE, done.note, at)
            for older in overtaken:
                self._close(connection, older, StepState.SUPERSEDED, None, at)
            writer = self._writer(facts, step.target)
            effects = step.effects
            if effects.erased:
                _erase(writer, step.id, step.name, effects, at)
            elif binds:
                name = effects.fields.get("name", step.name)
                fields = dict(effects.fields)
                writer.bind(Binding(step.id, done.remote_id, str(name), done.fingerprint, fields), at)
            else:
                writer.apply(step.id, effects.fields, done.remote_id, done.fingerprint)
            writer.join(edge for edge in effects.joins if edge not in done.missed)
            writer.leave(effects.leaves)

    def found(self, entry: int, step: Step, remote: Remote, joins: Iterable[Edge], at: datetime) -> None:
        """A creation whose answer was lost did happen. What it set is not known: the next plan compares afresh."""
        with self._changing() as (connection, facts):
            self._close(connection, entry, StepState.DONE, Text.of("state.found_after_lost_answer"), at)
            writer = self._writer(facts, step.target)
            writer.bind(Binding(step.id, remote.remote_id, remote.name, remote.fingerprint, {}), at)
            writer.join(joins)

    def close(self, entry: int, state: StepState, why: Text | None, at: datetime) -> None:
        """The step ended in another way."""
        with self._lock.writing() as connection:
            self._close(connection, entry, state, why, at)

    def skip(self, steps: Sequence[tuple[Step, Text]], at: datetime) -> None:
        """These were not tried, and why."""
        rows = [
            {**self._row(step, StepState.SKIPPED, at), "error": dump_text(why), "outcome_at": at} for step, why in steps
        ]
        if rows:
            with self._lock.writing() as connection:
                connection.execute(insert(STEP), rows)

    def adopt(self, changes: Sequence[Adopt], modes: Mapping[Kind, Mapping[FieldName, Mode]], at: datetime) -> None:
        """Tie objects that stand already, as they were observed (see `provisioner.model.bindings.adopted`).

        ``modes``: what the target can do with which field, by kind. One transaction: `AlreadyBound` leaves none tied.
        """
        with self._changing() as (connection, facts):
            for change in changes:
                self._writer(facts, change.target).bind(adopted(change, modes.get(change.id.kind, {})), at)
                step = Step(
                    target=change.target,
                    operation="adopt",
                    id=change.id,
                    name=change.name,
                    changes=(change.digest(),),
                    remote_id=change.remote.remote_id,
                )
                connection.execute(insert(STEP), {**self._row(step, StepState.DONE, at), "outcome_at": at})

    def settle(
        self, settlements: Iterable[Settlement], at: datetime, changing: Collection[ResourceId] = frozenset()
    ) -> None:
        """Close steps that earlier runs left open; tie what their creations had made, release what they had erased.

        ``changing``: objects that this run is about to write to. What an earlier step left there half done counts
        as ours (`Ties.unsettled`) until all is done there, so their entries stay open.
        """
        with self._changing() as (connection, facts):
            for settled in settlements:
                entry, remote = settled.entry, settled.remote
                if settled.state is StepState.SUPERSEDED and entry.resource in changing:
                    continue
                self._close(connection, entry.id, settled.state, entry.error, at)
                writer = self._writer(facts, entry.target)
                if remote is not None:
                    binding = Binding(entry.resource, remote.remote_id, remote.name, remote.fingerprint, {})
                    writer.bind(binding, at)
                elif settled.erased:
                    _erase(writer, entry.resource, entry.name, entry.effects, at)

    def left_open(self, target: str) -> list[Entry]:
        """Entries of earlier runs that are still open and create nothing: what this run does may make them good."""
        mine = (STEP.c.network == self._network, STEP.c.target == target, STEP.c.run < self._run)
        with self._lock.reading() as connection:
            rows = connection.execute(select(STEP).where(*mine, OPEN, ~STEP.c.creates).order_by(STEP.c.id))
            return [entry_of(row) for row in rows]

    def supersede(self, entries: Iterable[int], at: datetime) -> None:
        """These are made good by what was done since."""
        with self._lock.writing() as connection:
            for entry in entries:
                self._close(connection, entry, StepState.SUPERSEDED, None, at)

    def agree(
        self,
        target: str,
        fields: Iterable[tuple[Binding, Mapping[FieldName, Value]]],
        joined: Iterable[Edge],
        left: Iterable[Edge],
    ) -> None:
        """Note what is both wanted and there although no step made it so; edges likewise."""
        with self._changing() as (_, facts):
            writer = self._writer(facts, target)
            for binding, agreed in fields:
                writer.apply(binding.id, agreed, binding.remote_id, binding.fingerprint)
            writer.join(joined)
            writer.leave(left)

    def borrow(self, target: str, accounts: Iterable[Binding], given_back: Iterable[ResourceId]) -> None:
        """Remember which accounts of other networks are borrowed, and forget those that are given back."""
        with self._changing() as (_, facts):
            writer = self._writer(facts, target)
            writer.give_back(given_back)
            writer.borrow(accounts)

    @contextmanager
    def _changing(self, *, durable: bool = True) -> Iterator[tuple[Connection, Facts]]:
        """A transaction that notes at its end what it changed about ties."""
        with self._lock.writing(durable=durable) as connection:
            facts = Facts(connection, self._run)
            yield connection, facts
            noted = facts.note()
        if noted:
            self._noted = noted
            self._waiting += 1

    def _writer(self, facts: Facts, target: str) -> BindingWriter:
        return BindingWriter(facts.connection, self._network, target, self._server, facts)

    @staticmethod
    def _close(connection: Connection, entry: int, state: StepState, why: Text | None, at: datetime) -> None:
        values = {"entry": entry, "to_state": str(state), "to_error": dump_text(why), "to_outcome_at": at}
        connection.execute(_CLOSE, values)

    def _row(self, step: Step, state: StepState, at: datetime) -> dict[str, object]:
        fields = step.effects.fields
        stands = not step.creates
        return {
            "run": self._run,
            "network": self._network,
            "target": step.target,
            "server": self._server,
            "identity": identity(step),
            "operation": step.operation,
            "kind": str(step.id.kind),
            "key": step.id.key,
            "name": step.name,
            "remote_id": step.remote_id,
            "payload": dump(dict(step.payload)),
            "changes": dump(step.changes),
            "effects": dump_effects(step.effects),
            "creates": step.creates,
            "repeatable": step.repeatable,
            "suspends": stands and fields.get("enabled") is False,
            "updates": stands and not step.effects.erased and any(name != "enabled" for name in fields),
            "removes": len(step.effects.leaves) + step.effects.erased,
            "state": str(state),
            "error": None,
            "intent_at": at,
            "outcome_at": None,
        }


def _erase(writer: BindingWriter, resource: ResourceId, name: str, effects: Effects, at: datetime) -> None:
    writer.release(resource)
    writer.retire(resource.kind, str(effects.fields.get("name", name)), at)


def identity(step: Step) -> str:
    """sha256 in hex: the same write, planned again, has the same identity."""
    content = [step.target, step.operation, str(step.id.kind), step.id.key, step.changes, dict(step.payload)]
    return hashlib.sha256(dump(content).encode()).hexdigest()


__all__ = ["Effects", "Journal", "Settlement", "identity"]
