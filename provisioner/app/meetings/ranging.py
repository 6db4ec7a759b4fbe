"""What rangers ask about meeting rooms on the command line: which there are, a pass for somebody, what a token does."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import Field

from provisioner.app.joining.refusing import Forbidden
from provisioner.app.joining.viewing import viewer_for
from provisioner.app.meetings.doors import Doors, room_key
from provisioner.app.meetings.room_keys import body_of
from provisioner.app.meetings.rotating import meeting_targets
from provisioner.app.picture import Picture, Pictures
from provisioner.app.reports import JsonReport
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.meetings import Pass, Verdict
from provisioner.model.text import Text
from provisioner.registry.mistakes import mend_word
from provisioner.state import Audit, Gatherings, RoomAccesses, RoomNames

_LONGEST: Final = 16_384
"""Characters of what is looked at as a token."""


class RoomReport(JsonReport):
    body: str = Field(description="Its id in the registry.")
    series: str | None = Field(description="Of a room of one series alone: its id; null: the body's room.")
    target: str
    title: str = Field(description="What people read in it. Its name is a secret, and shown nowhere.")
    named_at: datetime = Field(description="Since when it has its name.")
    inside: int | None = Field(description="How many are inside; null: the meeting server tells nothing.")
    due_since: datetime | None = Field(description="Since when it waits for another name; null: it does not.")
    due_why: str = Field(description='Why it does: "access", "guest", "age" or "command"; else "".')


class RoomsReport(JsonReport):
    """`readi room list --json`: the meeting rooms of the bodies."""

    schema_: Literal["readi.rooms/1"] = Field(default="readi.rooms/1", alias="schema")
    network: str
    rooms: list[RoomReport]


@dataclass(frozen=True, slots=True)
class Checked:
    """A token, held against one room."""

    target: str
    room_named: bool
    """False: the room was taken from the token itself."""
    verdict: Verdict


def rooms_report(site: Site) -> RoomsReport:
    """All of them, by body. Raises `SettingsError`, `StateError`."""
    database, network, now = site.database, site.network, site.clock.now()
    accesses, gatherings = RoomAccesses(database, network).all(), Gatherings(database, network)
    found: list[RoomReport] = []
    for room in RoomNames(database, network).all(meeting_targets(site)):
        access = accesses.get(room.key)
        found.append(
            RoomReport(
                body=body_of(room.key) or "",
                series=room.key.partition(":meeting:")[2] or None,
                target=room.target,
                title=room.title,
                named_at=room.since,
                inside=gatherings.inside(room.key, now),
                due_since=None if access is None else access.due_since,
                due_why="" if access is None else access.due_why,
            )
        )
    return RoomsReport(network=network, rooms=found)


def pass_for(site: Site, body: str, person: str, actor: str) -> Pass:
    """A pass for somebody to a body's room, as they would get it by a click; it stands in the audit.

    Raises `SettingsError` for who or what is not there, or not in that body; `Refused`, `StateError`, `Permanent`.
    """
    pictures = Pictures(site)
    picture = pictures.now(fresh=True)
    registry = picture.registry
    _known(body, registry.bodies, "lifecycle.no_such_body")
    _known(person, registry.people, "lifecycle.no_such_person")
    viewer = viewer_for(picture, site.network, person)
    try:
        if viewer is None:
            raise Forbidden
        found = Doors(site, pictures).enter(viewer, body, picture)
    except Forbidden:
        raise SettingsError(Text.of("app.not_in_body", person=person, body=body)) from None
    about = {"person": person}
    Audit(site.database, site.network).note(site.clock.now(), actor, "made_pass", f"body:{body}", about)
    return found


def check(site: Site, text: str, room: str | None) -> Checked:
    """What the meeting server would do with a token at a room, by all that its target's settings say. Asks nobody.

    ``text``: the token, or an address with one in its fragment. ``room``: a body's id, a room's name or address; None:
    the room that the address or the token names. Raises `SettingsError`, `StateError`.
    """
    doors = Doors(site, Pictures(site))
    token, addressed = _taken_apart(text.strip()[:_LONGEST])
    target, door = next(iter(doors.by_target.items()))
    named = None if room is None else RoomNames(site.database, site.network).of(room_key(room), doors.by_target)
    if named is not None:
        target, room, door = named.target, named.name, doors.by_target[named.target]
    found = room or addressed or _claimed(token)
    return Checked(target, room is not None or addressed is not None, door.judge(token, found, site.clock.now()))


def body_known(picture: Picture, body: str) -> None:
    """Raises `SettingsError` for a body that there isn't."""
    _known(body, picture.registry.bodies, "lifecycle.no_such_body")


def _known(identity: str, known: Mapping[str, object], code: str) -> None:
    if identity not in known:
        raise SettingsError(Text.of(code, id=identity, mend=mend_word(identity, known.keys())))


def _taken_apart(text: str) -> tuple[str, str | None]:
    """The token, and the address of the room that it came with."""
    if "://" not in text:
        return text, None
    try:
        parts = urlsplit(text)
    except ValueError:
        return text, None
    given = parse_qs(parts.fragment, max_num_fields=50).get("jwt", [""])[0]
    return given.strip('"'), f"{parts.scheme}://{parts.netloc}{parts.path}"


def _claimed(token: str) -> str:
    """The room that a token names, true or not; "" for none."""
    part = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return ""
    room = claims.get("room") if isinstance(claims, dict) else None
    return room if isinstance(room, str) else ""
