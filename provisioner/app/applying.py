"""Applies a plan: under the servers' locks it is made afresh, held against what was approved, and carried out."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from provisioner.app.connectors import Target
from provisioner.app.logged import Logged
from provisioner.app.planning import Planned, View, compile_steps, make_plan
from provisioner.app.site import Site
from provisioner.execution import Assignment, Interruption, Progress, Report, Retries, Silent, execute
from provisioner.model.bindings import Binding, Ties
from provisioner.model.changes import Adopt, Change, ChangeClass, Create, Join
from provisioner.model.errors import ReadiError
from provisioner.model.inventory import Unknown
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.text import Text
from provisioner.planning.agreement import agreement
from provisioner.state import Journal, Runs, ServerLock, StepState

_log = logging.getLogger(__name__)


class PlanOutdated(ReadiError):
    """The registry or the policy changed since the plan was made; it has to be made, and read, again."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What may be done: the changes of these digests, or (None) the class *auto* of whatever the plan then is."""

    digests: Mapping[str, str] | None = None
    """Digest of a change → the name of its object, as the approved plan had it."""
    registry: str | None = None
    policy: str | None = None
    allowed: frozenset[str] = frozenset()
    """Words by which guards let this one plan through."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of an apply. ``report`` is None when nothing was to be done, or a guard refused."""

    planned: Planned
    report: Report | None = None
    waiting: int = 0
    """Changes that were left for a ranger to read."""
    moved: tuple[str, ...] = ()
    """Names of objects that are no longer as the approved plan saw them."""

    @property
    def found(self) -> tuple[str, ...]:
        """Names of creations whose answer was lost: they are there, perhaps without all that they shall have."""
        if self.report is None:
            return ()
        done = self.report.results(StepState.DONE)
        return tuple(
            result.step.name
            for result in done
            if result.why is not None and result.why.code == "execution.found_after_lost_answer"
        )


@dataclass(frozen=True, slots=True)
class Started:
    """Who or what started a run, for the history: opaque ids, no names."""

    actor: str
    cause: str


@dataclass(frozen=True, slots=True)
class How:
    """How a run is watched and how patient it is."""

    progress: Progress | None = None
    retries: Retries = field(default_factory=Retries)
    interruption: Interruption = field(default_factory=Interruption)


def apply(
    site: Site,
    approval: Approval,
    started: Started,
    only_targets: Sequence[str] = (),
    only: frozenset[str] = frozenset(),
    how: How | None = None,
) -> Applied:
    """Do what was approved and is still as it was approved.

    Raises `PlanOutdated`, `SettingsError`, `LockTaken` and other `StateError`s; what targets do stands in the report.
    """
    how = how or How()
    with ExitStack() as stack:
        targets = stack.enter_context(site.targets(only_targets))
        locks = _lock(site, targets, stack)
        planned = make_plan(site, targets, only, approval.allowed)
        _check_current(planned, approval)
        if planned.plan.refusals:
            return Applied(planned)
        chosen = {part.target: _chosen(part.changes, approval) for part in planned.plan.targets}
        moved = _moved(planned, approval)
        waiting = sum(1 for change in planned.plan.changes() if change.change_class is not ChangeClass.AUTO)
        if approval.digests is not None:
            waiting = 0
        report = _carry_out(site, planned, chosen, locks, started, how)
        return Applied(planned, report, waiting, moved)


def _lock(site: Site, targets: Iterable[Target], stack: ExitStack) -> dict[str, ServerLock]:
    """One lock a server, in the order of their names so that two runs can't wait for each other."""
    now = site.clock.now()
    servers = sorted({target.server for target in targets})
    return {server: stack.enter_context(site.database.lock(server, now)) for server in servers}


def _check_current(planned: Planned, approval: Approval) -> None:
    plan = planned.plan
    if approval.registry is not None and approval.registry != plan.registry_digest:
        raise PlanOutdated(Text.of("app.registry_changed"))
    if approval.policy is not None and approval.policy != plan.policy_digest:
        raise PlanOutdated(Text.of("app.policy_changed"))


def _chosen(changes: Iterable[Change], approval: Approval) -> list[Change]:
    if approval.digests is None:
        return [change for change in changes if change.change_class is ChangeClass.AUTO]
    return [change for change in changes if change.digest() in approval.digests]


