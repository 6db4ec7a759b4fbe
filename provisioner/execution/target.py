"""The steps of one target, strictly one after another, each journalled before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from provisioner.execution.interruption import Interruption
from provisioner.execution.leaving import leave_epoch
from provisioner.execution.order import in_order
from provisioner.execution.performing import Ended, Performer, defect
from provisioner.execution.report import Progress, StepResult, TargetReport
from provisioner.execution.rules import Retries
from provisioner.model.errors import ReadiError, StateError
from provisioner.model.inventory import Epoch, Present
from provisioner.model.ports import Clock, Connector
from provisioner.model.resources import Edge, ResourceId
from provisioner.model.steps import Step
from provisioner.model.text import Text
from provisioner.state import AlreadyBound, Entry, Epochs, Journal, LockLost, ServerLock, StepState
from provisioner.transport.gate import WriteGate
from provisioner.transport.ledger import Waiter


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What is to be done on one target."""

    target: str
    steps: Sequence[Step]
    connector: Connector
    gate: WriteGate
    """The one that the connector was wired with."""
    lock: ServerLock
    """Held since before the target was observed. Targets on one server share it, and are done one by one."""
    bound: Mapping[ResourceId, str]
    """Remote ids of what is tied already."""
    waiter: Waiter | None = None
    """The one that the connector's rate ledger waits with; None: one is made by the rules."""


