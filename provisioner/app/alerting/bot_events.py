"""What Talk's bot webhook tells, read for the little that concerns us; all of it comes from a stranger until proven.

As Talk 22's source has it (``BotService``, ``ActivityPubHelper``): headers ``X-Nextcloud-Talk-Random`` (64 letters),
``X-Nextcloud-Talk-Signature`` (hex HMAC-SHA256 of random and raw body), ``X-Nextcloud-Talk-Backend`` (the server's own
``overwrite.cli.url`` with a slash). One POST, 5 s, never again.

- ``Create``: somebody wrote. ``object.content`` is JSON inside a string; its ``parameters`` are ``[]`` where there are
  none, for PHP knows no empty object. From Talk 21 on ``object.inReplyTo.object.id`` is the message that it answers.
- ``Like``, ``Undo``: a reaction came, or went. Their ``actor`` is **the author of the message** and not who reacted: so
  nothing is said of people here, and who it was is to be asked for (`Talks.reactions`).
- ``Join``, ``Leave``, ``Activity``: nothing of ours.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from pydantic import SecretStr

MOST_BYTES: Final = 512 * 1024
"""A message of 32,000 letters that answers another one, each letter spelled out twice over, is about as long."""
RANDOM: Final = "x-nextcloud-talk-random"
SIGNATURE: Final = "x-nextcloud-talk-signature"
BACKEND: Final = "x-nextcloud-talk-backend"
_SHORTEST_RANDOM: Final = 32
_LONGEST_RANDOM: Final = 256
_LONGEST_ID: Final = 255
_LONGEST_EMOJI: Final = 64
_LONGEST_COMMAND: Final = 2_000
"""Characters; whoever writes more gives no command."""
_LAST_MESSAGE: Final = 2**63 - 1
_PLACEHOLDER: Final = re.compile(r"\{([a-z0-9-]{1,64})\}")


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody reacted to a message, or took that back; who, is not told."""

    conversation: str
    message: int
    emoji: str
    is_undo: bool


@dataclass(frozen=True, slots=True)
class Wrote:
    """Somebody with an account wrote something short."""

    conversation: str
    message: int
    account: str
    text: str
    answers: int | None
    """The message that it answers."""


class _Ref(msgspec.Struct):
    id: str | int


class _Parent(msgspec.Struct):
    object: _Ref | None = None


class _Note(msgspec.Struct):
    id: str | int
    name: str = ""
    content: str = ""
    inReplyTo: _Parent | None = None  # noqa: N815 - as it comes


class _Create(msgspec.Struct):
    actor: _Ref
    object: _Note
    target: _Ref


class _Like(msgspec.Struct):
    object: _Ref
    target: _Ref
    content: str


class _Undone(msgspec.Struct):
    object: _Ref
    content: str


class _Undo(msgspec.Struct):
    object: _Undone
    target: _Ref


class _Kind(msgspec.Struct):
    type: str


class _Parameter(msgspec.Struct):
    id: str | int = ""


class _Content(msgspec.Struct):
    message: str
    parameters: dict[str, _Parameter] | list[Any] = {}


_KIND: Final = msgspec.json.Decoder(_Kind)
_CREATE: Final = msgspec.json.Decoder(_Create)
_LIKE: Final = msgspec.json.Decoder(_Like)
_UNDO: Final = msgspec.json.Decoder(_Undo)
_CONTENT: Final = msgspec.json.Decoder(_Content)


def is_signed(headers: Mapping[str, str], body: bytes, secret: SecretStr) -> bool:
    """Whether somebody who knows the bot's secret sent this; compared in constant time. Headers in small letters."""
    key, random = secret.get_secret_value().encode(), headers.get(RANDOM, "")
    if not key or not _SHORTEST_RANDOM <= len(random) <= _LONGEST_RANDOM:
        return False
    right = hmac.new(key, random.encode() + body, hashlib.sha256).hexdigest().encode()
    return hmac.compare_digest(right, headers.get(SIGNATURE, "").lower().encode())


def event_of(body: bytes) -> Reacted | Wrote | None:
    """What it tells, as far as it could concern us; None for all else, and for what can't be read. Never raises."""
    try:
        match _KIND.decode(body).type:
            case "Create":
                return _wrote(_CREATE.decode(body))
            case "Like":
                liked = _LIKE.decode(body)
                return _reacted(liked.target, liked.object, liked.content, is_undo=False)
            case "Undo":
                undone = _UNDO.decode(body)
                return _reacted(undone.target, undone.object.object, undone.object.content, is_undo=True)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # what it says holds words that people wrote: it is left where it is
    return None


def _reacted(target: _Ref, note: _Ref, emoji: str, *, is_undo: bool) -> Reacted | None:
    conversation, message = _name(target.id), number_of(note.id)
    if conversation is None or message is None or not 0 < len(emoji) <= _LONGEST_EMOJI:
        return None
    return Reacted(conversation, message, emoji, is_undo)


def _wrote(event: _Create) -> Wrote | None:
    kind, _, account = str(event.actor.id).partition("/")
    conversation, message, note = _name(event.target.id), number_of(event.object.id), event.object
    if kind != "users" or not 0 < len(account) <= _LONGEST_ID or note.name != "message":
        return None  # guests and bots command nothing
    if conversation is None or message is None or len(note.content) > MOST_BYTES:
        return None
    content = _CONTENT.decode(note.content)
    if len(content.message) > _LONGEST_COMMAND:
        return None
    parent = note.inReplyTo.object if note.inReplyTo is not None else None
    answers = None if parent is None else number_of(parent.id)
    parameters = content.parameters if isinstance(content.parameters, dict) else {}
    text = _PLACEHOLDER.sub(lambda found: _mentioned(found, parameters), content.message)
    return Wrote(conversation, message, account, text[:_LONGEST_COMMAND], answers)


def _mentioned(found: re.Match[str], parameters: Mapping[str, _Parameter]) -> str:
    """Whom ``{mention-user1}`` means, as it was typed; what else stands in braces stays."""
    parameter = parameters.get(found[1])
    if parameter is None or not found[1].startswith("mention-"):
        return found[0]
    return f"@{str(parameter.id)[:_LONGEST_ID]}"


def _name(told: str | int) -> str | None:
    name = str(told)
    return name if 0 < len(name) <= _LONGEST_ID and name.isascii() and name.isalnum() else None


def number_of(told: str | int) -> int | None:
    """A message's id; None for what is none."""
    if isinstance(told, str):
        if not (told.isascii() and told.isdigit() and len(told) < 20):
            return None
        told = int(told)
    return told if 0 < told <= _LAST_MESSAGE else None
