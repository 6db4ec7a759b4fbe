"""Conversations (Talk): their words, their limits, and what the server's answers about them mean. Pure.

Observed on Talk 22: names are not unique; a name or description loses PHP's white space at its ends and nothing else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from connectors.nextcloud.client import garbled
from connectors.nextcloud.listing import identifier_of
from provisioner.model.inventory import UNKNOWN, Remote, Unknown
from provisioner.model.resources import EdgeRole, FieldName, Kind, Mode, Value
from provisioner.model.text import Text

APP: Final = "spreed"

FIELDS: Final[dict[FieldName, Mode]] = {
    "name": Mode.MANAGED,
    "description": Mode.MANAGED,
    "read_only": Mode.MANAGED,
    "lobby": Mode.MANAGED,
    "listed": Mode.MANAGED,
    "first_message": Mode.ONCE,
}
LONGEST_NAME: Final = 255
LONGEST_DESCRIPTION: Final = 2_000
LONGEST_MESSAGE: Final = 32_000
"""Characters, all three; the server refuses more."""

GROUP_ROOM: Final = 2
PUBLIC_ROOM: Final = 3
OTHER_ROOMS: Final = frozenset({1, 4, 5, 6})
"""Between two people, Talk's own news, between two people of whom one is gone, notes to oneself."""
MODERATING: Final = frozenset({1, 2})
"""Owner and moderator."""
OWNER: Final = 1
MODERATOR: Final = 2
USER: Final = 3

USERS: Final = "users"
GROUPS: Final = "groups"

_WHITE: Final = " \t\n\r\0\x0b"
_MARK: Final = "readi:"


def trimmed(text: str) -> str:
    """Without the white space that PHP's ``trim`` takes away; a no-break space stays."""
    return text.strip(_WHITE)


def objection(name: str) -> Text | None:
    """Why we make no room of this name. An empty one would be made all the same, and called "---"."""
    if not trimmed(name):
        return Text.of("nextcloud.conversation_nameless")
    if len(name) > LONGEST_NAME:
        return Text.of("nextcloud.name_too_long", name=name, limit=LONGEST_NAME)
    if name != name.strip() or not name.isprintable():
        return Text.of("nextcloud.name_unprintable", name=name)
    return None


def canonical(field: FieldName, value: Value) -> Value:
    """Texts come back trimmed; what is not said about a switch means that it is off."""
    if field in ("name", "description", "first_message"):
        return trimmed(value) if isinstance(value, str) else value
    if field in ("read_only", "lobby", "listed"):
        return bool(value)
    return value


def marker_in(description: str) -> str:
    """Our mark, on a line of its own; "" for none, and for several that contradict each other."""
    lines = {trimmed(line) for line in description.splitlines()}
    marks = {line for line in lines if line.startswith(_MARK) and len(line) > len(_MARK) and " " not in line}
    return marks.pop() if len(marks) == 1 else ""


@dataclass(frozen=True, slots=True)
class Rooms:
    """The conversations among the rooms that our account is in."""

    by_token: Mapping[str, Remote]
    owned: frozenset[str]
    """Tokens of those that our account made."""
    unreadable: int
    """Entries that do not even tell their token."""


def rooms_of(data: object, path: str) -> Rooms:
    """What the list of rooms tells. An entry that can't be understood stands for itself alone, all its fields Unknown.

    Left out are rooms of other kinds, and those that Talk made for something (a sample, a file, a breakout room).
    """
    if not isinstance(data, list):
        raise garbled(path)
    found: dict[str, Remote] = {}
    owned: set[str] = set()
    unreadable = 0
    for item in data:
        token = item.get("token") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(token, str) or not token:
            unreadable += 1
            continue
        if _number(item, "type") in OTHER_ROOMS or (isinstance(made_for := item.get("objectType"), str) and made_for):
            continue
        found[token] = remote_of(item, token)
        if _number(item, "participantType") == OWNER:
            owned.add(token)
    return Rooms(found, frozenset(owned), unreadable)


