"""Who is in Talk's rooms: participants, moderators, leaving. Codes and errors observed on Talk 22."""

from __future__ import annotations

from typing import Any

from connectors.nextcloud.emulation.calls import Call, Routes
from connectors.nextcloud.emulation.ocs import NULL, OcsError
from connectors.nextcloud.emulation.talk.rooms import APP, ROOMS, mine, refuse, stumble
from connectors.nextcloud.emulation.talk.state import (
    CHANGELOG,
    GROUPS,
    MODERATOR,
    ONE_TO_ONE,
    OWNER,
    PUBLIC,
    USER,
    USERS,
    Attendee,
    Room,
)
from connectors.nextcloud.emulation.talk.views import participant_view


def add_to(route: Routes) -> None:
    """Register the routes."""
    for method, path, handler in (
        ("GET", "/participants", list_participants),
        ("POST", "/participants", add),
        ("DELETE", "/participants/self", leave),
        ("DELETE", "/attendees", remove),
        ("POST", "/moderators", promote),
        ("DELETE", "/moderators", demote),
    ):
        route(method, f"{ROOMS}/{{token}}{path}", app=APP, confirm=False)(handler)


def list_participants(call: Call) -> Any:
    """Everybody in the room: accounts (disabled ones too), groups, guests. A lobby hides them (observed)."""
    room, me = mine(call)
    if room.lobby == 1 and not me.moderates:
        raise OcsError(412)
    return [participant_view(call.world.talk, room, one, to_moderator=me.moderates) for one in room.attendees]


def add(call: Call) -> Any:
    """Add an account, a group with its members, or a guest, whose address turns the room public, valid or not."""
    room, _ = mine(call, moderator=True)
    talk = call.world.talk
    newcomer, source = call.arguments.text("newParticipant"), call.arguments.text("source", "users")
    if room.type == ONE_TO_ONE:
        raise refuse("room-type")
    stumble(call)
    if source == "users":
        user = call.accounts.find(newcomer)
        if user is None:
            raise refuse("new-participant", 404)
        talk.enter(room, USERS, user.id)
    elif source == "groups":
        if newcomer not in call.accounts.groups:
            raise refuse("new-participant", 404)
        talk.enter(room, GROUPS, newcomer)
    elif source == "emails":
        if room.type != PUBLIC:
            room.type = PUBLIC
            talk.note(room, "guests_allowed")
        talk.invite(room, newcomer)
        return {"type": room.type}
    elif source in ("circles", "teams"):
        raise refuse("new-participant", 404)
    else:
        raise refuse("source")
    return []


def remove(call: Call) -> Any:
    """Take out whoever has this number; oneself means leaving, an owner stays."""
    room, me = mine(call, moderator=True)
    found = room.by_id(call.arguments.required_number("attendeeId"))
    if found is None:
        raise refuse("participant", 404)
    if room.type == ONE_TO_ONE:
        raise refuse("room-type")
    if found is me:
        return _leave(call, room, me)
    if found.type == OWNER:
        raise refuse("owner", 403)
    stumble(call)
    call.world.talk.drop(room, found)
    return None


def leave(call: Call) -> Any:
    """Leave a room. The last moderator can't while other accounts are inside; the only account takes it along."""
    return _leave(call, *mine(call))


def _leave(call: Call, room: Room, me: Attendee) -> Any:
    if room.type != ONE_TO_ONE and me.moderates and len(room.users) > 1 and len(room.moderators) == 1:
        raise refuse("last-moderator")
    stumble(call)
    if room.type != CHANGELOG and len(room.users) == 1:
        call.world.talk.remove_room(room.token)
    else:
        call.world.talk.drop(room, me)
    return None


def promote(call: Call) -> Any:
    """Make somebody a moderator; once more is a 400."""
    return _change(call, promote=True)


def demote(call: Call) -> Any:
    """Make a moderator a plain member again; nobody can change oneself, nor an owner."""
    return _change(call, promote=False)


def _change(call: Call, *, promote: bool) -> Any:
    room, me = mine(call, moderator=True)
    found = room.by_id(call.arguments.required_number("attendeeId"))
    if found is None:
        raise OcsError(404, "", NULL)
    if found is me:
        raise OcsError(403, "", NULL)
    if found.kind != USERS or promote == found.moderates or found.type not in (USER, MODERATOR):
        raise OcsError(400, "", NULL)
    stumble(call)
    found.type = MODERATOR if promote else USER
    call.world.talk.note(room, "moderator_promoted" if promote else "moderator_demoted", found.actor)
    return None
