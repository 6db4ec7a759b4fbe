"""When a meeting takes place: once, or again and again, with exceptions; as a text, and as points in time.

Times are local: a meeting at ten is at ten in winter and in summer. What a clock change skips (02:30 in spring) takes
place as if the clock had not been changed yet; what it doubles takes place the first time (RFC 5545, 3.3.5).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from provisioner.calendars.rules import canonical_rule, parts_of, rule_days, rule_problem, rule_test

_CENTURY: Final = timedelta(days=36_525)
"""Behind its beginning no series gives anything: each day costs a microsecond, whatever the rule."""
_LOCAL: Final = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class Series:
    """A meeting, or a series of them.

    One takes place a day at most: what the rule says wins over ``further``. ``start`` always counts as the first.
    """

    start: datetime
    """Local, without a zone; whole seconds."""
    zone: str
    """IANA name."""
    minutes: int
    rule: str | None = None
    """RFC 5545 without its end, as `provisioner.calendars.rules.rule_problem` takes it; None: once."""
    until: date | None = None
    """The last day on which the rule gives one."""
    further: tuple[datetime, ...] = ()
    cancelled: tuple[date, ...] = ()
    """Days on which it does not take place; wins over ``moved``. Days on which it would not anyway say nothing."""
    moved: tuple[tuple[date, datetime], ...] = ()
    """The day on which it would have been → when it is instead."""
    called_off: bool = False
    """None takes place any more: calendars show it as cancelled."""

    def canonical(self) -> "Series":
        """The same schedule in the one form in which all say it: sorted, without what says nothing."""
        over = self.until is not None and self.until <= self.start.date()
        rule = canonical_rule(self.rule, self.start.date()) if self.rule and not over else None
        until = self.until if rule else None
        further: dict[date, datetime] = {}
        for one in sorted(self.further):
            if not self.is_regular(one.date()):
                further.setdefault(one.date(), one)
        cancelled = {day for day in self.cancelled if day in further or self.is_regular(day)}
        kept = tuple(one for day, one in further.items() if day not in cancelled)
        moved = {day: to for day, to in self.moved if day not in cancelled and self.on(day) not in (None, to)}
        if rule is None and not kept:  # a single one has no exceptions: it is somewhere else, or nowhere
            return Series(
                moved.get(self.start.date(), self.start),
                self.zone,
                self.minutes,
                called_off=self.called_off or self.start.date() in cancelled,
            )
        exdates = tuple(sorted(cancelled - further.keys()))
        return replace(
            self, rule=rule, until=until, further=kept, cancelled=exdates, moved=tuple(sorted(moved.items()))
        )

    def planned(self, first: date, last: date) -> Mapping[date, datetime]:
        """When it would take place on which of these days, without exceptions. Local times."""
        start = self.start.date()
        found = {start: self.start} if first <= start <= last else {}
        if self.rule is not None:
            end = min(last, self.until or last, start + _CENTURY)
            behind = max(first, start + timedelta(days=1))
            for day in rule_days(self.rule, start, behind, end):
                found[day] = datetime.combine(day, self.start.time())
        for local in sorted(self.further):
            if first <= local.date() <= last:
                found.setdefault(local.date(), local)
        return found

    def on(self, day: date) -> datetime | None:
        """When it would take place on this day, without exceptions. Local."""
        if self.is_regular(day):
            return datetime.combine(day, self.start.time())
        return next((one for one in sorted(self.further) if one.date() == day), None)

    def is_regular(self, day: date) -> bool:
        """Whether it is the day of the first one, or one that the rule gives."""
        return day == self.start.date() or ((self.until is None or day <= self.until) and self.is_by_rule(day))

    def is_by_rule(self, day: date) -> bool:
        """Whether the rule itself gives one on this day; its end apart."""
        start = self.start.date()
        return self.rule is not None and start <= day <= start + _CENTURY and rule_test(self.rule, start)(day)

    def text(self) -> str:
        """As lines of iCalendar: equal for equal schedules. Moved ones stand as ``X-MOVED:<from>/<to>``."""
        return _text(self)

    def full_rule(self) -> str:
        """The rule with its end, in UTC as RFC 5545 asks for: the last moment of the last day."""
        if self.until is None:
            return str(self.rule)
        end = datetime.combine(self.until, time(23, 59, 59), ZoneInfo(self.zone)).astimezone(UTC)
        return f"{self.rule};UNTIL={end:{_LOCAL}}Z"

    @classmethod
    def of_text(cls, text: str) -> "Series":
        """What `text` wrote. Raises `ValueError` or `LookupError` for anything else."""
        found: dict[str, list[str]] = {}
        zone = ""
        for line in text.split("\n"):
            name, _, value = line.partition(":")
            name, _, zone_here = name.partition(";TZID=")
            zone = zone or zone_here
            found.setdefault(name, []).append(value)
        rule, until = split_rule(found["RRULE"][0], zone) if "RRULE" in found else (None, None)
        return cls(
            start=_local(found["DTSTART"][0]),
            zone=zone,
            minutes=int(found["DURATION"][0].removeprefix("PT").removesuffix("M")),
            rule=rule,
            until=until,
            further=tuple(_local(one) for value in found.get("RDATE", ()) for one in value.split(",")),
            cancelled=tuple(_local(one).date() for value in found.get("EXDATE", ()) for one in value.split(",")),
            moved=tuple(
                (_local(was).date(), _local(to))
                for was, _, to in (one.partition("/") for one in found.get("X-MOVED", ()))
            ),
            called_off="STATUS" in found,
        )


@lru_cache(20_000)
def _text(series: Series) -> str:
    it = series.canonical()
    where = f";TZID={it.zone}"
    lines = [f"DTSTART{where}:{it.start:{_LOCAL}}", f"DURATION:PT{it.minutes}M"]
    if it.rule:
        lines.append(f"RRULE:{it.full_rule()}")
    if it.further:
        lines.append(f"RDATE{where}:{_listed(it.further)}")
    if it.cancelled:
        lines.append(f"EXDATE{where}:{_listed(map(it.on, it.cancelled))}")
    for day, to in it.moved:
        lines.append(f"X-MOVED{where}:{it.on(day):{_LOCAL}}/{to:{_LOCAL}}")
    if it.called_off:
        lines.append("STATUS:CANCELLED")
    return "\n".join(lines)


def split_rule(rule: str, zone: str) -> tuple[str, date | None]:
    """A rule with its end in UTC → the rule alone, and the last day. Raises `ValueError` for one of another shape."""
    ends = parts_of(rule).get("UNTIL")
    bare = ";".join(part for part in rule.split(";") if not part.startswith("UNTIL="))
    if rule_problem(bare):
        raise ValueError("a rule of a shape that is not ours")
    if ends is None:
        return bare, None
    return bare, datetime.strptime(ends, f"{_LOCAL}Z").replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One meeting of a series."""

    day: date
    """On which it would be by the rule: by this it is known, also when it is moved."""
    starts: datetime
    """Aware, in the series' zone."""
    ends: datetime

    @property
    def is_moved(self) -> bool:
        """Whether it takes place on another day than planned."""
        return self.starts.date() != self.day


