"""Reactions to what was said in Talk's rooms. Codes and errors observed on Talk 22."""

from __future__ import annotations

import re
from typing import Any

from connectors.nextcloud.emulation.calls import Call, Routes
from connectors.nextcloud.emulation.ocs import NULL, OcsError
from connectors.nextcloud.emulation.talk.chat import inside, message_in, writable
from connectors.nextcloud.emulation.talk.rooms import APP, stumble
from connectors.nextcloud.emulation.talk.state import USERS, Message, Room
from connectors.nextcloud.emulation.talk.talk import Talk
from connectors.nextcloud.emulation.talk.views import display_name

_EMOJI = re.compile(r"[^\x00-\x7f][\ufe0f\u200d\U0001f3fb-\U0001f3ff]*(?:(?<=\u200d)[^\x00-\x7f][\ufe0f\u200d]*)*")
"""One emoji, as far as it matters here; the server knows them all."""
REACTION = "/apps/spreed/api/v1/reaction/{token}/{message_id:[0-9]+}"


def add_to(route: Routes) -> None:
    """Register the routes."""
    route("GET", REACTION, app=APP)(read)
    route("POST", REACTION, app=APP, confirm=False)(react)
    route("DELETE", REACTION, app=APP, confirm=False)(take_back)


def read(call: Call) -> Any:
    """Who reacted how."""
    room, _ = inside(call)
    said = _reacted_to(call, room, missing=404, unfit=404)
    return told(call.world.talk, said, call.arguments.text("reaction", None))


def react(call: Call) -> Any:
    """React: 201, and 200 for who did so before."""
    room, me = inside(call)
    writable(room)
    emoji = call.arguments.text("reaction")
    said = _reacted_to(call, room, missing=404, unfit=400)
    if not _EMOJI.fullmatch(emoji):
        raise OcsError(400, "", NULL)
    stumble(call)
    call.code = 201 if call.world.talk.react(room, said, USERS, me.actor, emoji) else 200
    return told(call.world.talk, said)


def take_back(call: Call) -> Any:
    """Take a reaction back; a line of the history says so."""
    room, me = inside(call)
    writable(room)
    emoji = call.arguments.text("reaction")
    said = _reacted_to(call, room, missing=404, unfit=404)
    stumble(call)
    if not call.world.talk.unreact(room, said, USERS, me.actor, emoji):
        raise OcsError(404, "", NULL)
    return told(call.world.talk, said)


def told(talk: Talk, said: Message, only: str | None = None) -> dict[str, Any]:
    """The reactions to a message by emoji, the newest first (observed)."""
    found: dict[str, Any] = {}
    for (emoji, kind, actor), line in reversed(said.reactions.items()):
        if only is None or emoji == only:
            name = display_name(talk.accounts, kind, actor)
            who = {"actorType": kind, "actorId": actor, "actorDisplayName": name, "timestamp": line.at}
            found.setdefault(emoji, []).append(who)
    return found


def _reacted_to(call: Call, room: Room, *, missing: int, unfit: int) -> Message:
    said = message_in(room, int(call.places["message_id"]))
    if said is None:
        raise OcsError(missing, "", NULL)
    if said.system or said.deleted:
        raise OcsError(unfit, "", NULL)
    return said
