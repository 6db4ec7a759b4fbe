"""When people are left in peace: somebody has it, a silence holds, it is night."""

from datetime import timedelta
from typing import Any

import pytest

from provisioner.alerts.quieting import quieted
from provisioner.model.alerts import AlertEnd, Escalation, Quiet, Turn
from tests.support.telling import Told
from tests.support.watching import ALB, CRITICAL, INFO, SCHOOL, WARNING, book, minute

HOURLY = {"repeat": {"info": "1 h", "warning": "1 h", "critical": "1 h"}}
LATER = (Escalation(timedelta(minutes=90), bodies=("bauhof",)),)


def test_who_takes_it_on_is_named_and_until_when_without_a_sound() -> None:
    told = Told(HOURLY)
    told.began(0, 1)
    assert told.take_on(10) == ["taken"]
    assert (told.last.about["taken"], told.last.silent) == (["p-1", minute(490).timestamp()], True)


def test_while_somebody_has_it_it_is_neither_repeated_nor_escalated() -> None:
    told = Told(HOURLY, escalations=LATER)
    told.began(0, 1)
    told.take_on(10)
    assert told.until(489) == []


def test_while_somebody_has_it_what_gets_worse_more_and_over_is_said_all_the_same() -> None:
    told = Told(HOURLY)
    told.began(0, 1)
    told.take_on(10)
    assert told.turned(20, Turn.WORSE, 1, severity=CRITICAL) == ["worse"]
    told.began(30, 2)
    assert told.until(32) == [(31, "more")]
    assert told.last.about["taken"][0] == "p-1"
    assert told.ended(40, 1, 2) == ["ended"]


def test_when_the_time_is_over_nobody_has_it_that_is_said_and_repeats_begin_anew() -> None:
    told = Told(HOURLY, escalations=LATER)
    told.began(0, 1)
    told.take_on(10, hours=2)
    assert told.until(260) == [(130, "given_back"), (190, "goes_on"), (220, "escalated")]
    assert (told.sayings[2].about["by"], told.sayings[2].about["lapsed"]) == ("p-1", True)


def test_who_gives_it_back_says_so() -> None:
    told = Told(HOURLY)
    told.began(0, 1)
    told.take_on(10)
    assert told.give_back(20) == ["given_back"]
    assert (told.last.about["by"], told.last.about["lapsed"], told.state.taken) == ("p-1", False, None)
    assert told.give_back(21) == []
    assert told.until(80) == [(80, "goes_on")]


def test_another_who_takes_it_on_has_it_from_then_on() -> None:
    told = Told(HOURLY)
    told.began(0, 1)
    told.take_on(10)
    told.take_on(20, by="p-2", hours=1)
    assert told.last.about["taken"] == ["p-2", minute(80).timestamp()]
    assert told.until(85) == [(80, "given_back")]


def test_a_silence_keeps_everything_and_says_nothing_and_its_end_says_what_still_goes_on() -> None:
    told = Told(HOURLY, escalations=LATER)
    told.began(0, 1)
    told.mute("body:pegel", 10, 200)
    assert told.began(20, 2) + told.turned(30, Turn.WORSE, 1, severity=CRITICAL) == []
    assert len(told.state.members) == 2
    assert told.until(199) == []
    assert told.until(200) == [(200, "worse")]


def test_after_a_silence_people_have_the_whole_time_again_before_it_goes_further() -> None:
    told = Told(escalations=LATER)
    told.began(0, 1)
    told.mute("body:pegel", 80, 200)
    told.look(80)
    assert told.until(300) == [(200, "goes_on"), (290, "escalated")]


def test_what_did_not_change_during_a_silence_goes_on_after_it() -> None:
    told = Told()
    told.began(0, 1)
    told.mute("rule:rule", 10, 200)
    told.look(10)
    assert told.until(300) == [(200, "goes_on")]
    assert told.last.about["after_silence"]


def test_what_began_in_a_silence_gets_its_first_word_when_that_ends() -> None:
    told = Told()
    told.mute("all", 0, 60)
    assert told.began(10, 1) == []
    assert told.until(100) == [(60, "first")]


def test_what_came_and_went_in_a_silence_is_said_to_nobody() -> None:
    told = Told()
    told.mute("all", 0, 60)
    assert told.began(10, 1) + told.ended(20, 1) == []
    assert told.closed is not None


def test_what_ended_in_a_silence_and_was_told_before_is_said_at_its_end() -> None:
    told = Told()
    told.began(0, 1)
    told.mute("all", 10, 60)
    assert told.ended(20, 1) == ["ended"]
    assert told.last.not_before == minute(60)


