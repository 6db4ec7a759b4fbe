"""What the last look at everything left to do: the plan without what was done of it, for people to read."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from provisioner.app.reporting import Say, plan_report
from provisioner.app.reports import PlanReport
from provisioner.app.site import Site
from provisioner.model.plan import Plan
from provisioner.state import Meta
from provisioner.state.codec import dump, load

_NAME: Final = "service.plan"

MOST: Final = 2_000
"""Changes of a target that are kept to be shown; a first sync of a big network has tens of thousands."""


@dataclass(frozen=True, slots=True)
class LastPlan:
    """The plan of the last look. ``changes``: how many there are in all, also those that ``report`` leaves out."""

    at: datetime
    changes: int
    report: PlanReport

    @property
    def is_cut(self) -> bool:
        """Whether ``report`` leaves some out."""
        return sum(len(target.changes) for target in self.report.targets) < self.changes


def keep_plan(site: Site, plan: Plan, say: Say, done: Collection[str] = ()) -> None:
    """Keep it in the place of the one before, without the changes of these digests. Raises `StateError`."""
    left = [
        replace(part, changes=tuple(change for change in part.changes if change.digest() not in done))
        for part in plan.targets
    ]
    cut = replace(plan, targets=tuple(replace(part, changes=part.changes[:MOST]) for part in left))
    now = site.clock.now()
    report = plan_report(cut, now, say).model_dump(mode="json", by_alias=True)
    count = sum(len(part.changes) for part in left)
    Meta(site.database).put(site.network, _NAME, dump({"at": now.isoformat(), "changes": count, "report": report}))


def stored_plan(site: Site) -> str | None:
    """As `keep_plan` wrote it: JSON with ``at``, ``changes``, ``report``. Raises `StateError`."""
    return Meta(site.database).get(site.network, _NAME)


def last_plan(site: Site) -> LastPlan | None:
    """None: nobody looked yet. Raises `StateError`."""
    stored = stored_plan(site)
    if stored is None:
        return None
    raw: Any = load(stored)
    return LastPlan(datetime.fromisoformat(raw["at"]), raw["changes"], PlanReport.model_validate(raw["report"]))
