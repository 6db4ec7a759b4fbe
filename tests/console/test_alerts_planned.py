"""Maintenance planned on the page: from when, until when, by the network's clocks; and what tired people type."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from provisioner.state import AlertOutbox, AlertSilences
from tests.support.alert_house import told, with_alerts
from tests.support.console import MEMBER, MODERATOR_AKTE, MODERATOR_SENSORIK, RANGER, Browser, House

SCOPE: Final = "body:pg-sensorik"
FORM: Final = {"scope": SCOPE, "begin": "", "hours": "2", "until": "", "reason": "Umbau"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(tmp_path)
    with_alerts(found)
    yield found
    found.close()


def in_days(house: House, days: float) -> str:
    """What a browser sends for that moment, by clocks in Berlin."""
    return f"{(house.clock.now() + timedelta(days=days)).astimezone(ZoneInfo('Europe/Berlin')):%Y-%m-%dT%H:%M}"


def silences(house: House) -> list[tuple[datetime, datetime]]:
    found = AlertSilences(house.networks["redi"].site.database, "redi").to_come(house.clock.now())
    return [(one.since, one.until) for one in found]


def page(visitor: Browser) -> str:
    answer = visitor.get("alerts")
    assert answer.status_code == 200
    return str(answer.text.partition("<main")[2])


def in_english(visitor: Browser) -> Browser:
    cookie = visitor.house.networks["redi"].cookie("language")
    visitor.client.cookies.set(cookie, "en", domain="redi.example", path="/redi")
    return visitor


def test_what_is_planned_stands_apart_does_not_hold_yet_begins_by_itself_and_ends(house: House) -> None:
    mona, senders = house.visitor(MODERATOR_SENSORIK), told(house)
    outbox = AlertOutbox(house.networks["redi"].site.database, "redi")
    form = {**FORM, "begin": in_days(house, 1), "hours": "4"}
    assert mona.post("alerts", "silences", form=form).status_code == 303
    seen = page(mona)
    holding, _, planned = seen.partition("<h3>Geplant</h3>")
    assert "Nichts ist stumm geschaltet" in holding
    assert "Eingeplant." in holding
    for words in ("Alles für: Sensorik", "Umbau", "Mona Muster", "Absagen"):
        assert words in planned
    senders.flood()
    assert outbox.on_the_way() == {"pg-sensorik": 1}, "it is said until then"
    senders.calm()
    house.clock.sleep(timedelta(days=1, minutes=1).total_seconds())
    seen = page(house.visitor(MODERATOR_SENSORIK))
    assert "<h3>Geplant</h3>" not in seen
    assert "Wieder laut" in seen
    senders.flood()
    assert outbox.on_the_way() == {"pg-sensorik": 2}, "the end of the first one, and no further word"
    house.clock.sleep(timedelta(hours=4).total_seconds())
    assert "Nichts ist stumm geschaltet" in page(house.visitor(MODERATOR_SENSORIK))


def test_an_end_counts_instead_of_the_hours(house: House) -> None:
    rita, now = house.visitor(RANGER), house.clock.now()
    form = {**FORM, "begin": in_days(house, 2), "until": in_days(house, 4)}
    assert rita.post("alerts", "silences", form=form).status_code == 303
    assert rita.post("alerts", "silences", form={**FORM, "until": in_days(house, 0.5)}).status_code == 303
    minute = now.replace(second=0, microsecond=0)
    assert silences(house) == [
        (minute + timedelta(days=2), minute + timedelta(days=4)),
        (now, minute + timedelta(hours=12)),
    ]


def test_the_minute_that_it_is_now_is_not_past_and_people_may_write_as_they_do(house: House) -> None:
    rita, now = house.visitor(RANGER), house.clock.now()
    house.clock.sleep(60 - now.second + 30)
    half_a_minute_ago = in_days(house, 0).replace("T", " ")
    assert rita.post("alerts", "silences", form={**FORM, "begin": half_a_minute_ago}).status_code == 303
    later = (house.clock.now() + timedelta(days=3)).astimezone(ZoneInfo("Europe/Berlin"))
    german = f"  {later.day}.{later.month}.{later.year}   {later:%H:%M} "
    assert rita.post("alerts", "silences", form={**FORM, "begin": german}).status_code == 303
    (first, _), (second, _) = silences(house)
    assert first == house.clock.now()
    assert second == later.replace(second=0, microsecond=0)


def test_what_is_planned_is_called_off_by_whoever_may_end_it_and_seen_by_whom_it_concerns(house: House) -> None:
    mona, ben = house.visitor(MODERATOR_SENSORIK), house.visitor(MEMBER)
    assert mona.post("alerts", "silences", form={**FORM, "begin": in_days(house, 1)}).status_code == 303
    assert "Absagen" not in page(ben)
    assert "<h3>Geplant</h3>" in page(ben)
    assert "Geplant" not in page(house.visitor(MODERATOR_AKTE))
    for other in (MEMBER, MODERATOR_AKTE):
        assert house.visitor(other).post("alerts", "silences", 1, "end").status_code == 404
    assert len(silences(house)) == 1
    assert mona.post("alerts", "silences", 1, "end").status_code == 303
    assert "Abgesagt" in page(mona)
    assert silences(house) == []
    assert house.visitor(MODERATOR_AKTE).post("alerts", "silences", form={**FORM, "begin": in_days(house, 1)}).is_error


@pytest.mark.parametrize(
    ("begin", "until", "german", "english"),
    [
        (-1, "", "Der Beginn liegt in der Vergangenheit.", "The begin lies in the past."),
        (2, 1, "Das Ende muss nach dem Beginn liegen", "The end has to come after the begin"),
        (2, 2, "Das Ende muss nach dem Beginn liegen", "The end has to come after the begin"),
        ("", -1, "Das Ende muss nach dem Beginn liegen", "The end has to come after the begin"),
        (1, 40, "höchstens 30 Tage", "30 days at most"),
        ("", "9999-12-31T23:59", "höchstens 30 Tage", "30 days at most"),
        ("9999-12-31T23:59", "", "höchstens 366 Tage im Voraus", "366 days ahead at most"),
        ("9999-12-31T23:59", "9999-12-31T23:59", "höchstens 366 Tage im Voraus", "366 days ahead at most"),
        ("0001-01-01T00:00", "", "kein Zeitpunkt", "no date and time"),
        ("morgen früh", "", "kein Zeitpunkt", "no date and time"),
        ("", "<b>12</b>", "kein Zeitpunkt", "no date and time"),
        ("12026-01-01T00:00", "", "kein Zeitpunkt", "no date and time"),
        ("2026-02-30T08:00", "", "kein Zeitpunkt", "no date and time"),
        ("2026-12-01T08:00\N{RIGHT-TO-LEFT OVERRIDE}", "", "kein Zeitpunkt", "no date and time"),
        ("2027-03-28T02:30", "", "Gemeint ist vielleicht 03:30.", "Perhaps 03:30 is meant."),
        ("", "2027-03-28T02:00", "Gemeint ist vielleicht 03:00.", "Perhaps 03:00 is meant."),
    ],
)
def test_a_time_that_can_not_be_gets_a_word_and_what_was_typed_stays(
    house: House, begin: float | str, until: float | str, german: str, english: str
) -> None:
    typed = {
        field: in_days(house, what) if isinstance(what, int) else str(what)
        for field, what in (("begin", begin), ("until", until))
    }
    form = {**FORM, **typed, "hours": "8"}
    for visitor, words in ((house.visitor(RANGER), german), (in_english(house.visitor(RANGER)), english)):
        answer = visitor.post("alerts", "silences", form=form)
        assert answer.status_code == 422
        assert words in answer.text
        assert "<details open>" in answer.text
        for field, value in typed.items():
            shown = re.search(rf'name="{field}"[^>]* value="([^"]*)"', answer.text)
            assert shown is not None
            assert shown[1] == value.replace("<", "&lt;").replace(">", "&gt;")
        for kept in ('value="8" selected', f'value="{SCOPE}" selected', 'value="Umbau"', 'aria-invalid="true"'):
            assert kept in answer.text
    assert silences(house) == []


def test_the_hour_that_comes_twice_in_autumn_is_covered_as_a_whole(house: House) -> None:
    rita = house.visitor(RANGER)
    form = {**FORM, "begin": "2026-10-25T02:10", "until": "2026-10-25T02:50"}
    assert rita.post("alerts", "silences", form=form).status_code == 303
    [(since, until)] = silences(house)
    assert until - since == timedelta(hours=1, minutes=40)


def test_what_was_chosen_on_an_alerts_page_is_still_chosen_when_the_time_was_wrong(house: House) -> None:
    told(house).flood()
    mona = house.visitor(MODERATOR_SENSORIK)
    assert 'name="begin"' in mona.get("alerts", 1).text
    answer = mona.post("alerts", "silences", form={**FORM, "scope": "sensor:pegel-alb", "begin": "bald"})
    assert 'value="sensor:pegel-alb" selected' in answer.text
    foreign = mona.post("alerts", "silences", form={**FORM, "scope": "sensor:vitrine", "begin": "bald"})
    assert "vitrine" not in foreign.text, "what others are told is not shown for the asking"
