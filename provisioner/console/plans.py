"""Plans: what the last look left, what waits to be approved, each change with its reason; approving and rejecting.

What is approved is what was shown: the form carries the plan's digest, and it is applied only as far as it still holds.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from provisioner.app.joining.refusing import Refused
from provisioner.app.pages.paging import paged
from provisioner.app.pages.plan_pages import (
    Filter,
    KeptPlan,
    OneNotice,
    find_change,
    grouped,
    last_kept,
    rows_of,
    saved_kept,
)
from provisioner.app.values import shown_value, word_of_field
from provisioner.app.work.last_plan import stored_plan
from provisioner.console.deps import Visit, allow
from provisioner.console.overview import doing
from provisioner.console.pages import catalogue, go, render
from provisioner.console.refusals import NotThere
from provisioner.console.saying import again_for, named_for
from provisioner.lifecycle.rights import Right
from provisioner.model.errands import Job
from provisioner.model.text import Text
from provisioner.model.words import edge_word, resource_word
from provisioner.state import Audit, Errands, PlanState, SavedPlans, Within
from provisioner.state.codec import load

router = APIRouter()

PER_PAGE: Final = 100
_Page = Annotated[int, Query(ge=1, le=100_000)]
_Short = Annotated[str, Query(max_length=100)]
MEMBERS_PER_PAGE: Final = 1000
SHOWN_MEMBERS: Final = 8
"""Members of a change that a plan's page names; all of them stand on the change's own page."""
SHOWN_LETTERS: Final = 120
"""Letters of a value that a plan's page shows."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan that can be looked at. ``state``: of a saved one; None: what the last look left."""

    plan: KeptPlan
    at: datetime
    changes: int
    state: PlanState | None
    decided_by: str | None = None
    decided: datetime | None = None

    @property
    def is_cut(self) -> bool:
        """Not all of its changes were kept: it can be looked at and not approved."""
        return self.plan.total < self.changes

    @property
    def can_be_approved(self) -> bool:
        """Whether it waits for somebody, and all of it can be read here."""
        return self.plan.total > 0 and not self.is_cut and self.state in (None, PlanState.WAITING)


@router.get("/plan")
def plan(
    visit: Annotated[Visit, allow(Right.PLAN)],
    target: _Short = "",
    kind: _Short = "",
    change_class: _Short = "",
    page: _Page = 1,
) -> Response:
    """What the last look left, and which saved plans wait."""
    site = visit.network.site
    kept = last_kept(site)
    shown = None if kept is None else Shown(kept.plan, kept.at, kept.changes, None)
    heads = SavedPlans(site.database).heads(site.network)
    wanted = Filter(target, kind, change_class)
    return render(visit, "plan.html", heads=heads, **_context(visit, shown, wanted, page), address=("plan",))


@router.get("/plans/{digest}")
def saved(
    visit: Annotated[Visit, allow(Right.PLAN)],
    digest: str,
    target: _Short = "",
    kind: _Short = "",
    change_class: _Short = "",
    page: _Page = 1,
) -> Response:
    """One saved plan, whatever became of it."""
    shown = _shown(visit, digest)
    wanted = Filter(target, kind, change_class)
    return render(visit, "plan.html", heads=[], **_context(visit, shown, wanted, page), address=("plans", digest))


@router.get("/plans/{digest}/changes/{change}")
def one_change(visit: Annotated[Visit, allow(Right.PLAN)], digest: str, change: str, page: _Page = 1) -> Response:
    """All of one change: every member, every field in its whole length."""
    shown = _shown(visit, digest)
    row = find_change(shown.plan, change)
    if row is None:
        raise NotThere
    members = paged(row.change.members, page, MEMBERS_PER_PAGE)
    return render(visit, "plan_change.html", shown=shown, row=row, members=members, **_words(visit))


