"""What moderators do for guests of their body: links by name, rooms that end, and taking both back."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form
from starlette.responses import Response

from provisioner.app.joining.refusing import Refused
from provisioner.app.meetings.inviting import Invited
from provisioner.console.deps import LoggedIn, Visit
from provisioner.console.joining import BodyId
from provisioner.console.pages import go, render
from provisioner.console.refusals import NotThere
from provisioner.lifecycle.rights import Right
from provisioner.model.registry import Body
from provisioner.model.text import Text
from provisioner.state import guest_room_key

router = APIRouter()

_DAYS: Final = (1, 2, 7, 14, 30, 90, 366)
_HOURS: Final = (1, 2, 4, 8, 12, 24, 72, 168)
"""What can be chosen, as far as policy goes."""
_Name = Annotated[str, Form(max_length=400)]


@router.get("/bodies/{body}/guests")
def guests(visit: LoggedIn, body: BodyId) -> Response:
    """Who is invited, which rooms are open, and the forms for more."""
    return _guests(visit, _mine(visit, body))


@router.post("/bodies/{body}/guests/invite")
def invite(
    visit: LoggedIn,
    body: BodyId,
    name: _Name = "",
    days: Annotated[int, Form(ge=1, le=366)] = 1,
    room: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """A personal link for a guest; it is shown on this answer and never again. ``room``: of a room's own, its id."""
    found, until = _mine(visit, body), visit.now + timedelta(days=days)
    try:
        made = visit.network.inviting.invite(visit.who, body, name, until, room or None)
    except Refused as refused:
        return _guests(visit, found, {"name": refused.text}, {"name": name, "days": days, "room": room})
    return _guests(visit, found, made=made)


@router.post("/bodies/{body}/guests/open")
def open_room(
    visit: LoggedIn, body: BodyId, title: _Name = "", hours: Annotated[int, Form(ge=1, le=168)] = 1
) -> Response:
    """A room of its own that ends."""
    found, until = _mine(visit, body), visit.now + timedelta(hours=hours)
    try:
        visit.network.inviting.open_room(visit.who, body, title, until)
    except Refused as refused:
        return _guests(visit, found, {"title": refused.text}, {"title": title, "hours": hours})
    return go(visit, "bodies", body, "guests", said="room_opened")


@router.post("/bodies/{body}/guests/{room}/close")
def close_room(visit: LoggedIn, body: BodyId, room: BodyId) -> Response:
    """Nobody enters it any more."""
    _mine(visit, body)
    visit.network.inviting.close_room(visit.who, room)
    return go(visit, "bodies", body, "guests", said="room_closed")


@router.post("/bodies/{body}/guests/{invitation}/withdraw")
def withdraw(visit: LoggedIn, body: BodyId, invitation: BodyId) -> Response:
    """The guest's link opens nothing any more."""
    _mine(visit, body)
    visit.network.inviting.withdraw(visit.who, invitation)
    return go(visit, "bodies", body, "guests", said="guest_withdrawn")


def _mine(visit: Visit, body: str) -> Body:
    """Raises `NotThere`: also for an archive, and where there is no meeting server."""
    found = visit.body(body)
    visit.need(Right.INVITE, body=found)
    if not visit.network.meets or found.is_archived(visit.picture.today):
        raise NotThere
    return found


def _guests(
    visit: Visit,
    body: Body,
    errors: Mapping[str, Text] | None = None,
    typed: Mapping[str, Any] | None = None,
    made: Invited | None = None,
) -> Response:
    policy, inviting = visit.picture.policy.meetings, visit.network.inviting
    rooms = inviting.open_rooms(body.id)
    return render(
        visit,
        "guests.html",
        status=422 if errors else 200,
        body=body,
        rooms=rooms,
        titles={guest_room_key(room.id): room.title for room in rooms},
        invitations=inviting.invitations(visit.who, body.id),
        days=_up_to(_DAYS, policy.invitations.days),
        hours=_up_to(_HOURS, policy.guest_rooms.hours),
        errors=errors or {},
        typed={"name": "", "title": "", "days": 1, "hours": 2, "room": "", **(typed or {})},
        made=made,
    )


def _up_to(choices: tuple[int, ...], most: int) -> list[int]:
    return [choice for choice in choices if choice <= most]
