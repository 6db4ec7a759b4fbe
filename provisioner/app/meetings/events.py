"""What Prosody's ``mod_event_sync_component`` tells of meeting rooms, read for its numbers alone.

As its source has it (github.com/jitsi-contrib/prosody-plugins, ``event_sync``), and as observed on Prosody 0.12.3 with
Lua 5.4: one POST with ``Content-Type: application/json`` and the headers of its option ``api_headers`` to
``<api_prefix>/events/room/created``, ``…/room/destroyed``, ``…/occupant/joined`` and ``…/occupant/left``.

- Times are whole seconds since 1970 (``os.time()``). Only events of a room carry ``created_at``; those of occupants
  have ``joined_at``, and ``left_at`` when they left.
- ``active_occupants_count`` is how many are inside *after* the event, counted by connection: whoever reloads the page
  is another one. ``all_occupants`` of a destroyed room is ``{}`` where nobody came.
- Of the last who leaves, ``all_occupants`` has no ``left_at``: the room is gone before (observed). Who was inside
  before the plugin looked leaves without ``occupant`` (observed): without a time that tells nothing, and is refused.
- Each event is a request of its own that waits for none: their order is not kept. It is sent again, up to three times
  a second apart (``api_retry_count``, ``api_retry_delay``), when the connection broke or the answer was 5xx, so that
  one may come twice; never when the answer took longer than 20 s (``api_timeout``), nor for 4xx. Then it is lost.
- Names, ids and e-mail addresses from people's tokens come along, in ``occupant`` and ``all_occupants``: they are not
  even read here.
- Of a breakout room ``room_name`` is the main room's; its people have left that one, as far as events tell. A main
  room is destroyed when it and all its breakout rooms are empty.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import msgspec

from provisioner.model.gatherings import Count, Told
from provisioner.state.gatherings import WHOLE_ROOM

_NAMES: Final = {
    Told.CREATED: "muc-room-created",
    Told.DESTROYED: "muc-room-destroyed",
    Told.JOINED: "muc-occupant-joined",
    Told.LEFT: "muc-occupant-left",
}
_LONGEST: Final = 1_023
"""Letters of a room's name: XMPP allows as many bytes."""
_MOST: Final = 100_000
"""People in one room: no server holds so many."""
_LAST: Final = 2**40
"""Seconds since 1970: far beyond all years."""


class NoEvent(ValueError):
    """It is none that we know."""


class _Occupant(msgspec.Struct):
    """The times of one stay. Whatever else is said of its person is left where it is."""

    joined_at: int
    left_at: int | None = None


class _Event(msgspec.Struct):
    event_name: str
    room_name: str
    is_breakout: bool = False
    breakout_room_id: str = ""
    created_at: int | None = None
    destroyed_at: int | None = None
    active_occupants_count: int | None = None
    occupant: _Occupant | None = None
    all_occupants: list[_Occupant] | dict[str, int] = []
    """Lua knows no empty list: it is ``{}``."""


_EVENT: Final = msgspec.json.Decoder(_Event)


@dataclass(frozen=True, slots=True)
class Event:
    """What was told of one room."""

    room: str
    """Its name: of a breakout room the main room's."""
    part: int
    """A number by which one breakout room is told from another; 0 for the room itself."""
    count: Count


def read_event(told: Told, content: bytes) -> Event:
    """Raises `NoEvent`."""
    try:
        event = _EVENT.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # what it says holds parts of the content
        raise NoEvent from None
    count, room = _count(told, event), event.room_name
    if not (0 < len(room) <= _LONGEST and room.isprintable()):
        raise NoEvent
    if not (0 < count.since <= count.at <= _LAST and 0 <= count.inside <= _MOST):
        raise NoEvent
    return Event(room, _part(event), count)


def _count(told: Told, event: _Event) -> Count:
    """Raises `NoEvent` for one that is called otherwise, or lacks something."""
    stay, created, inside = event.occupant, event.created_at, event.active_occupants_count
    if event.event_name == _NAMES[told]:
        match told:
            case Told.CREATED if created is not None:
                return Count(told, created, created)
            case Told.DESTROYED if created is not None and event.destroyed_at is not None:
                return _closed(created, event.destroyed_at, list(event.all_occupants))
            case Told.JOINED if stay is not None and inside is not None:
                return Count(told, stay.joined_at, stay.joined_at, inside)
            case Told.LEFT if stay is not None and inside is not None and stay.left_at is not None:
                return Count(told, stay.left_at, stay.joined_at, inside)
    raise NoEvent


def _closed(created: int, ended: int, stays: Collection[_Occupant | str]) -> Count:
    """How many came in all, and how many were inside together.

    Whoever came back by the same connection stands here once, with the last stay.
    """
    known = [stay for stay in stays if isinstance(stay, _Occupant)]
    # Who leaves and who comes in the same second did not meet.
    steps = sorted(
        step
        for stay in known
        for step in ((stay.joined_at, 1), (ended + 1 if stay.left_at is None else stay.left_at, -1))
    )
    inside = most = 0
    for _, step in steps:
        inside += step
        most = max(most, inside)
    return Count(Told.DESTROYED, ended, created, len(known), most)


def _part(event: _Event) -> int:
    """A number by which one breakout room is told from another; 0 for the room itself."""
    if not event.is_breakout:
        return WHOLE_ROOM
    return 1 + int.from_bytes(hashlib.sha256(event.breakout_room_id.encode(errors="replace")).digest()[:7])
