"""How often a series takes place, in words."""

# ruff: noqa: DTZ001 - the registry's times are local

from datetime import datetime

import pytest

from provisioner.calendars.words import rhythm
from provisioner.model.registry import MeetingSeries
from provisioner.texts import Catalogue

FIRST = datetime(2026, 1, 13, 10)  # a Tuesday


@pytest.mark.parametrize(
    ("rule", "german", "english"),
    [
        ("FREQ=DAILY;INTERVAL=14", "alle 2 Wochen dienstags um 10:00 Uhr", "every 2 weeks, Tuesdays at 10:00"),
        ("FREQ=WEEKLY;BYDAY=TU,TH", "dienstags, donnerstags um 10:00 Uhr", "Tuesdays, Thursdays at 10:00"),
        (
            "FREQ=MONTHLY;BYDAY=2TU",
            "am zweiten Dienstag im Monat um 10:00 Uhr",
            "on the second Tuesday of each month at 10:00",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=2;BYDAY=-1TU",
            "alle 2 Monate am letzten Dienstag um 10:00 Uhr",
            "every 2 months on the last Tuesday at 10:00",
        ),
        ("FREQ=MONTHLY", "am 13. jedes Monats um 10:00 Uhr", "each month on day 13 at 10:00"),
        ("FREQ=MONTHLY;INTERVAL=3", "alle 3 Monate am 13. um 10:00 Uhr", "every 3 months on day 13 at 10:00"),
    ],
)
def test_a_rhythm_is_said_as_people_say_it(rule: str, german: str, english: str) -> None:
    words = rhythm(MeetingSeries("x", FIRST, rule=rule))
    assert words is not None
    assert (Catalogue("de")(words), Catalogue("en")(words)) == (german, english)


@pytest.mark.parametrize("rule", [None, "FREQ=YEARLY", "FREQ=DAILY;BYDAY=MO,TU", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=2"])
def test_what_no_short_sentence_says_is_left_unsaid(rule: str | None) -> None:
    assert rhythm(MeetingSeries("x", FIRST, rule=rule)) is None
