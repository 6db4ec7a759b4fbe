"""Who may enter a meeting room, and the pass that opens it: made anew for every click, and never kept.

Nothing here works out what should be: who belongs to a body is looked up in a picture, what its room is called in
one row of the database. So a click costs two reads, whatever the network's size.

A guest's link is as good as the guest who has it: whoever opens it enters under the guest's name, without any rights,
and as a rule waits in the lobby, where a moderator sees who it is. Everybody else has to be logged in.
"""

import hashlib
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Final

from policies.meetingsections import MeetingsPolicy
from provisioner.app.connectors import connector_type
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.joining.viewing import viewer_for
from provisioner.app.meetings.room_keys import RoomKeys
from provisioner.app.picture import Picture, Pictures
from provisioner.app.site import Site
from provisioner.lifecycle.rights import ADMIN_LINK, Right, Viewer, may
from provisioner.model.errors import SettingsError, StateError
from provisioner.model.meetings import Allowance, Entrant, MeetingDoor, Pass, Standing
from provisioner.model.registry import Body
from provisioner.model.text import Text
from provisioner.state import GuestRoom, GuestRooms, Invitation, Invitations, RoomAccesses, RoomName, RoomNames

_log = logging.getLogger(__name__)

_ID_BYTES: Final = 16
_NOTED_EVERY: Final = timedelta(minutes=1)
"""So often it is put down that somebody was let into a room."""

Opened = Mapping[str, MeetingDoor]
"""By target: who makes the tokens for its rooms."""


class LinkOver(Refused):
    """A guest's link that opened something once: it ended, was withdrawn, or its room is gone."""

    def __init__(self) -> None:
        super().__init__(Text.of("app.guest_link_over"))


@dataclass(frozen=True, slots=True)
class GuestEntry:
    """What a guest reads before entering."""

    name: str
    """Theirs."""
    title: str
    """The room's."""
    until: datetime
    """As long the link holds."""


