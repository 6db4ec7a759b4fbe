"""What is said of an alert: the first word, more, worse, that it goes on, to whom it goes further, the end."""

from datetime import timedelta

import pytest

from provisioner.model.alerts import AlertEnd, Escalation, Turn
from tests.support.telling import BRIDGES, Told
from tests.support.watching import CRITICAL, INFO, WARNING, book, minute, over, rule


def test_the_first_word_is_said_at_once() -> None:
    told = Told()
    assert told.began(0, 1) == ["first"]
    assert (told.last.not_before, told.last.silent, told.last.calls) == (None, False, False)


def test_further_sensors_are_gathered_and_said_in_one_word() -> None:
    told = Told()
    told.began(0, 1)
    assert [told.began(0.1, 2), told.began(0.5, 3, 4)] == [[], []]
    assert told.due == pytest.approx(1.1)
    assert [kind for _, kind in told.until(60)] == ["more"]
    assert (told.last.about["count"], told.last.about["new"]) == (4, 3)


def test_a_thousand_sensors_at_once_are_a_handful_of_words() -> None:
    told = Told(sensors=BRIDGES)
    said = told.began(0, 0)
    for number in range(1, 1200):
        said += told.began(number / 1200, number, severity=CRITICAL if number % 3 else WARNING)
    said += [kind for _, kind in told.until(30)]
    assert said == ["first", "worse", "more"]
    assert told.last.about["count"] == 1200
    assert len(told.last.about["members"]) == 8


def test_a_storm_that_comes_slowly_is_said_less_and_less_often() -> None:
    told = Told(sensors=BRIDGES)
    said = told.began(0, 0)
    for number in range(1, 120):
        said += [kind for _, kind in told.until(number / 2)]
        said += told.began(number / 2, number)
    assert len(said) <= 10


def test_where_nothing_is_gathered_each_sensor_is_said_at_once() -> None:
    told = Told({"group_seconds": 0})
    assert [told.began(0, 1), told.began(1, 2), told.began(1, 3)] == [["first"], ["more"], ["more"]]


def test_what_gets_worse_is_said_at_once() -> None:
    told = Told()
    told.began(0, 1)
    assert told.turned(0.1, Turn.WORSE, 1, severity=CRITICAL) == ["worse"]
    assert told.began(0.2, 2, severity=CRITICAL) == []


def test_what_gets_better_is_said_without_a_sound_when_no_sensor_is_as_bad_any_more() -> None:
    told = Told()
    told.began(0, 1, 2, severity=CRITICAL)
    assert told.turned(1, Turn.BETTER, 1, severity=WARNING) == []
    assert told.turned(2, Turn.BETTER, 2, severity=WARNING) == ["better"]
    assert told.last.silent


def test_it_is_over_when_its_last_sensor_is_and_the_end_knows_duration_and_peak() -> None:
    told = Told()
    told.began(0, 1, 2)
    assert told.ended(30, 1, peak=1.9) == []
    assert told.ended(90, 2) == ["ended"]
    assert told.closed is AlertEnd.CLEARED
    about = told.last.about
    assert (about["ended"] - about["since"], max(each["peak"] for each in about["members"])) == (90 * 60, 1.9)


def test_a_sensor_that_comes_back_while_others_go_on_makes_no_word_of_its_own() -> None:
    told = Told()
    told.began(0, 1, 2)
    for at in range(1, 40, 2):
        assert told.ended(at, 2) + told.began(at + 1, 2) == []
    assert told.until(100) == []


def test_an_end_that_nobody_knows_a_beginning_of_opens_nothing() -> None:
    told = Told()
    assert told.ended(0, 1) == []
    assert told.about is None


def test_it_is_said_again_that_it_goes_on_as_often_as_the_policy_says_for_its_severity() -> None:
    told = Told({"repeat": {"info": None, "warning": "4 h", "critical": "1 h"}})
    told.began(0, 1)
    assert told.until(9 * 60) == [(240, "goes_on"), (480, "goes_on")]
    told.turned(490, Turn.WORSE, 1, severity=CRITICAL)
    assert told.until(620) == [(550, "goes_on"), (610, "goes_on")]
    assert told.last.about["repeats"] == 4


def test_a_rules_own_repeat_counts_more() -> None:
    told = Told(repeat=timedelta(minutes=30))
    told.began(0, 1, severity=INFO)
    assert told.until(60) == [(30, "goes_on"), (60, "goes_on")]


def test_without_a_repeat_nothing_is_said_again() -> None:
    told = Told()
    told.began(0, 1)
    assert told.due is None


STEPS = (
    Escalation(timedelta(minutes=30), bodies=("bauhof",)),
    Escalation(timedelta(hours=2), bodies=("rangers",), people=("p-1", "p-2")),
)


