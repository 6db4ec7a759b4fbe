"""The matrix of bodies and organisations: a page of it, or all of it for a spreadsheet."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from provisioner.app.pages.matrix import MATRICES, as_csv
from provisioner.app.pages.paging import paged
from provisioner.app.pages.people_pages import NO_ORGANISATION
from provisioner.console.deps import Visit, allow
from provisioner.console.pages import catalogue, render
from provisioner.console.people import own_organisations
from provisioner.lifecycle.rights import Right
from provisioner.model.text import Text

router = APIRouter()

BODIES: Final = 25
ORGANISATIONS: Final = 9
_Page = Annotated[int, Query(ge=1, le=100_000)]


@router.get("/matrix")
def matrix(visit: Annotated[Visit, allow(Right.MATRIX)], page: _Page = 1, across: _Page = 1) -> Response:
    """Numbers alone; who may see the people behind one finds a link. ``across``: the page of organisations."""
    found = MATRICES.of(visit.picture)
    columns = paged(found.columns, across, ORGANISATIONS)
    may_open = set(found.columns) if (own := own_organisations(visit)) is None else own
    return render(
        visit,
        "matrix.html",
        matrix=found,
        bodies=paged(found.bodies, page, BODIES),
        columns=columns,
        names={one.id: one.name for one in found.organisations},
        no_organisation=NO_ORGANISATION,
        may_open=may_open,
    )


class Table(Response):
    """Rows as spreadsheets read them."""

    media_type = "text/csv"


@router.get(
    "/matrix.csv",
    response_class=Table,
    responses={200: {"description": "All of it.", "content": {Table.media_type: {"schema": {"type": "string"}}}}},
)
def matrix_csv(visit: Annotated[Visit, allow(Right.MATRIX)]) -> Response:
    """All of it. With a byte order mark: Excel takes anything else for Windows-1252."""
    say = catalogue(visit.language)
    words = (Text.of("console.word_body"), Text.of("console.no_organisation"), Text.of("console.matrix_total"))
    text = as_csv(MATRICES.of(visit.picture), *map(say, words))
    headers = {"Content-Disposition": 'attachment; filename="matrix.csv"'}
    return Table("\ufeff" + text, headers=headers)
