"""Who may enter a meeting room, and the pass that opens it: made anew for every click, and never kept.

Nothing here works out what should be: who belongs to a body is looked up in a picture, what its room is called in
one row of the database. So a click costs two reads, whatever the network's size.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Final

from provisioner.app.connectors import connector_type
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.picture import Picture, Pictures
from provisioner.app.site import Site
from provisioner.lifecycle.rights import Viewer
from provisioner.model.errors import SettingsError
from provisioner.model.meetings import Entrant, MeetingDoor, Pass, Standing
from provisioner.model.registry import Body
from provisioner.model.text import Text
from provisioner.state import RoomNames

_ID_BYTES: Final = 16

Opened = Mapping[str, MeetingDoor]
"""By target: who makes the tokens for its rooms."""


def open_doors(site: Site) -> Opened:
    """Those of the network's targets that have meeting rooms, in their order. Raises `SettingsError`."""
    found: dict[str, MeetingDoor] = {}
    for name, section in site.section.targets.items():
        kind = connector_type(str(section.get("connector", "")), name)
        if kind.door is not None:
            found[name] = kind.door(site.read_target(kind, name))
    return found


class Doors:
    """Those of one network. Safe for many threads.

    All methods raise `Forbidden` (no right to it, or there is no such thing: which of the two is not said), `Refused`
    (not as things are now, with why), `SettingsError`, `StateError`, and `Permanent` for what no token can hold.
    """

    def __init__(self, site: Site, pictures: Pictures, opened: Callable[[Site], Opened] = open_doors) -> None:
        self._site = site
        self._pictures = pictures
        self._open = opened
        self._names = RoomNames(site.database, site.network)

    def enter(self, viewer: Viewer, body_id: str, picture: Picture | None = None) -> Pass:
        """A pass for somebody of a body to its room.

        ``picture``: the one in which this very click found out who ``viewer`` is (taken with ``fresh=True``, so that
        whoever left by a changed file is out, too); without one it is looked up. Who belongs to the body is asked of
        it once more, not of the viewer.
        """
        picture = picture or self._pictures.now(fresh=True)
        body = picture.registry.bodies.get(body_id)
        if body is None or viewer.network != self._site.network or viewer.person is None:
            raise Forbidden
        standing = standing_in(picture, viewer.person, body)
        if standing is None:
            raise Forbidden
        if body.is_archived(picture.today):
            raise Refused(Text.of("app.room_archived", body=body.name))
        named = self._names.of(key_of(body_id), self.by_target)
        if named is None:
            raise Refused(Text.of("app.room_not_yet", body=body.name))
        name = picture.registry.people[viewer.person].display_name
        return self._pass(named.target, named.name, body.name, f"person:{viewer.person}", name, standing)

    @cached_property
    def by_target(self) -> Opened:
        """Made at the first use, as it reads secrets."""
        found = self._open(self._site)
        if not found:
            raise SettingsError(Text.of("app.no_meeting_server"))
        return found

    @cached_property
    def _secret(self) -> bytes:
        return self._names.secret()

    def _pass(self, target: str, room: str, title: str, who: str, name: str, standing: Standing) -> Pass:
        # Whoever meets somebody in two rooms can't tell by the ids that it is the same person.
        hashed = hashlib.blake2b(
            f"{room}\0{who}".encode(), key=self._secret, person=b"readi door", digest_size=_ID_BYTES
        )
        entrant = Entrant(hashed.hexdigest(), name, standing)
        return self.by_target[target].admit(room, title, entrant, self._site.clock.now())


def standing_in(picture: Picture, person: str, body: Body) -> Standing | None:
    """As what somebody enters a body's room today; None: not at all. A network's guests lead nothing, as everywhere."""
    belonging = picture.belongings.of_bodies().get(body.id)
    if belonging is None or person not in belonging.members or not picture.active(person):
        return None
    if person in belonging.guests or picture.belongings.is_guest(person):
        return Standing.GUEST
    return Standing.MODERATOR if person in belonging.moderators else Standing.MEMBER


def key_of(body_id: str) -> str:
    """By which a body's room is known: its resource's key."""
    return f"body:{body_id}"
