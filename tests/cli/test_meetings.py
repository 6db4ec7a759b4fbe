"""readi meetings: when bodies meet, for whoever sits at a terminal."""

from typing import Any

import pytest

from tests.support.site import Installation, body

SERIES: dict[str, Any] = {"id": "jf", "title": "Jour fixe", "first": "2026-01-13T10:00", "every": "2 weeks"}


@pytest.fixture
def meeting(installation: Installation) -> Installation:
    """It is the 5th of January 2026."""
    moved = {"2026-01-27": "2026-01-28T14:00"}
    installation.wish.add(
        body("pg-s", "Sensorik", meetings={"series": [{**SERIES, "cancelled": ["2026-02-10"], "moved": moved}]}),
        body("pg-w", "Wochenrunde", meetings={"series": [{"id": "w", "first": "2025-12-30T09:00", "every": "week"}]}),
    )
    installation.wish.policy = {}
    return installation


def test_what_comes_is_listed_with_what_was_moved_and_what_does_not_take_place(meeting: Installation) -> None:
    meeting.cloud.log.clear()
    ran = meeting.run("--lang", "de", "meetings", "list", "pg-s", "--days", "40")
    assert ran.out.splitlines() == [
        "Di. 13.01.2026, 10:00 bis 11:30 Uhr  Sensorik: Jour fixe",
        "Mi. 28.01.2026, 14:00 bis 15:30 Uhr  Sensorik: Jour fixe  (verlegt; geplant war 27.01.26, 10:00)",
        "Di. 10.02.2026, 10:00 bis 11:30 Uhr  Sensorik: Jour fixe  (fällt aus)",
    ]
    assert ran.code == 0
    assert list(meeting.cloud.log) == []


def test_holidays_are_called_by_their_names(meeting: Installation) -> None:
    out = meeting.run("meetings", "list", "--days", "3").out
    assert out.splitlines() == [
        "Tue Jan 6, 2026, 09:00 to 10:30  Wochenrunde  (does not take place: Heilige Drei Könige)"
    ]


def test_programs_get_moments_with_their_zone(meeting: Installation) -> None:
    report = meeting.run("meetings", "list", "pg-s", "--days", "10", "--json").json
    assert report["schema"] == "readi.meetings/1"
    assert report["meetings"] == [
        {
            "body": "pg-s",
            "body_name": "Sensorik",
            "series": "jf",
            "title": "Jour fixe",
            "starts": "2026-01-13T10:00:00+01:00",
            "ends": "2026-01-13T11:30:00+01:00",
            "planned": None,
            "off": False,
            "holiday": None,
        }
    ]


def test_where_nobody_meets_it_says_so_and_a_slip_of_the_pen_is_named(meeting: Installation) -> None:
    assert "Nobody meets within 1 day." in meeting.run("meetings", "list", "pg-s", "--days", "1").out
    ran = meeting.run("meetings", "list", "pg-x")
    assert ran.code == 1
    assert 'There is no body "pg-x".' in ran.err


def test_mistakes_of_the_registry_are_said_as_they_take_meetings_away(meeting: Installation) -> None:
    """Nobody is in this registry, which is one."""
    meeting.wish.add(body("pg-x", "Falsch", meetings={"series": [{**SERIES, "every": "two weeks"}]}))
    ran = meeting.run("meetings", "list", "--days", "3")
    assert (ran.code, "The registry has 2 mistakes" in ran.err) == (0, True)
    assert meeting.run("meetings", "list", "--json").json["mistakes"] == 2
