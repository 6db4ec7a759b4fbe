"""Mailing lists: their words, their limits, and what the server's answers about them mean. Pure."""

import re
from collections.abc import Mapping
from typing import Final

from connectors.kit.answers import Entry, text
from provisioner.model.inventory import UNKNOWN, Remote, Unknown
from provisioner.model.resources import EdgeRole, FieldName, Mode, Value
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {
    "name": Mode.CREATE_ONLY,
    "display_name": Mode.MANAGED,
    "description": Mode.MANAGED,
    "listed": Mode.MANAGED,
    "read_only": Mode.MANAGED,
    "language": Mode.ONCE,
}
"""The name is the part before the @, and an address never changes. With the language come all of `BEGINNINGS`."""

LONGEST_NAME: Final = 64
"""Characters before an @ (RFC 5321); Mailman itself takes more."""
STYLE: Final = "private-default"
"""A style that the server does not know makes a broken list without a word (observed)."""

ROLES: Final[Mapping[EdgeRole, str]] = {EdgeRole.MEMBER: "member", EdgeRole.MODERATOR: "owner"}

BEGINNINGS: Final[Mapping[str, str | int | bool]] = {
    "subscription_policy": "moderate",
    "unsubscription_policy": "confirm",
    "archive_policy": "private",
    "member_roster_visibility": "moderators",
    "send_welcome_message": False,
    "send_goodbye_message": False,
    "admin_notify_mchanges": False,
    "dmarc_mitigate_action": "munge_from",
    "max_message_size": 10_000,
}
"""What a new list gets once; its owners may change it afterwards. Sizes in KB: Mailman's own 40 hold every picture."""

_CLOSED: Final[Mapping[str, str]] = {"default_member_action": "reject", "default_nonmember_action": "reject"}
"""Nobody may post, owners neither, and whoever tries is told so (observed). An emergency would hold posts instead."""
_OPEN: Final[Mapping[str, str]] = {"default_member_action": "defer", "default_nonmember_action": "hold"}
"""As every list begins: members post, what others send waits for an owner."""
_SHUT: Final = frozenset({"reject", "discard"})

_NAME: Final = re.compile(r"[a-z0-9][-_.0-9a-z]*")
_SERVANTS: Final = ("bounces", "confirm", "join", "leave", "owner", "request", "subscribe", "unsubscribe")
"""A name that ends in one of these is an address of another list: mail to it never reaches this one (observed)."""
_MARK: Final = "readi:"


def objection(name: str) -> Text | None:
    """Why we make no list of this name."""
    if len(name) > LONGEST_NAME:
        return Text.of("mailman.name_too_long", name=name, limit=LONGEST_NAME)
    if not _NAME.fullmatch(name.lower()) or ".." in name or name.endswith("."):
        return Text.of("mailman.name_refused", name=name)
    if name.lower().rpartition("-")[2] in _SERVANTS and "-" in name:
        return Text.of("mailman.name_of_servant", name=name)
    return None


def canonical(field: FieldName, value: Value) -> Value:
    """Texts are one line; what is not said about a switch means that it is off."""
    if field in ("display_name", "description"):
        return " ".join(value.split()) if isinstance(value, str) else ""
    if field in ("listed", "read_only"):
        return bool(value)
    return value


def settings_for(fields: Mapping[FieldName, Value], spoken: frozenset[str]) -> dict[str, object]:
    """What a list's configuration has to say for these fields. ``spoken``: languages that the server knows."""
    body: dict[str, object] = {}
    for name, value in fields.items():
        if name in ("display_name", "description"):
            body[name] = value
        elif name == "listed":
            body["advertised"] = value
        elif name == "read_only":
            body |= _CLOSED if value else _OPEN
        elif name == "language" and value in spoken:
            body["preferred_language"] = value
    return body


def marker_in(info: str) -> str:
    """Our mark, on a line of its own; "" for none, and for several that contradict each other."""
    marks = {line for line in map(str.strip, info.splitlines()) if line.startswith(_MARK) and " " not in line}
    return marks.pop() if len(marks) == 1 else ""


def remote_of(entry: Entry, config: Entry | None) -> Remote:
    """One list; without its configuration it is not known who may post, and when it was made.

    A list that was deleted and made again has the same id, and another time of creation.
    """
    fields: dict[FieldName, Value | Unknown] = {
        "name": text(entry, "list_name"),
        "display_name": _text(entry, "display_name"),
        "description": _text(entry, "description"),
        "listed": _switch(entry.get("advertised")),
        "read_only": UNKNOWN if config is None else _read_only(config),
    }
    return Remote(
        remote_id=text(entry, "list_id"),
        name=text(entry, "list_name"),
        fields=fields,
        fingerprint="" if config is None else text(config, "created_at"),
        marker="" if config is None else marker_in(text(config, "info")),
    )


def _text(entry: Entry, key: str) -> Value | Unknown:
    value = entry.get(key)
    return value if isinstance(value, str) else UNKNOWN


def _switch(value: object) -> Value | Unknown:
    return value if isinstance(value, bool) else UNKNOWN


def _read_only(config: Entry) -> Value | Unknown:
    actions = [config.get(key) for key in _CLOSED]
    if not all(isinstance(action, str) for action in actions):
        return UNKNOWN
    return all(action in _SHUT for action in actions)
