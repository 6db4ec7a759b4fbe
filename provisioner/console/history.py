"""What was done: runs, and the steps of one with what went wrong first."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from provisioner.app.pages.paging import paged_by
from provisioner.console.deps import Visit, allow
from provisioner.console.pages import render
from provisioner.console.refusals import NotThere
from provisioner.console.saying import named_for
from provisioner.lifecycle.rights import Right
from provisioner.model.words import resource_word
from provisioner.state import Runs

router = APIRouter()

RUNS: Final = 50
STEPS: Final = 100
_Page = Annotated[int, Query(ge=1, le=1_000_000)]


@router.get("/history")
def history(
    visit: Annotated[Visit, allow(Right.HISTORY)], before: Annotated[int | None, Query(ge=1, le=2**31)] = None
) -> Response:
    """The newest runs; ``before``: those older than the run of this number."""
    runs = Runs(visit.network.site.database).latest(visit.network.name, RUNS + 1, before)
    older = runs[RUNS - 1].id if len(runs) > RUNS else None
    return render(visit, "history.html", runs=runs[:RUNS], older=older, newest=before is None, named=named_for(visit))


@router.get("/history/{run}")
def run(
    visit: Annotated[Visit, allow(Right.HISTORY)],
    run: int,
    page: _Page = 1,
) -> Response:
    """One run with its steps."""
    runs = Runs(visit.network.site.database)
    found = runs.get(visit.network.name, run) if 0 < run < 2**31 else None
    if found is None:
        raise NotThere
    steps = paged_by(lambda offset, limit: runs.some_steps(run, offset, limit), runs.count_steps(run), page, STEPS)
    return render(visit, "run.html", run=found, steps=steps, named=named_for(visit), resource_word=resource_word)
