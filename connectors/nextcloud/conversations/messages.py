"""What is said in a conversation, as Talk tells it. Pure. Observed on Talk 22."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.nextcloud.client import garbled
from connectors.nextcloud.conversations.shape import USERS
from connectors.nextcloud.listing import identifier_of

_LAST: Final = 2**63 - 1
_PLACE: Final = re.compile(r"\{([A-Za-z0-9_-]+)\}")


@dataclass(frozen=True, slots=True)
class Said:
    """One message, or one line of the room's history when ``system`` has a word."""

    number: int
    at: int
    """Seconds since 1970, by the server's clock."""
    kind: str
    """ "comment", "comment_deleted", "system", …"""
    system: str
    account: str
    """The user id of who said it; "" for bots, guests and the server itself."""
    reference: str
    text: str
    """With the mentions in their places: ``@anna``, ``@all``."""
    answers: int | None
    """The number of the message that it answers."""


def messages_in(data: object, path: str) -> Sequence[Said]:
    """A page of a chat. Raises `Garbled` when it is none, or one message in it can't be understood."""
    if not isinstance(data, list) or not data:
        raise garbled(path)
    return [said_in(item, path) for item in data]


def said_in(item: object, path: str) -> Said:
    """One message. Raises `Garbled`."""
    if not isinstance(item, dict):
        raise garbled(path)
    number, at, kind = number_in(item), item.get("timestamp"), item.get("messageType")
    if number is None or not isinstance(at, int) or not isinstance(kind, str):
        raise garbled(path)
    return Said(
        number=number,
        at=at,
        kind=kind,
        system=str(item.get("systemMessage") or ""),
        account=identifier_of(item.get("actorId")) if item.get("actorType") == USERS else "",
        reference=str(item.get("referenceId") or ""),
        text=_spelt_out(item.get("message"), item.get("messageParameters")),
        answers=number_in(item.get("parent")),
    )


def number_in(message: object) -> int | None:
    """A message's number; None for what has none that Talk's database could hold."""
    number = message.get("id") if isinstance(message, Mapping) else None
    return number if type(number) is int and 0 < number <= _LAST else None


def _spelt_out(message: object, parameters: object) -> str:
    """A text as it was typed, where Talk puts places like ``{mention-user1}`` for whom it calls."""
    if not isinstance(message, str):
        return ""
    if not isinstance(parameters, Mapping):
        return message
    return _PLACE.sub(lambda found: _named(parameters.get(found.group(1)), found.group()), message)


def _named(told: object, place: str) -> str:
    if not isinstance(told, Mapping):
        return place
    mention = told.get("mention-id")
    if isinstance(mention, str) and mention:
        return f"@{mention}"
    name = told.get("name")
    return name if isinstance(name, str) else place
