"""A body is reminded of its meetings: each once, at its time, and never of one that is not."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from provisioner.model.messages import LetterState
from tests.support.desk import AnyClock
from tests.support.meeting import ROOM, Meeting, fortnightly, tie_room
from tests.support.site import new_cloud

MOOT = (LetterState.REFUSED, "messages.meeting_over")
SENT = (LetterState.SENT, "")
WAITING = LetterState.WAITING


@pytest.fixture
def meeting(tmp_path: Path) -> Iterator[Meeting]:
    """It is Monday morning, a day before the first Jour fixe."""
    clock = AnyClock()
    with new_cloud(clock) as cloud:
        found = Meeting(tmp_path, cloud, clock)
        found.at("2026-01-12T07:10")
        yield found
        found.site.close()


def test_the_conversation_reads_what_when_and_until_when(meeting: Meeting) -> None:
    meeting.meets(fortnightly())
    meeting.live("2026-01-13T12:00")
    assert meeting.moments() == ["01-13 09:00"]
    (text,) = (text for _, text in meeting.said)
    assert text == "Erinnerung an den Termin: Jour fixe\nDi., 13. Januar, 10:00 bis 11:30 Uhr"


def test_it_leads_to_the_rooms_door_and_never_says_the_rooms_name(meeting: Meeting) -> None:
    meeting.site.settings.service.url = "https://netz.example"
    tie_room(meeting.site)
    meeting.meets(fortnightly())
    meeting.live("2026-01-13T12:00")
    (text,) = (text for _, text in meeting.said)
    assert text.splitlines()[2] == "Zur Videokonferenz: https://netz.example/redi/join/pg-sensorik"
    assert ROOM not in text


def test_each_meeting_is_told_of_once_however_often_the_service_is_restarted(meeting: Meeting) -> None:
    meeting.meets(fortnightly(every="day", until="2026-01-15"), remind=(1440, 15))
    for day in range(12, 16):
        for hour in range(4, 24, 6):
            meeting.restart()
            meeting.live(f"2026-01-{day}T{hour:02}:00", minutes=5)
    told = ["01-12 10:00", "01-13 09:45", "01-13 10:00", "01-14 09:45", "01-14 10:00", "01-15 09:45"]
    assert meeting.moments() == told


@pytest.mark.parametrize(
    ("start", "first", "end", "told"),
    [
        ("2026-03-28T07:10", "2026-03-28T03:30", "2026-03-30T12:00", ["03-29 01:30", "03-30 02:30"]),
        ("2026-10-24T07:10", "2026-10-24T03:30", "2026-10-26T12:00", ["10-25 02:30", "10-26 02:30"]),
    ],
)
def test_an_hour_before_is_an_hour_before_also_when_clocks_are_changed(
    meeting: Meeting, start: str, first: str, end: str, told: list[str]
) -> None:
    meeting.at(start)
    meeting.meets(fortnightly(first=first, every="day"))
    meeting.live(end)
    assert meeting.moments() == told
    ahead = [one.utcoffset() for one, _ in meeting.said]
    assert ahead[0] == timedelta(hours=1), "in October the second half past two, in March the last before summer"


def test_what_is_put_down_daily_lasts_over_a_day_of_25_hours(meeting: Meeting) -> None:
    meeting.meets(fortnightly(first="2026-10-26T07:05", every="week"), remind=(5,))
    meeting.at("2026-10-25T07:11")
    assert meeting.post() == 1
    meeting.at("2026-10-26T07:01")
    meeting.deliver()
    assert meeting.moments() == ["10-26 07:01"]


def test_a_meeting_that_was_called_off_in_between_is_not_told_of(meeting: Meeting) -> None:
    meeting.meets(fortnightly())
    meeting.live("2026-01-13T08:55")
    meeting.meets(fortnightly(cancelled=["2026-01-13"]))
    meeting.live("2026-01-14T00:00", posting=False)
    assert (meeting.said, meeting.states()) == ([], [MOOT])


def test_neither_is_one_of_a_series_that_was_taken_away_or_of_a_body_that_became_history(meeting: Meeting) -> None:
    meeting.meets(fortnightly(), fortnightly(id="other"))
    meeting.live("2026-01-13T08:55")
    meeting.meets(fortnightly())
    meeting.installation.wish.bodies["pg-sensorik"]["archived"] = "2026-01-13"
    meeting.installation.write()
    meeting.live("2026-01-14T00:00")
    assert (meeting.said, meeting.states()) == ([], [MOOT, MOOT])


def test_a_meeting_that_was_moved_in_between_is_told_of_at_its_new_time_alone(meeting: Meeting) -> None:
    meeting.meets(fortnightly())
    meeting.live("2026-01-13T08:55")
    meeting.meets(fortnightly(moved={"2026-01-13": "2026-01-13T14:00"}))
    meeting.live("2026-01-14T00:00")
    ((at, text),) = meeting.said
    assert f"{at:%H:%M}" == "13:00"
    assert (
        "14:00 bis 15:30 Uhr\nDieser Termin wurde verlegt; geplant war er für den Di., 13. Januar, 10:00 Uhr." in text
    )
    assert meeting.states() == [MOOT, SENT]


def test_one_that_is_moved_after_it_was_told_of_is_told_of_anew(meeting: Meeting) -> None:
    meeting.meets(fortnightly())
    meeting.live("2026-01-13T09:30")
    meeting.meets(fortnightly(moved={"2026-01-13": "2026-01-13T14:00"}))
    meeting.live("2026-01-14T00:00")
    assert meeting.moments() == ["01-13 09:00", "01-13 13:00"]


def test_one_that_is_moved_there_and_back_is_told_of_once(meeting: Meeting) -> None:
    for local, there in (("2026-01-12T12:00", {"2026-01-13": "2026-01-13T14:00"}), ("2026-01-14T00:00", {})):
        meeting.meets(fortnightly(moved=there))
        meeting.live(local)
    assert meeting.moments() == ["01-13 09:00"]


@pytest.mark.parametrize(("back", "told"), [("09:40", ["01-13 09:40"]), ("10:00", []), ("10:20", []), ("23:00", [])])
def test_after_a_pause_it_is_told_late_but_never_of_what_began(meeting: Meeting, back: str, told: list[str]) -> None:
    meeting.meets(fortnightly())
    meeting.post()
    meeting.at(f"2026-01-13T{back}")
    meeting.restart()
    meeting.live("2026-01-13T23:59")
    assert meeting.moments() == told


def test_after_a_pause_one_reminder_is_enough(meeting: Meeting) -> None:
    meeting.meets(fortnightly(), remind=(1440, 60, 15, 5))
    meeting.post()
    meeting.at("2026-01-13T09:50")
    meeting.live("2026-01-14T00:00", minutes=1)
    assert meeting.moments() == ["01-13 09:50", "01-13 09:55"]


def test_a_clock_that_was_ahead_tells_nothing_early_and_loses_nothing(meeting: Meeting) -> None:
    meeting.meets(fortnightly(every="week"))
    meeting.at("2026-01-19T12:00")
    meeting.post()  # what is due on the 20th, an hour before
    meeting.at("2026-01-12T12:00")
    meeting.live("2026-01-20T23:00", minutes=60)
    assert meeting.moments() == ["01-13 09:00", "01-20 09:00"]


def test_a_clock_that_is_put_back_tells_nothing_twice(meeting: Meeting) -> None:
    meeting.meets(fortnightly())
    for _ in range(3):
        meeting.at("2026-01-13T07:10")
        meeting.live("2026-01-13T09:30")
    assert meeting.moments() == ["01-13 09:00"]


@pytest.mark.parametrize("fault", ["reset_after", "reset_before", "maintenance_page", "truncate"])
def test_whatever_becomes_of_the_answer_it_is_told_once(meeting: Meeting, fault: str) -> None:
    meeting.meets(fortnightly())
    meeting.live("2026-01-13T08:55")
    getattr(meeting.installation.cloud.faults, fault)(method="POST")
    meeting.live("2026-01-13T12:00", minutes=5)
    assert len(meeting.said) == 1
    assert meeting.states() == [SENT]


def test_where_the_chat_is_down_until_the_meeting_began_nothing_is_told(meeting: Meeting) -> None:
    meeting.meets(fortnightly())
    meeting.live("2026-01-13T08:55")
    meeting.installation.cloud.faults.status(503, times=None)
    meeting.postman.deliver()
    meeting.at("2026-01-13T09:01")
    meeting.postman.deliver()
    assert meeting.states()[0][0] is WAITING
    meeting.installation.cloud.faults.clear()
    meeting.at("2026-01-13T10:01")
    meeting.deliver()
    assert (meeting.said, meeting.states()) == ([], [MOOT])


def test_what_was_being_told_when_the_service_was_killed_is_looked_up(meeting: Meeting) -> None:
    meeting.meets(fortnightly())
    meeting.live("2026-01-13T08:55")
    meeting.at("2026-01-13T09:00")
    meeting.installation.cloud.faults.reset_after(method="POST")
    taken = meeting.states()
    meeting.deliver()
    meeting.restart()
    meeting.live("2026-01-13T11:00")
    assert (taken[0][0], len(meeting.said), meeting.states()) == (WAITING, 1, [SENT])


def test_an_entry_that_cannot_be_read_delays_and_drops_nothing(meeting: Meeting) -> None:
    meeting.meets(fortnightly())
    meeting.live("2026-01-13T08:55")
    entry = meeting.installation.wish.bodies["pg-sensorik"]
    entry["join"] = "vielleicht"
    meeting.installation.write()
    meeting.live("2026-01-13T09:25")
    assert meeting.said == []
    entry["join"] = "open"
    meeting.installation.write()
    meeting.live("2026-01-13T12:00")
    assert meeting.states() == [SENT]


@pytest.mark.parametrize("quiet", [{"remind": ()}, {"remind": (30,)}])
def test_policy_decides_in_the_moment_in_which_it_is_told(meeting: Meeting, quiet: dict[str, Any]) -> None:
    meeting.meets(fortnightly())
    meeting.live("2026-01-13T08:55")
    meeting.meets(fortnightly(), **quiet)
    meeting.live("2026-01-14T00:00")
    assert "01-13 09:00" not in meeting.moments()
    assert len(meeting.said) == len(quiet["remind"])


def test_where_nobody_can_hear_it_nothing_is_put_down(meeting: Meeting) -> None:
    meeting.installation.wish.bodies["pg-lora"] = {  # since the last sync
        "id": "pg-lora",
        "name": "LoRaWAN",
        "kind": "project",
        "meetings": {"series": [fortnightly()]},
    }
    meeting.meets()
    assert meeting.post() == 0
    meeting.meets(fortnightly())
    meeting.at("2026-01-12T06:59")
    assert meeting.post() == 0, "it is due later than in a day and two hours"
    meeting.at("2026-01-12T07:01")
    assert (meeting.post(), meeting.post()) == (1, 0), "of the two bodies one has a conversation"
