"""The next dates of bodies as pages show them: what goes on, what comes, what does not take place."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from provisioner.app.meetings.agenda import Date, upcoming
from provisioner.app.meetings.room_links import RoomLinks
from provisioner.console.deps import Visit
from provisioner.model.registry import Body

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
    links = RoomLinks(visit.network.site)
    return [_shown(visit, one, links) for one in found]


def _shown(visit: Visit, date: Date, links: RoomLinks) -> ShownDate:
    if date.is_off:
        return ShownDate(date, goes_on=False, enter=None)
    enter = links.to(date.body.id, date.series.id) if date.body.id in visit.who.member_of else None
    return ShownDate(date, date.starts <= visit.now, enter)
