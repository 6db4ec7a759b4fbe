"""Applies a plan: under the servers' locks it is made afresh, held against what was approved, and carried out."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import NamedTuple

from provisioner.app.carrying_out import How, Started, carry_out
from provisioner.app.connectors import Target
from provisioner.app.leavers import note_departures
from provisioner.app.planning import UNDECIDED, Decisions, Planned, make_plan, unread
from provisioner.app.site import Site
from provisioner.execution import Report
from provisioner.model.changes import Adopt, Change, ChangeClass
from provisioner.model.errors import ReadiError
from provisioner.model.plan import Plan
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.text import Text
from provisioner.state import Runs, ServerLock, StepState

_log = logging.getLogger(__name__)


class PlanOutdated(ReadiError):
    """The registry or the policy changed since the plan was made; it has to be made, and read, again."""


class Approved(NamedTuple):
    """One change that somebody read: which object of which target, and what it is called."""

    target: str
    verb: str
    kind: str
    key: str
    name: str

    @classmethod
    def of(cls, change: Change) -> "Approved":
        return cls(change.target, str(change.verb), str(change.id.kind), change.id.key, change.name)

    @property
    def resource(self) -> ResourceId:
        return ResourceId(Kind(self.kind), self.key)


@dataclass(frozen=True, slots=True)
class Approval:
    """What may be done: these changes, or (None) the class *auto* of whatever the plan then is."""

    changes: Mapping[str, Approved] | None = None
    """By digest."""
    registry: str | None = None
    policy: str | None = None
    allowed: frozenset[str] = frozenset()
    """Words by which guards let this one plan through."""

    @classmethod
    def of_all(cls, plan: Plan, allowed: frozenset[str] = frozenset()) -> "Approval":
        """Somebody read the whole plan and agrees to exactly its changes."""
        changes = {change.digest(): Approved.of(change) for change in plan.changes()}
        return cls(changes, plan.registry_digest, plan.policy_digest, allowed)

    def resources(self) -> dict[str, ResourceId]:
        """What each approved change is about, by its digest."""
        return {digest: change.resource for digest, change in (self.changes or {}).items()}


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of an apply. ``report`` is None when nothing was to be done, or a guard refused."""

    planned: Planned
    report: Report | None = None
    waiting: int = 0
    """Changes that were left for a ranger to read."""
    adopted: int = 0
    """Objects that were tied to the registry as they are."""
    moved: tuple[str, ...] = ()
    """Names of objects that are no longer as the approved plan saw them."""
    behind: Mapping[str, Text] = field(default_factory=dict)
    """Targets that were left alone since this database is older than they are, with what to do about it."""

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


def apply(
    site: Site,
    approval: Approval,
    started: Started,
    only_targets: Sequence[str] = (),
    only: frozenset[str] = frozenset(),
    how: How | None = None,
    decisions: Decisions = UNDECIDED,
) -> Applied:
    """Do what was approved and is still as it was approved; ``decisions`` as in `make_plan`.

    A target that a newer database changed is left alone, and said so. Raises `PlanOutdated`, `SettingsError`,
    `LockTaken`, `StateBehind` and other `StateError`s; what targets do stands in the report.
    """
    how = how or How()
    with ExitStack() as stack:
        targets = stack.enter_context(site.targets(only_targets))
        locks = lock_servers(site, targets, stack)
        site.ties_log.check()
        planned = make_plan(site, targets, only, approval.allowed, decisions, approval.resources())
        _check_current(planned, approval)
        if planned.plan.refusals:
            return Applied(planned)
        chosen = {part.target: _chosen(part.changes, approval) for part in planned.plan.targets}
        moved = _moved(planned.plan, approval)
        waiting = sum(1 for change in planned.plan.changes() if change.change_class is not ChangeClass.AUTO)
        if approval.changes is not None:
            waiting = 0
        behind = {name: view.behind for name, view in planned.views.items() if view.behind is not None}
        ours = {name: view for name, view in planned.views.items() if name not in behind}
        report = carry_out(site, replace(planned, views=ours), chosen, locks, started, how)
        _forget_the_past(site, planned)
        note_departures(site, planned.inputs.loaded.registry, targets)
        adopted = sum(isinstance(change, Adopt) for name in ours for change in chosen[name])
        return Applied(planned, report, waiting, adopted, moved, behind)


def _forget_the_past(site: Site, planned: Planned) -> None:
    """Steps hold people's data: they are kept for as long as policy says and no longer."""
    days = timedelta(days=planned.inputs.policy.retention.history_days)
    Runs(site.database).forget(site.network, site.clock.now() - days)


def lock_servers(site: Site, targets: Iterable[Target], stack: ExitStack) -> dict[str, ServerLock]:
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
    if approval.changes is None:
        return [change for change in changes if change.change_class is ChangeClass.AUTO]
    return [change for change in changes if change.digest() in approval.changes]


def _moved(plan: Plan, approval: Approval) -> tuple[str, ...]:
    """Names of what was approved and can't be done as it was: it is still planned, but otherwise, or in dispute.

    What is no longer planned at all, with nothing to say about it, is so already.
    """
    if approval.changes is None:
        return ()
    now = {change.digest() for change in plan.changes()}
    otherwise = {Approved.of(change)[:4] for change in plan.changes()}
    noted = {
        (notice.target, str(notice.id.kind), notice.id.key)
        for part in plan.targets
        for notice in part.notices
        if notice.id is not None
    }
    unknown = set(unread(plan))
    moved = {
        approved.name
        for digest, approved in approval.changes.items()
        if digest not in now
        and (
            approved[:4] in otherwise
            or (approved.target, approved.kind, approved.key) in noted
            or approved.target in unknown
        )
    }
    return tuple(sorted(moved))
