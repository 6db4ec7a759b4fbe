"""Changes that wait for a ranger, kept as a saved plan: approving it approves exactly them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pydantic import ValidationError

from provisioner.app.applying import Applied, apply
from provisioner.app.carrying_out import How, Started
from provisioner.app.planning import Planned
from provisioner.app.reporting import Say, plan_report
from provisioner.app.reports import PlanReport
from provisioner.app.saved import approval_of
from provisioner.app.site import Site
from provisioner.model.changes import ChangeClass
from provisioner.model.errors import SettingsError, StateError
from provisioner.model.plan import Plan
from provisioner.model.text import Text
from provisioner.state import PlanState, SavedPlan, SavedPlans

SUPERSEDED = "superseded"
"""Who decided on a plan that a newer one replaced."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One saved plan that nobody has decided on."""

    saved: SavedPlan
    report: PlanReport

    @property
    def changes(self) -> int:
        return sum(len(target.changes) for target in self.report.targets)


def keep_queue(site: Site, planned: Planned, say: Say) -> str | None:
    """Save what is queued in a whole plan, in the place of what waited before. Its digest, or None for nothing.

    Called after an unattended run over all targets: what such a run saw is what there is to decide.
    """
    plans, now = SavedPlans(site.database), site.clock.now()
    queued = _queued(planned.plan)
    digest = None if queued.is_empty() else queued.digest()
    for older in plans.waiting(site.network):
        if older.digest != digest:
            plans.decide(site.network, older.digest, PlanState.DISCARDED, SUPERSEDED, now)
    if digest is not None:
        plans.save(site.network, digest, plan_report(queued, now, say).model_dump(mode="json", by_alias=True), now)
    return digest


def _queued(plan: Plan) -> Plan:
    targets = tuple(
        replace(
            part,
            changes=tuple(change for change in part.changes if change.change_class is ChangeClass.QUEUED),
            notices=(),
        )
        for part in plan.targets
    )
    return replace(plan, targets=targets, refusals=())


def waiting_plans(site: Site) -> Iterator[Waiting]:
    """All that wait, oldest first. Raises `StateError` for one that an older version wrote in another shape."""
    for saved in SavedPlans(site.database).waiting(site.network):
        yield Waiting(saved, _report(saved))


def find_plan(site: Site, digest: str) -> Waiting:
    """The waiting plan whose digest begins so. Raises `SettingsError` for none, or for more than one."""
    found = [plan for plan in SavedPlans(site.database).find(site.network, digest) if plan.state is PlanState.WAITING]
    if len(found) != 1:
        raise SettingsError(Text.of("app.no_such_plan" if not found else "app.several_plans", digest=digest))
    return Waiting(found[0], _report(found[0]))


def approve(site: Site, digest: str, started: Started, allowed: frozenset[str], how: How | None = None) -> Applied:
    """Make exactly the changes of a waiting plan, as far as they are still as it saw them.

    Raises what `apply` raises; a plan that a guard refuses, or whose registry changed, goes on waiting.
    """
    waiting = find_plan(site, digest)
    approval = approval_of(waiting.report, allowed)
    applied = apply(site, approval, started, how=how)
    if not applied.planned.plan.refusals:
        SavedPlans(site.database).decide(
            site.network, waiting.saved.digest, PlanState.APPLIED, started.actor, site.clock.now()
        )
    return applied


def reject(site: Site, digest: str, actor: str) -> Waiting:
    """Decide against a waiting plan. What it would have changed is planned again as long as it differs."""
    waiting = find_plan(site, digest)
    SavedPlans(site.database).decide(site.network, waiting.saved.digest, PlanState.DISCARDED, actor, site.clock.now())
    return waiting


def _report(saved: SavedPlan) -> PlanReport:
    try:
        return PlanReport.model_validate(saved.body)
    except ValidationError:
        raise StateError(Text.of("app.unreadable_plan", digest=saved.digest[:12])) from None
