"""Calendars and the meetings in them: how they are called over there, and what an event holds. Pure.

A calendar and an event have room for a mark of ours where nobody sees it: in their addresses. "readi-<body>" is the
calendar of a body, "readi-<series>.ics" in it one of its series. Both keep their address when they are renamed.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote_plus, unquote_plus

from provisioner.calendars.ics import NotOurs, ReadEvent, read
from provisioner.model.inventory import UNKNOWN, Remote, Unknown
from provisioner.model.resources import EdgeRole, FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.text import Text

CALENDAR_FIELDS: Final[dict[FieldName, Mode]] = {"name": Mode.MANAGED}
MEETING_FIELDS: Final[dict[FieldName, Mode]] = {
    "name": Mode.MANAGED,
    "schedule": Mode.MANAGED,
    "description": Mode.MANAGED,
    "location": Mode.MANAGED,
}
LONGEST_NAME: Final = 255
"""Characters that the database keeps of a calendar's name."""
LONGEST_TEXT: Final = 10_000
"""Characters of one text of an event; more are not written (`provisioner.calendars.ics`)."""

_ID: Final = r"[a-z0-9][a-z0-9-]*"
_CALENDAR: Final = re.compile(rf"readi-({_ID})(?:~[2-9])?")
_EVENT: Final = re.compile(rf"readi-({_ID})\.ics")
_BODY: Final = re.compile(rf"body:({_ID})")
_SERIES: Final = re.compile(rf"body:({_ID}):meeting:({_ID})")
_GROUPS: Final = "principal:principals/groups/"
_ACCOUNTS: Final = "principal:principals/users/"


def addresses_of(identity: ResourceId) -> tuple[str, ...]:
    """The addresses that a body's calendar may have, the usual one first: it may be another network's, or deleted."""
    found = _BODY.fullmatch(identity.key)
    if found is None:
        raise ValueError(f"no calendar of a body: {identity}")
    usual = f"readi-{found[1]}"
    return (usual, *(f"{usual}~{number}" for number in range(2, 10)))


def event_address(identity: ResourceId) -> str:
    """What a series is called in its calendar."""
    found = _SERIES.fullmatch(identity.key)
    if found is None:
        raise ValueError(f"no meeting of a body: {identity}")
    return f"readi-{found[2]}.ics"


def new_uid(identity: ResourceId, host: str) -> str:
    """The UID of a new event, as nothing else has one; it stays with the event whatever becomes of it.

    Drawn, since one that was deleted keeps its UID in the calendar's trash bin, where nobody sees it: to write the same
    again is answered 500 (observed on Nextcloud 34).
    """
    return f"{event_address(identity).removesuffix('.ics')}.{secrets.token_hex(8)}@{host}"


def marker_of_calendar(address: str) -> str:
    """The mark that a calendar's address is; "" for somebody else's."""
    found = _CALENDAR.fullmatch(address)
    return "" if found is None else f"readi:body:{found[1]}"


def marker_of_event(calendar: str, address: str) -> str:
    """The mark that an event's address is; "" for somebody else's."""
    of_calendar, found = marker_of_calendar(calendar), _EVENT.fullmatch(address)
    return f"{of_calendar}:meeting:{found[1]}" if of_calendar and found is not None else ""


def remote_id_of(calendar: str, address: str) -> str:
    """Of an event: where it is, from the account's calendars on."""
    return f"{calendar}/{address}"


def place_of(remote_id: str) -> tuple[str, str]:
    """The calendar's address, and the event's in it."""
    calendar, _, address = remote_id.partition("/")
    return calendar, address


# --- who is let in -------------------------------------------------------------------------------------------------


def group_principal(group: str) -> str:
    """A group as a share names it, in the one form by which its members get the calendar.

    Observed on Nextcloud 34: every other form ("PG Sensorik", "PG%20Sensorik") is taken with 200, shown with the
    group's name, and lets nobody in. The form is PHP's urlencode.
    """
    return _GROUPS + quote_plus(group, safe="").replace("~", "%7E")


def members_of(shares: Mapping[str, bool]) -> Mapping[tuple[EdgeRole, Kind], frozenset[str]]:
    """Who is let in, from what `group_principal` makes to whether they may write. What lets nobody in is left out."""
    found: dict[tuple[EdgeRole, Kind], set[str]] = {}
    for principal, writes in shares.items():
        role = EdgeRole.WRITER if writes else EdgeRole.READER
        group, account = principal.removeprefix(_GROUPS), principal.removeprefix(_ACCOUNTS)
        if group != principal and group_principal(unquote_plus(group)) == principal:
            found.setdefault((role, Kind.GROUP), set()).add(unquote_plus(group))
        elif account != principal:
            found.setdefault((role, Kind.ACCOUNT), set()).add(unquote_plus(account))
    return {sort: frozenset(members) for sort, members in found.items()}


# --- names and texts -----------------------------------------------------------------------------------------------


def objection_to_calendar(name: str) -> Text | None:
    """Why we make no calendar of this name. The server would take an empty one, too, and people see nothing then."""
    if not name.strip():
        return Text.of("nextcloud.calendar_nameless")
    if len(name) > LONGEST_NAME:
        return Text.of("nextcloud.name_too_long", name=name, limit=LONGEST_NAME)
    return None if name.isprintable() else Text.of("nextcloud.name_unprintable", name=name)


def objection_to_meeting(name: str) -> Text | None:
    """Why we write no event of this name."""
    return Text.of("nextcloud.meeting_nameless") if not plain(name).strip() else None


def plain(text: str) -> str:
    """As an event keeps it: line breaks are one letter, other control characters are gone (RFC 5545, 3.1)."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(each for each in lines if each == "\n" or (each >= " " and each != "\x7f"))[:LONGEST_TEXT]


def canonical(field: FieldName, value: Value) -> Value:
    """The form in which an event gives a text back; what is not there is empty."""
    if field in ("name", "description", "location"):
        return plain(value) if isinstance(value, str) else "" if value is None else value
    return value


# --- what an event holds -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it is now; ``etag`` as the server quotes it. ``read`` None: nothing that we understand."""

    calendar: str
    address: str
    etag: str
    content: bytes
    read: ReadEvent | None

    @classmethod
    def of(cls, calendar: str, address: str, etag: str, content: bytes) -> "Event":
        """Read what came back."""
        try:
            return cls(calendar, address, etag, content, read(content))
        except NotOurs:
            return cls(calendar, address, etag, content, None)

    @property
    def schedule(self) -> str:
        """When it takes place. Of a shape that we never write: a word that differs from every schedule of ours."""
        if self.read is not None and self.read.series is not None:
            return self.read.series.text()
        lines = self.content.replace(b"\r\n", b"\n")  # as XML gives them
        return f"X-OTHER:{hashlib.sha256(lines).hexdigest()[:32]}"

    def remote(self) -> Remote:
        """The meeting that it is."""
        fields: dict[FieldName, Value | Unknown] = dict.fromkeys(MEETING_FIELDS, UNKNOWN)
        found, name = self.read, self.address
        if found is not None:
            name = found.summary
            fields = {
                "name": found.summary,
                "schedule": self.schedule,
                "description": found.description,
                "location": found.location,
            }
        marker = marker_of_event(self.calendar, self.address)
        return Remote(remote_id_of(self.calendar, self.address), name, fields, marker=marker)


def renamed(remote: Remote, name: str) -> Remote:
    """The same object under another name."""
    return replace(remote, name=name, fields={**remote.fields, "name": name})
