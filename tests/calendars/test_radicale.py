"""Our meetings in a real CalDAV server that is not Nextcloud: it takes them, and expands them to the same times."""

# ruff: noqa: DTZ001 - schedules have local times

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import icalendar
import pytest
import requests

from provisioner.calendars.ics import event
from provisioner.calendars.series import Series, occurrences
from tests.support.radicale_server import radicale

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2028, 1, 1, tzinfo=UTC)
JOUR_FIXE = Series(
    datetime(2026, 1, 13, 10),
    BERLIN,
    90,
    "FREQ=WEEKLY;INTERVAL=2",
    date(2027, 12, 31),
    further=(datetime(2026, 5, 1, 9),),
    cancelled=(date(2026, 4, 7), date(2026, 10, 20)),
    moved=((date(2026, 3, 24), datetime(2026, 3, 30, 14)), (date(2026, 11, 3), datetime(2026, 10, 24, 14))),
)
SERIES = {
    "every other week across both clock changes": JOUR_FIXE,
    "every day around the change in spring": Series(
        datetime(2026, 3, 27, 10), BERLIN, 60, "FREQ=DAILY", date(2026, 3, 31)
    ),
    "every day around the change in autumn": Series(
        datetime(2026, 10, 23, 18, 30), BERLIN, 60, "FREQ=DAILY", date(2026, 10, 27)
    ),
    "the last Thursday of every second month": Series(
        datetime(2026, 1, 29, 16), BERLIN, 120, "FREQ=MONTHLY;INTERVAL=2;BYDAY=-1TH", date(2027, 6, 30)
    ),
    "once": Series(datetime(2026, 7, 1, 9), BERLIN, 480),
    "once, over the hour that is there twice": Series(datetime(2026, 10, 25, 1, 30), BERLIN, 240),
}


class Calendar:
    """One calendar on the server."""

    def __init__(self, server: str) -> None:
        self.address = f"{server}/readi/sensorik/"

    def ask(self, method: str, path: str = "", body: bytes = b"", **headers: str) -> requests.Response:
        return requests.request(
            method, self.address + path, data=body, headers=headers, auth=("readi", "x"), timeout=10
        )

    def expanded(self) -> list[tuple[datetime, datetime]]:
        """When the server says that something takes place, in UTC."""
        window = f'start="{NOW:%Y%m%dT%H%M%SZ}" end="{LATER:%Y%m%dT%H%M%SZ}"'
        asked = (
            '<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop><c:calendar-data>'
            f'<c:expand {window}/></c:calendar-data></d:prop><c:filter><c:comp-filter name="VCALENDAR">'
            f'<c:comp-filter name="VEVENT"><c:time-range {window}/></c:comp-filter></c:comp-filter></c:filter>'
            "</c:calendar-query>"
        )
        answer = self.ask("REPORT", body=asked.encode(), Depth="1")
        assert answer.status_code == 207, answer.text
        texts = ElementTree.fromstring(answer.content).iter("{urn:ietf:params:xml:ns:caldav}calendar-data")
        found = [one for text in texts for one in icalendar.Calendar.from_ical(text.text or "").walk("VEVENT")]
        return sorted((one["DTSTART"].dt.astimezone(UTC), one["DTEND"].dt.astimezone(UTC)) for one in found)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with radicale(tmp_path_factory.mktemp("radicale")) as address:
        yield address


@pytest.fixture
def calendar(server: str) -> Iterator[Calendar]:
    made = Calendar(server)
    assert made.ask("MKCALENDAR").status_code == 201
    yield made
    made.ask("DELETE")


def ours(series: Series) -> list[tuple[datetime, datetime]]:
    return [(one.starts.astimezone(UTC), one.ends.astimezone(UTC)) for one in occurrences(series, NOW, LATER)]


@pytest.mark.parametrize("series", SERIES.values(), ids=SERIES)
def test_it_expands_a_series_to_our_times(calendar: Calendar, series: Series) -> None:
    content = event("u-1@readi.example", series, summary="Jour fixe", location="https://x.example/join/y", stamp=NOW)
    assert calendar.ask("PUT", "readi-jf.ics", content, **{"Content-Type": "text/calendar"}).status_code == 201
    assert ours(series)
    assert calendar.expanded() == ours(series)


def test_a_meeting_at_ten_is_at_ten_in_winter_and_in_summer(calendar: Calendar) -> None:
    content = event("u-1@readi.example", replace(JOUR_FIXE, moved=(), further=()), summary="Jour fixe", stamp=NOW)
    calendar.ask("PUT", "readi-jf.ics", content, **{"Content-Type": "text/calendar"})
    hours = {(start.month, start.hour) for start, _ in calendar.expanded()}
    assert {hour for month, hour in hours if month in (1, 2, 12)} == {9}
    assert {hour for month, hour in hours if 4 <= month <= 9} == {8}


def test_a_changed_series_takes_the_place_of_the_old_one(calendar: Calendar) -> None:
    for number, series in enumerate((JOUR_FIXE, replace(JOUR_FIXE, minutes=60, cancelled=(date(2026, 6, 30),)))):
        content = event("u-1@readi.example", series, summary="Jour fixe", sequence=number, stamp=NOW)
        calendar.ask("PUT", "readi-jf.ics", content, **{"Content-Type": "text/calendar"})
        assert calendar.expanded() == ours(series)


def test_one_that_is_called_off_is_said_to_be(calendar: Calendar) -> None:
    content = event("u-1@readi.example", replace(JOUR_FIXE, called_off=True), summary="Jour fixe", stamp=NOW)
    calendar.ask("PUT", "readi-jf.ics", content, **{"Content-Type": "text/calendar"})
    assert b"STATUS:CANCELLED" in calendar.ask("GET", "readi-jf.ics").content
    assert timedelta(minutes=90) == max(end - start for start, end in calendar.expanded())
