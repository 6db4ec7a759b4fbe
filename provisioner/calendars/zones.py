"""A time zone as iCalendar describes it: good for ever, since it holds the yearly rules of its clock changes.

icalendar 7.3 writes every change up to 2038 as a date of its own, with the time of day after the change where RFC 5545
wants the one before it; behind 2038 a reader of such a zone would be wrong by an hour every summer.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

from provisioner.calendars.rules import WEEKDAYS

_YEARS: Final = 25
"""Ahead that a zone's rules are looked at."""


class _Change(NamedTuple):
    at: datetime
    """Local, by the clock as it was before."""
    before: timedelta
    after: timedelta
    name: str
    is_summer: bool


@cache
def timezone(zone: str, year: int) -> Timezone:
    """The description of an IANA zone for all times from this year on. Not to be changed: it is kept."""
    found = Timezone()
    found.add("TZID", zone)
    changes = [change for each in range(year - 1, year + _YEARS) for change in _changes(zone, each)]
    kinds = dict.fromkeys((change.before, change.after, change.name, change.is_summer) for change in changes)
    if not changes:
        now = datetime(year, 1, 1, tzinfo=ZoneInfo(zone))
        offset = now.utcoffset() or timedelta()
        kinds = {(offset, offset, now.tzname() or zone, False): None}
    for before, after, name, is_summer in kinds:
        alike = [c for c in changes if (c.before, c.after, c.name, c.is_summer) == (before, after, name, is_summer)]
        part = TimezoneDaylight() if is_summer else TimezoneStandard()
        part.add("DTSTART", alike[0].at if alike else datetime(year - 1, 1, 1))  # noqa: DTZ001 - local by definition
        part.add("TZNAME", name)
        part.add("TZOFFSETFROM", before)
        part.add("TZOFFSETTO", after)
        if (rule := _rule([one.at for one in alike])) is not None:
            part.add("RRULE", vRecur.from_ical(rule))
        elif len(alike) > 1:
            part.add("RDATE", [one.at for one in alike[1:]])
        found.add_component(part)
    return found


def _rule(times: Sequence[datetime]) -> str | None:
    """The yearly rule by which all of these come: a weekday of a month, counted from its beginning or its end."""
    if len(times) < _YEARS:
        return None
    for place in (_from_end, _from_beginning):
        if len({(at.month, at.time(), at.weekday(), place(at)) for at in times}) == 1:
            at = times[0]
            return f"FREQ=YEARLY;BYDAY={place(at)}{WEEKDAYS[at.weekday()]};BYMONTH={at.month}"
    return None


def _from_beginning(day: date) -> int:
    return (day.day - 1) // 7 + 1


def _from_end(day: date) -> int:
    days_left = monthrange(day.year, day.month)[1] - day.day
    return -(days_left // 7 + 1)


def _changes(zone: str, year: int) -> Iterator[_Change]:
    """The clock changes of a year, found by looking at every day."""
    where = ZoneInfo(zone)
    moment, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    while moment < end:
        following = moment + timedelta(days=1)
        if _offset(moment, where) != _offset(following, where):
            low, high = moment, following
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
                low, high = (middle, high) if _offset(middle, where) == _offset(low, where) else (low, middle)
            before, after, local = _offset(low, where), _offset(high, where), high.astimezone(where)
            summer = bool(local.dst())
            yield _Change((high + before).replace(tzinfo=None), before, after, local.tzname() or zone, summer)
        moment = following


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