def occurrences(series: Series, after: datetime, before: datetime) -> Iterator[Occurrence]:
    """All that begin at ``after`` or later and sooner than ``before`` (both aware), in the order of their beginnings.

    Bounded work, whatever the rule: none a century behind the first.
    """
    if series.called_off:
        return
    zone, day = ZoneInfo(series.zone), timedelta(days=1)
    first, last = after.astimezone(zone).date() - day, before.astimezone(zone).date() + day
    times = dict(series.planned(first, last))
    moved = dict(series.moved)
    for away, to in moved.items():  # from outside into what is asked for
        if away not in times and first <= to.date() <= last and series.on(away) is not None:
            times[away] = to
    for away in series.cancelled:
        times.pop(away, None)
    found = sorted((_moment(moved.get(day, local), zone), day) for day, local in times.items())
    for moment, day_of_rule in found:
        if after <= moment < before:
            ends = moment + timedelta(minutes=series.minutes)
            yield Occurrence(day_of_rule, moment.astimezone(zone), ends.astimezone(zone))


def _moment(local: datetime, zone: ZoneInfo) -> datetime:
    """In UTC: times of one zone are compared by their clocks, which is wrong where a clock is changed."""
    return local.replace(tzinfo=zone).astimezone(UTC)


def _listed(times: Iterable[datetime | None]) -> str:
    return ",".join(f"{one:{_LOCAL}}" for one in times)


def _local(text: str) -> datetime:
    return datetime.strptime(text, _LOCAL)  # noqa: DTZ007 - a local time has no zone
