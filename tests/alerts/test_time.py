"""Silence, hours, late and filled uplinks, counters: what depends on when something came."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from provisioner.alerts.hours import Window
from provisioner.alerts.sensing import Circumstances
from provisioner.model.alerts import Hours, Turn
from tests.support.watching import ALB, FLOOD, HEARD, SILENT, START, Watched, minute, over, rule

FILLS = Circumstances(listening_since=START, fills=True)
UNHEARD = Circumstances()


def test_a_sensor_that_says_nothing_for_so_many_of_its_intervals_is_silent() -> None:
    watched = Watched(rule(SILENT))
    watched.level(0, 1.0)
    assert watched.due(0) == minute(30)
    watched.look(29.9)
    assert watched.said() == []
    watched.look(30)
    [turn] = watched.turns
    assert (turn.turn, turn.at, turn.since) == (Turn.BEGAN, minute(30), minute(0))
    assert watched.due(30) is None
    watched.level(44, 1.0)
    assert [(each.turn, each.at) for each in watched.turns[1:]] == [(Turn.ENDED, minute(44))]
    assert watched.due(44) == minute(74)


def test_the_sensors_own_interval_counts_more_than_its_models() -> None:
    watched = Watched(rule(SILENT), sensors=[replace(ALB, interval=timedelta(hours=1))])
    watched.level(0, 1.0)
    assert watched.due(0) == minute(180)


def test_silence_counts_from_when_somebody_listens_again() -> None:
    watched = Watched(rule(SILENT))
    watched.level(0, 1.0)
    again = Circumstances(listening_since=minute(100))
    watched.look(129, again)
    assert watched.said() == []
    assert watched.due(129, again) == minute(130)
    watched.look(130, again)
    assert watched.said() == ["began warning"]


@pytest.mark.parametrize("circumstances", [UNHEARD, FILLS])
def test_nobody_is_called_silent_while_nobody_listens_or_a_gap_is_being_filled(circumstances: Circumstances) -> None:
    watched = Watched(rule(SILENT))
    watched.level(0, 1.0)
    watched.look(500, circumstances)
    assert watched.said() == []
    due = watched.due(500, circumstances)
    assert due is not None
    assert due > minute(500)


def test_a_sensor_that_never_sent_is_silent_from_when_it_was_first_looked_for() -> None:
    watched = Watched(rule(SILENT))
    watched.look(100)
    watched.look(129)
    assert watched.said() == []
    watched.look(130)
    [turn] = watched.turns
    assert (turn.turn, turn.since, "last" in turn.about) == (Turn.BEGAN, minute(100), False)


def test_silence_never_races_data_what_is_newer_than_the_limit_keeps_it_away_however_late_it_is_looked_at() -> None:
    watched = Watched(rule(SILENT))
    watched.level(0, 1.0)
    watched.level(29, 1.0)
    watched.look(58.9)
    assert watched.said() == []


def test_an_old_uplink_of_a_silent_sensor_does_not_end_its_silence() -> None:
    watched = Watched(rule(SILENT))
    watched.level(0, 1.0)
    watched.look(100)
    watched.level(20, 1.0, received=101, filled=True)
    watched.look(102)
    assert watched.said() == ["began warning"]
    watched.level(90, 1.0, received=103, filled=True)
    watched.look(104)
    assert watched.said() == ["ended warning"]


def test_a_dead_gateway_mutes_the_silence_of_sensors_that_only_it_hears() -> None:
    watched = Watched(rule(SILENT))
    watched.level(0, 1.0, gateways=("roof", "tower"))
    one_down = Circumstances(START, gateways_down=frozenset({"roof"}))
    both_down = Circumstances(START, gateways_down=frozenset({"roof", "tower"}))
    watched.look(40, both_down)
    assert watched.said() == []
    watched.look(40, one_down)
    assert watched.said() == ["began warning"]


def test_after_a_gateway_came_back_its_sensors_have_their_whole_time_again() -> None:
    watched = Watched(rule(SILENT))
    watched.level(0, 1.0, gateways=("roof",))
    back = Circumstances(START, gateways_since={"roof": minute(100)})
    watched.look(129, back)
    assert watched.said() == []
    watched.look(130, back)
    assert watched.said() == ["began warning"]


def test_of_several_gateways_the_one_that_came_back_first_counts() -> None:
    watched = Watched(rule(SILENT))
    watched.level(0, 1.0, gateways=("roof", "tower"))
    back = Circumstances(START, gateways_since={"roof": minute(100), "tower": minute(200)})
    watched.look(129, back)
    assert watched.said() == []
    watched.look(130, back)
    assert watched.said() == ["began warning"]


def test_a_gateway_is_forgotten_that_did_not_hear_the_last_few_uplinks() -> None:
    watched = Watched(rule(SILENT))
    watched.level(0, 1.0, gateways=("far", "roof"))
    for at in range(1, 7):
        watched.level(at, 1.0, gateways=("roof",))
    assert watched.known.gateways.keys() == {"roof"}


AT_SCHOOL = Hours(frozenset(range(5)), time(8), time(16))
AT_NIGHT = Hours(frozenset({0}), time(22), time(6))


def test_what_fires_outside_of_its_hours_is_told_when_they_begin_if_it_still_is_true() -> None:
    watched = Watched(rule(over(1.0), hours=AT_SCHOOL))
    evening = 10 * 60  # Monday, 19:00
    watched.level(evening, 1.5)
    assert watched.said() == []
    tuesday_at_eight = minute(23 * 60)
    assert watched.due(evening) == tuesday_at_eight
    watched.look(23 * 60)
    [turn] = watched.turns
    assert (turn.turn, turn.at, turn.since) == (Turn.BEGAN, tuesday_at_eight, minute(evening))


def test_what_came_and_went_outside_of_the_hours_is_not_told() -> None:
    watched = Watched(rule(over(1.0), hours=AT_SCHOOL))
    watched.level(10 * 60, 1.5)
    watched.level(11 * 60, 0.5)
    watched.look(23 * 60)
    assert watched.said() == []
    assert watched.known.watches == {}


def test_what_was_told_ends_at_once_and_gets_worse_only_within_the_hours() -> None:
    watched = Watched(rule(FLOOD, hours=AT_SCHOOL))
    watched.level(0, 1.5)
    watched.level(10 * 60, 2.5)
    assert watched.said() == ["began warning"]
    watched.look(23 * 60)
    assert watched.said() == ["worse critical"]
    watched.level(23 * 60 + 600, 0.0)
    assert watched.said() == ["ended critical"]


@pytest.mark.parametrize(
    ("hours", "clock", "holds"),
    [
        (AT_SCHOOL, "2026-06-01 08:00", True),
        (AT_SCHOOL, "2026-06-01 15:59", True),
        (AT_SCHOOL, "2026-06-01 16:00", False),
        (AT_SCHOOL, "2026-06-06 12:00", False),
        (AT_NIGHT, "2026-06-01 23:00", True),
        (AT_NIGHT, "2026-06-02 05:59", True),
        (AT_NIGHT, "2026-06-02 06:00", False),
        (AT_NIGHT, "2026-06-01 05:00", False),
        (Hours(frozenset({6})), "2026-06-07 00:00", True),
        (Hours(frozenset({6})), "2026-06-08 00:00", False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(hours: Hours, clock: str, holds: bool) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    window = Window(berlin, hours.days, hours.begin, hours.end)
    moment = datetime.fromisoformat(clock).replace(tzinfo=berlin).timestamp()
    assert window.holds(moment) is holds
    begins = window.next_begin(moment)
    assert begins is not None
    assert begins > moment
    assert window.holds(begins)


def test_hours_go_by_the_clock_on_the_wall_also_when_it_is_changed() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    window = Window(berlin, frozenset(range(7)), time(8), time(16))
    before = datetime(2026, 10, 24, 20, tzinfo=berlin).timestamp()
    assert window.next_begin(before) == datetime(2026, 10, 25, 7, tzinfo=UTC).timestamp()


def test_a_late_uplink_completes_the_history_and_neither_begins_nor_ends_anything() -> None:
    watched = Watched(rule(over(1.0)))
    watched.level(10, 0.5)
    before = watched.known
    heard = watched.level(5, 9.0, received=20)
    assert (heard.is_late, heard.kept) == (True, {"level": pytest.approx(9.0)})
    watched.level(30, 1.5, received=30)
    watched.level(20, 0.0, received=40)
    assert watched.said() == ["began warning"]
    assert watched.known.newest > before.newest


def test_a_late_uplink_moves_no_timer() -> None:
    watched = Watched(rule(SILENT), rule(over(1.0, lasting=30), "lasting"))
    watched.level(10, 1.5)
    due = watched.due(10)
    watched.level(5, 0.0, received=20)
    assert watched.due(10) == due
    watched.level(40, 1.5)
    assert watched.said() == ["began warning"]


def test_what_began_in_a_gap_and_is_still_true_is_told_as_late_when_the_gap_is_filled() -> None:
    watched = Watched(rule(over(1.0)))
    watched.level(0, 0.5)
    watched.level(20, 1.5, received=60, filled=True)
    watched.look(61, FILLS)
    assert watched.said() == []
    assert (watched.due(61, FILLS), watched.due(61)) == (minute(62), minute(61))
    watched.look(62)
    [turn] = watched.turns
    assert (turn.turn, turn.late, turn.since) == (Turn.BEGAN, True, minute(20))
    assert (turn.at, turn.measured) == (minute(62), minute(20))


def test_what_came_and_went_in_a_gap_is_only_in_the_history() -> None:
    watched = Watched(rule(over(1.0)))
    heard = [watched.level(at, level, received=60, filled=True) for at, level in [(0, 0.5), (20, 1.5), (40, 0.5)]]
    watched.look(62)
    assert watched.said() == []
    assert [one.kept["level"] for one in heard] == pytest.approx([0.5, 1.5, 0.5])


def test_what_ended_in_a_gap_is_told_when_it_is_filled() -> None:
    watched = Watched(rule(over(1.0)))
    watched.level(0, 1.5)
    watched.level(20, 0.5, received=60, filled=True)
    assert watched.said() == ["began warning"]
    watched.look(62)
    assert watched.said() == ["ended warning"]


def test_a_live_uplink_during_the_filling_is_told_at_once() -> None:
    watched = Watched(rule(over(1.0)))
    watched.level(20, 1.5, received=60, filled=True)
    watched.level(61, 1.6)
    assert [(turn.turn, turn.late) for turn in watched.turns] == [(Turn.BEGAN, True)]
    watched.level(40, 0.0, received=62, filled=True)
    watched.look(63)
    assert watched.said() == ["began warning"]


def test_the_same_uplink_48_seconds_later_counts_once() -> None:
    watched = Watched(rule(over(1.0)))
    watched.level(0, 1.5, counter=7)
    again = watched.level(0.8, 0.5, counter=7)
    assert again.is_repeated
    assert watched.said() == ["began warning"]


def test_a_counter_that_restarts_is_a_new_generation_and_its_uplinks_count() -> None:
    watched = Watched(rule(over(1.0)))
    watched.level(0, 0.5, counter=900)
    watched.level(10, 0.5, counter=1)
    watched.level(20, 1.5, counter=2)
    watched.level(30, 1.5, counter=0, session="another")
    assert watched.said() == ["began warning"]
    assert (watched.known.generation, watched.known.missing) == (2, 0)


def test_a_counter_that_comes_back_to_the_same_number_after_hours_is_no_repetition() -> None:
    watched = Watched(rule(over(1.0)))
    watched.level(0, 0.5, counter=1)
    watched.level(120, 1.5, counter=1)
    assert watched.said() == ["began warning"]


def test_uplinks_that_never_came_are_counted_and_those_that_come_late_are_not() -> None:
    watched = Watched(rule(over(1.0)))
    watched.level(0, 0.5, counter=10)
    watched.level(40, 0.5, counter=14)
    assert watched.known.missing == 3
    watched.level(20, 0.5, counter=12, received=50)
    assert watched.known.missing == 2
    watched.level(-20, 0.5, counter=8, received=51)
    assert watched.known.missing == 2


def test_two_measurements_of_one_second_go_by_their_counters() -> None:
    watched = Watched(rule(over(1.0)))
    watched.level(0, 0.5, counter=1)
    watched.level(0, 1.5, counter=2)
    assert watched.said() == ["began warning"]
    assert watched.level(0, 0.1, counter=1).is_late


def test_a_battery_told_apart_keeps_no_sensor_from_being_silent() -> None:
    watched = Watched(rule(SILENT))
    watched.level(0, 1.0)
    watched.tell_battery(20, 90)
    watched.look(30, HEARD)
    assert watched.said() == ["began warning"]
