"""Talk's rooms: list, make, set, delete. Codes and errors observed on Talk 22, whose API has the version 4."""

from __future__ import annotations

from typing import Any

from connectors.nextcloud.emulation.calls import Call, Routes
from connectors.nextcloud.emulation.ocs import NULL, BadArguments, OcsError, crash
from connectors.nextcloud.emulation.talk.state import (
    CHANGELOG,
    GROUP,
    GROUPS,
    NOTE,
    ONE_TO_ONE,
    PUBLIC,
    USERS,
    Attendee,
    Room,
)
from connectors.nextcloud.emulation.talk.views import room_view

APP = "spreed"
ROOMS = "/apps/spreed/api/v4/room"
MAX_NAME = 255
MAX_DESCRIPTION = 2000
PHP_WHITE = " \t\n\r\0\x0b"
"""What PHP's trim takes away: no-break spaces stay."""
ALL_BITS = 255
SOURCES = ("users", "groups", "emails", "teams", "federated_users", "phones")


def add_to(route: Routes) -> None:
    """Register the routes. An app password is enough for all of Talk (observed)."""
    for method, path, handler in (
        ("GET", "", list_rooms),
        ("POST", "", create),
        ("GET", "/note-to-self", note_to_self),
        ("GET", "/{token:[a-z0-9]+}", get),
        ("DELETE", "/{token:[a-z0-9]+}", delete),
    ):
        route(method, ROOMS + path, app=APP, confirm=False)(handler)
    route("GET", "/apps/spreed/api/v4/listed-room", app=APP)(list_open)


# --- finding ---------------------------------------------------------------------------------------------------


def mine(call: Call, *, moderator: bool = False) -> tuple[Room, Attendee]:
    """The room in the path and the acting account's place in it.

    Raises OcsError 404 for whoever is not in it, administrators too, and 403 where a moderator is asked for.
    """
    talk = call.world.talk
    room = talk.rooms.get(call.places["token"])
    me = None if room is None else room.find(USERS, call.user.id)
    if room is None or me is None:
        raise OcsError(404)
    if moderator and not me.moderates:
        raise OcsError(403)
    return room, me


def refuse(word: str, code: int = 400) -> OcsError:
    """A refusal as Talk words it."""
    return OcsError(code, "", {"error": word})


def stumble(call: Call) -> None:
    """The misfortune a fault asked for, before anything changed."""
    if call.mishap is not None:
        raise crash()


def list_rooms(call: Call) -> Any:
    """The rooms it is in, no others. The first time the server makes three of its own: types 4, 6 and a sample."""
    talk, user = call.world.talk, call.user.id
    if talk.samples and user not in talk.greeted:
        talk.greeted.add(user)
        talk.actor = ("guests", "system")
        updates = talk.add_room(user, kind=CHANGELOG, read_only=1)
        talk.enter(updates, USERS, user, silent=True)
        note = talk.add_room("Note to self", user, NOTE, object_type="note_to_self", object_id=user)
        note.description = "A place for your private notes, thoughts and ideas"
        note.attendees[0].favorite = True
        talk.add_room("Let's get started!", user, GROUP, object_type="sample", object_id=user)
    last = call.arguments.flag("includeLastMessage", True)
    told = [room_view(talk, room, me, user, last=last) for room, me in talk.of(user)]
    for view in told:
        if view["type"] == CHANGELOG:
            view["displayName"] = "Talk updates ✅"
    return told


def list_open(call: Call) -> Any:
    """Rooms that are open to accounts which are not in them."""
    talk, user = call.world.talk, call.user.id
    found = [room for room in talk.rooms.values() if room.listable and room.find(USERS, user) is None]
    return [room_view(talk, room, None, user, last=False) for room in found]


def get(call: Call) -> Any:
    """One room: one's own, a listable or a public one; an administrator gets no more than others.

    Whoever asks for rooms that are not there, more than ten times in half an hour, is told of none for a while.
    """
    talk = call.world.talk
    if talk.is_locked():
        raise OcsError(429, "Reached maximum delay")
    room = talk.rooms.get(call.places["token"])
    me = None if room is None else room.find(USERS, call.user.id)
    if room is None or (me is None and not room.listable and room.type != PUBLIC):
        talk.misses.append(call.world.now())
        raise crash() if talk.is_locked() else OcsError(404)
    return room_view(talk, room, me, call.user.id)


def note_to_self(call: Call) -> Any:
    """The room for one's own notes."""
    for room, me in call.world.talk.of(call.user.id):
        if room.type == NOTE:
            return room_view(call.world.talk, room, me, call.user.id)
    raise OcsError(404)


# --- making ----------------------------------------------------------------------------------------------------