def test_without_an_answer_it_goes_to_further_bodies_and_people() -> None:
    told = Told(escalations=STEPS)
    told.began(0, 1)
    assert told.until(300) == [(30, "escalated"), (120, "escalated")]
    first, second = told.sayings[1:]
    assert (first.bodies, first.people, first.calls) == (("bauhof",), (), True)
    assert (second.bodies, second.people) == (("rangers",), ("p-1", "p-2"))


def test_whoever_an_escalation_told_hears_of_the_end() -> None:
    told = Told(escalations=STEPS)
    told.began(0, 1)
    told.until(300)
    told.ended(301, 1)
    assert (told.last.bodies, told.last.people) == (("bauhof", "rangers"), ("p-1", "p-2"))


def test_an_escalation_says_that_it_goes_on_so_no_repeat_stands_beside_it() -> None:
    told = Told(escalations=STEPS, repeat=timedelta(minutes=30))
    told.began(0, 1)
    assert told.until(70) == [(30, "escalated"), (60, "goes_on")]


def test_escalations_that_are_all_overdue_are_one_word() -> None:
    told = Told(escalations=STEPS)
    told.began(0, 1)
    assert told.look(600) == ["escalated"]
    assert told.last.bodies == ("bauhof", "rangers")


def test_a_policy_can_have_escalations_call_nobody() -> None:
    told = Told({"escalate_calls": False}, escalations=STEPS)
    told.began(0, 1)
    told.until(30)
    assert not told.last.calls


def test_everybody_is_called_from_the_severity_that_the_policy_names() -> None:
    assert [_calls(None), _calls("critical"), _calls("warning")] == [
        (False, False),
        (False, True),
        (True, True),
    ]


def _calls(from_severity: str | None) -> tuple[bool, bool]:
    told = Told({"call_from": from_severity})
    told.began(0, 1)
    told.turned(1, Turn.WORSE, 1, severity=CRITICAL)
    return told.sayings[0].calls, told.sayings[1].calls


def test_a_chart_follows_critical_alerts_and_those_whose_rule_wants_it() -> None:
    assert _pictures() == (False, True)
    assert _pictures(picture=True) == (True, True)
    assert _pictures(picture=False) == (False, False)


def _pictures(picture: bool | None = None) -> tuple[bool, bool]:
    told = Told(picture=picture)
    told.began(0, 1)
    told.turned(1, Turn.WORSE, 1, severity=CRITICAL)
    return told.sayings[0].picture, told.sayings[1].picture


def test_an_alert_whose_rule_left_the_registry_ends_and_says_so() -> None:
    told = Told()
    told.began(0, 1)
    told.book = book(rule(over(1.0), "another"), sensors=BRIDGES[:9])
    assert told.look(10) == ["ended"]
    assert (told.closed, told.last.about["end"]) == (AlertEnd.RULE_GONE, "rule_gone")


def test_an_alert_whose_last_sensor_left_the_registry_ends_and_one_that_has_others_goes_on() -> None:
    told = Told()
    told.began(0, 1, 2)
    told.book = book(told.rule, sensors=[BRIDGES[2]])
    assert (told.look(10), told.closed) == ([], None)
    told.book = book(told.rule, sensors=[BRIDGES[3]])
    assert (told.look(20), told.closed) == (["ended"], AlertEnd.RULE_GONE)


def test_an_alert_of_which_nothing_is_heard_any_more_ends_as_that_and_not_as_over() -> None:
    told = Told()
    told.began(0, 1, 2)
    told.ended(10, 1)
    assert told.ended(1500, 2, about={"unheard": repr(minute(60).timestamp())}) == ["ended"]
    assert (told.closed, told.last.about["unheard"]) == (AlertEnd.UNHEARD, minute(60).timestamp())


def test_what_is_late_is_told_as_late() -> None:
    told = Told()
    told.began(0, 1, late=True)
    assert told.last.about["late"]
    told.began(1, 2, late=False)
    told.until(10)
    assert not told.last.about["late"]


def test_a_word_names_the_new_sensors_first_and_then_the_worst() -> None:
    told = Told()
    told.began(0, 1)
    told.began(0.1, 2, severity=INFO)
    told.began(0.2, 3, severity=WARNING)
    told.until(10)
    assert [each["sensor"] for each in told.last.about["members"]] == ["b-3", "b-2", "b-1"]


def test_the_moment_of_a_turn_and_not_of_its_coming_counts_for_the_duration() -> None:
    told = Told()
    told.began(0, 1)
    told.ended(15, 1)
    assert told.last.about["ended"] == minute(15).timestamp()