def _moved(planned: Planned, approval: Approval) -> tuple[str, ...]:
    """Names of what was approved but is not planned any more: done by somebody else, or no longer as it was."""
    if approval.digests is None:
        return ()
    now = {change.digest() for change in planned.plan.changes()}
    return tuple(sorted({name for digest, name in approval.digests.items() if digest not in now}))


def _carry_out(
    site: Site,
    planned: Planned,
    chosen: Mapping[str, list[Change]],
    locks: Mapping[str, ServerLock],
    started: Started,
    how: How,
) -> Report | None:
    now = site.clock.now()
    run = 0
    if any(chosen.values()):
        run = Runs(site.database).begin(site.network, started.actor, started.cause, planned.plan.digest(), now)
    assignments = []
    for view in planned.views.values():
        if view.inventory is None or view.capabilities is None:
            continue
        changes = _possible(chosen[view.target.name], view.ties)
        lock = locks[view.target.server]
        journal = Journal(lock, site.network, view.target.server, run)
        ties = _note_what_is_known(journal, planned, view, changes, site)
        steps = compile_steps(view, changes)
        if steps:
            bound = {identity: binding.remote_id for identity, binding in ties.bindings.items()}
            assignments.append(
                Assignment(
                    target=view.target.name,
                    steps=steps,
                    connector=view.target.connector,
                    gate=view.target.gate,
                    lock=lock,
                    bound=bound,
                    waiter=view.target.waiter,
                )
            )
    if not run:
        return None
    _log.info("run started", extra={"network": site.network, "run": run, "actor": started.actor})
    report = execute(
        assignments,
        database=site.database,
        network=site.network,
        run=run,
        clock=site.clock,
        progress=Logged(how.progress or Silent()),
        retries=how.retries,
        interruption=how.interruption,
    )
    ended = {"network": site.network, "run": run, "outcome": str(report.outcome), "counts": dict(report.counts)}
    _log.info("run ended", extra=ended)
    return report


def _note_what_is_known(journal: Journal, planned: Planned, view: View, changes: Sequence[Change], site: Site) -> Ties:
    """Write down what needs no write over there: settled steps, adoptions, agreements. Returns the ties as of now."""
    assert view.inventory is not None  # noqa: S101 - for the type checker; the caller looked
    assert view.capabilities is not None  # noqa: S101
    now = site.clock.now()
    if view.settlements:
        journal.settle(view.settlements, now)
    adoptions = [change for change in changes if isinstance(change, Adopt)]
    managed = {
        kind: frozenset(name for name, mode in modes.items() if mode is Mode.MANAGED)
        for kind, modes in view.capabilities.fields.items()
    }
    if adoptions:
        journal.adopt(adoptions, managed, (), now)
    ties = _with_adopted(view.ties, adoptions, managed)
    agreed = agreement(planned.desired, view.inventory, ties, view.capabilities)
    if agreed:
        fields = [(ties.bindings[identity], values) for identity, values in agreed.fields.items()]
        journal.agree(view.target.name, fields, agreed.joined, agreed.left)
    return ties


def _with_adopted(ties: Ties, adoptions: Iterable[Adopt], managed: Mapping[Kind, frozenset[FieldName]]) -> Ties:
    bindings = dict(ties.bindings)
    for change in adoptions:
        remote = change.remote
        applied: dict[FieldName, Value] = {
            name: value
            for name, value in remote.fields.items()
            if name in managed[change.id.kind] and not isinstance(value, Unknown)
        }
        bindings[change.id] = Binding(change.id, remote.remote_id, remote.name, remote.fingerprint, applied)
    return Ties(bindings, ties.edges, ties.foreign, ties.retired_names, ties.pending)


def _possible(changes: Sequence[Change], ties: Ties) -> list[Change]:
    """Without what waits for something that was not chosen: joins of accounts or into groups not (yet) ours."""
    ours = set(ties.bindings) | {change.id for change in changes if isinstance(change, Create | Adopt)}
    possible: list[Change] = []
    for change in changes:
        if isinstance(change, Create | Adopt):
            possible.append(change)
        elif change.id not in ours:
            continue
        elif isinstance(change, Join):
            members = tuple(key for key in change.members if ResourceId(Kind.ACCOUNT, key) in ours)
            if members == change.members:
                possible.append(change)
            elif members:
                possible.append(replace(change, members=members))
        else:
            possible.append(change)
    return possible
