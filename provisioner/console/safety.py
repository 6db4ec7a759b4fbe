"""The safety page: who may see what, what is kept for how long, what our accounts elsewhere could read."""

from typing import Annotated, Final

from fastapi import APIRouter
from starlette.responses import Response

from provisioner.app.privacy.record import DATA, MEASURES, NOT_KEPT, record_of
from provisioner.console.deps import Visit, allow
from provisioner.console.pages import render
from provisioner.lifecycle.rights import Right
from provisioner.lifecycle.rights_table import ROLES, Reach, rights_table
from provisioner.model.words import role_word

router = APIRouter()

RIGHTS: Final = tuple(right.replace("-", "_") for right in Right)
"""``right_<right>`` in the texts."""
REACHES: Final = tuple(str(reach) for reach in Reach)
"""``reach_<reach>`` in the texts."""


@router.get("/safety")
def safety(visit: Annotated[Visit, allow(Right.SAFETY)]) -> Response:
    """Asks no target."""
    return render(
        visit,
        "safety.html",
        record=record_of(visit.network.site, visit.picture.registry, visit.picture.policy),
        data=DATA,
        not_kept=NOT_KEPT,
        measures=MEASURES,
        roles=[role_word(role) for role in ROLES],
        rights=[(row.right.replace("-", "_"), [str(reach) for reach in row.reaches]) for row in rights_table()],
    )
