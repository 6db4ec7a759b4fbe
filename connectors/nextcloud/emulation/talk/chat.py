"""What is said in Talk's rooms. Codes and errors observed on Talk 22, whose chat API has the version 1.

Waiting for new messages is not imitated: a look into the future answers at once, as with `timeout=0`.
"""

from __future__ import annotations

from typing import Any

from connectors.nextcloud.emulation.calls import Call, Routes
from connectors.nextcloud.emulation.ocs import OcsError
from connectors.nextcloud.emulation.talk.events import bots_in
from connectors.nextcloud.emulation.talk.rooms import APP, mine, refuse, stumble
from connectors.nextcloud.emulation.talk.state import USERS, WEBHOOK, Attendee, Message, Room
from connectors.nextcloud.emulation.talk.views import listed_view, message_view

CHAT = "/apps/spreed/api/v1/chat/{token}"
MAX_MESSAGE = 32_000
MAX_REFERENCE = 64
EDIT_SECONDS = 24 * 3600
"""How long one may edit (read)."""
NOT_MODIFIED = 304


def add_to(route: Routes) -> None:
    """Register the routes."""
    route("GET", CHAT, app=APP)(read)
    route("POST", CHAT, app=APP, confirm=False)(send)
    route("PUT", CHAT + "/{message_id:[0-9]+}", app=APP, confirm=False)(edit)
    route("DELETE", CHAT + "/{message_id:[0-9]+}", app=APP, confirm=False)(delete)
    route("DELETE", CHAT, app=APP, confirm=False)(clear)


def send(call: Call) -> Any:
    """Say something. The same referenceId twice is two messages."""
    room, me = inside(call)
    text = call.arguments.text("message")
    reply_to = call.arguments.number("replyTo") or 0
    writable(room)
    _check(text)
    parent = None
    if reply_to:
        parent = message_in(room, reply_to)
        if parent is None or parent.system or parent.deleted:
            raise refuse("reply-to")
    stumble(call)
    said = call.world.talk.say(
        room,
        USERS,
        me.actor,
        text.strip(),
        reference=call.arguments.text("referenceId", "")[:MAX_REFERENCE],
        parent=parent,
        silent=call.arguments.flag("silent", False),
    )
    call.code = 201
    return message_view(call.world.talk, room, said, me.actor)


def read(call: Call) -> Any:
    """Messages: the newest first, or the ones after a number with the oldest first; none is a 304."""
    room, me = inside(call)
    forward = call.arguments.required_number("lookIntoFuture") == 1
    last = call.arguments.number("lastKnownMessageId") or 0
    limit = call.arguments.number("limit")
    limit = min(200, max(1, 100 if limit is None else limit))
    seen = call.world.talk.seen(room)
    if forward:
        found = [said for said in seen if said.id > last][:limit]
    else:
        found = [said for said in reversed(seen) if not last or said.id < last][:limit]
    if not found:
        raise OcsError(NOT_MODIFIED)
    call.headers.append(("X-Chat-Last-Given", str(found[-1].id)))
    return [listed_view(call.world.talk, room, said, me.actor) for said in found]


def edit(call: Call) -> Any:
    """Put other words in a message: its author can, and moderators can, for a day."""
    room, me = inside(call)
    text = call.arguments.text("message")
    writable(room)
    said = _own(call, room, me)
    _check(text)
    if call.world.now() - said.at > EDIT_SECONDS:
        raise refuse("age")
    stumble(call)
    said.text = text.strip()
    said.edited_by = me.actor
    said.edited_at = int(call.world.now())
    line = call.world.talk.note(room, "message_edited", parent=said)
    call.code = _done(call, room)
    return message_view(call.world.talk, room, line, me.actor)


def delete(call: Call) -> Any:
    """Take a message back; the words are gone, a place stays."""
    room, me = inside(call)
    writable(room)
    said = _own(call, room, me)
    stumble(call)
    line = call.world.talk.delete(room, said)
    call.code = _done(call, room)
    return message_view(call.world.talk, room, line, me.actor)


def clear(call: Call) -> Any:
    """Take all messages back, for everybody; a line says so."""
    room, me = mine(call, moderator=True)
    writable(room)
    stumble(call)
    room.messages.clear()
    line = call.world.talk.note(room, "history_cleared")
    return message_view(call.world.talk, room, line, me.actor)


def _done(call: Call, room: Room) -> int:
    """202 instead of 200 where bots have read what was there before (observed)."""
    return 202 if bots_in(call.world.talk, room, WEBHOOK) else 200


def inside(call: Call) -> tuple[Room, Attendee]:
    """The room in the path and the acting account's place in it, unless a lobby keeps it out (412)."""
    room, me = mine(call)
    if room.lobby == 1 and not me.moderates:
        raise OcsError(412)
    return room, me


def writable(room: Room) -> None:
    """Raise OcsError for a room that is only read."""
    if room.read_only:
        raise OcsError(403)


def _check(text: str) -> None:
    if not text.strip():
        raise refuse("message")
    if len(text) > MAX_MESSAGE:
        raise refuse("message", 413)


def message_in(room: Room, message_id: int) -> Message | None:
    """The message of this number; None in another room, too."""
    return next((said for said in room.messages if said.id == message_id), None)


def _own(call: Call, room: Room, me: Attendee) -> Message:
    said = message_in(room, int(call.places["message_id"]))
    if said is None:
        raise refuse("message", 404)
    if said.actor != me.actor and not me.moderates:
        raise refuse("permission", 403)
    if said.deleted or said.system:
        raise refuse("message", 405)
    return said
