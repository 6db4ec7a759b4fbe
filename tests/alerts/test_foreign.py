"""Alerts of others: told once however often they are repeated, in whatever order they come."""

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.alerts.foreign import hear_foreign, key
from provisioner.alerts.states import SensorState, decode, encode
from provisioner.model.alerts import AlertSeverity, Foreign, Happened, Rule, Turn
from provisioner.model.sensors import ForeignAlert
from tests.support.watching import CRITICAL, INFO, WARNING, minute, rule

DISK = rule(Foreign({"alertname": "Disk"}), "disk")


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
