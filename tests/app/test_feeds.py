"""A person's private calendar: another program reads the dates of the pages in it; and nobody else anything."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events  # type: ignore[import-untyped]

from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.meetings.agenda import agenda
from provisioner.app.meetings.feeds import FeedFile, Feeds
from provisioner.state import FeedWords
from tests.support.desk import Desk, desks
from tests.support.doors import meeting_network as network_with_doors
from tests.support.doors import tie_room
from tests.support.site import Wish

BERLIN = ZoneInfo("Europe/Berlin")
ROOM = "re-0123456789abcdef0123456789abcdef"
FROM, TO = datetime(2026, 1, 1, tzinfo=BERLIN), datetime(2027, 12, 31, tzinfo=BERLIN)
SERIES: list[dict[str, Any]] = [
    {
        "id": "jf",
        "title": "Jour fixe; „Übung“, 1",
        "first": "2026-01-13T10:00",
        "every": "2 weeks",
        "cancelled": ["2026-02-24"],
        "moved": {"2026-03-24": "2026-03-25T16:30", "2026-10-20": "2026-10-20T08:00"},
    },
    {"id": "weekly", "first": "2026-02-05T09:00", "every": "week", "until": "2026-12-30"},
    {
        "id": "daily",
        "title": "Nachts",
        "first": "2026-03-27T02:30",
        "minutes": 30,
        "every": "day",
        "until": "2026-04-02",
    },
    {"id": "plenum", "first": "2026-02-18T14:00", "further": ["2026-05-20T14:00", "2026-11-18T15:00"]},
]


def meeting_network() -> Wish:
    """Everything a registry can say of dates, across both clock changes."""
    wish = network_with_doors()
    wish.bodies["pg-sensorik"]["meetings"] = {"series": SERIES}
    wish.bodies["pg-lora"]["meetings"] = {"series": [{"id": "jf", "first": "2026-01-14T10:00", "every": "month"}]}
    wish.bodies["pg-alt"]["meetings"] = {"series": [{"id": "jf", "first": "2020-01-14T10:00", "every": "week"}]}
    return wish


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (found,) = desks(tmp_path, meeting_network())
    yield found
    found.site.close()


@pytest.fixture
def feeds(desk: Desk) -> Feeds:
    return Feeds(desk.site, desk.pictures)


def opened(desk: Desk, feeds: Feeds, word: str) -> FeedFile:
    found = feeds.calendar(word, desk.clock.now())
    assert found is not None
    return found


def read(found: FeedFile) -> list[tuple[datetime, datetime, str]]:
    """As a calendar on somebody's telephone shows it."""
    events: Any = recurring_ical_events.of(icalendar.Calendar.from_ical(found.content)).between(FROM, TO)
    return sorted((one.start, one.end, str(one["SUMMARY"])) for one in events)


def events_of(found: FeedFile) -> list[Any]:
    return list(icalendar.Calendar.from_ical(found.content).walk("VEVENT"))


@pytest.mark.parametrize("who", ["ben", "mona", "gerd", "moritz", "rita"])
def test_another_programs_reading_of_the_feed_is_the_agenda(desk: Desk, feeds: Feeds, who: str) -> None:
    found = read(opened(desk, feeds, feeds.word_for(desk.viewer(who))))
    picture = desk.picture
    told = agenda(picture, [place.body for place in picture.places_of(f"p-{who}")], FROM, TO)
    assert [(start.timestamp(), what) for start, _, what in found] == sorted(
        (one.starts.timestamp(), one.title) for one in told
    )
    # Of what begins at an hour that a clock change skips, this reader works out the end by the clock on the wall.
    by_day = {(start.timestamp(), end.timestamp()) for start, end, what in found if what != "Nachts"}
    assert by_day == {(one.starts.timestamp(), one.ends.timestamp()) for one in told if one.title != "Nachts"}
    assert bool(found) is (who != "rita")


def test_meetings_keep_their_hour_across_both_clock_changes(desk: Desk, feeds: Feeds) -> None:
    found = read(opened(desk, feeds, feeds.word_for(desk.viewer("ben"))))
    weekly = [start.astimezone(BERLIN) for start, _, what in found if what == "Sensorik" and start.hour == 9]
    assert {f"{one:%H:%M %z}" for one in weekly} == {"09:00 +0100", "09:00 +0200"}
    assert {date(2026, 3, 26), date(2026, 4, 2), date(2026, 10, 22), date(2026, 10, 29)} <= {
        one.date() for one in weekly
    }


def test_a_moved_meeting_stands_there_once(desk: Desk, feeds: Feeds) -> None:
    found = read(opened(desk, feeds, feeds.word_for(desk.viewer("ben"))))
    days = [start.astimezone(BERLIN) for start, _, what in found if what.startswith("Jour")]
    march = [f"{one:%m-%d %H:%M}" for one in days if one.month == 3 and one.year == 2026]
    assert march == ["03-10 10:00", "03-25 16:30"]


