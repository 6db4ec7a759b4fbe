"""What other programs read in our iCalendar, and what of theirs is read here."""

# ruff: noqa: DTZ001 - schedules have local times

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.calendars import ics
from provisioner.calendars.series import Series, occurrences
from provisioner.calendars.zones import timezone
from tests.support.schedules import ZONE, schedules

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
JOUR_FIXE = Series(
    datetime(2026, 1, 13, 10),
    ZONE,
    60,
    "FREQ=WEEKLY;INTERVAL=2",
    date(2026, 12, 31),
    further=(datetime(2026, 1, 15, 9),),
    cancelled=(date(2026, 1, 27),),
    moved=((date(2026, 2, 10), datetime(2026, 2, 11, 14)),),
)


def written(series: Series, **more: str) -> bytes:
    return ics.event("u-1@readi.example", series, **{"summary": "Jour fixe", **more}, sequence=3, stamp=NOW)


@settings(deadline=None)
@given(schedules(by_rule=True))
def test_another_reader_expands_a_series_to_the_same_times(series: Series) -> None:
    """Across both clock changes of three years; recurring-ical-events shares no code with us."""
    after, before = datetime(2026, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
    read = recurring_ical_events.of(icalendar.Calendar.from_ical(written(series))).between(after, before)
    found = sorted(one["DTSTART"].dt.astimezone(UTC) for one in read if one["STATUS"] != "CANCELLED")
    ours = [one.starts.astimezone(UTC) for one in occurrences(series, after, before)]
    assert [moment for moment in found if after <= moment < before] == ours


@settings(deadline=None)
@given(schedules())
def test_what_is_written_is_read_back(series: Series) -> None:
    read = ics.read(written(series, description="Worum es geht", location="https://readi.example/redi/join/pg"))
    assert read == ics.ReadEvent(
        "u-1@readi.example",
        series.canonical(),
        "Jour fixe",
        "Worum es geht",
        "https://readi.example/redi/join/pg",
        3,
    )


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_breaks_the_file_or_adds_a_line_to_it(summary: str, description: str) -> None:
    content = written(JOUR_FIXE, summary=summary, description=description)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    read = ics.read(content)
    assert read.series == JOUR_FIXE.canonical()
    assert set(read.summary) <= set(summary) | {"\n"}
    assert content.count(b"BEGIN:VEVENT") == 2
    assert sum(line.startswith(b"URL") for line in content.split(b"\r\n")) == 0


def test_the_zone_is_described_for_ever_and_by_the_clock_before_the_change() -> None:
    lines = timezone(ZONE, 2026).to_ical().decode().split("\r\n")
    assert lines[1:15] == [
        "TZID:Europe/Berlin",
        "BEGIN:DAYLIGHT",
        "DTSTART:20250330T020000",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
        "TZNAME:CEST",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:20251026T030000",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
        "TZNAME:CET",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
    ]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "Europe/Lisbon", "America/Asuncion"])
def test_any_zone_is_described_so_that_a_reader_without_zones_gets_its_times(zone: str) -> None:
    described = timezone(zone, 2026).to_tz(lookup_tzid=False)
    known = ZoneInfo(zone)
    for number in range(0, 365 * 5, 3):
        moment = datetime(2026, 1, 1, 12) + timedelta(days=number)
        assert moment.replace(tzinfo=described).utcoffset() == moment.replace(tzinfo=known).utcoffset(), moment


def test_what_is_called_off_stays_as_cancelled_and_goes_from_no_telephone_unseen() -> None:
    off = Series(JOUR_FIXE.start, ZONE, 60, JOUR_FIXE.rule, called_off=True)
    assert b"STATUS:CANCELLED" in written(off)
    assert ics.read(written(off)).series == off


def test_a_feed_holds_many_series_and_each_zone_once() -> None:
    entries = [
        ics.Entry(f"u-{n}", JOUR_FIXE, f"Treffen {n}", NOW, location="https://readi.example/x") for n in range(3)
    ]
    read = icalendar.Calendar.from_ical(ics.feed(entries, "re@di; Kalender"))
    assert len(read.walk("VTIMEZONE")) == 1
    assert [str(one["UID"]) for one in read.walk("VEVENT")] == ["u-0", "u-0", "u-1", "u-1", "u-2", "u-2"]
    assert str(read["X-WR-CALNAME"]) == "re@di; Kalender"
    assert str(read.walk("VEVENT")[0]["URL"]) == "https://readi.example/x"


