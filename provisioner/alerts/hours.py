"""Hours of the day in a network's time zone: when a rule holds, when people are left in peace."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Window:
    """Days and hours by the clock on the wall, also on the days on which it is changed."""

    zone: ZoneInfo
    days: frozenset[int]
    """Of the beginning; 0 is Monday. None at all: it never holds."""
    begin: time
    end: time
    """The same as ``begin``: all day. Earlier: over midnight, and the night belongs to the day it begins on."""

    def holds(self, moment: float) -> bool:
        """Whether the moment (seconds since 1970) lies in it. Its beginning does, its end does not."""
        local = datetime.fromtimestamp(moment, self.zone)
        clock, day = local.time(), local.weekday()
        if self.begin == self.end:
            return day in self.days
        if self.begin < self.end:
            return day in self.days and self.begin <= clock < self.end
        return (day in self.days and clock >= self.begin) or ((day - 1) % 7 in self.days and clock < self.end)

    def next_begin(self, moment: float) -> float | None:
        """The next moment after this one at which it begins; None: never."""
        first = time(0) if self.begin == self.end else self.begin
        return self._next(moment, first, self.days)

    def next_end(self, moment: float) -> float | None:
        """The next moment at which the clock shows its end."""
        return self._next(moment, self.end, EVERY_DAY)

    def _next(self, moment: float, clock: time, days: frozenset[int]) -> float | None:
        today = datetime.fromtimestamp(moment, self.zone).date()
        for ahead in range(9):
            day = today + timedelta(days=ahead)
            then = datetime.combine(day, clock, self.zone).astimezone(UTC).timestamp()
            if then > moment and day.weekday() in days:
                return then
        return None
