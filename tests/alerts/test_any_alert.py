"""Any turns, looks, answers and silences in any order: what may be said of an alert, and what must be."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.alerts import AlertSeverity, Escalation, SayingKind, Turn
from tests.support.telling import Told
from tests.support.watching import CRITICAL, INFO, WARNING

POLICIES = st.sampled_from(
    [
        {},
        {"repeat": {"info": "3 h", "warning": "2 h", "critical": "1 h"}},
        {"quiet": {"begin": "22:00", "end": "06:00", "up_to": "warning"}, "repeat": {"warning": "2 h"}},
        {"group_seconds": 0, "quiet": {"begin": "12:00", "end": "12:30", "up_to": "info"}},
    ]
)
STEPS = (Escalation(timedelta(minutes=45), ("bauhof",)), Escalation(timedelta(hours=5), ("rangers",), ("p-2",)))
BRIDGE = st.integers(1, 4)
SEVERITY = st.sampled_from([INFO, WARNING, CRITICAL])
DEEDS = st.lists(
    st.tuples(
        st.sampled_from([0.3, 7.0, 31.7, 100.0, 400.3]),
        st.one_of(
            st.tuples(st.just("turn"), BRIDGE, SEVERITY),
            st.tuples(st.just("turn"), BRIDGE, SEVERITY),
            st.tuples(st.just("end"), BRIDGE),
            st.just(("take",)),
            st.just(("back",)),
            st.tuples(st.just("mute"), st.sampled_from(["all", "sensor:b-1", "body:pegel"])),
            st.just(("wait",)),
        ),
    ),
    min_size=1,
    max_size=25,
)


class Played:
    """Does them one after the other, looks whenever it is due, and notes what goes on."""

    def __init__(self, policy: dict[str, object]) -> None:
        self.told = Told(policy, escalations=STEPS)
        self.at = 0.0
        self.open: dict[int, AlertSeverity] = {}
        self.lives: list[list[str]] = [[]]
        """By alert: what was said of it."""

    def do(self, after: float, deed: tuple[object, ...]) -> None:
        told = self.told
        self.note([kind for _, kind in told.until(self.at + after)])
        self.at += after
        match deed:
            case ("turn", int(bridge), AlertSeverity() as severity):
                before = self.open.get(bridge)
                if before is severity:
                    return
                turn = Turn.BEGAN if before is None else Turn.WORSE if severity.rank > before.rank else Turn.BETTER
                self.open[bridge] = severity
                self.note(told.turned(self.at, turn, bridge, severity=severity))
            case ("end", int(bridge)) if bridge in self.open:
                severity = self.open.pop(bridge)
                self.note(told.turned(self.at, Turn.ENDED, bridge, severity=severity))
            case ("take",) if told.about is not None:
                self.note(told.take_on(self.at, hours=3))
            case ("back",) if told.about is not None:
                self.note(told.give_back(self.at))
            case ("mute", str(scope)):
                told.mute(scope, self.at, self.at + 90)
                if told.about is not None:
                    self.note(told.look(self.at))

    def note(self, said: list[str]) -> None:
        self.lives[-1] += said
        if self.told.closed is not None:
            self.told.closed = None
            self.lives.append([])


@given(POLICIES, DEEDS)
@settings(deadline=None, max_examples=200)
def test_each_alert_has_one_first_word_and_one_end_and_nothing_before_or_behind(
    policy: dict[str, object], deeds: list[tuple[float, tuple[object, ...]]]
) -> None:
    played = Played(policy)
    for after, deed in deeds:
        played.do(after, deed)
    for said in played.lives:
        words = [kind for kind in said if kind not in (SayingKind.TAKEN, SayingKind.GIVEN_BACK)]
        assert words.count(SayingKind.FIRST) <= 1
        assert words.count(SayingKind.ENDED) <= 1
        if SayingKind.FIRST in words:
            assert words[0] == SayingKind.FIRST
        else:
            assert words in ([], [SayingKind.ENDED])
        if SayingKind.ENDED in words:
            assert said[-1] == SayingKind.ENDED


@given(POLICIES, DEEDS)
@settings(deadline=None, max_examples=150)
def test_it_is_open_as_long_as_one_of_its_sensors_fires_and_in_the_end_people_know_the_truth(
    policy: dict[str, object], deeds: list[tuple[float, tuple[object, ...]]]
) -> None:
    played = Played(policy)
    for after, deed in deeds:
        played.do(after, deed)
        assert (played.told.about is None) == (not played.open)
    played.do(3 * 24 * 60, ("wait",))
    if not played.open:
        return
    state = played.told.state
    worst = max(played.open.values(), key=lambda severity: severity.rank)
    assert state.told == worst
    assert all(state.members[f"b-{bridge}"].told for bridge in played.open)
    assert not state.hushed
    assert not state.put_off


@given(POLICIES, DEEDS)
@settings(deadline=None, max_examples=100)
def test_a_silence_says_nothing_while_it_holds_but_who_has_it(
    policy: dict[str, object], deeds: list[tuple[float, tuple[object, ...]]]
) -> None:
    played = Played(policy)
    for after, deed in deeds:
        played.do(after, deed)
    whole = [quiet for quiet in played.told.quiets if quiet.scope != "sensor:b-1"]
    for saying in played.told.sayings:
        said_at = saying.not_before or datetime.fromtimestamp(saying.about["now"], UTC)
        if saying.kind not in (SayingKind.TAKEN, SayingKind.GIVEN_BACK):
            # What was due at the very moment in which it begins was said just before.
            assert not any(quiet.since < said_at < quiet.until for quiet in whole)
