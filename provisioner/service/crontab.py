"""When a line of crontab(5) is due, in a time zone whose clocks are put forward and back. Pure.

As cron does it (cron(8)): a job at certain hours runs once on every day that it names, also on the two days on which
clocks change: within the hour that is left out, right after it; within the hour that comes twice, the first time. A
job of every hour runs in every hour that passes. (APScheduler's own trigger, observed in 3.11.3: runs twice on the day
that has an hour twice, and counts the days of the week from Monday.)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from provisioner.model.errors import SettingsError
from provisioner.model.text import Text

_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_HORIZON: Final = 366 * 8
"""Days that are searched: the 29th of February comes at least once in them."""


@dataclass(frozen=True, slots=True)
class Crontab:
    """Minutes, hours, days of the month, months, days of the week (0: Sunday)."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int] | None
    months: frozenset[int]
    weekdays: frozenset[int] | None
    """None, as ``days``: every one. With both given either suffices."""
    every_hour: bool

    @classmethod
    def parse(cls, line: str) -> "Crontab":
        """Five fields. Raises `SettingsError`."""
        try:
            minute, hour, day, month, weekday = line.split()
            found = cls(
                tuple(sorted(_values(minute, 0, 59))),
                tuple(sorted(_values(hour, 0, 23))),
                None if day.startswith("*") else frozenset(_values(day, 1, 31)),
                frozenset(_values(month, 1, 12)),
                None if weekday.startswith("*") else frozenset(one % 7 for one in _values(weekday, 0, 7)),
                hour.startswith("*"),
            )
        except ValueError:
            raise SettingsError(Text.of("service.bad_schedule", line=line)) from None
        if found.after(datetime(2023, 1, 1, tzinfo=UTC), ZoneInfo("UTC")) is None:  # the 30th of February
            raise SettingsError(Text.of("service.bad_schedule", line=line))
        return found

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """The first time after ``moment``, in UTC; None: it never comes."""
        first = moment.astimezone(zone).date()
        for number in range(-1, _HORIZON):
            day = first + timedelta(days=number)
            if self._names(day):
                found = min((one for one in self._on(day, zone) if one > moment), default=None)
                if found is not None:
                    return found
        return None

    def _names(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_day = None if self.days is None else day.day in self.days
        by_weekday = None if self.weekdays is None else day.isoweekday() % 7 in self.weekdays
        if by_day is not None and by_weekday is not None:
            return by_day or by_weekday
        return by_day is not False and by_weekday is not False

    def _on(self, day: date, zone: ZoneInfo) -> Iterator[datetime]:
        for hour in self.hours:
            for minute in self.minutes:
                local = datetime.combine(day, time(hour, minute), zone)
                first = local.astimezone(UTC)
                if not self.every_hour:
                    yield first  # of a time that is left out: as much later as the clocks are put forward
                elif first.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
                    yield first
                    yield local.replace(fold=1).astimezone(UTC)


def _values(field: str, lowest: int, highest: int) -> set[int]:
    """ "1-5,7", "*/15", "mon-fri". Raises ValueError."""
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        if span == "*":
            begin, end = lowest, highest
        else:
            begin_word, dash, end_word = span.partition("-")
            begin = _value(begin_word)
            end = _value(end_word) if dash else highest if slash else begin
        values = range(begin, end + 1, int(step) if slash else 1)
        if not values or begin < lowest or end > highest:
            raise ValueError(field)
        found.update(values)
    return found


def _value(word: str) -> int:
    return _DAYS.index(word) if word in _DAYS else int(word)
