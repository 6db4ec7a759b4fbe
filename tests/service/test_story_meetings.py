"""A group meets: its chat is reminded, its people's telephones know, and whoever leaves reads no more of it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from provisioner.app.joining.viewing import viewer_for
from provisioner.app.meetings.feeds import Feeds
from provisioner.app.picture import Pictures
from tests.service.story import Town, town
from tests.support.site import body, person

JOUR_FIXE: dict[str, Any] = {"id": "jf", "title": "Jour fixe", "first": "2026-01-08T10:00", "every": "week"}


@pytest.fixture
def meeting(tmp_path: Path) -> Iterator[Town]:
    """It is Monday, the 5th of January, nine o'clock in Berlin; they meet on Thursdays."""
    with town(tmp_path) as found:
        found.wish.policy["meetings"] = {"reminders": [1440, 15]}
        found.wish.add(
            body("pg-sensorik", "Sensorik", lead="bretten", join="open", meetings={"series": [JOUR_FIXE]}),
            person("Mona", {"id": "pg-sensorik", "role": "moderator"}),
            person("Ben", "pg-sensorik"),
        )
        yield found.open()


def reminded(found: Town) -> list[str]:
    """The times that the chat was told of, oldest first."""
    return [text.split("\n")[1] for text in found.said("PG Sensorik") if text.startswith("Erinnerung")]


def meets(found: Town, **more: Any) -> None:
    """Somebody edits the registry's file."""
    found.wish.bodies["pg-sensorik"]["meetings"] = {"series": [{**JOUR_FIXE, **more}]}
    found.installation.write()


def go(found: Town, *local: str) -> None:
    """Let it become these moments of January, one after another, and at each of them be done what is due."""
    for one in local:
        moment = datetime.fromisoformat(f"2026-01-{one}").replace(tzinfo=ZoneInfo("Europe/Berlin"))
        found.pass_time(seconds=(moment - found.clock.now()).total_seconds())


def test_the_chat_is_reminded_a_day_and_a_quarter_of_an_hour_before(meeting: Town) -> None:
    go(meeting, "06T07:12", "07T07:12", "07T09:59")
    assert reminded(meeting) == []
    go(meeting, "07T10:00", "07T10:01")
    assert reminded(meeting) == ["Do., 8. Januar, 10:00 bis 11:30 Uhr"]
    go(meeting, "08T07:12", "08T09:45", "08T10:00", "08T12:00")
    assert reminded(meeting) == ["Do., 8. Januar, 10:00 bis 11:30 Uhr"] * 2


def test_a_meeting_that_is_moved_in_the_registry_is_told_of_at_its_new_time_alone(meeting: Town) -> None:
    go(meeting, "07T07:12")
    meets(meeting, moved={"2026-01-08": "2026-01-08T20:00"})
    go(meeting, "07T10:00", "07T20:00", "08T09:45", "08T19:45", "08T21:00")
    assert reminded(meeting) == ["Do., 8. Januar, 20:00 bis 21:30 Uhr"] * 2
    assert "geplant war er für den Do., 8. Januar, 10:00 Uhr" in meeting.said("PG Sensorik")[-1]


def test_one_that_is_called_off_a_minute_before_is_not_told_of(meeting: Town) -> None:
    go(meeting, "07T07:12", "07T09:59")
    meets(meeting, cancelled=["2026-01-08"])
    go(meeting, "07T10:00", "07T10:10", "08T09:45", "08T12:00")
    assert reminded(meeting) == []


def test_what_was_missed_while_nobody_led_is_told_only_while_it_helps(meeting: Town) -> None:
    go(meeting, "08T09:00")
    assert len(reminded(meeting)) == 1, "late, but an hour ahead"
    go(meeting, "09T09:00")
    assert len(reminded(meeting)) == 1


def test_a_feed_goes_with_its_person(meeting: Town) -> None:
    site = meeting.site()
    feeds = Feeds(site, Pictures(site))
    viewer = viewer_for(Pictures(site).now(), "redi", "p-ben")
    assert viewer is not None
    word = feeds.word_for(viewer)
    found = feeds.calendar(word, site.clock.now())
    assert found is not None
    assert b"Jour fixe" in found.content
    shown = meeting.installation.run("person", "show", "p-ben", "--json").json
    assert shown["kept"]["feeds"] == [{"network": "redi", "person": "p-ben", "made_at": "2026-01-05T08:00:00+00:00"}]
    meeting.wish.people["p-ben"]["leaves"] = "2026-01-05"
    meeting.installation.write()
    meeting.pass_time(days=1)
    assert feeds.calendar(word, site.clock.now()) is None
    meeting.pass_time(days=31)
    assert meeting.installation.run("person", "handed-over", "p-ben", "--nothing").code == 0
    ran = meeting.installation.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert ran.code == 0, ran.all
    again = meeting.installation.run("person", "show", "p-ben", "--json").json
    assert "feeds" not in again["kept"]
