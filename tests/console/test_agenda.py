"""The next dates on people's own pages and on those of bodies."""

import re
from typing import Any

import pytest

from provisioner.state import FeedWords
from tests.support.console import COORDINATOR, GUEST, MEMBER, MODERATOR_AKTE, OTHER, RANGER, House
from tests.support.meetings import with_rooms

SERIES: dict[str, Any] = {
    "id": "jf",
    "title": "Jour fixe",
    "first": "2026-01-05T08:30",
    "minutes": 60,
    "every": "2 weeks",
    "cancelled": ["2026-01-19"],
    "moved": {"2026-02-02": "2026-02-03T14:00"},
}


@pytest.fixture
def meeting(house: House) -> House:
    """It is nine o'clock on a Monday, and the Jour fixe of Sensorik goes on."""
    bodies = house.wishes["redi"].bodies
    bodies["pg-sensorik"]["meetings"] = {"series": [SERIES]}
    bodies["pg-akte"]["meetings"] = {"series": [{"id": "t", "first": "2026-01-13T10:00"}]}
    bodies["pg-alt"]["meetings"] = {"series": [{"id": "t", "first": "2026-01-13T10:00"}]}
    return house


def links(text: str) -> list[str]:
    """Where the agenda leads."""
    part = text.partition('<ul class="dates">')[2].partition("</ul>")[0]
    return re.findall(r'href="([^"]+)"', part)


def dates(text: str) -> list[str]:
    """The lines of the agenda, as they are read."""
    part = text.partition('<ul class="dates">')[2].partition("</ul>")[0]
    lines = [line.partition("<time")[2].partition(">")[2] for line in part.split("<li")[1:]]
    return [" ".join("".join(piece.rpartition(">")[2] for piece in line.split("<")).split()) for line in lines]


def test_my_page_tells_what_goes_on_what_comes_and_what_does_not(meeting: House) -> None:
    assert dates(meeting.visitor(MEMBER).get("me").text)[:3] == [
        "Mo., 5. Januar, 08:30 bis 09:30 Uhr Sensorik: Jour fixe läuft gerade",
        "Mo., 19. Januar, 08:30 bis 09:30 Uhr Sensorik: Jour fixe fällt aus",
        "Di., 3. Februar, 14:00 bis 15:00 Uhr Sensorik: Jour fixe verlegt geplant war 02.02.26, 08:30",
    ]


def test_only_what_is_ones_own_stands_on_ones_page(meeting: House) -> None:
    assert dates(meeting.visitor(MODERATOR_AKTE).get("me").text) == ["Di., 13. Januar, 10:00 bis 11:30 Uhr E-Akte"]
    assert "Nächste Termine" not in meeting.visitor(OTHER).get("me").text
    assert dates(meeting.visitor(GUEST).get("me").text)[0].startswith("Mo., 5. Januar")


@pytest.mark.parametrize("who", [MEMBER, RANGER, COORDINATOR, OTHER])
def test_a_bodys_page_tells_when_it_meets_to_whoever_sees_it(meeting: House, who: str) -> None:
    found = dates(meeting.visitor(who).get("bodies/pg-sensorik").text)
    assert found[0] == "Mo., 5. Januar, 08:30 bis 09:30 Uhr Jour fixe läuft gerade"
    assert len(found) == 6


def test_members_get_in_from_there_and_nobody_else_is_led_to_the_door(meeting: House) -> None:
    with_rooms(meeting, "pg-sensorik", "pg-akte")
    door = "/redi/join/pg-sensorik"
    for who in (MEMBER, GUEST):
        browser = meeting.visitor(who)
        for page in ("me", "bodies/pg-sensorik"):
            doors = [link for link in links(browser.get(page).text) if "/join/" in link]
            assert doors
            assert {link.removeprefix("https://redi.example") for link in doors} == {door}
    for who in (RANGER, COORDINATOR, OTHER):
        assert not [link for link in links(meeting.visitor(who).get("bodies/pg-sensorik").text) if "/join/" in link]


def test_what_does_not_take_place_has_no_door(meeting: House) -> None:
    with_rooms(meeting, "pg-sensorik")
    text = meeting.visitor(MEMBER).get("bodies/pg-sensorik").text
    part = text.partition('<ul class="dates">')[2].partition("</ul>")[0]
    assert [("/join/" in line, 'class="off"' in line[:20]) for line in part.split("<li")[1:3]] == [
        (True, False),
        (False, True),
    ]


def test_a_body_that_is_history_meets_no_more(meeting: House) -> None:
    assert dates(meeting.visitor(RANGER).get("bodies/pg-alt").text) == []


def test_what_is_over_is_shown_no_more(meeting: House) -> None:
    browser = meeting.visitor(MEMBER)
    meeting.clock.advance(31 * 60)
    assert dates(browser.get("me").text)[0].startswith("Mo., 19. Januar")


def test_what_is_kept_of_oneself_names_the_own_feed_alone(meeting: House) -> None:
    browser = meeting.visitor(MEMBER)
    assert "Kalenderadresse" not in browser.get("me/data").text
    found = meeting.networks["redi"]
    word = FeedWords(found.site.database, "redi").renew(MEMBER, found.now())
    shown = browser.get("me/data").text
    assert "Eigene Kalenderadresse</dt><dd>seit 05.01.26, 09:00</dd>" in shown
    assert word not in shown
    assert "Kalenderadresse" not in meeting.visitor(OTHER).get("me/data").text


def test_dates_are_said_in_english(meeting: House) -> None:
    browser = meeting.visitor(MEMBER)
    found = dates(browser.client.get("/redi/me", headers={"accept-language": "en"}).text)
    assert found[0] == "Mon, Jan 5, 08:30 to 09:30 Sensorik: Jour fixe going on now"
