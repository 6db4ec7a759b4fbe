"""The ways into meeting rooms: by a body's link, and back from the meeting server that somebody came to without one.

Whoever may enter gets a pass that was made for this very click, and is led to the meeting server with it. The pass
stands in the fragment of the address alone, which browsers keep to themselves. Who somebody is, and whether they
belong there, is asked anew each time; nothing is kept.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.console.deps import Visit, caller_of, network_of, visit_of
from provisioner.console.describing import page
from provisioner.console.joining import BodyId
from provisioner.console.network import Network
from provisioner.console.pages import render
from provisioner.console.refusals import NotLoggedIn, NotThere, Unregistered
from provisioner.lifecycle.rights import Right
from provisioner.model.meetings import Pass
from provisioner.model.registry import Body
from provisioner.model.text import Text

lean = APIRouter()
"""Routes that only read, of which hundreds may be asked for at the moment in which a meeting begins."""

TO_ROOM: Final[dict[int | str, dict[str, Any]]] = {
    303: {
        "description": "To the room, with a pass in the fragment; or to the login, or to the page for newcomers.",
        "headers": {"Location": {"required": True, "schema": {"type": "string", "pattern": "^(/|https?://)"}}},
    },
    403: page("This body's room is not for whoever asks; how they could join it."),
}


@lean.get("/join/{body}", responses=TO_ROOM)
def join(request: Request, network: Annotated[Network, Depends(network_of)], body: BodyId) -> Response:
    """Into a body's room: the one link that mails, calendars and conversations carry."""
    if not network.meets:
        raise NotThere
    caller = caller_of(request, network, fresh=True)
    if caller.viewer is None or caller.viewer.is_newcomer:
        visit = visit_of(request, network)  # what the login knows afterwards about where to lead back to
        raise NotLoggedIn if visit.viewer is None else Unregistered
    try:
        return to_room(network, network.doors.enter(caller.viewer, body, caller.picture))
    except Forbidden:
        return _not_a_member(visit_of(request, network), body)
    except Refused as refused:
        return _not_now(visit_of(request, network), body, refused.text)


def to_room(network: Network, found: Pass, wishes: Mapping[str, bool] | None = None) -> Response:
    """Lead the browser there. ``wishes``: what else the meeting server shall do at once, by its own words.

    Raises RuntimeError for a pass that leads anywhere else than to a meeting server of the settings.
    """
    address = found.url.get_secret_value()
    if not any(address.startswith(f"{origin}/") for origin in origins(network)):
        raise RuntimeError("a pass that leads elsewhere")
    more = "".join(f"&{name}={json.dumps(value)}" for name, value in (wishes or {}).items())
    headers = {"Location": address + more, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return Response(status_code=303, headers=headers)


def origins(network: Network) -> Iterator[str]:
    """Scheme and host of all meeting servers of a network. Raises `SettingsError`."""
    return (door.address for door in network.doors.by_target.values())


def _not_a_member(visit: Visit, body: str) -> Response:
    """What there is to be seen of a body that somebody does not belong to, and how to join it."""
    found = visit.body(body)
    visit.need(Right.BODIES, body=found)
    return _closed(visit, found, Text.of("console.room_not_yours", body=found.name), 403)


def _not_now(visit: Visit, body: str, why: Text) -> Response:
    return _closed(visit, visit.body(body), why, 422)


def _closed(visit: Visit, body: Body, why: Text, status: int) -> Response:
    outside = status == 403
    return render(
        visit,
        "room_closed.html",
        status=status,
        body=body,
        why=why,
        may_join=outside and visit.may(Right.JOIN, body=body) and not body.is_archived(visit.picture.today),
        moderators=visit.picture.moderators_of(body.id) if outside else [],
    )
