"""The ways into meeting rooms: by a body's link, and back from the meeting server that somebody came to without one.

Whoever may enter gets a pass that was made for this very click, and is led to the meeting server with it. The pass
stands in the fragment of the address alone, which browsers keep to themselves. Who somebody is, and whether they
belong there, is asked anew each time; nothing is kept.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.console.deps import Visit, caller_of, network_of, visit_of
from provisioner.console.describing import page
from provisioner.console.joining import BodyId
from provisioner.console.network import Network
from provisioner.console.pages import render
from provisioner.console.refusals import NotLoggedIn, NotThere, Unregistered
from provisioner.lifecycle.rights import Right
from provisioner.model.errors import Permanent
from provisioner.model.meetings import Pass
from provisioner.model.registry import Body
from provisioner.model.text import Text
from provisioner.state import GuestRooms

lean = APIRouter()
"""Routes that only read, of which hundreds may be asked for at the moment in which a meeting begins."""

TO_ROOM: Final[dict[int | str, dict[str, Any]]] = {
    303: {
        "description": "To the room, with a pass in the fragment; or to the login, or to the page for newcomers.",
        "headers": {"Location": {"required": True, "schema": {"type": "string", "pattern": "^(/|https?://)"}}},
    },
    403: page("This body's room is not for whoever asks; how they could join it."),
}

_LONGEST_NAME: Final = 1023
"""Letters of a room's name, as meeting servers have it (observed on Prosody 0.12)."""
_LONGEST_STATE: Final = 4000
_WISHES: Final = {
    "config.startWithAudioMuted": True,
    "config.startWithVideoMuted": True,
    "config.startAudioOnly": True,
    "config.prejoinConfig.enabled": False,
}


@lean.get("/join/{body}", responses=TO_ROOM)
def join(request: Request, network: Annotated[Network, Depends(network_of)], body: BodyId) -> Response:
    """Into a body's room: the one link that mails, calendars and conversations carry."""
    if not network.meets:
        raise NotThere
    return _entered(request, network, Wanted(body))


@lean.get("/join/{body}/{series}", responses=TO_ROOM)
def join_series(
    request: Request, network: Annotated[Network, Depends(network_of)], body: BodyId, series: BodyId
) -> Response:
    """The same for one of the body's series, where it has a room of its own."""
    if not network.meets:
        raise NotThere
    return _entered(request, network, Wanted(body, series))


@lean.get("/rooms/{room}", responses=TO_ROOM)
def opened_room(request: Request, network: Annotated[Network, Depends(network_of)], room: BodyId) -> Response:
    """Into a room that was opened for guests, for people of the body on whose behalf it was."""
    if not network.meets:
        raise NotThere
    return _entered(request, network, Wanted(opened=room))


@lean.get("/room", responses=TO_ROOM)
def room(
    request: Request,
    network: Annotated[Network, Depends(network_of)],
    name: Annotated[str, Query(alias="room", max_length=_LONGEST_NAME)] = "",
    state: Annotated[str, Query(max_length=_LONGEST_STATE)] = "",
) -> Response:
    """Back into the room to which somebody came without a pass: the meeting server sends them here (TOKEN_AUTH_URL)."""
    if not network.meets:
        raise NotThere
    wishes, doors = wishes_of(state), network.doors
    if any(door.is_public(name) for door in doors.by_target.values()):
        try:
            return to_room(network, doors.visitor(name), wishes)
        except (Forbidden, Permanent):  # a room of ours, or none that any address could have
            raise NotThere from None
    key = doors.room_named(name)
    wanted = None if key is None else Wanted.of_key(key)
    return _entered(request, network, wanted, wishes)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which room of ours it is about: one that was opened for guests, or a body's, perhaps of one of its series."""

    body: str = ""
    series: str | None = None
    opened: str | None = None

    @classmethod
    def of_key(cls, key: str) -> Self:
        """By the key that rooms are known by."""
        kind, _, rest = key.partition(":")
        if kind == "room":
            return cls(opened=rest)
        body, _, series = rest.partition(":meeting:")
        return cls(body, series or None)


def wishes_of(state: str) -> dict[str, bool]:
    """What the meeting server's page wants to be told again, of all that could stand there.

    Of `state`, which anybody can make up, only these four count, and only as that page itself would write them: how
    somebody wanted to begin, muted or without a picture. What else a fragment could switch is nobody's to choose.
    Source: `_getTokenAuthState` of jitsi-meet.
    """
    try:
        told = json.loads(state)
    except (ValueError, RecursionError):
        return {}
    return {name: value for name, value in _WISHES.items() if isinstance(told, dict) and told.get(name) is value}


def _entered(
    request: Request, network: Network, wanted: Wanted | None, wishes: Mapping[str, bool] | None = None
) -> Response:
    """``wanted`` None: there is no such room, which only people of the network are told."""
    caller = caller_of(request, network, at_door=True)
    if caller.viewer is None or caller.viewer.is_newcomer:
        visit = visit_of(request, network)  # the login leads back here
        raise NotLoggedIn if visit.viewer is None else Unregistered
    if wanted is None:
        visit_of(request, network)
        raise NotThere
    doors, viewer, picture = network.doors, caller.viewer, caller.picture
    try:
        if wanted.opened is not None:
            found = doors.enter_guest_room(viewer, wanted.opened, picture)
        else:
            found = doors.enter(viewer, wanted.body, picture, series=wanted.series)
    except Forbidden:
        return _not_a_member(visit_of(request, network), wanted)
    except Refused as refused:
        return _not_now(visit_of(request, network), wanted, refused.text)
    return to_room(network, found, wishes)


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


def _not_a_member(visit: Visit, wanted: Wanted) -> Response:
    """What there is to be seen of a body that somebody does not belong to, and how to join it."""
    found = _body_of(visit, wanted)
    visit.need(Right.BODIES, body=found)
    return render(
        visit,
        "room_closed.html",
        status=403,
        body=found,
        why=Text.of("console.room_not_yours", body=found.name),
        may_join=visit.may(Right.JOIN, body=found) and not found.is_archived(visit.picture.today),
        moderators=visit.picture.moderators_of(found.id),
    )


def _not_now(visit: Visit, wanted: Wanted, why: Text) -> Response:
    context = {"body": _body_of(visit, wanted), "why": why, "may_join": False, "moderators": []}
    return render(visit, "room_closed.html", status=422, **context)


def _body_of(visit: Visit, wanted: Wanted) -> Body:
    """Raises `NotThere`."""
    if wanted.opened is None:
        return visit.body(wanted.body)
    found = GuestRooms(visit.network.site.database, visit.network.name).get(wanted.opened)
    return visit.body("" if found is None else found.body)