def _changed(before: str, after: str) -> bytes:
    content = written(JOUR_FIXE).decode()
    assert before in content
    return content.replace(before, after).encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("RRULE:FREQ=WEEKLY", "RRULE:FREQ=HOURLY"),
        ("RRULE:FREQ=WEEKLY;UNTIL=20261231T225959Z", "RRULE:FREQ=WEEKLY;COUNT=4"),
        ("UNTIL=20261231T225959Z", "UNTIL=20261231"),
        ("DTSTART;TZID=Europe/Berlin:20260113T100000", "DTSTART;VALUE=DATE:20260113"),
        ("DTSTART;TZID=Europe/Berlin:20260113T100000", "DTSTART:20260113T100000"),
        ("DTEND;TZID=Europe/Berlin:20260113T110000\r\n", ""),
        ("DTEND;TZID=Europe/Berlin:20260113T110000", "DTEND;TZID=Europe/Berlin:20260113T100000"),
        ("EXDATE;TZID=Europe/Berlin:20260127T100000", "EXDATE;TZID=Europe/Berlin:20260127T113000"),
        ("EXDATE;TZID=Europe/Berlin:20260127T100000", "EXDATE;TZID=Europe/Paris:20260127T100000"),
        ("DTEND;TZID=Europe/Berlin:20260211T150000", "DTEND;TZID=Europe/Berlin:20260211T160000"),
        ("RECURRENCE-ID;TZID=Europe/Berlin", "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin"),
        ("RECURRENCE-ID;TZID=Europe/Berlin:20260210T100000", "RECURRENCE-ID:20260210T100000Z"),
    ],
)
def test_a_shape_that_we_never_write_is_no_schedule_of_ours(before: str, after: str) -> None:
    read = ics.read(_changed(before, after))
    assert read.series is None
    assert read.summary == "Jour fixe"


def test_a_single_one_that_somebody_renamed_is_no_schedule_of_ours() -> None:
    first, _, second = written(JOUR_FIXE).decode().rpartition("SUMMARY:Jour fixe")
    assert ics.read(f"{first}SUMMARY:Etwas anderes{second}".encode()).series is None


def test_what_other_calendars_write_for_the_same_schedule_is_the_same() -> None:
    """Nextcloud's editor names the weekday; Apple's and others write DURATION."""
    content = _changed("INTERVAL=2", "INTERVAL=2;BYDAY=TU").replace(
        b"DTEND;TZID=Europe/Berlin:20260113T110000", b"DURATION:PT1H"
    )
    assert ics.read(content).series == JOUR_FIXE.canonical()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b"\xff\xfe\x00",
        b"BEGIN:VCALENDAR\r\n" * 5_000,
        b"x" * (ics.MAX_BYTES + 1),
        written(JOUR_FIXE) + written(JOUR_FIXE),
    ],
)
def test_what_is_no_single_event_is_refused_and_nothing_else_is_raised(content: bytes) -> None:
    with pytest.raises(ics.NotOurs):
        ics.read(content)


def test_a_calendar_of_somebody_hostile_is_no_schedule_and_costs_nothing_more() -> None:
    """Thousands of dates that each would have to be looked for among all others; rules of zones that never end."""
    days = (datetime(2026, 1, 14, 10) + timedelta(days=number) for number in range(20_000))
    many = ",".join(f"{day:%Y%m%dT%H%M%S}" for day in days)
    dates = f"RDATE;TZID=Europe/Berlin:{many}\r\nEXDATE;TZID=Europe/Berlin:{many}\r\nSUMMARY:".encode()
    assert ics.read(written(JOUR_FIXE).replace(b"SUMMARY:", dates, 1)).series is None
    zone = _changed("Europe/Berlin", "Anywhere").replace(b"FREQ=YEARLY", b"FREQ=SECONDLY")
    assert ics.read(zone).series is None
    assert ics.read(_changed("FREQ=WEEKLY", "FREQ=SECONDLY")).series is None


@settings(deadline=None)
@given(st.binary(max_size=60), st.integers(0, 900))
def test_no_content_raises_anything_else(noise: bytes, where: int) -> None:
    content = written(JOUR_FIXE)
    try:
        ics.read(content[:where] + noise + content[where:])
    except ics.NotOurs:
        return
