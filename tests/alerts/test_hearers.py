"""The registry names other bodies while an alert goes on: who comes to hear of it, and who hears no more."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.alerts.alert_states import AlertState, decode_alert, encode_alert
from provisioner.alerts.alerting import Advanced, Saying, advance, tick
from provisioner.alerts.book import Book
from provisioner.alerts.hearers import hearers, join, missed
from provisioner.alerts.quieting import quieted
from provisioner.model.alerts import AlertEnd, AlertSeverity, Happened, Quiet, Rule, SayingKind, Turn
from provisioner.model.sensors import Sensor
from tests.support.watching import CRITICAL, FLOOD, WARNING, book, minute, rule

Named = Mapping[str, Collection[str]]
"""By sensor the bodies that the registry names."""
CALM = {
    "quiet": {"up_to": None},
    "repeat": {"info": None, "warning": None, "critical": None},
    "group_seconds": 0,
}


class Network:
    """Alerts of all bodies on virtual time, as the intake and the clock move them."""

    def __init__(self, named: Named, **more: Any) -> None:
        self.rule: Rule = rule(FLOOD, **more)
        self.alerts: dict[tuple[str, str], str] = {}
        self.ends: list[tuple[str, AlertEnd]] = []
        self.sayings: list[tuple[str, Saying]] = []
        self.quiets: list[Quiet] = []
        self.at = 0.0
        self.book: Book = self._book(named)

    def _book(self, named: Named, **more: Any) -> Book:
        sensors = [
            Sensor(name, (f"pegel-{name}",), "ettlingen", "river", name, tuple(sorted(bodies)), mount_height=4.0)
            for name, bodies in named.items()
        ]
        return book(self.rule, policy=CALM, sensors=sensors, **more)

    def names(self, named: Named, **more: Any) -> list[tuple[str, str]]:
        """The registry changed, and the clock is looked at: (body, kind) of what is said."""
        self.at += 1
        self.book = self._book(named, **more)
        going_on = self.going_on
        for alert, members in missed(self.book, going_on).items():
            state = going_on.get(alert) or AlertState(opened=self.now.timestamp())
            join(state, members)
            self.alerts[alert] = encode_alert(state)
        return self.look()

    def look(self) -> list[tuple[str, str]]:
        said = []
        for (body, name), state in self.going_on.items():
            hushed = quieted(self.quiets, self.book, name, body, self.now)
            said += self._done(body, tick(self.book, name, body, state, self.now, quieted=hushed))
        return said

    def turn(self, turn: Turn, sensor: str, severity: AlertSeverity = WARNING) -> list[tuple[str, str]]:
        self.at += 1
        happened = Happened(turn, "rule", sensor, severity, self.now, self.now, 1.2, "level", peak=1.2)
        said, going_on = [], self.going_on
        for body in sorted(hearers(self.book, happened, going_on)):
            hushed = quieted(self.quiets, self.book, "rule", body, self.now)
            state = going_on.get((body, "rule"))
            if (advanced := advance(self.book, "rule", state, [happened], self.now, quieted=hushed)) is not None:
                said += self._done(body, advanced)
        return said

    @property
    def now(self) -> datetime:
        return minute(self.at)

    @property
    def going_on(self) -> dict[tuple[str, str], AlertState]:
        return {alert: decode_alert(about) for alert, about in self.alerts.items()}

    def about(self, body: str) -> Mapping[str, object]:
        """The facts of the last word to it."""
        return [saying.about for told, saying in self.sayings if told == body][-1]

    def _done(self, body: str, advanced: Advanced) -> list[tuple[str, str]]:
        if advanced.closed is None:
            self.alerts[body, "rule"] = encode_alert(advanced.state)
        else:
            self.alerts.pop((body, "rule"), None)
            self.ends.append((body, advanced.closed))
        self.sayings += [(body, saying) for saying in advanced.sayings]
        return [(body, str(saying.kind)) for saying in advanced.sayings if body]


def test_a_body_that_is_named_later_hears_once_that_it_goes_on_and_then_its_end() -> None:
    network = Network({"a": ["pegel"]})
    network.turn(Turn.BEGAN, "a")
    assert network.names({"a": ["pegel", "bauhof"]}) == [("bauhof", "first")]
    assert (network.about("bauhof")["joined"], network.about("bauhof")["since"]) == (True, minute(1).timestamp())
    assert network.names({"a": ["pegel", "bauhof"]}) == []
    assert network.turn(Turn.ENDED, "a") == [("bauhof", "ended"), ("pegel", "ended")]


def test_a_body_that_is_named_no_more_hears_nothing_but_the_end() -> None:
    network = Network({"a": ["pegel"]}, repeat=timedelta(minutes=5))
    network.turn(Turn.BEGAN, "a")
    assert network.names({"a": ["bauhof"]}) == [("bauhof", "first")]
    assert network.turn(Turn.WORSE, "a", CRITICAL) == [("bauhof", "worse")]
    network.at += 60
    assert network.look() == [("bauhof", "goes_on")]
    assert network.turn(Turn.ENDED, "a") == [("bauhof", "ended"), ("pegel", "ended")]
    assert network.alerts == {}


def test_a_body_that_had_not_heard_of_it_hears_nothing_at_all_once_another_is_named() -> None:
    network = Network({"a": ["pegel"]})
    network.quiets.append(Quiet(1, "body:pegel", minute(0), minute(100)))
    network.turn(Turn.BEGAN, "a")
    assert network.names({"a": ["bauhof"]}) == [("bauhof", "first")]
    assert network.ends == [("pegel", AlertEnd.HANDED_ON)]
    assert network.turn(Turn.ENDED, "a") == [("bauhof", "ended")]


def test_what_was_told_to_nobody_is_told_to_the_first_body_that_is_named() -> None:
    network = Network({"a": []})
    assert network.turn(Turn.BEGAN, "a") == []
    assert network.names({"a": ["pegel"]}) == [("pegel", "first")]
    assert [body for body, _ in network.alerts] == ["pegel"]
    network.names({"a": []})
    assert sorted(body for body, _ in network.alerts) == ["", "pegel"]


def test_a_body_that_is_named_again_is_told_anew_how_it_is() -> None:
    network = Network({"a": ["pegel"]})
    network.turn(Turn.BEGAN, "a")
    network.names({"a": ["bauhof"]})
    network.turn(Turn.WORSE, "a", CRITICAL)
    assert network.names({"a": ["pegel"]}) == [("pegel", "first")]
    assert (network.about("pegel")["severity"], network.about("pegel")["joined"]) == ("critical", True)
    assert network.turn(Turn.ENDED, "a") == [("bauhof", "ended"), ("pegel", "ended")]


def test_a_sensor_that_a_body_is_told_of_besides_is_one_more_in_its_alert() -> None:
    network = Network({"a": ["pegel"], "b": ["bauhof"]})
    network.turn(Turn.BEGAN, "a")
    network.turn(Turn.BEGAN, "b")
    assert network.names({"a": ["pegel", "bauhof"], "b": ["bauhof"]}) == [("bauhof", "more")]
    assert (network.about("bauhof")["count"], network.about("bauhof")["joined"]) == (2, False)


def test_a_sensor_that_is_anothers_now_does_not_make_an_alert_seem_to_get_better() -> None:
    network = Network({"a": ["pegel"], "b": ["pegel"]})
    network.turn(Turn.BEGAN, "a", CRITICAL)
    network.turn(Turn.BEGAN, "b")
    assert network.names({"a": ["bauhof"], "b": ["pegel"]}) == [("bauhof", "first")]
    assert network.turn(Turn.ENDED, "b") == []
    assert network.turn(Turn.ENDED, "a") == [("bauhof", "ended"), ("pegel", "ended")]


def test_a_sensor_that_comes_back_is_not_told_to_whom_the_registry_names_for_it_no_more() -> None:
    network = Network({"a": ["pegel"], "b": ["pegel"]})
    network.turn(Turn.BEGAN, "a")
    network.turn(Turn.BEGAN, "b")
    network.names({"a": ["bauhof"], "b": ["pegel"]})
    assert network.turn(Turn.ENDED, "a") == [("bauhof", "ended")]
    assert network.turn(Turn.BEGAN, "a") == [("bauhof", "first")]
    assert network.turn(Turn.ENDED, "b") == [("pegel", "ended")]


def test_who_may_only_be_missing_from_the_registry_is_not_taken_for_gone() -> None:
    network = Network({"a": ["pegel"]})
    network.turn(Turn.BEGAN, "a")
    assert network.names({}, alerting_blocked=frozenset({"sensors/a"})) == []
    assert network.turn(Turn.WORSE, "a", CRITICAL) == [("pegel", "worse")]


def test_alerts_that_the_last_version_kept_are_read() -> None:
    old = (
        '{"opened":1780297200.0,"members":{"b-1":{"severity":"warning","since":1780297200.0,"at":1780297200.0,'
        '"worst":"warning","value":1.2,"peak":1.3,"quantity":"level","told":"warning","about":{"device":"x"}}},'
        '"first_at":1780297200.0,"said_at":1780297200.0,"told":"warning","worst_told":"warning",'
        '"taken":["p-1",1780326000.0,7],"waiting_since":1780297200.0,"bodies":["bauhof"]}'
    )
    state = decode_alert(old)
    member = state.members["b-1"]
    assert (member.apart, member.joined, member.told, state.bodies) == (False, False, "warning", ["bauhof"])
    assert decode_alert(encode_alert(state)) == state


SENSORS, BODIES = ("a", "b", "c"), ("pegel", "bauhof", "rangers")
NAMED = st.fixed_dictionaries({sensor: st.sets(st.sampled_from(BODIES)) for sensor in SENSORS})
DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("turn"), st.sampled_from(SENSORS)),
        st.tuples(st.just("turn"), st.sampled_from(SENSORS)),
        st.tuples(st.just("names"), NAMED),
    ),
    max_size=25,
)


@given(NAMED, DEEDS)
@settings(deadline=None, max_examples=200)
def test_whoever_is_named_knows_what_goes_on_and_whoever_was_told_a_beginning_is_told_its_end(
    named: dict[str, set[str]], deeds: list[tuple[str, object]]
) -> None:
    """Against a model that remembers for each body only what it was told of and has not ended."""
    network, fires = Network(named), set[str]()
    told: dict[str, set[str]] = {body: set() for body in BODIES}
    heard_of: dict[str, set[str]] = {body: set() for body in BODIES}
    """Of what it was told, that which the registry still names it for."""
    life: dict[str, set[str]] = {body: set() for body in BODIES}
    """What its alert told it of: what comes back in it is no news."""
    for what, which in deeds:
        over: set[str] = set()
        if what == "names":
            assert isinstance(which, dict)
            named = which
            said = network.names(named)
        else:
            sensor = str(which)
            said = network.turn(Turn.ENDED if sensor in fires else Turn.BEGAN, sensor)
            over = fires & {sensor}
            fires ^= {sensor}
        for body in BODIES:
            should = {sensor for sensor in fires if body in named[sensor]}
            before, fresh = told[body], should - heard_of[body]
            told[body] = (before | should) - over
            heard_of[body] = should
            known = fresh <= life[body]
            life[body] |= fresh
            life[body] &= {sensor for sensor in SENSORS if told[body] and body in named[sensor]}
            kinds = [kind for one, kind in said if one == body]
            if before and not told[body]:
                assert kinds == [SayingKind.ENDED]
            elif fresh and not (known and what == "turn"):
                assert kinds in ([SayingKind.FIRST], [SayingKind.MORE])
                assert before or kinds == [SayingKind.FIRST]
            else:
                assert kinds == []
            state = network.going_on.get((body, "rule"))
            open_now = {key for key, one in state.members.items() if not one.ended} if state else set()
            assert open_now == told[body]
        everywhere = {key for state in network.going_on.values() for key, one in state.members.items() if not one.ended}
        assert everywhere == fires