def remote_of(item: Mapping[str, object], token: str) -> Remote:
    """One room as its participants see it. Only who moderates it can write its fields."""
    understood = _number(item, "type") in (GROUP_ROOM, PUBLIC_ROOM) and isinstance(item.get("objectType", ""), str)
    name = next((one for one in (item.get("name"), item.get("displayName")) if isinstance(one, str) and one), None)
    description = item.get("description")
    fields: dict[FieldName, Value | Unknown] = {
        "name": UNKNOWN if name is None or not understood else name,
        "description": description if isinstance(description, str) and understood else UNKNOWN,
    }
    switches: dict[FieldName, str] = {"read_only": "readOnly", "lobby": "lobbyState", "listed": "listable"}
    for field, key in switches.items():
        state = _number(item, key)
        fields[field] = UNKNOWN if state is None or not understood else state > 0
    return Remote(
        remote_id=token,
        name=name or "",
        fields=fields,
        fingerprint=identifier_of(item.get("id")),
        writable=None if _number(item, "participantType") in MODERATING else frozenset(),
        marker=marker_in(description) if isinstance(description, str) else "",
    )


@dataclass(frozen=True, slots=True)
class Attendee:
    """One participant. ``id`` is what writes ask for; it is another one each time somebody comes back."""

    id: int
    kind: str
    """ "users", "groups", "emails", "guests", "federated_users", "circles", …"""
    actor: str
    """A user id or group id, by ``kind``."""
    type: int

    @property
    def moderates(self) -> bool:
        return self.type in MODERATING


@dataclass(frozen=True, slots=True)
class People:
    """Everybody in one room, at one moment."""

    attendees: tuple[Attendee, ...]

    def find(self, kind: str, actor: str) -> Attendee | None:
        """The participant of this kind and id."""
        return next((one for one in self.attendees if one.kind == kind and one.actor == actor), None)

    def now_of_type(self, attendee: int, number: int) -> "People":
        """The same with one participant's type changed."""
        return People(tuple(replace(one, type=number) if one.id == attendee else one for one in self.attendees))

    def without(self, attendee: int) -> "People":
        """The same without one participant."""
        return People(tuple(one for one in self.attendees if one.id != attendee))

    def members(self) -> Mapping[tuple[EdgeRole, Kind], frozenset[str]]:
        """By role and kind. The accounts that are plain members are **all** accounts inside, moderators among them.

        So somebody is out of the room exactly when neither holds. Guests, people invited by e-mail, federated
        people and teams are nobody of ours, and left alone.
        """
        return {
            (EdgeRole.MEMBER, Kind.GROUP): frozenset(one.actor for one in self._of(GROUPS)),
            (EdgeRole.MEMBER, Kind.ACCOUNT): frozenset(one.actor for one in self._of(USERS)),
            (EdgeRole.MODERATOR, Kind.ACCOUNT): frozenset(one.actor for one in self._of(USERS) if one.moderates),
        }

    def _of(self, kind: str) -> Iterator[Attendee]:
        return (one for one in self.attendees if one.kind == kind)


def people_of(data: object, path: str) -> People:
    """What the list of participants tells. Raises `Garbled` when one of them can't be understood."""
    if not isinstance(data, list):
        raise garbled(path)
    found: list[Attendee] = []
    for item in data:
        if not isinstance(item, dict):
            raise garbled(path)
        number, kind, role = _number(item, "attendeeId"), item.get("actorType"), _number(item, "participantType")
        actor = identifier_of(item.get("actorId"))
        if number is None or role is None or not isinstance(kind, str) or not actor:
            raise garbled(path)
        found.append(Attendee(number, kind, actor, role))
    return People(tuple(found))


def _number(item: Mapping[str, object], key: str) -> int | None:
    value = item.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
