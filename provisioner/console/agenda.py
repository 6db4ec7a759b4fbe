"""The next dates of bodies as pages show them: what goes on, what comes, what does not take place."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from provisioner.app.meetings.agenda import Date, upcoming
from provisioner.app.pages.rooms import rooms_of
from provisioner.console.deps import Visit
from provisioner.model.registry import Body
from provisioner.model.resources import Kind

_AHEAD: Final = timedelta(days=100)
"""Of bodies that meet six times a year the next one is in it."""


@dataclass(frozen=True, slots=True)
class ShownDate:
    """One line of the agenda."""

    date: Date
    goes_on: bool
    enter: str | None
    """Where whoever looks gets in; None: not by us, or it does not take place."""


def dates_for(visit: Visit, bodies: Collection[Body], most: int) -> Sequence[ShownDate]:
    """The next so many. Who may enter a room is found out at its door; the way there is shown to members."""
    found = upcoming(visit.picture, bodies, visit.now, _AHEAD, most)
    mine = {one.body.id for one in found} & visit.who.member_of
    rooms = rooms_of(visit.network.site, mine, (Kind.MEETING_ROOM,)) if mine else {}
    doors = {body: next((room.address for room in of_body if room.address), None) for body, of_body in rooms.items()}
    return [
        ShownDate(one, one.starts <= visit.now and not one.is_off, None if one.is_off else doors.get(one.body.id))
        for one in found
    ]
