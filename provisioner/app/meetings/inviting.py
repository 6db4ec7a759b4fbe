"""What moderators do for guests: open a room that ends, invite somebody by a personal link, take both back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import SecretStr, TypeAdapter

from provisioner.app.joining.acting import Act, acting, cleaned_line
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.letters.page_links import guest_page
from provisioner.app.meetings.doors import Doors, room_key, still_invites
from provisioner.app.meetings.room_keys import body_of
from provisioner.app.meetings.rotating import GUEST, make_due
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.lifecycle.rights import Right, Viewer, may
from provisioner.model.registry import Body
from provisioner.model.text import Text
from provisioner.registry.shapes import Name
from provisioner.state import GuestRoom, GuestRooms, Invitation, Invitations, Within, guest_room_key
from provisioner.state.guest_rooms import new_guest_room_id

_ROOMS_A_DAY: Final = 20
_INVITATIONS_A_DAY: Final = 100
"""Of one person: more is no meeting, but somebody who hands links out."""
_A_DAY: Final = timedelta(days=1)
_NAME: Final[TypeAdapter[str]] = TypeAdapter(Name)


@dataclass(frozen=True, slots=True)
class Invited:
    """A guest's link: shown once, to whoever made it, and kept nowhere."""

    invitation: Invitation
    link: SecretStr


class Inviting:
    """Acts of one network. Safe for many threads.

    All raise `Forbidden` (no right to it, or there is no such thing), `Refused` (not as things are now),
    `StateError`, `SettingsError`.
    """

    def __init__(self, site: Site, pictures: Pictures, doors: Doors) -> None:
        self._site = site
        self._pictures = pictures
        self._doors = doors

    def open_room(self, viewer: Viewer, body: str, title: str, until: datetime) -> GuestRoom:
        """A room of its own on behalf of a body; its end is at most as far ahead as policy says."""
        door = next(iter(self._doors.by_target.values()))
        with acting(self._site, self._pictures) as act:
            who, found = _moderator(act, viewer, body)
            longest = timedelta(hours=act.picture.policy.meetings.guest_rooms.hours)
            if not longest:
                raise Refused(Text.of("app.no_guest_rooms"))
            _check_end(act, until, longest)
            called = cleaned_line(title, _NAME, "app.room_title_unreadable")
            _count(act, "guest-room", who, _ROOMS_A_DAY)
            room = GuestRoom(new_guest_room_id(), found.id, door.new_room(), called, who.actor, act.now, until)
            GuestRooms(Within(act.connection), self._site.network).open(room)
            act.note(who.actor, "opened_room", f"body:{found.id}", room=room.id)
        return room

    def close_room(self, viewer: Viewer, room: str) -> bool:
        """Nobody enters it any more; whoever is inside stays. False: it was closed before."""
        with acting(self._site, self._pictures) as act:
            rooms = GuestRooms(Within(act.connection), self._site.network)
            found = rooms.get(room)
            if found is None:
                raise Forbidden
            who, _ = _moderator(act, viewer, found.body, archived=True)
            if not rooms.close(room, act.now):
                return False
            act.note(who.actor, "closed_room", f"body:{found.body}", room=room)
        return True

    def invite(self, viewer: Viewer, body: str, guest_name: str, until: datetime, room: str | None = None) -> Invited:
        """A personal link for a guest to a body's room, or to one that was opened on its behalf (``room``, its id).

        It ends at the latest with that room, and as policy says.
        """
        with acting(self._site, self._pictures) as act:
            who, found = _moderator(act, viewer, body)
            key = room_key(found.id)
            longest = timedelta(days=act.picture.policy.meetings.invitations.days)
            if not longest:
                raise Refused(Text.of("app.no_invitations"))
            if room is not None:
                opened = GuestRooms(Within(act.connection), self._site.network).get(room)
                if opened is None or opened.body != found.id:
                    raise Forbidden
                if not opened.is_open(act.now):
                    raise Refused(Text.of("app.guest_room_closed", room=opened.title))
                key, until = opened.key, min(until, opened.until)
            _check_end(act, until, longest)
            name = cleaned_line(guest_name, _NAME, "app.guest_name_unreadable")
            _count(act, "invitation", who, _INVITATIONS_A_DAY)
            invitations = Invitations(Within(act.connection), self._site.network)
            invitation, word = invitations.make(key, name, who.actor, act.now, until)
            act.note(who.actor, "invited_guest", f"body:{found.id}", invitation=invitation.id)
        return Invited(invitation, SecretStr(guest_page(self._site, word)))

    def withdraw(self, viewer: Viewer, invitation: str) -> bool:
        """The guest's link opens nothing any more, and the body's room gets another name. False: done before."""
        with acting(self._site, self._pictures) as act:
            within, network = Within(act.connection), self._site.network
            invitations = Invitations(within, network)
            found = invitations.get(invitation)
            body = None if found is None else _led_by(GuestRooms(within, network), found.key)
            if found is None or body is None:
                raise Forbidden
            who, _ = _moderator(act, viewer, body, archived=True)
            if not invitations.withdraw(invitation, act.now):
                return False
            make_due(within, network, found.key, GUEST, act.now)
            act.note(who.actor, "withdrew_guest", f"body:{body}", invitation=invitation)
        return True

    def open_rooms(self, body: str) -> list[GuestRoom]:
        """Those of a body that are open, for those who belong to it: whoever asks has looked who wants to know."""
        now = self._site.clock.now()
        return [one for one in GuestRooms(self._site.database, self._site.network).of_body(body) if one.is_open(now)]

    def invitations(self, viewer: Viewer, body: str) -> list[Invitation]:
        """Of a body and of its open guest rooms, those that hold; for who could withdraw them."""
        picture, network = self._pictures.now(), self._site.network
        found = picture.registry.bodies.get(body)
        if found is None or not may(viewer, Right.INVITE, body=found):
            raise Forbidden
        now, kept = self._site.clock.now(), Invitations(self._site.database, network)
        keys = [room_key(body), *(guest_room_key(one.id) for one in self.open_rooms(body))]
        holding = (one for key in keys for one in kept.to(key) if one.holds(now))
        return [one for one in holding if still_invites(picture, network, one, found)]


def _moderator(act: Act, viewer: Viewer, body: str, *, archived: bool = False) -> tuple[Viewer, Body]:
    who, found = act.who(viewer), act.body(body)
    if not may(who, Right.INVITE, body=found):
        raise Forbidden
    if found.is_archived(act.picture.today) and not archived:
        raise Refused(Text.of("app.room_archived", body=found.name))
    return who, found


def _led_by(rooms: GuestRooms, key: str) -> str | None:
    """The body whose moderators decide about a room."""
    opened = rooms.get(key.partition(":")[2])
    return body_of(key) or (None if opened is None else opened.body)


def _check_end(act: Act, until: datetime, longest: timedelta) -> None:
    if not act.now < until <= act.now + longest:
        last = (act.now + longest).astimezone(ZoneInfo(act.picture.registry.time_zone))
        raise Refused(Text.of("app.end_out_of_range", last=last))


def _count(act: Act, bucket: str, who: Viewer, limit: int) -> None:
    if not act.attempts.count_one(bucket, who.actor, act.now, limit, _A_DAY):
        raise Refused(Text.of("app.asked_too_often"))
