"""Who decided what through the service."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from provisioner.console.deps import Visit, allow
from provisioner.console.pages import render
from provisioner.console.saying import named_for
from provisioner.lifecycle.rights import Right
from provisioner.state import Audit

router = APIRouter()

DEEDS: Final = 100
ACTIONS: Final = (
    *("joined", "asked", "withdrew", "approved", "declined", "left", "struck", "appointed", "confirmed"),
    *("made_body", "changed_body", "archived_body", "ended", "resumed", "mailed", "registered"),
    *("asked_look", "asked_sync", "approved_plan", "rejected_plan", "letter_again", "letter_given_up"),
    *("confirmed_link", "rejected_link", "accepted_news"),
    *("muted_alerts", "unmuted_alerts"),
    *("opened_room", "closed_room", "invited_guest", "withdrew_guest", "renamed_room", "made_pass"),
)
"""All that anybody can do: ``audit_<action>`` in the texts."""


@router.get("/audit")
def audit(
    visit: Annotated[Visit, allow(Right.AUDIT)], before: Annotated[int | None, Query(ge=1, le=2**31)] = None
) -> Response:
    """The newest acts; ``before``: those older than the one of this number."""
    deeds = Audit(visit.network.site.database, visit.network.name).latest(DEEDS + 1, before)
    older = deeds[DEEDS - 1].id if len(deeds) > DEEDS else None
    return render(
        visit,
        "audit.html",
        deeds=deeds[:DEEDS],
        older=older,
        newest=before is None,
        named=named_for(visit),
        actions=ACTIONS,
    )