class TargetRun:
    """One target within one run."""

    def __init__(
        self,
        assignment: Assignment,
        journal: Journal,
        clock: Clock,
        progress: Progress,
        retries: Retries,
        interruption: Interruption,
    ) -> None:
        """Raises `ValueError` for steps that wait for each other."""
        self.target = assignment.target
        self._first = in_order(assignment.steps)
        self._assignment = assignment
        self._journal = journal
        self._clock = clock
        self._progress = progress
        self._interruption = interruption
        self._ailing_in_a_row = 0
        self._most_ailing = retries.failures_in_a_row
        self._bound = assignment.bound
        self._made: dict[ResourceId, str] = {}
        self._left_open: dict[ResourceId, list[Entry]] = {}
        """By earlier runs."""
        self._broken: set[ResourceId] = set()
        """Not made after all, or moved: nothing is done to it or with it any more."""
        self._results: list[StepResult] = []
        self._skipped: list[tuple[Step, Text]] = []
        self._stopped: Text | None = None
        self._no_epoch: Text | None = None
        self._waiter = assignment.waiter or Waiter(
            clock,
            lambda seconds, why: progress.waiting(assignment.target, seconds, why),
            interruption.is_set,
            retries.max_wait,
        )
        self._performer = Performer(
            assignment.connector, assignment.gate, assignment.lock.token(), self._waiter, retries, self._resolve
        )

    def run(self) -> None:
        """Do the steps of the assignment. Errors end up in the report, or in the interruption's ``error``."""
        try:
            for entry in self._journal.left_open(self.target):
                self._left_open.setdefault(entry.resource, []).append(entry)
        except StateError as error:
            self._broke(error)
        self._run(self._first)

    def run_also(self, steps: Sequence[Step]) -> None:
        """Do further ones, which know what was made and what did not come about. Raises `ValueError` as above."""
        self._run(in_order(steps))

    def settle(self) -> None:
        """What earlier runs left half done is made good where everything that this run wanted was done."""
        undone = {result.step.id for result in self._results if result.state is not StepState.DONE}
        wanted = {result.step.id for result in self._results} - undone
        entries = [entry for resource in wanted for entry in self._left_open.get(resource, ()) if entry.repeatable]
        if entries:
            try:
                self._journal.supersede([entry.id for entry in entries], self._clock.now())
            except StateError as error:
                self._broke(error)

    def leave_epoch(self, epoch: Epoch, network: str) -> None:
        """Leave it in a target that was written, unless it has it. What fails is told, and left to the next run."""
        if self._stopped is not None or not any(result.state is StepState.DONE for result in self._results):
            return
        given = self._assignment
        epochs = Epochs(given.lock)
        try:
            left = epochs.left(network, self.target)
            if left is not None and left >= epoch.number:
                return
            with self._waiter.hurried():
                leave_epoch(epochs, network, self.target, epoch, given.lock, given.gate, given.connector)
        except ReadiError as error:
            self._no_epoch = error.text
        except Exception as error:  # noqa: BLE001 - a defect of a connector must not hide what came of the steps
            self._no_epoch = defect("leave-epoch", self.target, error)

    def report(self) -> TargetReport:
        """What came of it so far."""
        return TargetReport(self.target, tuple(self._results), self._stopped, dict(self._made), self._no_epoch)

    def _run(self, steps: Sequence[Step]) -> None:
        if not steps:
            return
        self._progress.started(self.target, len(steps))
        for step in steps:
            why = self._reason_to_stop() or self._reason_to_skip(step)
            if why is not None:
                self._skip(step, why)
                continue
            try:
                self._do(step)
            except StateError as error:
                self._broke(error)
        skipped, self._skipped = self._skipped, []
        try:
            if self._interruption.error is None:
                self._journal.skip(skipped, self._clock.now())
        except StateError as error:
            self._broke(error)

    def _do(self, step: Step) -> None:
        made = self._remote_id(step.id) if step.creates else None
        creates = step.creates and made is None
        try:
            entry = self._journal.intend(step, self._clock.now(), made=made)
        except StateError as error:
            self._finish(step, StepState.SKIPPED, error.text)
            raise
        try:
            ended = self._performer.perform(step, creates=creates)
            state, why = self._record(entry, step, ended, creates)
        except StateError as error:
            # The intent stands, so the next run looks the step up.
            self._finish(step, StepState.UNKNOWN, error.text)
            raise
        self._finish(step, state, why)
        self._stopped = ended.stops
        self._ailing_in_a_row = self._ailing_in_a_row + 1 if ended.target_ailing else 0
        if self._stopped is None and self._ailing_in_a_row >= self._most_ailing:
            self._stopped = Text.of("execution.ailing", steps=self._ailing_in_a_row)

    def _record(self, entry: int, step: Step, ended: Ended, creates: bool) -> tuple[StepState, Text | None]:
        """Outcome, tie and edges, in one transaction."""
        now = self._clock.now()
        try:
            if ended.found is not None:
                self._journal.found(entry, step, ended.found.remote, self._joins_seen(step, ended.found), now)
                self._made[step.id] = ended.found.remote.remote_id
                return StepState.DONE, Text.of("execution.found_after_lost_answer")
            if ended.done is not None:
                overtaken = [old.id for old in self._left_open.get(step.id, ()) if _is_alike(old, step)]
                self._journal.done(entry, step, ended.done, now, binds=creates, overtaken=overtaken)
                self._made[step.id] = ended.done.remote_id
                return StepState.DONE, ended.done.note
        except AlreadyBound:
            why = Text.of("execution.already_bound", name=step.name)
            self._journal.close(entry, StepState.FAILED, why, now)
            return StepState.FAILED, why
        self._journal.close(entry, ended.state, ended.why, now)
        return ended.state, ended.why

    def _joins_seen(self, step: Step, found: Present) -> list[Edge]:
        """Which edges of a creation the look-up shows; of the others nothing is known."""
        if found.edges is None:
            return []
        return [edge for edge in step.effects.joins if self._remote_id(edge.seats.container) in found.edges]

    def _finish(self, step: Step, state: StepState, why: Text | None) -> None:
        if state is not StepState.DONE:
            moved = state is StepState.MOVED and step.expects is not None
            if moved or (step.creates and self._remote_id(step.id) is None):
                self._broken.add(step.id)
        result = StepResult(step, state, why)
        self._results.append(result)
        self._progress.finished(self.target, result)

    def _skip(self, step: Step, why: Text) -> None:
        self._skipped.append((step, why))
        self._finish(step, StepState.SKIPPED, why)

    def _reason_to_stop(self) -> Text | None:
        if self._interruption.error is not None:
            return Text.of("execution.state_broke")
        if self._stopped is not None:
            return self._stopped
        if self._interruption.is_wanted:
            self._stopped = Text.of("execution.interrupted")
        return self._stopped

    def _reason_to_skip(self, step: Step) -> Text | None:
        if step.id in self._broken:
            return Text.of("execution.depends_on_itself", name=step.name)
        for resource in step.refers:
            if resource in self._broken or self._remote_id(resource) is None:
                return Text.of("execution.depends", on=str(resource))
        return None

    def _broke(self, error: StateError) -> None:
        """A lost lock concerns this server alone; anything else that is wrong with the database concerns all."""
        if isinstance(error, LockLost):
            self._stopped = error.text
        else:
            self._interruption.broke(error)
            self._stopped = error.text

    def _remote_id(self, resource: ResourceId) -> str | None:
        return self._made.get(resource) or self._bound.get(resource)

    def _resolve(self, resource: ResourceId) -> str:
        found = self._remote_id(resource)
        if found is None:
            raise KeyError(resource)
        return found


def _is_alike(old: Entry, step: Step) -> bool:
    """Whether this step makes good one that must not be repeated.

    Others wait for `TargetRun.settle`: as long as they are open, what is half done about their object is known as ours.
    """
    same = (old.effects.joins, old.effects.leaves) == (step.effects.joins, step.effects.leaves)
    return not old.repeatable and old.operation == step.operation and same
