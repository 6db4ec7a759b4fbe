"""Meetings as iCalendar (RFC 5545) for calendars of others, and what of it is read back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event, vRecur

from provisioner.calendars.series import Series, split_rule
from provisioner.calendars.zones import timezone

PRODUCT: Final = "-//readi//provisioner//DE"
MAX_BYTES: Final = 1_000_000
MAX_EVENTS: Final = 2_000
"""In one object, and dates in one of its lists: each of them is looked for among all others."""
_MAX_TEXT: Final = 10_000
_FAULTS: Final = (ValueError, LookupError, TypeError, AttributeError, OverflowError)
"""What icalendar raises for values that it can't read, some of them only when one asks for them."""


class NotOurs(ValueError):
    """An event that can't be read, or of a shape that is never written here."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One series as it stands in a calendar."""

    uid: str
    series: Series
    summary: str
    stamp: datetime
    """When it was written; aware."""
    description: str = ""
    location: str = ""
    """An address that people open, or a place."""
    sequence: int = 0
    """Raised at every change, so that calendars take the newer one."""


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """One event as a calendar gave it back."""

    uid: str
    series: Series | None
    """In its canonical form; None: a shape that is never written here."""
    summary: str
    description: str
    location: str
    sequence: int


def event(
    uid: str,
    series: Series,
    *,
    summary: str,
    description: str = "",
    location: str = "",
    sequence: int = 0,
    stamp: datetime,
) -> bytes:
    """One series as a whole iCalendar object, as CalDAV stores it (RFC 4791, 4.1: without a METHOD)."""
    return bytes(_calendar([Entry(uid, series, summary, stamp, description, location, sequence)]).to_ical())


