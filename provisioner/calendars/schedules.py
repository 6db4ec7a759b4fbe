"""From what the registry says of a body's meetings to when they take place: holidays, the end of a body."""

from dataclasses import replace
from datetime import date
from functools import lru_cache

from provisioner.calendars.holidays import holidays_between
from provisioner.calendars.series import Series
from provisioner.model.registry import MeetingSeries


def schedule_of(series: MeetingSeries, zone: str, today: date, state: str | None) -> Series:
    """A series without the public holidays of a German state (None: with all), up to the end of next year.

    What was moved, or written down as a single meeting, takes place whatever the day. The result changes once a year.
    """
    return _of_year(series, zone, today.year, state)


@lru_cache(20_000)
def _of_year(series: MeetingSeries, zone: str, year: int, state: str | None) -> Series:
    meant = {series.first.date(), *(one.date() for one in series.further), *(one.day for one in series.moved)}
    free = series.rule is None or series.on_holidays or state is None
    holidays = () if free else holidays_between(series.first.date(), date(year + 1, 12, 31), str(state))
    return Series(
        series.first,
        zone,
        series.minutes,
        series.rule,
        series.until,
        series.further,
        tuple(sorted({*series.cancelled, *(day for day in holidays if day not in meant)})),
        tuple((one.day, one.to) for one in series.moved),
    )


def ended_by(schedule: Series, last: date) -> Series:
    """What of it begins on this day at the latest; called off where nothing does."""
    if schedule.called_off or schedule.start.date() > last:
        return replace(schedule, called_off=True)
    return replace(
        schedule,
        until=min(schedule.until or last, last),
        further=tuple(one for one in schedule.further if one.date() <= last),
        cancelled=(*schedule.cancelled, *(day for day, to in schedule.moved if to.date() > last)),
    )