def create(call: Call) -> Any:
    """Make a room, another one each time. Some unknown people: 202; nobody known: 404, and no room."""
    talk, arguments = call.world.talk, call.arguments
    kind = number(call, "roomType", GROUP)
    permissions = number(call, "permissions", 0)
    if not 0 <= permissions <= ALL_BITS:
        raise BadArguments("permissions")
    if kind == ONE_TO_ONE:
        return _one_to_one(call, arguments.text("invite", ""))
    valid, invalid = _invited(call)
    if invalid and not any(valid.values()):
        raise refuse("invite", 404)
    name = arguments.text("roomName", "") or arguments.text("invite", "") or "---"
    fields = {
        "description": arguments.text("description", ""),
        "read_only": number(call, "readOnly", 0),
        "listable": number(call, "listable", 0),
        "message_expiration": number(call, "messageExpiration", 0),
        "lobby": number(call, "lobbyState", 0),
        "lobby_timer": max(0, number(call, "lobbyTimer", 0)),
        "mention_permissions": number(call, "mentionPermissions", 0),
        "permissions": permissions,
    }
    if valid["emails"]:
        kind = PUBLIC
    _check_new(kind, name.strip(PHP_WHITE), fields, arguments.text("objectType", ""))
    password = arguments.text("password", "") if kind == PUBLIC else ""
    check_password(call, password, "password")
    stumble(call)
    room = talk.add_room(name.strip(PHP_WHITE), call.user.id, kind, password=password, **fields)
    for user_id in valid["users"]:
        talk.enter(room, USERS, user_id)
    for group_id in valid["groups"]:
        talk.enter(room, GROUPS, group_id)
    for address in valid["emails"]:
        talk.invite(room, address)
    told = room_view(talk, room, room.attendees[0], call.user.id)
    call.code = 202 if invalid else 201
    return {**told, "invalidParticipants": invalid} if invalid else told


def _one_to_one(call: Call, invited: str) -> Any:
    talk = call.world.talk
    other = call.accounts.find(invited)
    if other is None:
        raise refuse("invite", 404)
    for room, me in talk.of(call.user.id):
        if room.type == ONE_TO_ONE and room.name == other.id:
            return room_view(talk, room, me, call.user.id)
    stumble(call)
    room = talk.add_room(other.id, call.user.id, ONE_TO_ONE)
    call.code = 201
    return room_view(talk, room, room.attendees[0], call.user.id)


def _invited(call: Call) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Who is to come, by kind: those that exist, and those that do not."""
    given = call.arguments.value("participants")
    given = dict(given) if isinstance(given, dict) else {}
    if not set(given) <= set(SOURCES):
        raise BadArguments("participants")
    if invite := call.arguments.text("invite", ""):
        kind = "teams" if call.arguments.text("source", "") == "circles" else "groups"
        given[kind] = [*given.get(kind, []), invite]
    valid: dict[str, list[str]] = {"users": [], "groups": [], "emails": []}
    invalid: dict[str, list[str]] = {}
    for kind, names in given.items():
        for name in dict.fromkeys(str(one) for one in names):
            if kind == "users" and (user := call.accounts.find(name)) is not None:
                valid[kind].append(user.id)
            elif (kind == "groups" and name in call.accounts.groups) or (kind == "emails" and "@" in name):
                valid[kind].append(name)
            else:
                invalid.setdefault(kind, []).append(name)
    return valid, invalid


def _check_new(kind: int, name: str, fields: dict[str, Any], object_type: str) -> None:
    problems = {
        "type": kind not in (GROUP, PUBLIC),
        "name": not name or len(name) > MAX_NAME,
        "description": len(fields["description"]) > MAX_DESCRIPTION,
        "object-type": object_type != "",
        "listable": fields["listable"] not in (0, 1, 2),
        "read-only": fields["read_only"] not in (0, 1),
        "lobby": fields["lobby"] not in (0, 1),
        "message-expiration": fields["message_expiration"] < 0,
        "mention-permissions": fields["mention_permissions"] not in (0, 1),
    }
    for word, wrong in problems.items():
        if wrong:
            raise refuse(word)


def check_password(call: Call, password: str, word: str) -> None:
    """Refuse a weak password, in the words of the password policy."""
    complaint = call.world.password_policy.complaint(password) if password else None
    if complaint is not None:
        raise OcsError(400, "", {"error": word, "message": complaint})


def number(call: Call, name: str, default: int) -> int:
    """A number, or the default when none was sent."""
    given = call.arguments.number(name)
    return default if given is None else given


def delete(call: Call) -> Any:
    """Delete a room for everybody in it; one between two people can't be."""
    room, _ = mine(call, moderator=True)
    if room.type == ONE_TO_ONE:
        raise OcsError(400, "", NULL)
    stumble(call)
    call.world.talk.remove_room(room.token)
    return None
