"""Rooms that are open around their meetings alone: what a meeting server asks before it opens one, and is told.

As Prosody's ``mod_reservations`` asks (Jitsi's prosody-plugins, read in its source; its answers were observed on
Prosody 0.12):

- When somebody enters a room that nobody is in: POST ``/conference``, form-encoded, with ``name`` (as Prosody has the
  room), ``start_time`` (now, as ``2026-01-13T09:00:00.000Z``) and ``mail_owner`` (a random XMPP address, another one
  for every connection: it tells nothing). Breakout rooms are not asked for.
- 200 or 201 open it, with ``id``, the same ``name``, ``mail_owner``, ``start_time`` and ``duration`` in seconds;
  whatever lacks one of these is a 500 to people. Once a minute it destroys rooms whose time is over.
- With 4xx the room stays shut; ``message`` is what people read. For 30 s all others are told the same, unasked.
- 5xx and broken connections are tried again (three times, 3 s apart), an answer later than 20 s is not. Then the room
  stays shut: while we can't be reached, no room opens.
- When the room is empty: DELETE ``/conference/<id>``; its answer is not read. GET ``/conference/<id>`` is asked after a
  409, which is never said here: whoever asks twice is told the same twice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from provisioner.app.meetings.agenda import agenda
from provisioner.app.meetings.room_keys import body_of
from provisioner.app.meetings.told_rooms import ToldRooms
from provisioner.app.picture import Picture, Pictures
from provisioner.app.service_settings import ReservationSettings
from provisioner.app.site import Site
from provisioner.model.registry import Body
from provisioner.model.text import Text
from provisioner.state.guest_rooms import GuestRooms
from provisioner.state.reservations import Reservation, Reservations

_FAR: Final = timedelta(days=400)
"""So far ahead the next meeting is looked for."""
_LONGEST_MEETING: Final = timedelta(days=1)


class Shut(Exception):
    """The room stays shut; ``why`` is for those who stand before it."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.code)
        self.why = why


@dataclass(frozen=True, slots=True)
class _Span:
    """When a room is open because of a meeting."""

    starts: datetime
    ends: datetime


class Reserving:
    """Answers for one network. Shared by threads. All methods raise `StateError`."""

    def __init__(self, site: Site, pictures: Pictures, settings: ReservationSettings) -> None:
        """Raises `SettingsError`, `StateError`."""
        self._site, self._pictures, self._settings = site, pictures, settings
        self._rooms = ToldRooms(site)
        self._reservations = Reservations(site.database, site.network)
        self._guest_rooms = GuestRooms(site.database, site.network)

    def open(self, name: str) -> Reservation:
        """From now until when the room of this name is open. Raises `Shut`, `SettingsError`.

        When it is not told, the room's own time decides: whoever asks with another one gains nothing.
        """
        now, key = self._site.clock.now(), self._rooms.key(name)
        longest = now + timedelta(minutes=self._settings.longest_minutes)
        if key is not None:
            ends = min(self._end(key, now), longest)
        elif self._rooms.is_public(name):
            key, ends = "", longest
        else:
            raise Shut(Text.of("app.room_unknown"))
        return self._reservations.open(key, name, now, ends)

    def get(self, number: int) -> Reservation | None:
        """One that is open."""
        return self._reservations.get(number)

    def close(self, number: int) -> bool:
        """Everybody has left. False: there is none that is open."""
        return self._reservations.close(number)

    def _end(self, key: str, now: datetime) -> datetime:
        """Until when it is open from now on. Raises `Shut`."""
        body_id = body_of(key)
        if body_id is None:
            opened = self._guest_rooms.get(key.partition(":")[2])
            if opened is None or not opened.is_open(now):
                raise Shut(Text.of("app.room_over"))
            return opened.until
        picture = self._pictures.now()
        body = picture.registry.bodies.get(body_id)
        if body is None or body.is_archived(picture.today):
            raise Shut(Text.of("app.room_over"))
        spans = self._spans(picture, body, key, now)
        if not spans:
            return datetime.max.replace(tzinfo=now.tzinfo)  # whoever has no dates meets at any time
        if now < spans[0].starts:
            opens = spans[0].starts.astimezone(ZoneInfo(picture.registry.time_zone))
            raise Shut(Text.of("app.room_early", at=opens))
        ends = spans[0].ends
        for span in spans[1:]:
            if span.starts <= ends:
                ends = max(ends, span.ends)
        return ends

    def _spans(self, picture: Picture, body: Body, key: str, now: datetime) -> list[_Span]:
        """Those that are not over, in their order."""
        before = timedelta(minutes=self._settings.before_minutes)
        after = timedelta(minutes=self._settings.after_minutes)
        found = [
            _Span(date.starts - before, date.ends + after)
            for date in agenda(picture, (body,), now - _LONGEST_MEETING - after, now + _FAR)
            if key in (f"body:{body.id}", f"body:{body.id}:meeting:{date.series.id}")
        ]
        return [span for span in found if span.ends > now]