def test_a_word_opens_until_the_next_one_is_made_or_the_feed_is_ended(desk: Desk, feeds: Feeds) -> None:
    ben = desk.viewer("ben")
    assert feeds.since(ben) is None
    first = feeds.word_for(ben)
    second = feeds.word_for(ben)
    now = desk.clock.now()
    assert feeds.calendar(first, now) is None
    assert feeds.calendar(second, now) is not None
    assert feeds.since(ben) == now
    assert feeds.end(ben) is True
    assert feeds.end(ben) is False
    assert feeds.calendar(second, now) is None


@pytest.mark.parametrize("word", ["", "x", "ä" * 43, "\x00", "A" * 43, "' OR 1=1 --"])
def test_an_unknown_word_opens_nothing(desk: Desk, feeds: Feeds, word: str) -> None:
    feeds.word_for(desk.viewer("ben"))
    assert feeds.calendar(word, desk.clock.now()) is None


def test_after_somebody_left_their_feed_tells_nothing(desk: Desk, feeds: Feeds) -> None:
    word = feeds.word_for(desk.viewer("ben"))
    desk.wish.people["p-ben"]["leaves"] = "2026-01-05"
    desk.rewrite()
    assert feeds.calendar(word, desk.clock.now()) is not None, "the last day"
    desk.clock.moment += timedelta(days=1)
    assert feeds.calendar(word, desk.clock.now()) is None
    del desk.wish.people["p-ben"]
    desk.rewrite()
    assert feeds.calendar(word, desk.clock.now()) is None


def test_who_leaves_a_body_reads_of_it_no_more(desk: Desk, feeds: Feeds) -> None:
    word = feeds.word_for(desk.viewer("ben"))
    assert read(opened(desk, feeds, word))
    desk.wish.people["p-ben"]["bodies"] = []
    desk.rewrite()
    assert read(opened(desk, feeds, word)) == []


def test_it_is_the_same_until_something_changes_and_newer_then(desk: Desk, feeds: Feeds) -> None:
    word = feeds.word_for(desk.viewer("ben"))
    first = opened(desk, feeds, word)
    desk.clock.moment += timedelta(hours=3)
    assert opened(desk, feeds, word) == first
    series = desk.wish.bodies["pg-sensorik"]["meetings"]["series"]
    series[3] = {**series[3], "title": "Plenum"}
    desk.rewrite()
    second = opened(desk, feeds, word)
    assert second.etag != first.etag
    before, after = events_of(first), events_of(second)
    assert max(one["DTSTAMP"].dt for one in before) < min(one["DTSTAMP"].dt for one in after)
    assert {str(one["UID"]) for one in before} == {str(one["UID"]) for one in after}


def test_it_leads_to_the_doors_of_rooms_and_holds_nothing_that_opens_one(desk: Desk, feeds: Feeds) -> None:
    desk.site.settings.service.url = "https://netz.example"
    word = feeds.word_for(desk.viewer("ben"))
    assert not any("LOCATION" in one for one in events_of(opened(desk, feeds, word)))
    tie_room(desk, "pg-sensorik", ROOM)
    tie_room(desk, "pg-lora", ROOM[::-1])
    found = opened(desk, feeds, word)
    places = {str(one["LOCATION"]) for one in events_of(found)} | {str(one["URL"]) for one in events_of(found)}
    assert places == {"https://netz.example/redi/join/pg-sensorik"}
    for secret in (ROOM, ROOM[::-1], word, "jwt", "meet.example", "Mona", "p-ben"):
        assert secret.encode() not in found.content


def test_a_series_with_a_room_of_its_own_leads_there(desk: Desk, feeds: Feeds) -> None:
    tie_room(desk, "pg-lora", ROOM)
    tie_room(desk, "pg-lora:meeting:jf", ROOM[::-1])
    (event,) = events_of(opened(desk, feeds, feeds.word_for(desk.viewer("moritz"))))
    assert str(event["LOCATION"]).endswith("/redi/join/pg-lora/jf")


def test_only_the_hash_of_the_word_is_kept(desk: Desk, feeds: Feeds) -> None:
    word = feeds.word_for(desk.viewer("ben"))
    files = list(desk.folder.glob("readi.db*"))
    assert files
    assert not [file for file in files if word.encode() in file.read_bytes()]


def test_nobody_of_the_registry_has_no_feed_and_nobody_makes_words_all_day(desk: Desk, feeds: Feeds) -> None:
    with pytest.raises(Forbidden):
        feeds.word_for(desk.viewer("first start"))
    with pytest.raises(Forbidden):
        feeds.end(desk.viewer("first start"))
    for _ in range(30):
        feeds.word_for(desk.viewer("ben"))
    with pytest.raises(Refused):
        feeds.word_for(desk.viewer("ben"))


def test_where_policy_wants_no_feeds_none_is_made_and_none_opens(desk: Desk, feeds: Feeds) -> None:
    word = feeds.word_for(desk.viewer("ben"))
    desk.wish.policy = {"meetings": {"feeds": False}}
    desk.rewrite()
    with pytest.raises(Forbidden):
        feeds.word_for(desk.viewer("ben"))
    assert feeds.calendar(word, desk.clock.now()) is None
    assert FeedWords(desk.site.database, "redi").made_at("p-ben") is not None
