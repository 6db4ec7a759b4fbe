"""When bodies meet: the dates of the registry's series, for pages, letters, feeds and commands. Asks nothing but that.

A body that is history meets no more from the day on which it became so.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from provisioner.app.picture import Picture
from provisioner.calendars.holidays import holidays_between
from provisioner.calendars.schedules import ended_by, schedule_of
from provisioner.calendars.series import Occurrence, Series, occurrences
from provisioner.model.registry import Body, MeetingSeries

FAR: Final = timedelta(days=400)
"""So far ahead the next date is looked for: a meeting once a year is found."""
_LONGEST: Final = timedelta(days=1)
"""A meeting takes no longer: what began before is over."""


@dataclass(frozen=True, slots=True)
class Date:
    """One meeting of a body."""

    body: Body
    series: MeetingSeries
    at: Occurrence
    planned: datetime | None = None
    """Of one that was moved: when it would have been; aware."""
    is_off: bool = False
    """It does not take place."""
    holiday: str = ""
    """Why not, where it is a public holiday: its German name."""

    @property
    def title(self) -> str:
        """What it is called."""
        return self.series.title or self.body.name

    @property
    def starts(self) -> datetime:
        """Aware, in the network's time zone."""
        return self.at.starts

    @property
    def ends(self) -> datetime:
        """Aware, in the network's time zone."""
        return self.at.ends


def schedules(picture: Picture, body: Body) -> Iterator[tuple[MeetingSeries, Series]]:
    """A body's series with their schedules, up to the day on which the body becomes history."""
    for series in body.meetings.series if body.meetings is not None else ():
        schedule = schedule_of(series, picture.registry.time_zone, picture.today, _state(picture))
        yield series, schedule if body.archived_on is None else ended_by(schedule, body.archived_on - timedelta(days=1))


def agenda(
    picture: Picture, bodies: Iterable[Body], after: datetime, before: datetime, *, also_off: bool = False
) -> list[Date]:
    """What begins at ``after`` or later and sooner than ``before`` (both aware), in that order.

    ``also_off``: with what was called off, and what a holiday takes.
    """
    found: list[Date] = []
    for body in bodies:
        for series, schedule in schedules(picture, body):
            found += _dates(body, series, schedule, after, before)
            if also_off:
                found += _off(body, series, schedule, after, before, _state(picture))
    return sorted(found, key=lambda one: (one.starts, one.body.id, one.series.id))


def upcoming(picture: Picture, bodies: Iterable[Body], now: datetime, within: timedelta, most: int) -> list[Date]:
    """What goes on now, and the next so many; with what does not take place, so that nobody waits in vain."""
    found = agenda(picture, bodies, now - _LONGEST, now + within, also_off=True)
    return list(islice((one for one in found if one.ends > now), most))


def next_date(picture: Picture, body: Body, now: datetime) -> Date | None:
    """The next that begins; None: there is none within `FAR`."""
    return next(iter(agenda(picture, (body,), now, now + FAR)), None)


def date_at(picture: Picture, body: Body, series: str, starts: datetime) -> Date | None:
    """The meeting of a series that begins at this very moment; None: there is none (any more)."""
    found = agenda(picture, (body,), starts, starts + timedelta(microseconds=1))
    return next((one for one in found if one.series.id == series), None)


def _dates(body: Body, series: MeetingSeries, schedule: Series, after: datetime, before: datetime) -> Iterator[Date]:
    moved = dict(schedule.moved)
    for one in occurrences(schedule, after, before):
        planned = _planned(schedule, one) if one.day in moved else None
        yield Date(body, series, one, planned if planned != one.starts else None)


def _off(
    body: Body, series: MeetingSeries, schedule: Series, after: datetime, before: datetime, state: str | None
) -> Iterator[Date]:
    """What would have been; of a holiday of this state by which name."""
    off = frozenset(schedule.cancelled)
    kept = tuple((day, to) for day, to in schedule.moved if day not in off)
    for one in occurrences(replace(schedule, cancelled=(), moved=kept), after, before) if off else ():
        if one.day in off:
            holidays = holidays_between(one.day, one.day, state) if state is not None else {}
            yield Date(body, series, one, is_off=True, holiday=holidays.get(one.day, ""))


def _planned(schedule: Series, one: Occurrence) -> datetime | None:
    local = schedule.planned(one.day, one.day).get(one.day)
    return None if local is None else local.replace(tzinfo=one.starts.tzinfo)


def _state(picture: Picture) -> str | None:
    return picture.policy.meetings.calendars.holidays_of
