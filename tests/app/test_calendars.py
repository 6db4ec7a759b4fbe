"""The calendars of bodies from the registry to Nextcloud: what they cost, and what must not happen to them."""

from urllib.parse import unquote

import icalendar
import pytest
import recurring_ical_events

from provisioner.calendars.ics import read
from tests.support.site import SERVICE, Installation

HOME = f"/remote.php/dav/calendars/{SERVICE[0]}/"
JOUR_FIXE = {"id": "jf", "title": "Jour fixe", "first": "2026-01-13T10:00", "minutes": 90, "every": "2 weeks"}
KLAUSUR = {"id": "klausur", "title": "Klausur", "first": "2026-09-17T09:00", "minutes": 480}


@pytest.fixture
def meeting(small: Installation) -> Installation:
    small.wish.bodies["pg-sensorik"]["meetings"] = {"series": [dict(JOUR_FIXE), dict(KLAUSUR)]}
    return small


def asked(installation: Installation) -> list[tuple[str, str]]:
    """The requests about calendars since the last time."""
    log = installation.cloud.log
    found = [(one.method, unquote(one.path)) for one in log.requests if "/dav/calendars/" in one.path]
    log.clear()
    return found


def planned(installation: Installation) -> list[tuple[str, str, str]]:
    """The changes about calendars."""
    return [
        (change["verb"], change["kind"], change["id"])
        for part in installation.plan()["targets"]
        for change in part["changes"]
        if change["kind"] in ("calendar", "meeting")
    ]


def test_a_body_with_dates_costs_two_requests_and_one_a_series(meeting: Installation) -> None:
    assert meeting.apply().code == 0
    home = f"{HOME}readi-pg-sensorik/"
    assert [one for one in asked(meeting) if one[0] not in ("PROPFIND", "REPORT")] == [
        ("MKCALENDAR", home),
        ("POST", home),
        ("PUT", f"{home}readi-jf.ics"),
        ("PUT", f"{home}readi-klausur.ics"),
    ]


def test_nothing_changed_is_seen_by_one_request_for_all(meeting: Installation) -> None:
    meeting.apply()
    assert meeting.run("plan").code == 0
    asked(meeting)
    assert meeting.run("plan").code == 0
    assert asked(meeting) == [("PROPFIND", HOME)]
    assert meeting.run("plan", "--only", "p-anna").code == 0
    assert asked(meeting) == []


def test_members_see_the_dates_and_the_link_and_nobody_elses_calendar_is_touched(meeting: Installation) -> None:
    meeting.apply()
    calendars = meeting.cloud.calendars
    seen = {called for called, *_ in calendars.shared_with(meeting.cloud.users["anna.muster"])}
    assert seen == {f"readi-pg-sensorik_shared_by_{SERVICE[0]}"}
    assert not list(calendars.shared_with(meeting.cloud.users["cleo.muster"]))
    assert all(one.token == 2 for uri, one in calendars.of(SERVICE[0]).items() if not uri.startswith("readi-"))


def test_a_moved_meeting_does_not_appear_twice(meeting: Installation) -> None:
    meeting.apply()
    calendar = meeting.cloud.calendars.of(SERVICE[0])["readi-pg-sensorik"]
    before = read(calendar.events["readi-jf.ics"])
    meeting.wish.bodies["pg-sensorik"]["meetings"]["series"][0]["moved"] = {"2026-09-08": "2026-09-09T14:00"}
    assert planned(meeting) == [("update", "meeting", "body:pg-sensorik:meeting:jf")]
    meeting.apply()
    assert set(calendar.events) == {"readi-jf.ics", "readi-klausur.ics"}
    after = read(calendar.events["readi-jf.ics"])
    assert (after.uid, after.sequence) == (before.uid, before.sequence + 1)
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(calendar.events["readi-jf.ics"]))
    assert [str(one["DTSTART"].dt) for one in found.between("20260907", "20260914")] == ["2026-09-09 14:00:00+02:00"]
    assert planned(meeting) == []


def test_a_series_that_nobody_wants_any_more_ends_and_is_not_deleted(meeting: Installation) -> None:
    meeting.apply()
    del meeting.wish.bodies["pg-sensorik"]["meetings"]["series"][0]
    meeting.apply()
    calendar = meeting.cloud.calendars.of(SERVICE[0])["readi-pg-sensorik"]
    series = read(calendar.events["readi-jf.ics"]).series
    assert series is not None
    assert series.until is not None or series.called_off
    assert planned(meeting) == []


def test_a_deleted_calendar_is_said_to_be_lost_and_not_made_again(meeting: Installation) -> None:
    meeting.apply()
    meeting.cloud.calendars.of(SERVICE[0])["readi-pg-sensorik"].deleted_at = "2026-01-01T00:00:00+00:00"
    asked(meeting)
    plan = meeting.plan()
    lost = {notice["id"] for part in plan["targets"] for notice in part["notices"] if notice["kind"] == "lost"}
    assert {"body:pg-sensorik", "body:pg-sensorik:meeting:jf"} <= lost
    meeting.run("apply", "--yes")
    assert all(method in ("PROPFIND", "REPORT") for method, _ in asked(meeting))


def test_an_archived_body_keeps_its_calendar(meeting: Installation) -> None:
    meeting.apply()
    meeting.wish.bodies["pg-sensorik"]["archived"] = "2026-01-01"
    ran = meeting.run("apply", "--yes")
    assert ran.code in (0, 2), ran.all
    calendar = meeting.cloud.calendars.of(SERVICE[0])["readi-pg-sensorik"]
    assert calendar.deleted_at is None
    assert set(calendar.events) == {"readi-jf.ics", "readi-klausur.ics"}


def test_a_room_that_is_given_up_takes_no_calendar_along(meeting: Installation) -> None:
    server = {"connector": "jitsi", "url": "https://meet.example", "secret": "invented-Secret-of-thirty-two-letters"}
    meeting.wish.targets["meet"] = server
    meeting.more_settings["service"] = {"url": "https://dienst.example"}
    meeting.apply()
    calendar = meeting.cloud.calendars.of(SERVICE[0])["readi-pg-sensorik"]
    assert "/redi/join/pg-sensorik" in read(calendar.events["readi-jf.ics"]).location
    asked(meeting)
    meeting.wish.policy["meetings"] = {"rooms": {"names": {"project": None}}}
    ran = meeting.run("apply", "--yes")
    assert ran.code in (0, 2), ran.all
    del meeting.wish.targets["meet"]
    ran = meeting.run("apply", "--yes")
    assert ran.code in (0, 2), ran.all
    assert not [one for one in asked(meeting) if one[0] in ("DELETE", "MKCALENDAR", "MOVE")]
    assert calendar.deleted_at is None
    assert set(calendar.events) == {"readi-jf.ics", "readi-klausur.ics"}
    assert read(calendar.events["readi-jf.ics"]).series is not None


def test_what_somebody_changed_in_a_calendar_is_shown_and_not_written_over_unasked(meeting: Installation) -> None:
    meeting.apply()
    calendar = meeting.cloud.calendars.of(SERVICE[0])["readi-pg-sensorik"]
    content = calendar.events["readi-jf.ics"].replace(b"Jour fixe", b"Von Hand")
    calendar.put("readi-jf.ics", content)
    assert planned(meeting) == [("update", "meeting", "body:pg-sensorik:meeting:jf")]
    meeting.run("apply", "--yes")
    assert calendar.events["readi-jf.ics"] == content
