"""What Talk tells its bots, as observed on Talk 22: signed calls, each made once and given 5 s.

Bots hear what people and our own account write, and never what bots write. Of a reaction they are told on which message
it is, but not by whom: ``actor`` is who wrote that message. Talk makes the calls before it answers whoever wrote.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import secrets
from base64 import b64encode
from typing import Any, Final
from urllib.parse import urlsplit

from connectors.nextcloud.emulation.talk.state import (
    BOT_DISABLED,
    REACTION,
    WEBHOOK,
    Bot,
    BotCall,
    Message,
    Room,
)
from connectors.nextcloud.emulation.talk.talk import Talk
from connectors.nextcloud.emulation.talk.views import display_name, message_view

PATIENCE: Final = 5.0
"""Seconds, real ones."""
DONE: Final = (200, 202)


class Herald:
    """Notes what bots are to be told; `deliver` tells them."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        talk.heard = self.heard
        talk.moved = self.moved

    def heard(self, room: Room, said: Message, reaction: Message | None) -> None:
        """A message or line is new, or a reaction on it is or is gone."""
        if not room.bots:
            return
        if reaction is not None:
            self._tell(room, self._about_reaction(room, said, reaction), REACTION)
        elif said.system or said.picture is not None:
            note = self._note(room, said, said.system)
            self._tell(room, {"type": "Activity", "actor": self._author(said), "object": note, **_target(room)})
        elif said.kind != "bots":
            self._tell(room, self._written(room, said))

    def moved(self, room: Room, bot: Bot, word: str) -> None:
        """A bot was enabled in a room (Join), or disabled (Leave)."""
        actor = {"type": "Application", "id": f"bots/bot-{url_hash(bot)}", "name": bot.name}
        self._talk.calls.append(BotCall(bot, {"type": word, "actor": actor, "object": _collection(room)}))

    def _tell(self, room: Room, event: dict[str, Any], feature: int = WEBHOOK) -> None:
        self._talk.calls += [BotCall(bot, event) for bot in bots_in(self._talk, room, feature)]

    def _written(self, room: Room, said: Message) -> dict[str, Any]:
        note = self._note(room, said, "message")
        if said.parent is not None:
            parent = self._note(room, said.parent, "message")
            note["inReplyTo"] = {"type": "Note", "actor": self._author(said.parent), "object": parent}
        author = self._author(said)
        mine = room.find(said.kind, said.actor)
        if mine is not None:
            author["talkParticipantType"] = str(mine.type)
        return {"type": "Create", "actor": author, "object": note, **_target(room)}

    def _about_reaction(self, room: Room, said: Message, reaction: Message) -> dict[str, Any]:
        like = {"type": "Like", "actor": self._author(said), "object": self._note(room, said, "")}
        like |= {**_target(room), "content": reaction.text}
        if reaction.system == "reaction":
            return like
        return {"type": "Undo", "actor": self._author(said), "object": like, **_target(room)}

    def _author(self, said: Message) -> dict[str, Any]:
        name = display_name(self._talk.accounts, said.kind, said.actor)
        return {"type": "Person", "id": f"{said.kind}/{said.actor}", "name": name}

    def _note(self, room: Room, said: Message, name: str) -> dict[str, Any]:
        seen = message_view(self._talk, room, said, "", nested=True)
        content = {"message": seen["message"], "parameters": seen["messageParameters"]}
        note = {"type": "Note", "id": str(said.id), "name": name, "content": php_json(content)}
        return note | {"mediaType": "text/markdown"}


def bots_in(talk: Talk, room: Room, feature: int) -> list[Bot]:
    """The bots that hear of this in a room."""
    found = (talk.bots[number] for number in sorted(room.bots) if number in talk.bots)
    return [bot for bot in found if bot.features & feature and bot.state != BOT_DISABLED]


def url_hash(bot: Bot) -> str:
    """A bot's id among those who write."""
    return hashlib.sha1(bot.url.encode()).hexdigest()  # noqa: S324 - Talk's own choice, a name and no secret


def php_json(value: Any) -> str:
    """JSON as PHP writes it: letters beyond ASCII and slashes are spelled out."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")


def deliver(calls: list[BotCall], backend: str) -> None:
    """Tell the bots, one after the other. Who does not answer in time is not asked again."""
    for call in calls:
        body = php_json(call.event).encode()
        drawn = b64encode(secrets.token_bytes(48)).decode()
        signature = hmac.new(call.bot.secret.encode(), drawn.encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Nextcloud-Talk-Random": drawn,
            "X-Nextcloud-Talk-Signature": signature,
            "X-Nextcloud-Talk-Backend": backend,
            "OCS-APIRequest": "true",
            "User-Agent": "Nextcloud-Server-Crawler/34.0.1",
        }
        if _posted(call.bot.url, body, headers) not in DONE:
            call.bot.errors += 1


def _posted(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of the answer; 0 for none."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE)
    try:
        connection.request("POST", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _collection(room: Room) -> dict[str, Any]:
    return {"type": "Collection", "id": room.token, "name": room.name}


def _target(room: Room) -> dict[str, Any]:
    return {"target": _collection(room)}