@router.post("/plans/{digest}/approve")
def approve(
    visit: Annotated[Visit, allow(Right.APPLY)],
    digest: str,
    shown_digest: Annotated[str, Form(max_length=64)],
    allowed: Annotated[list[str], Form(max_length=50)] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Approve exactly what was shown, with the guards' words that were ticked; the worker then applies it."""
    shown = _shown_or_gone(visit, digest)
    if shown_digest != shown.plan.digest or not shown.can_be_approved:
        raise Refused(Text.of("console.plan_not_waiting"))
    known = {refusal.word for refusal in shown.plan.refusals}
    words = sorted(word for word in set(allowed) if word in known)
    site, actor = visit.network.site, visit.who.actor
    with site.database.writing() as connection:
        within = Within(connection)
        if shown.state is None:  # what the last look left is no saved plan yet: it becomes one, as it was shown
            SavedPlans(within).save(site.network, digest, _report_left(visit, digest), visit.now)
        about = {"digest": digest, "allow": " ".join(words)}
        Errands(within, site.network).add(Job.APPLY, "console", actor, visit.now, about=about)
        audited: dict[str, str | int] = {"changes": shown.plan.total}
        if words:
            audited["allowed"] = " ".join(words)
        Audit(within, site.network).note(visit.now, actor, "approved_plan", f"plan:{digest[:12]}", audited)
    return go(visit, "plans", digest, said="plan_approved")


@router.post("/plans/{digest}/reject")
def reject(visit: Annotated[Visit, allow(Right.APPLY)], digest: str) -> Response:
    """Decide against a saved plan. What it would have changed is planned again as long as it differs."""
    shown = _shown_or_gone(visit, digest)
    site, actor = visit.network.site, visit.who.actor
    with site.database.writing() as connection:
        within = Within(connection)
        if not SavedPlans(within).decide(site.network, digest, PlanState.DISCARDED, actor, visit.now):
            raise Refused(Text.of("console.plan_not_waiting"))
        audited: dict[str, str | int] = {"changes": shown.plan.total}
        Audit(within, site.network).note(visit.now, actor, "rejected_plan", f"plan:{digest[:12]}", audited)
    return go(visit, "plan", said="plan_rejected")


def _shown(visit: Visit, digest: str) -> Shown:
    """The saved plan of this digest, or what the last look left if that has it. Raises `NotThere`."""
    site = visit.network.site
    head = SavedPlans(site.database).head(site.network, digest)
    if head is not None and (kept := saved_kept(site, digest)) is not None:
        return Shown(kept, head.created, kept.total, head.state, head.decided_by, head.decided)
    left = last_kept(site)
    if left is None or left.plan.digest != digest:
        raise NotThere
    return Shown(left.plan, left.at, left.changes, None)


def _shown_or_gone(visit: Visit, digest: str) -> Shown:
    """The same for a form: a newer look may have taken the place of the plan that was shown."""
    try:
        return _shown(visit, digest)
    except NotThere:
        raise Refused(Text.of("console.plan_not_waiting")) from None


def _report_left(visit: Visit, digest: str) -> Any:
    """What the last look left, to be saved word for word. Raises `Refused` when that is another plan by now."""
    stored = stored_plan(visit.network.site)
    report = None if stored is None else load(stored)["report"]
    if report is None or report["digest"] != digest:
        raise Refused(Text.of("console.plan_not_waiting"))
    return report


def _context(visit: Visit, shown: Shown | None, wanted: Filter, page: int) -> dict[str, Any]:
    """What the page of a plan shows of it."""
    rows = [] if shown is None else rows_of(shown.plan, wanted)
    found = paged(rows, page, PER_PAGE)
    asked = {"target": wanted.target, "kind": wanted.kind, "change_class": wanted.change_class}
    return {
        "shown": shown,
        "found": found,
        "groups": list(grouped(found.items)),
        "counts": {} if shown is None else shown.plan.counts,
        "notices": [] if shown is None else _notices(shown.plan),
        "asked": {name: value for name, value in asked.items() if value},
        "doing": doing(visit),
        "may_act": visit.may(Right.APPLY),
        **_words(visit),
    }


def _notices(plan: KeptPlan) -> list[tuple[str, OneNotice]]:
    """By target, no more than a page of them."""
    return [(part.target, notice) for part in plan.targets for notice in part.notices][:PER_PAGE]


def _words(visit: Visit) -> dict[str, Any]:
    return {
        "again": again_for(visit),
        "named": named_for(visit),
        "word_of_field": word_of_field,
        "shown_value": partial(shown_value, say=catalogue(visit.language)),
        "resource_word": resource_word,
        "edge_word": edge_word,
        "shown_members": SHOWN_MEMBERS,
        "shown_letters": SHOWN_LETTERS,
    }
