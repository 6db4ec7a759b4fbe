"""The overview, what runs at this moment, and the two buttons that ask for more. Asks no target."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter
from starlette.responses import Response

from provisioner.app.pages.overview import overview_of
from provisioner.app.work.progress import JobResult, JobState, ProgressStore
from provisioner.console.deps import Visit, allow
from provisioner.console.pages import go, render
from provisioner.console.saying import again_for
from provisioner.lifecycle.rights import Right
from provisioner.model.errands import Job
from provisioner.state import Audit, Errands, Within

router = APIRouter()

_MISTAKES: Final = 100
"""As many are shown on one page."""


@dataclass(frozen=True, slots=True)
class Doing:
    """What the service does for this network, as a page shows it."""

    running: JobState | None
    waiting: int
    """Errands whose time has come and that nobody began."""
    ended: JobResult | None
    """The job that ended last."""

    @property
    def is_over(self) -> bool:
        """Nothing goes on that would change by itself."""
        return self.running is None and not self.waiting


def doing(visit: Visit) -> Doing:
    """Raises `StateError`."""
    site, store = visit.network.site, ProgressStore(visit.network.site)
    due = Errands(site.database, site.network).due(visit.now)
    ended = max(store.last().values(), key=lambda result: result.ended, default=None)
    return Doing(store.current(), len(due), ended)


@router.get("/overview")
def overview(visit: Annotated[Visit, allow(Right.OVERVIEW)]) -> Response:
    """How everything is."""
    seen = overview_of(visit.network.site, visit.picture, alerts=visit.may(Right.SENDERS))
    may_act, again = visit.may(Right.APPLY), again_for(visit)
    return render(visit, "overview.html", seen=seen, doing=doing(visit), may_act=may_act, again=again)


@router.get("/progress")
def progress(visit: Annotated[Visit, allow(Right.OVERVIEW)]) -> Response:
    """The part of a page that tells what runs; without JavaScript a page of its own."""
    template = "progress_part.html" if visit.is_fragment else "progress.html"
    return render(visit, template, doing=doing(visit))


@router.get("/mistakes")
def mistakes(visit: Annotated[Visit, allow(Right.OVERVIEW)]) -> Response:
    """What is wrong in the registry's files, each with its mend."""
    found = sorted(visit.picture.problems, key=lambda problem: not problem.is_error)
    return render(visit, "mistakes.html", problems=found[:_MISTAKES], count=len(found))


@router.post("/look")
def look(visit: Annotated[Visit, allow(Right.APPLY)]) -> Response:
    """Ask for a look at all targets; nothing is written there."""
    return _asked(visit, Job.PLAN, "look")


@router.post("/sync")
def sync(visit: Annotated[Visit, allow(Right.APPLY)]) -> Response:
    """Ask for a sync of everything."""
    return _asked(visit, Job.SYNC, "sync")


def _asked(visit: Visit, job: Job, action: str) -> Response:
    """Of several presses in a row one counts: the job does all of them at once."""
    site, actor = visit.network.site, visit.who.actor
    with site.database.writing() as connection:
        within = Within(connection)
        Errands(within, site.network).add(job, "console", actor, visit.now)
        Audit(within, site.network).note(visit.now, actor, f"asked_{action}", f"network:{site.network}")
    return go(visit, "overview", said=f"asked_{action}")
