"""Alerts of others: told once however often they are repeated, in whatever order they come; over when nothing does."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.alerts.foreign import due_foreign, hear_foreign, key, look_foreign
from provisioner.alerts.states import SensorState, decode, encode
from provisioner.model.alerts import AlertSeverity, Foreign, Happened, Rule, Turn
from provisioner.model.sensors import ForeignAlert
from tests.support.watching import CRITICAL, INFO, WARNING, book, minute, rule

DISK = rule(Foreign({"alertname": "Disk"}), "disk")
HOURLY = rule(Foreign({"alertname": "Disk"}, unheard=timedelta(hours=1)), "disk")


class Told:
    def __init__(self) -> None:
        self.about: str | None = None
        self.turns: list[Happened] = []

    def hear(self, at: float, began: float, ended: float | None = None, by: Rule = DISK, **labels: str) -> list[str]:
        moment = minute(at)
        alert = ForeignAlert(
            "prom",
            "f1",
            "Disk",
            ended is None,
            moment,
            minute(began),
            None if ended is None else minute(ended),
            labels,
            summary="Platte voll",
            links=("https://grafana.example/d",),
        )
        state: SensorState | None = None if self.about is None else decode(self.about)
        heard = hear_foreign(by, state, alert, moment)
        self.about = encode(heard.state)
        self.turns += heard.happened
        assert all(turn.sensor == key(alert) == "prom:f1" for turn in heard.happened)
        return [f"{turn.turn} {turn.severity}" for turn in heard.happened]

    def look(self, at: float, by: Rule, listens: float | None = 0, policy: dict[str, Any] | None = None) -> list[str]:
        """``listens``: since which minute. Nobody looks before it is due, or for nothing."""
        assert self.about is not None
        known, state = book(by, policy=policy), decode(self.about)
        since = None if listens is None else minute(listens)
        due = due_foreign(known, state, minute(at), since)
        heard = look_foreign(known, "prom:f1", state, minute(at), since)
        assert not heard.happened or (due is not None and due <= minute(at))
        assert due is None or listens is None or due > minute(at) or heard.happened
        self.about = encode(heard.state)
        self.turns += heard.happened
        return [f"{turn.turn} {turn.severity}" for turn in heard.happened]


def test_it_begins_when_it_says_and_its_repetitions_say_nothing() -> None:
    told = Told()
    assert told.hear(5, 0) == ["began warning"]
    assert [told.hear(at, 0) for at in (10, 15)] == [[], []]
    assert (told.turns[0].since, told.turns[0].about["summary"]) == (minute(0), "Platte voll")


def test_it_is_over_once() -> None:
    told = Told()
    told.hear(5, 0)
    assert [told.hear(10, 0, 9), told.hear(11, 0, 9)] == [["ended warning"], []]


def test_an_end_of_what_never_began_is_nothing() -> None:
    assert Told().hear(10, 0, 9) == []


def test_a_beginning_that_comes_after_its_end_is_old_news() -> None:
    told = Told()
    told.hear(5, 0)
    told.hear(10, 0, 9)
    assert told.hear(12, 0) == []
    assert told.hear(20, 19) == ["began warning"]
    assert told.hear(21, 0, 9) == []


def test_the_rule_says_how_bad_it_is_else_its_label_else_it_is_a_warning() -> None:
    assert Told().hear(0, 0, severity="critical") == ["began critical"]
    assert Told().hear(0, 0, severity="Page") == ["began critical"]
    assert Told().hear(0, 0, severity="purple") == ["began warning"]
    fixed = rule(Foreign({}, INFO))
    assert Told().hear(0, 0, by=fixed, severity="critical") == ["began info"]


def test_another_label_makes_it_worse_or_better() -> None:
    told = Told()
    said = [told.hear(at, 0, severity=word) for at, word in enumerate(["warning", "critical", "critical", "info"])]
    assert said == [["began warning"], ["worse critical"], [], ["better info"]]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 10, 20]),
            st.sampled_from([None, 5, 15, 25]),
            st.sampled_from([INFO, WARNING, CRITICAL]),
        ),
        max_size=20,
    )
)
@settings(deadline=None, max_examples=200)
def test_whatever_comes_in_whatever_order_each_turn_can_follow_the_one_before(
    messages: list[tuple[int, int | None, AlertSeverity]],
) -> None:
    told = Told()
    for at, (began, ended, severity) in enumerate(messages):
        told.hear(30 + at, began, ended, severity=severity.value)
    open_with: AlertSeverity | None = None
    for turn in told.turns:
        assert (turn.turn is Turn.BEGAN) == (open_with is None)
        if open_with is not None and turn.turn is not Turn.ENDED:
            assert (turn.turn is Turn.WORSE) == (turn.severity.rank > open_with.rank)
            assert turn.severity is not open_with
        open_with = None if turn.turn is Turn.ENDED else turn.severity


def test_what_nothing_is_heard_of_any_more_is_over_and_begins_anew_when_it_comes_again() -> None:
    told = Told()
    told.hear(0, -30)
    told.hear(50, -30)
    assert [told.look(109, HOURLY), told.look(110, HOURLY)] == [[], ["ended warning"]]
    assert told.turns[-1].about == {"unheard": repr(minute(50).timestamp())}
    assert told.hear(300, -30) == ["began warning"]
    assert told.turns[-1].since == minute(-30)


def test_an_end_that_comes_after_all_says_nothing_more() -> None:
    told = Told()
    told.hear(0, 0)
    told.look(60, HOURLY)
    assert told.hear(70, 0, 65) == []


@pytest.mark.parametrize(
    ("unheard", "policy", "hours"),
    [
        (None, {}, 24),
        (None, {"foreign_unheard": "3 h"}, 3),
        (None, {"foreign_unheard": None}, None),
        (timedelta(hours=2), {"foreign_unheard": None}, 2),
        (timedelta(), {}, None),
    ],
)
def test_the_policy_says_how_long_is_waited_and_a_rules_own_counts_more(
    unheard: timedelta | None, policy: dict[str, Any], hours: int | None
) -> None:
    told, by = Told(), rule(Foreign({}, unheard=unheard), "disk")
    told.hear(0, 0, by=by)
    found = [at for at in range(1, 400) if told.look(at * 60, by, policy=policy)]
    assert found == ([] if hours is None else [hours])


def test_an_alert_that_another_rule_is_about_now_is_over_under_the_one_before() -> None:
    told = Told()
    told.hear(0, 0)
    assert told.hear(5, 0, by=rule(Foreign({}), "other")) == ["ended warning", "began warning"]
    assert [turn.rule for turn in told.turns] == ["disk", "disk", "other"]


@given(
    st.lists(
        st.tuples(st.sampled_from([1, 20, 59, 60, 61, 300]), st.sampled_from(["hear", "look", "deaf", "listen"])),
        max_size=30,
    )
)
@settings(deadline=None, max_examples=200)
def test_it_is_over_exactly_when_we_listened_for_so_long_and_heard_nothing(steps: list[tuple[int, str]]) -> None:
    told, at, last = Told(), 0, 0
    listens: int | None = 0
    told.hear(0, 0)
    goes_on = True
    for gap, what in steps:
        at += gap
        match what:
            case "hear":
                assert told.hear(at, 0) == ([] if goes_on else ["began warning"])
                goes_on, last = True, at
            case "deaf":
                listens = None
            case "listen" if listens is None:
                listens = at
            case _:
                over = listens is not None and at - max(last, listens) >= 60
                assert told.look(at, HOURLY, listens) == (["ended warning"] if over and goes_on else [])
                goes_on = goes_on and not over
