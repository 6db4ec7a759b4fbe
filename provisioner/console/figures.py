"""What a year's meetings came to, in numbers of bodies. Asks no target."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from provisioner.app.pages.gatherings import figures_of
from provisioner.console.deps import Visit, allow
from provisioner.console.pages import render
from provisioner.lifecycle.rights import Right

router = APIRouter()


@router.get("/figures")
def figures(
    visit: Annotated[Visit, allow(Right.OVERVIEW)], year: Annotated[int | None, Query(ge=2000, le=2999)] = None
) -> Response:
    """This year, or another one."""
    return render(visit, "figures.html", seen=figures_of(visit.network.site, visit.picture, year))
