"""What a value has to do for a rule to fire, to get worse, to let go."""

from datetime import timedelta

import pytest

from provisioner.model.alerts import Applies, Happened, Level, LowBattery, Rate, Rule, Threshold, Turn
from tests.support.watching import ALB, CRITICAL, FLOOD, WARNING, Watched, minute, over, rule


def test_a_level_is_the_mount_height_minus_the_distance_in_the_units_of_people() -> None:
    watched = Watched(rule(over(1.0)))
    assert watched.send(0, {"distance": 2600}).kept == {"level": pytest.approx(1.4)}


def test_the_first_path_that_is_there_counts_and_true_is_one() -> None:
    watched = Watched(rule(over(1.0)))
    assert watched.send(0, {"temp": 3.0, "air.temperature": 4.0}).kept == {"temperature": 4.0}
    room = Watched(rule(over(1.0)), device="raum-1")
    assert room.send(0, {"window": True, "co2": 0}).kept == {"window": 1.0, "co2": 0.0}


def test_a_value_over_its_limit_begins_an_alert_and_one_at_the_limit_does_not() -> None:
    watched = Watched(rule(over(1.0)))
    watched.level(0, 1.0)
    assert watched.said() == []
    watched.level(10, 1.01)
    [turn] = watched.turns
    assert (turn.turn, turn.severity, turn.rule, turn.sensor) == (Turn.BEGAN, WARNING, "rule", "alb")
    assert (turn.at, turn.since, turn.quantity) == (minute(10), minute(10), "level")
    assert turn.value == pytest.approx(1.01)


def test_it_is_over_only_when_the_value_is_back_at_its_own_clear_value() -> None:
    watched = Watched(rule(over(1.0, clear=0.8)))
    for at, level in enumerate([1.1, 0.9, 1.1, 0.81]):
        watched.level(at, level)
    assert watched.said() == ["began warning"]
    watched.level(5, 0.8)
    assert watched.said() == ["ended warning"]


def test_without_a_clear_value_it_is_over_as_soon_as_the_limit_is_not_crossed() -> None:
    watched = Watched(rule(over(1.0)))
    watched.level(0, 1.1)
    watched.level(1, 1.0)
    assert watched.said() == ["began warning", "ended warning"]


def test_a_limit_can_look_down() -> None:
    watched = Watched(rule(Threshold("level", (Level(WARNING, below=0.5, clear=0.6),))))
    for at, level in enumerate([0.5, 0.49, 0.55, 0.6]):
        watched.level(at, level)
    turn = watched.turns[-1]
    assert watched.said() == ["began warning", "ended warning"]
    assert turn.peak == pytest.approx(0.49)


def test_the_end_knows_when_it_began_and_the_worst_value() -> None:
    watched = Watched(rule(over(1.0, clear=0.8)))
    for at, level in enumerate([1.1, 1.7, 1.2, 0.7]):
        watched.level(at * 10, level)
    end = watched.turns[-1]
    assert (end.turn, end.since, end.at) == (Turn.ENDED, minute(0), minute(30))
    assert (end.peak, end.value) == (pytest.approx(1.7), pytest.approx(0.7))


def test_severities_escalate_and_come_down() -> None:
    watched = Watched(rule(FLOOD))
    for at, level in enumerate([1.2, 2.1, 1.6, 1.4, 0.9, 0.8]):
        watched.level(at, level)
    assert watched.said() == ["began warning", "worse critical", "better warning", "ended warning"]


def test_a_leap_over_both_levels_begins_at_the_worse_and_a_fall_under_both_ends_at_once() -> None:
    watched = Watched(rule(FLOOD))
    watched.level(0, 2.5)
    watched.level(1, 0.2)
    assert watched.said() == ["began critical", "ended critical"]


def test_with_a_duration_it_fires_when_it_held_so_long_by_the_times_of_the_measurements() -> None:
    watched = Watched(rule(over(1.0, lasting=30)))
    watched.level(0, 1.1)
    watched.level(29, 1.1)
    watched.look(300)
    assert watched.said() == []
    watched.level(30, 1.2, received=500)
    [turn] = watched.turns
    assert (turn.since, turn.at) == (minute(0), minute(30))


