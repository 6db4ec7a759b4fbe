"""Kept uplinks on virtual time: when a rule would have fired."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from provisioner.alerts.replay import Replayed, Told, replay
from provisioner.model.alerts import Escalation, Expression, LowBattery, Rule
from provisioner.model.sensors import BatteryNews, DeviceName, Uplink
from tests.support.watching import FLOOD, SILENT, WARNING, Watched, book, minute, over, rule

CALM = {"quiet": {"up_to": None}}


def uplink(minutes: float, metres: float, device: str = "pegel-alb") -> Uplink:
    """As a storage gives it: it came long after it was measured."""
    at, values = minute(minutes), {"distance": (4 - metres) * 1000}
    return Uplink("ttn", DeviceName(device), at, minute(100_000), "s", int(minutes * 10), values, filled=True)


def played(uplinks: Iterable[Told], *rules: Rule, only: str | None = None, until: float | None = None) -> list[str]:
    found = replay(book(*rules, policy=CALM), uplinks, only=only, until=None if until is None else minute(until))
    return [_line(one) for one in found]


def _line(one: Replayed) -> str:
    minutes = (one.at - minute(0)).total_seconds() / 60
    if one.undecided:
        return f"{minutes:g} {one.rule} undecided: {', '.join(sorted(one.undecided))} of {one.sensor}"
    return f"{minutes:g} {one.rule} " + (f"{one.happened.turn}" if one.happened else f"says {one.saying.kind}")  # type: ignore[union-attr]


def test_it_tells_when_a_rule_would_have_fired_and_what_would_have_been_said() -> None:
    told = played([uplink(at, level) for at, level in [(0, 0.5), (15, 1.2), (30, 2.5), (45, 0.3)]], rule(FLOOD))
    assert told == [
        "15 rule began",
        "15 rule says first",
        "30 rule worse",
        "30 rule says worse",
        "45 rule ended",
        "45 rule says ended",
    ]


def test_it_goes_in_the_order_of_the_measurements_whatever_the_order_of_the_file() -> None:
    uplinks = [uplink(at, level) for at, level in [(0, 0.5), (15, 1.2), (30, 2.5), (45, 0.3)]]
    assert played(reversed(uplinks), rule(FLOOD)) == played(uplinks, rule(FLOOD))


def test_time_passes_between_uplinks_silence_escalations_and_repeats_included() -> None:
    loud = rule(
        SILENT, "loud", repeat=timedelta(minutes=60), escalations=(Escalation(timedelta(minutes=20), ("bauhof",)),)
    )
    assert played([uplink(0, 0.5), uplink(120, 0.5)], loud) == [
        "30 loud began",
        "30 loud says first",
        "50 loud says escalated",
        "110 loud says goes_on",
        "120 loud ended",
        "120 loud says ended",
    ]


def test_time_goes_on_behind_the_last_uplink_as_long_as_asked_for() -> None:
    assert played([uplink(0, 0.5)], rule(SILENT)) == []
    assert played([uplink(0, 0.5)], rule(SILENT), until=30) == ["30 rule began", "30 rule says first"]


def test_one_rule_alone_can_be_asked_for_and_unknown_devices_are_passed_over() -> None:
    uplinks = [uplink(0, 1.5), uplink(5, 1.5, "nobody")]
    rules = [rule(over(1.0), "a"), rule(over(1.2), "b")]
    assert played(uplinks, *rules, only="b") == ["0 b began", "0 b says first"]
    assert played([uplink(5, 1.5, "nobody")], *rules) == []
    assert played([], *rules) == []


def test_it_says_what_an_expression_lacks_once_for_as_long_as_it_lacks_it() -> None:
    wet = rule(Expression("level > 1 and temperature < 0", None, WARNING), "wet")
    uplinks = [uplink(at, 1.5) for at in (10, 20, 30, 40, 50, 60)]
    uplinks[2] = replace(uplinks[2], values={"temp": 5.0})
    assert played(uplinks, wet) == ["10 wet undecided: temperature of alb"]
    uplinks.append(uplink(61, 1.5))
    assert played(uplinks, wet)[1:] == ["61 wet undecided: temperature of alb"]


def test_a_battery_that_is_told_apart_from_measurements_counts_and_ends_no_silence() -> None:
    batteries = [
        BatteryNews("ttn", DeviceName("pegel-alb"), minute(at), percent) for at, percent in [(10, 15), (40, 90)]
    ]
    rules = [rule(LowBattery(20, 30, WARNING), "low"), rule(SILENT, "silent")]
    assert [one for one in played([*batteries, uplink(0, 0.5)], *rules) if "says" not in one] == [
        "10 low began",
        "30 silent began",
        "40 low ended",
    ]


def test_it_turns_as_the_bridge_would_have_turned() -> None:
    levels = [0.5, 1.2, 0.9, 2.2, 1.6, 1.4, 0.7, 1.1]
    live = Watched(rule(FLOOD))
    for number, level in enumerate(levels):
        live.level(number * 10, level)
    again = replay(live.book, [uplink(number * 10, level) for number, level in enumerate(levels)])
    turns = [one.happened for one in again if one.happened]
    assert [(turn.turn, turn.at) for turn in turns] == [(turn.turn, turn.at) for turn in live.turns]
