"""What moderators set on Talk's rooms. Codes and errors observed on Talk 22; each answers with the room."""

from __future__ import annotations

from typing import Any

from connectors.nextcloud.emulation.calls import Call, Routes
from connectors.nextcloud.emulation.ocs import BadArguments
from connectors.nextcloud.emulation.talk.rooms import (
    ALL_BITS,
    APP,
    MAX_DESCRIPTION,
    MAX_NAME,
    PHP_WHITE,
    ROOMS,
    check_password,
    mine,
    number,
    refuse,
    stumble,
)
from connectors.nextcloud.emulation.talk.state import GROUP, PUBLIC
from connectors.nextcloud.emulation.talk.views import room_view


def add_to(route: Routes) -> None:
    """Register the routes."""
    for method, path, handler in (
        ("PUT", "/{token:[a-z0-9]+}", rename),
        ("PUT", "/{token}/description", set_description),
        ("PUT", "/{token}/listable", set_listable),
        ("PUT", "/{token}/read-only", set_read_only),
        ("PUT", "/{token}/webinar/lobby", set_lobby),
        ("PUT", "/{token}/password", set_password),
        ("PUT", "/{token}/permissions/{mode:default|call}", set_permissions),
        ("PUT", "/{token}/mention-permissions", set_mention_permissions),
        ("POST", "/{token}/message-expiration", set_message_expiration),
        ("POST", "/{token}/public", make_public),
        ("DELETE", "/{token}/public", make_private),
    ):
        route(method, ROOMS + path, app=APP, confirm=False)(handler)


def _set(call: Call, note: str | None, **fields: Any) -> Any:
    room, me = mine(call, moderator=True)
    stumble(call)
    for name, value in fields.items():
        setattr(room, name, value)
    if note is not None:
        call.world.talk.note(room, note)
    return room_view(call.world.talk, room, me, call.user.id)


def rename(call: Call) -> Any:
    """Give a room another name."""
    room, _ = mine(call, moderator=True)
    name = call.arguments.text("roomName").strip(PHP_WHITE)
    if not name or len(name) > MAX_NAME:
        raise refuse("value")
    if name != room.name:
        stumble(call)
        before, room.name = room.name, name
        call.world.talk.note(room, "conversation_renamed", before=before, after=name)
    return _set(call, None, name=name)


def set_description(call: Call) -> Any:
    """Set or clear the description, of 2,000 characters at most."""
    room, _ = mine(call, moderator=True)
    text = call.arguments.text("description").strip(PHP_WHITE)
    if len(text) > MAX_DESCRIPTION:
        raise refuse("value")
    note = None if text == room.description else "description_set" if text else "description_removed"
    return _set(call, note, description=text)


def set_listable(call: Call) -> Any:
    """Who finds the room without being in it: nobody, accounts, or guests' accounts too."""
    room, _ = mine(call, moderator=True)
    scope = call.arguments.required_number("scope")
    if scope not in (0, 1, 2):
        raise refuse("value")
    words = ("listable_none", "listable_users", "listable_all")
    return _set(call, words[scope] if scope != room.listable else None, listable=scope)


def set_read_only(call: Call) -> Any:
    """Lock or unlock; a locked room can still be renamed, described and filled with people (observed)."""
    room, _ = mine(call, moderator=True)
    state = call.arguments.required_number("state")
    if state not in (0, 1):
        raise refuse("value")
    note = ("read_only_off", "read_only")[state] if state != room.read_only else None
    return _set(call, note, read_only=state)


def set_lobby(call: Call) -> Any:
    """Let only moderators in, perhaps until a time; a past time is none."""
    room, _ = mine(call, moderator=True)
    state = call.arguments.required_number("state")
    if state not in (0, 1):
        raise refuse("value")
    timer = max(0, number(call, "timer", 0))
    note = ("lobby_none", "lobby_non_moderators")[state] if state != room.lobby else None
    return _set(call, note, lobby=state, lobby_timer=timer)


def set_password(call: Call) -> Any:
    """Set or clear the password of a public room."""
    room, _ = mine(call, moderator=True)
    password = call.arguments.text("password")
    if room.type != PUBLIC:
        raise refuse("type")
    check_password(call, password, "value")
    return _set(call, "password_set" if password else "password_removed", password=password)


def set_permissions(call: Call) -> Any:
    """Set what members may do by default; for calls it is no longer possible."""
    mine(call, moderator=True)
    permissions = call.arguments.required_number("permissions")
    if not 0 <= permissions <= ALL_BITS:
        raise BadArguments("permissions")
    if call.places["mode"] == "call":
        raise refuse("mode")
    return _set(call, None, permissions=permissions | 1 if permissions else 0)


def set_mention_permissions(call: Call) -> Any:
    """Whether everybody may mention all (0), or moderators only (1)."""
    mine(call, moderator=True)
    wanted = call.arguments.required_number("mentionPermissions")
    if wanted not in (0, 1):
        raise refuse("value")
    return _set(call, None, mention_permissions=wanted)


def set_message_expiration(call: Call) -> Any:
    """Let new messages run out after so many seconds; 0, and whatever is no number, keeps them."""
    mine(call, moderator=True)
    seconds = call.arguments.required_number("seconds")
    if seconds < 0:
        raise refuse("value")
    note = "message_expiration_enabled" if seconds else "message_expiration_disabled"
    return _set(call, note, message_expiration=seconds)


def make_public(call: Call) -> Any:
    """Let everybody in who has the link."""
    room, _ = mine(call, moderator=True)
    return _set(call, "guests_allowed" if room.type != PUBLIC else None, type=PUBLIC)


def make_private(call: Call) -> Any:
    """Let only participants in."""
    room, _ = mine(call, moderator=True)
    return _set(call, "guests_disallowed" if room.type == PUBLIC else None, type=GROUP, password="")