def test_what_let_go_for_a_moment_waits_for_its_whole_duration_again() -> None:
    watched = Watched(rule(over(1.0, clear=0.5, lasting=30)))
    for at, level in [(0, 1.1), (20, 0.9), (40, 1.1), (69, 1.1)]:
        watched.level(at, level)
    assert watched.said() == []
    watched.level(70, 1.1)
    assert watched.said() == ["began warning"]


def test_each_level_has_to_hold_for_the_duration_by_itself() -> None:
    watched = Watched(rule(Threshold(FLOOD.quantity, FLOOD.levels, timedelta(minutes=30))))
    for at, level in [(0, 1.1), (20, 2.1), (30, 2.1), (49, 2.1), (50, 2.1)]:
        watched.level(at, level)
    assert [(turn.turn, turn.at) for turn in watched.turns] == [(Turn.BEGAN, minute(30)), (Turn.WORSE, minute(50))]


def test_a_value_outside_of_what_the_model_can_measure_is_counted_and_meets_no_rule() -> None:
    watched = Watched(rule(over(-9.0)))
    heard = watched.level(0, -1.5)
    assert (heard.kept, heard.refused, watched.said()) == ({}, ("outside:level",), [])


@pytest.mark.parametrize("value", [1e300, -1e300, float("nan"), float("inf")])
def test_a_number_that_nobody_can_count_with_is_refused(value: float) -> None:
    watched = Watched(rule(over(1.0)))
    assert watched.send(0, {"temp": value}).refused == ("outside:temperature",)
    assert watched.known.values == {}


def test_a_word_where_a_number_has_to_be_is_counted_and_the_other_values_hold() -> None:
    watched = Watched(rule(over(1.0)))
    heard = watched.send(0, {"temp": "NaN", "distance": 2000})
    assert (heard.refused, watched.said()) == (("no_number:temperature",), ["began warning"])


def test_a_message_without_the_value_changes_nothing() -> None:
    watched = Watched(rule(over(1.0)))
    watched.level(0, 1.1)
    watched.send(10, {"temp": 3.0})
    assert watched.said() == ["began warning"]


RISES = rule(Rate("level", timedelta(minutes=60), WARNING, rises=0.5))


def test_a_value_that_rises_by_so_much_within_the_time_fires_and_says_from_where() -> None:
    watched = Watched(RISES)
    for at, level in [(0, 1.0), (30, 1.2), (60, 1.5)]:
        watched.level(at, level)
    [turn] = watched.turns
    assert (turn.turn, turn.at) == (Turn.BEGAN, minute(60))
    assert float(turn.about["before"]) == pytest.approx(1.0)


def test_the_same_rise_over_a_longer_time_does_not_fire() -> None:
    watched = Watched(RISES)
    for at in range(0, 200, 20):
        watched.level(at, 1.0 + at * 0.008)
    assert watched.said() == []


def test_a_rise_is_over_when_less_than_half_of_it_is_left_within_the_time() -> None:
    watched = Watched(RISES)
    for at, level in [(0, 1.0), (10, 1.6), (40, 1.6), (60, 1.6)]:
        watched.level(at, level)
    assert watched.said() == ["began warning"]
    watched.level(71, 1.6)
    assert watched.said() == ["ended warning"]


def test_a_fall_is_measured_from_the_highest_value() -> None:
    watched = Watched(rule(Rate("level", timedelta(minutes=60), WARNING, falls=0.5, clear=0.1)))
    for at, level in [(0, 1.0), (10, 1.4), (20, 0.9)]:
        watched.level(at, level)
    [turn] = watched.turns
    assert float(turn.about["before"]) == pytest.approx(1.4)