@dataclass(frozen=True, slots=True)
class _Room:
    target: str
    name: str
    title: str
    key: str
    ends: datetime | None = None


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

    def __init__(
        self,
        site: Site,
        pictures: Pictures,
        opened: Callable[[Site], Opened] = open_doors,
        aside: Callable[[Callable[[], None]], object] = lambda act: act(),
    ) -> None:
        """``aside`` does what nobody has to wait for: writing waits for all others who write."""
        self._site = site
        self._aside = aside
        self._pictures = pictures
        self._open = opened
        database, network = site.database, site.network
        self._names, self._keys = RoomNames(database, network), RoomKeys(site)
        self._accesses = RoomAccesses(database, network)
        self._guest_rooms = GuestRooms(database, network)
        self._invitations = Invitations(database, network)
        self._noted: dict[str, datetime] = {}

    def enter(self, viewer: Viewer, body_id: str, picture: Picture | None = None, *, series: str | None = None) -> Pass:
        """A pass for somebody of a body to its room; ``series``: to that one's, if it has one of its own.

        ``picture``: the one in which this very click found out who ``viewer`` is (taken with ``fresh=True``, so that
        whoever left by a changed file is out, too); without one it is looked up. Who belongs to the body is asked of
        it once more, not of the viewer.
        """
        picture = picture or self._pictures.now(fresh=True)
        body, standing = self._comer(picture, viewer, body_id)
        named = self._names.of(room_key(body_id, series), self.by_target) if series is not None else None
        named = named or self._names.of(room_key(body_id), self.by_target)
        if named is not None and named.is_due:
            named = self._held(named)
        if named is None:
            raise Refused(Text.of("app.room_not_yet", body=body.name))
        title = body.name if named.key == room_key(body_id) else named.title
        room = _Room(named.target, named.name, title, named.key)
        return self._person_pass(picture, room, viewer.person or "", standing)

    def enter_guest_room(self, viewer: Viewer, room_id: str, picture: Picture | None = None) -> Pass:
        """A pass for somebody of a body to a room that was opened on its behalf. See `enter`."""
        picture = picture or self._pictures.now(fresh=True)
        found = self._guest_rooms.get(room_id)
        if found is None:
            raise Forbidden
        _, standing = self._comer(picture, viewer, found.body)
        if not found.is_open(self._site.clock.now()):
            raise Refused(Text.of("app.guest_room_closed", room=found.title))
        return self._person_pass(picture, self._guest_room(found), viewer.person or "", standing)

    def guest(self, word: str, now: datetime) -> GuestEntry:
        """Whose link this is, for the page before the door. Raises `Forbidden` (nobody's) and `LinkOver`."""
        invitation, room = self._invited(word, now)
        return GuestEntry(invitation.guest_name, room.title, invitation.until)

    def enter_as_guest(self, word: str) -> Pass:
        """A pass for the guest whose link this is; it ends with the link. Raises what `guest` raises."""
        now = self._site.clock.now()
        invitation, room = self._invited(word, now)
        left = min(end for end in (invitation.until, room.ends) if end is not None) - now
        policy = self._pictures.now().policy.meetings
        return self._pass(policy, room, f"guest:{invitation.id}", invitation.guest_name, Standing.GUEST, left)

    def visitor(self, room: str) -> Pass:
        """A pass for anybody to a public room; nothing is known of them. Raises `Forbidden` for any other room."""
        target = next((name for name, door in self.by_target.items() if door.is_public(room)), None)
        if target is None or self.room_named(room) is not None:
            raise Forbidden
        policy = self._pictures.now().policy.meetings
        who = secrets.token_hex(_ID_BYTES)
        return self._pass(policy, _Room(target, room, "", ""), who, "", Standing.VISITOR)

    def room_named(self, name: str) -> str | None:
        """The key of the room of this name: "body:<id>", "body:<id>:meeting:<id>" or "room:<id>"; None: none of ours.

        Names are compared as meeting servers do, whatever their case.
        """
        return self._keys.of(name.lower())

    @cached_property
    def by_target(self) -> Opened:
        """Made at the first use, as it reads secrets. Raises `SettingsError`, also where there are none."""
        found = self._open(self._site)
        if not found:
            raise SettingsError(Text.of("app.no_meeting_server"))
        return found

    @cached_property
    def _secret(self) -> bytes:
        return self._names.secret()

    def _comer(self, picture: Picture, viewer: Viewer, body_id: str) -> tuple[Body, Standing]:
        body = picture.registry.bodies.get(body_id)
        if body is None or viewer.network != self._site.network or viewer.person is None:
            raise Forbidden
        standing = standing_in(picture, viewer.person, body)
        if standing is None:
            raise Forbidden
        if body.is_archived(picture.today):
            raise Refused(Text.of("app.room_archived", body=body.name))
        return body, standing

    def _invited(self, word: str, now: datetime) -> tuple[Invitation, _Room]:
        """Whose link it is, and into which room it leads at this moment."""
        found = self._invitations.with_word(word)
        if found is None:
            raise Forbidden
        room = self._room_of(found, now) if found.holds(now) else None
        if room is None:
            raise LinkOver
        return found, room

    def _room_of(self, invitation: Invitation, now: datetime) -> _Room | None:
        """The room of an invitation; None: it is closed, archived or gone, or who invited could invite no more."""
        key = invitation.key
        kind, _, rest = key.partition(":")
        opened = self._guest_rooms.get(rest) if kind == "room" else None
        body_id = rest if kind == "body" else "" if opened is None else opened.body
        picture = self._pictures.now(fresh=True)
        body = picture.registry.bodies.get(body_id)
        if body is None or body.is_archived(picture.today):
            return None
        if not still_invites(picture, self._site.network, invitation, body):
            return None
        if opened is not None:
            return self._guest_room(opened) if opened.is_open(now) else None
        named = self._names.of(key, self.by_target)
        if named is not None and named.is_due:
            named = self._held(named)
        return None if named is None else _Room(named.target, named.name, body.name, key)

    def _guest_room(self, opened: GuestRoom) -> _Room:
        return _Room(next(iter(self.by_target)), opened.name, opened.title, opened.key, opened.until)

    def _person_pass(self, picture: Picture, room: _Room, person: str, standing: Standing) -> Pass:
        name, left = picture.registry.people[person].display_name, None
        if room.ends is not None:
            left = room.ends - self._site.clock.now()
        return self._pass(picture.policy.meetings, room, f"person:{person}", name, standing, left)

    def _pass(
        self,
        policy: MeetingsPolicy,
        room: _Room,
        who: str,
        name: str,
        standing: Standing,
        left: timedelta | None = None,
    ) -> Pass:
        """``left``: as long as the right to enter lasts at most."""
        allowed = policy.allowance(standing)
        if left is not None:
            seconds = max(1, min(allowed.seconds, int(left.total_seconds())))
            allowed = Allowance(seconds, allowed.passes_lobby, allowed.features)
        # Whoever meets somebody in two rooms can't tell by the ids that it is the same person.
        told = f"{room.name}\0{who}".encode()
        hashed = hashlib.blake2b(told, key=self._secret, person=b"readi door", digest_size=_ID_BYTES)
        entrant = Entrant(hashed.hexdigest(), name, standing, allowed)
        now = self._site.clock.now()
        found = self.by_target[room.target].admit(room.name, room.title, entrant, now)
        self._note_entry(room.key, now)
        return found

    def _held(self, named: RoomName) -> RoomName | None:
        """A room that waits for another name, as it is called once it is put down that somebody is let in.

        Whoever renames it looks at this note in the very transaction: so nobody is led into a room that has just got
        another name.
        """
        self._write_entry(named.key, self._site.clock.now())
        return self._names.of(named.key, self.by_target)

    def _note_entry(self, key: str, now: datetime) -> None:
        """That somebody was let in, so that the room gets no other name while they are on their way."""
        noted = self._noted.get(key)
        if not key or (noted is not None and noted <= now < noted + _NOTED_EVERY):
            return
        self._noted[key] = now
        self._aside(partial(self._write_entry, key, now))

    def _write_entry(self, key: str, now: datetime) -> None:
        try:
            self._accesses.passed(key, now)
        except StateError as error:  # nobody is kept out of a meeting for this
            _log.warning("entry not noted", extra={"network": self._site.network, "why": error.text.code})


def standing_in(picture: Picture, person: str, body: Body) -> Standing | None:
    """As what somebody enters a body's room today; None: not at all. A network's guests lead nothing, as everywhere."""
    belonging = picture.belongings.of_bodies().get(body.id)
    if belonging is None or person not in belonging.members or not picture.active(person):
        return None
    if person in belonging.guests or picture.belongings.is_guest(person):
        return Standing.GUEST
    return Standing.MODERATOR if person in belonging.moderators else Standing.MEMBER


def still_invites(picture: Picture, network: str, invitation: Invitation, body: Body) -> bool:
    """Whether who made a guest's link could make it today.

    Else a moderator who leaves would come back by a link that they made for themselves.
    """
    if not picture.policy.meetings.invitations.days:
        return False
    if invitation.invited_by == ADMIN_LINK:
        return True
    inviting = viewer_for(picture, network, invitation.invited_by)
    return inviting is not None and may(inviting, Right.INVITE, body=body)


def room_key(body_id: str, series: str | None = None) -> str:
    """By which a body's room, or one of its series', is known: its resource's key."""
    return f"body:{body_id}" if series is None else f"body:{body_id}:meeting:{series}"