def feed(entries: Iterable[Entry], name: str) -> bytes:
    """Many of them as one calendar that people subscribe to; asked again every six hours by who obeys RFC 7986."""
    calendar = _calendar(entries)
    calendar.add("METHOD", "PUBLISH")
    calendar.add("NAME", _plain(name))
    calendar.add("X-WR-CALNAME", _plain(name))
    calendar.add("REFRESH-INTERVAL", timedelta(hours=6), {"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", "PT6H")
    return bytes(calendar.to_ical())


def read(content: bytes) -> ReadEvent:
    """What one object of a calendar holds. Raises `NotOurs` for one that is no single event of iCalendar."""
    if len(content) > MAX_BYTES:
        raise NotOurs("too long")
    try:
        calendar = Calendar.from_ical(content)
        events = [part for part in calendar.walk("VEVENT") if isinstance(part, Event)]
    except _FAULTS as fault:
        raise NotOurs("not iCalendar") from fault
    mains = [one for one in events if "RECURRENCE-ID" not in one]
    if len(mains) != 1 or len(events) > MAX_EVENTS:
        raise NotOurs("not one event")
    main = mains[0]
    try:
        series: Series | None = _read_series(main, [one for one in events if one is not main])
    except _FAULTS:
        series = None
    return ReadEvent(
        _text(main, "UID"),
        series,
        _text(main, "SUMMARY"),
        _text(main, "DESCRIPTION"),
        _text(main, "LOCATION"),
        max(_number(one, "SEQUENCE") for one in events),
    )


def _calendar(entries: Iterable[Entry]) -> Calendar:
    found = [replace(entry, series=entry.series.canonical()) for entry in entries]
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    years: dict[str, int] = {}
    for entry in found:
        zone, year = entry.series.zone, entry.series.start.year
        years[zone] = min(year, years.get(zone, year))
    for zone, year in sorted(years.items()):
        if zone != "UTC":
            calendar.add_component(timezone(zone, year))
    for entry in found:
        for component in _components(entry):
            calendar.add_component(component)
    return calendar


def _components(entry: Entry) -> Iterable[Event]:
    series, zone = entry.series, ZoneInfo(entry.series.zone)
    main = _component(entry, series.start)
    if series.rule:
        main.add("RRULE", vRecur.from_ical(series.full_rule()))
    if series.further:
        main.add("RDATE", [one.replace(tzinfo=zone) for one in series.further])
    if series.cancelled:
        main.add("EXDATE", [_planned(series, day) for day in series.cancelled])
    yield main
    for day, to in series.moved:
        away = _component(entry, to)
        away.add("RECURRENCE-ID", _planned(series, day))
        yield away


def _planned(series: Series, day: date) -> datetime:
    """When one of them would be, of whose exception a canonical series speaks."""
    local = series.on(day)
    if local is None:
        raise ValueError(f"none is planned on {day}")
    return local.replace(tzinfo=ZoneInfo(series.zone))


def _component(entry: Entry, start: datetime) -> Event:
    series = entry.series
    begins = start.replace(tzinfo=ZoneInfo(series.zone))
    ends = (begins.astimezone(UTC) + timedelta(minutes=series.minutes)).astimezone(begins.tzinfo)
    found = Event()
    found.add("UID", entry.uid)
    found.add("DTSTAMP", entry.stamp.astimezone(UTC))
    found.add("LAST-MODIFIED", entry.stamp.astimezone(UTC))
    found.add("SEQUENCE", entry.sequence)
    found.add("SUMMARY", _plain(entry.summary))
    found.add("DTSTART", begins)
    found.add("DTEND", ends)
    if entry.description:
        found.add("DESCRIPTION", _plain(entry.description))
    if entry.location:
        found.add("LOCATION", _plain(entry.location))
        if entry.location.startswith("https://"):
            found.add("URL", entry.location)
    found.add("STATUS", "CANCELLED" if series.called_off else "CONFIRMED")
    return found


def _plain(text: str) -> str:
    """Without control characters, which no calendar may hold (RFC 5545, 3.1), line breaks excepted."""
    lines = "\n".join(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return "".join(each for each in lines if each == "\n" or (each >= " " and each != "\x7f"))[:_MAX_TEXT]


def _read_series(main: Event, others: list[Event]) -> Series:
    start, zone = _zoned(main, "DTSTART")
    minutes = _minutes(main)
    rule, until = (None, None)
    if "RRULE" in main:
        given = main["RRULE"]
        if not isinstance(given, vRecur):
            raise NotOurs("more than one rule")
        try:
            rule, until = split_rule(_written(given), zone)
        except ValueError as fault:
            raise NotOurs("a rule of another shape") from fault
    series = Series(start, zone, minutes, rule, until, further=_times(main, "RDATE", zone))
    exdates = _times(main, "EXDATE", zone)
    moved = [_moved(one, main, zone, minutes) for one in others]
    for exact in (*exdates, *(was for was, _ in moved)):
        if series.on(exact.date()) not in (exact, None):
            raise NotOurs("an exception at another time of day")
    return replace(
        series,
        cancelled=tuple(one.date() for one in exdates),
        moved=tuple((was.date(), to) for was, to in moved),
        called_off=_text(main, "STATUS") == "CANCELLED",
    ).canonical()


def _moved(one: Event, main: Event, zone: str, minutes: int) -> tuple[datetime, datetime]:
    """One meeting of the series that stands by itself: only its time may be another one."""
    was, where = _zoned(one, "RECURRENCE-ID")
    to, there = _zoned(one, "DTSTART")
    alike = all(_text(one, name) == _text(main, name) for name in ("SUMMARY", "LOCATION", "DESCRIPTION", "STATUS"))
    if (
        where != zone
        or there != zone
        or _minutes(one) != minutes
        or not alike
        or one["RECURRENCE-ID"].params.get("RANGE")
    ):
        raise NotOurs("a single one that differs in more than its time")
    return was, to


def _zoned(component: Component, name: str) -> tuple[datetime, str]:
    """A point in time as local time, and its zone."""
    try:
        moment = component.decoded(name)
    except (KeyError, ValueError, AttributeError) as fault:
        raise NotOurs(f"no {name}") from fault
    return _local(moment)


def _local(moment: Any) -> tuple[datetime, str]:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise NotOurs("a whole day, or a time without a zone")
    zone = "UTC" if moment.tzinfo is UTC else str(getattr(moment.tzinfo, "key", ""))
    if not zone:
        raise NotOurs("an unknown zone")
    return moment.replace(tzinfo=None, fold=0), zone


def _times(component: Component, name: str, zone: str) -> tuple[datetime, ...]:
    """The points in time of a list that may be given in several lines."""
    value = component.get(name)
    found: list[datetime] = []
    for each in value if isinstance(value, list) else [] if value is None else [value]:
        for one in getattr(each, "dts", ()):
            local, where = _local(one.dt)
            if where != zone:
                raise NotOurs("an exception in another zone")
            found.append(local)
    if len(found) > MAX_EVENTS:
        raise NotOurs("too many dates")
    return tuple(found)


def _minutes(component: Component) -> int:
    start = component.decoded("DTSTART")
    if "DURATION" in component:
        length = component.decoded("DURATION")
    elif "DTEND" in component:
        end = component.decoded("DTEND")
        if (
            not isinstance(end, datetime)
            or not isinstance(start, datetime)
            or end.tzinfo is None
            or start.tzinfo is None
        ):
            raise NotOurs("an end of another sort")
        length = end.astimezone(UTC) - start.astimezone(UTC)
    else:
        raise NotOurs("no end")
    if not isinstance(length, timedelta) or length <= timedelta() or length % timedelta(minutes=1):
        raise NotOurs("an odd length")
    return length // timedelta(minutes=1)


def _text(component: Component, name: str) -> str:
    value = component.get(name)
    return str(value[0] if isinstance(value, list) else value or "").replace("\r\n", "\n")


def _written(value: Any) -> str:
    """As it stood in the file."""
    return bytes(value.to_ical()).decode()


def _number(component: Component, name: str) -> int:
    value = component.get(name)
    return value if isinstance(value, int) else 0
