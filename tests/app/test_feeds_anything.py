"""Whatever a registry says of dates: another program reads in the feed what the agenda tells."""

from datetime import date, datetime, timedelta
from typing import Any

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.document import Policy
from provisioner.app.meetings.agenda import agenda, schedules
from provisioner.app.picture import Picture
from provisioner.calendars.ics import Entry, feed
from provisioner.model.registry import Body, BodyKind, Meetings, MeetingSeries, MovedMeeting, Registry
from tests.support.meeting import BERLIN

FIRST = datetime.fromisoformat("2026-01-05T00:00")
FROM, TO = datetime(2026, 1, 1, tzinfo=BERLIN), datetime(2027, 12, 31, tzinfo=BERLIN)
RULES = [
    None,
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;INTERVAL=2",
    "FREQ=WEEKLY;BYDAY=MO,TH",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYDAY=2WE",
    "FREQ=MONTHLY;BYDAY=-1FR",
]
moments = st.integers(0, 2 * 24 * 400).map(lambda halves: FIRST + timedelta(minutes=30 * halves))
days = st.integers(0, 400).map(lambda count: (FIRST + timedelta(days=count)).date())
series = st.builds(
    MeetingSeries,
    id=st.just("s"),
    first=moments,
    minutes=st.integers(5, 240),
    rule=st.sampled_from(RULES),
    until=st.none() | days,
    further=st.lists(moments, max_size=3).map(tuple),
    cancelled=st.lists(days, max_size=3).map(tuple),
    moved=st.lists(st.builds(MovedMeeting, days, moments), max_size=3, unique_by=lambda one: one.day).map(tuple),
    on_holidays=st.booleans(),
)


@given(series, st.none() | days)
@settings(max_examples=60, deadline=None)
def test_what_another_program_reads_is_the_agenda(one: MeetingSeries, archived_on: date | None) -> None:
    body = Body("pg-s", "Sensorik", BodyKind.PROJECT, meetings=Meetings(series=(one,)), archived_on=archived_on)
    picture = Picture(Registry("redi", "re@di", bodies={body.id: body}), Policy(), date(2026, 1, 5))
    entries = [Entry("u", found, "x", FROM) for _, found in schedules(picture, body) if not found.called_off]
    calendar: Any = icalendar.Calendar.from_ical(feed(entries, "x"))
    events: Any = recurring_ical_events.of(calendar).between(FROM, TO)
    read = sorted(event.start.timestamp() for event in events if event.get("STATUS") != "CANCELLED")
    told = sorted(date.starts.timestamp() for date in agenda(picture, (body,), FROM, TO))
    assert read == told