def test_a_change_is_over_at_less_than_its_own_clear_value() -> None:
    fell = Watched(rule(Rate("level", timedelta(minutes=60), WARNING, falls=0.5, clear=0.1)))
    rose = Watched(rule(Rate("level", timedelta(minutes=60), WARNING, rises=0.5, clear=0.1)))
    for sensor, way in ((fell, -1), (rose, 1)):
        for at, change in [(0, 0.0), (20, 0.5), (50, 0.7), (75, 0.7)]:
            sensor.level(at, 2.0 + way * change)
        assert sensor.said() == ["began warning"], "within the hour it was less than half, but not less than that"
        sensor.level(90, 2.0 + way * 0.7)
        assert sensor.said() == ["ended warning"]


def test_what_a_rate_remembers_is_bounded_however_often_a_sensor_sends() -> None:
    watched = Watched(RISES)
    for at in range(1000):
        watched.level(at / 10, 1.0 + (at % 7) / 100)
    assert len(watched.known.recent["rule"]) <= 62
    watched.level(101, 1.6)
    assert watched.said() == ["began warning"]


LOW: Rule = rule(LowBattery(20, 30, WARNING))


@pytest.mark.parametrize("volts", [3.1, 2.0])
def test_a_battery_below_its_limit_fires_and_is_over_at_its_clear_value(volts: float) -> None:
    watched = Watched(LOW)
    watched.send(0, {"volts": 3.6})
    watched.send(10, {"volts": volts})
    assert 0 <= watched.turns[0].value <= 17  # type: ignore[operator]
    watched.send(20, {"volts": 3.15})
    assert watched.said() == ["began warning"]
    watched.send(30, {"volts": 3.18})
    assert watched.said() == ["ended warning"]


def test_what_the_sender_itself_tells_of_a_battery_counts_more_than_the_models_voltage() -> None:
    watched = Watched(LOW)
    assert watched.send(0, {"volts": 3.0}, battery=80.0).kept == {"battery": 80.0}
    watched.tell_battery(10, 15.0)
    assert watched.said() == ["began warning"]
    assert watched.tell_battery(5, 90.0).is_late
    assert watched.said() == []


@pytest.mark.parametrize("told", [float("nan"), float("inf"), float("-inf")])
def test_a_battery_that_is_no_number_is_refused(told: float) -> None:
    watched = Watched(LOW)
    heard = [watched.send(0, {}, battery=told), watched.tell_battery(10, told)]
    assert [one.refused for one in heard] == [("outside:battery",)] * 2
    assert watched.said() == []


def test_a_sensor_is_watched_only_by_rules_that_are_about_it_and_that_it_can_meet() -> None:
    rules = [
        rule(over(1.0), "all"),
        rule(over(1.0), "elsewhere", applies=Applies(organisations=frozenset({"rheinstetten"}))),
        rule(over(1.0), "tagged", applies=Applies(tags=frozenset({"bridge"}))),
        rule(over(1.0), "here", applies=Applies(sensors=frozenset({"alb"}), models=frozenset({"river"}))),
        rule(over(1.0), "sender", applies=Applies(senders=frozenset({"ttn"}))),
        rule(Threshold("co2", (Level(CRITICAL, above=1),)), "air"),
    ]
    watched = Watched(*rules, sensors=[ALB])
    assert [one.id for one in watched.station.rules] == ["all", "here"]
    assert sorted(str(each.arguments["rule"]) for each in watched.book.problems) == [
        "air",
        "elsewhere",
        "sender",
        "tagged",
    ]


def test_a_rule_that_is_about_a_sensor_no_more_ends_what_it_told() -> None:
    watched = Watched(rule(over(1.0)))
    watched.level(0, 1.5)
    watched.book = Watched(rule(over(9.0), "another")).book
    watched.look(10)
    ended: Happened = watched.turns[-1]
    assert (ended.turn, ended.rule, ended.about) == (Turn.ENDED, "rule", {"gone": "rule"})
    assert watched.known.watches == {}


def test_a_rule_that_got_another_level_is_judged_anew_with_the_next_value() -> None:
    watched = Watched(rule(over(1.0)))
    watched.level(0, 2.5)
    watched.book = Watched(rule(FLOOD)).book
    watched.level(10, 2.5)
    assert watched.said() == ["began warning", "worse critical"]