def test_a_silence_of_one_sensor_leaves_the_others_to_be_told() -> None:
    told = Told()
    told.mute("sensor:b-1", 0, 60)
    assert told.began(10, 1, severity=CRITICAL) == []
    assert told.began(20, 2) == ["first"]
    assert (told.last.about["count"], told.last.about["severity"]) == (1, "warning")
    assert told.until(100) == [(60, "worse")]


def test_muting_the_worst_sensor_is_no_getting_better() -> None:
    told = Told()
    told.began(0, 1, severity=CRITICAL)
    told.began(0, 2)
    told.until(5)
    told.mute("sensor:b-1", 10, 60)
    assert told.look(10) == []


@pytest.mark.parametrize(
    ("scope", "holds"),
    [
        ("all", True),
        ("rule:rule", True),
        ("rule:other", False),
        ("body:pegel", True),
        ("body:schule", False),
        ("sensor:b-1", True),
        ("sensor:b-2", False),
        ("organisation:ettlingen", True),
        ("organisation:rheinstetten", False),
    ],
)
def test_a_silence_holds_for_what_it_names_as_long_as_it_says(scope: str, holds: bool) -> None:
    told = Told()
    quiets = [Quiet(1, scope, minute(0), minute(60)), Quiet(2, scope, minute(0), minute(90))]
    ends = [quieted(quiets, told.book, "rule", "pegel", minute(at))("b-1") for at in (-1, 0, 70, 90)]
    assert ends == ([None, minute(90), minute(90), None] if holds else [None] * 4)


def test_a_silence_of_a_pattern_holds_for_each_of_its_devices() -> None:
    known, school = book(sensors=[SCHOOL, ALB]), Quiet(1, "sensor:schule", minute(0), minute(60))
    until = quieted([school], known, "rule", "schule", minute(1))
    assert [until(key) for key in ("schule/raum-1", "schule/raum-2", "alb")] == [minute(60), minute(60), None]


EVENING = 14 * 60
"""23:00 in Berlin."""
MORNING = 21 * 60
"""6:00."""


def night(up_to: str = "warning", **more: Any) -> Told:
    return Told({"quiet": {"begin": "22:00", "end": "06:00", "up_to": up_to}, **more})


def test_in_quiet_hours_the_first_word_waits_for_the_morning() -> None:
    told = night()
    assert told.began(EVENING, 1) == []
    assert told.until(MORNING) == [(MORNING, "first")]


def test_what_ended_before_the_morning_is_one_word_in_the_morning() -> None:
    told = night()
    told.began(EVENING, 1)
    assert told.ended(EVENING + 60, 1) == ["ended"]
    assert (told.last.not_before, told.last.about["untold"]) == (minute(MORNING), True)


def test_what_was_put_off_then_silenced_and_then_over_or_without_a_rule_is_no_word_at_all() -> None:
    told = night()
    told.began(EVENING, 1)
    told.mute("all", EVENING + 10, EVENING + 100)
    assert told.ended(EVENING + 60, 1) == []
    told = night()
    told.began(EVENING, 1)
    told.book = book()
    assert told.look(EVENING + 60) == []
    assert told.closed is AlertEnd.RULE_GONE


def test_what_is_too_bad_to_wait_is_said_at_night() -> None:
    told = night()
    assert told.began(EVENING, 1, severity=CRITICAL) == ["first"]
    told = night("info")
    assert (told.began(EVENING, 1, severity=INFO), told.turned(EVENING + 1, Turn.WORSE, 1)) == ([], ["first"])


def test_repeats_and_escalations_of_what_can_wait_wait_too_and_are_said_once() -> None:
    told = night(repeat={"info": None, "warning": "1 h", "critical": "1 h"})
    told.began(EVENING - 65, 1)
    assert told.until(MORNING + 59) == [(MORNING, "goes_on")]


def test_further_sensors_of_what_can_wait_are_told_in_the_morning() -> None:
    told = night()
    told.began(EVENING - 120, 1)
    assert told.began(EVENING, 2) == []
    assert told.until(MORNING + 10) == [(MORNING + 1, "more")]


def test_the_end_of_what_woke_people_is_said_at_night_and_of_what_did_not_in_the_morning() -> None:
    told = night()
    told.began(EVENING, 1, severity=CRITICAL)
    told.turned(EVENING + 10, Turn.BETTER, 1, severity=WARNING)
    told.ended(EVENING + 20, 1)
    assert told.last.not_before is None
    told = night()
    told.began(EVENING - 120, 1)
    told.ended(EVENING + 20, 1)
    assert told.last.not_before == minute(MORNING)


def test_the_time_of_who_has_it_is_not_over_in_quiet_hours() -> None:
    told = night()
    told.began(EVENING - 120, 1)
    told.take_on(EVENING - 110, hours=3)
    assert told.until(MORNING + 10) == [(MORNING, "given_back")]
