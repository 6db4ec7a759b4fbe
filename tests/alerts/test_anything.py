"""Any values at any times on virtual time: a sensor's states against a slow and simple model of what rules mean."""

from collections.abc import Sequence
from datetime import time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.alerts.sensing import Circumstances, SensorState, decode, encode
from provisioner.model.alerts import Happened, Hours, Level, Threshold, Turn
from tests.support.watching import CRITICAL, INFO, SILENT, START, WARNING, Watched, minute, rule

LEVELS = (Level(INFO, above=1.0), Level(WARNING, above=2.0, clear=1.5), Level(CRITICAL, above=3.0, clear=1.2))
LIMIT = 30
"""Minutes after which `SILENT` fires."""

gaps = st.sampled_from([0.5, 1.0, 4.0, 5.0, 9.99, 10.0, 29.0, 30.0, 31.0, 100.0])
metres = st.sampled_from([0.0, 0.9, 1.0, 1.1, 1.2, 1.3, 1.5, 1.9, 2.0, 2.1, 2.9, 3.1])
measured = st.lists(st.tuples(gaps, metres), max_size=25).map(
    lambda steps: [(sum(gap for gap, _ in steps[: index + 1]), level) for index, (_, level) in enumerate(steps)]
)
waits = st.sampled_from([0, 5, 20])


def simple(points: Sequence[tuple[float, float]], lasting: float) -> list[str | None]:
    """After each point the severity that holds, thought from the beginning every time."""
    return [_simple(points[: index + 1], lasting) for index in range(len(points))]


def _simple(points: Sequence[tuple[float, float]], lasting: float) -> str | None:
    worst = None
    for level in LEVELS:
        on, limit = False, level.above or 0.0
        for index, (at, value) in enumerate(points):
            crossed_since = at
            for earlier, before in reversed(points[: index + 1]):
                if before <= limit:
                    break
                crossed_since = earlier
            if value > limit:
                on = on or at - crossed_since >= lasting - 1e-6
            elif value <= (limit if level.clear is None else level.clear):
                on = False
        worst = level.severity.value if on else worst
    return worst


def watched(lasting: float = 0) -> Watched:
    return Watched(rule(Threshold("level", LEVELS, timedelta(minutes=lasting))))


def holds_now(turns: Sequence[Happened]) -> str | None:
    """What people believe after these turns. Each has to be one that can follow the one before."""
    now: Happened | None = None
    for turn in turns:
        if turn.turn is Turn.BEGAN:
            assert now is None
            now = turn
        else:
            assert now is not None
            assert turn.at >= now.at
            if turn.turn is Turn.WORSE:
                assert turn.severity.rank > now.severity.rank
            elif turn.turn is Turn.BETTER:
                assert turn.severity.rank < now.severity.rank
            now = None if turn.turn is Turn.ENDED else turn
    return now.severity.value if now else None


@given(measured, waits)
@settings(deadline=None, max_examples=150)
def test_after_every_measurement_what_was_told_is_what_the_simple_model_says(
    points: list[tuple[float, float]], lasting: float
) -> None:
    sensor = watched(lasting)
    for (at, level), expected in zip(points, simple(points, lasting), strict=True):
        sensor.level(at, level)
        assert holds_now(sensor.turns) == expected


@given(measured)
@settings(deadline=None)
def test_no_turn_is_told_twice_and_whatever_began_ends_once(points: list[tuple[float, float]]) -> None:
    sensor = watched()
    for at, level in points:
        sensor.level(at, level)
        sensor.look(at)
        sensor.look(at)
    sensor.level(10_000, 0.0)
    began = [turn for turn in sensor.turns if turn.turn is Turn.BEGAN]
    ended = [turn for turn in sensor.turns if turn.turn is Turn.ENDED]
    assert len(began) == len(ended)
    assert holds_now(sensor.turns) is None
    assert sensor.known.watches == {}


def core(state: SensorState) -> SensorState:
    """What of a state may not depend on late uplinks."""
    state.heard = state.missing = 0
    return state


late_ones = st.lists(st.tuples(st.integers(0, 24), st.floats(0.01, 200), metres), max_size=8)


@given(measured, late_ones, waits)
@settings(deadline=None, max_examples=100)
def test_late_uplinks_never_change_anything(
    points: list[tuple[float, float]], late: list[tuple[int, float, float]], lasting: float
) -> None:
    alone, disturbed = watched(lasting), watched(lasting)
    for number, (at, level) in enumerate(points):
        alone.level(at, level, counter=number)
        disturbed.level(at, level, counter=number)
        for after, behind, value in late:
            if after == number:
                heard = disturbed.level(at - behind, value, received=at, session="older")
                assert heard.is_late
                assert not heard.happened
        assert disturbed.due(at) == alone.due(at)
    assert disturbed.turns == alone.turns
    if points:
        assert core(disturbed.known) == core(alone.known)


@given(st.permutations(range(1, 9)), st.sets(st.integers(1, 8)))
@settings(deadline=None)
def test_late_uplinks_in_any_order_end_in_the_same_state(order: list[int], lost: set[int]) -> None:
    sensor = watched()
    sensor.level(0, 0.5, counter=0)
    sensor.level(90, 0.5, counter=9)
    for counter in order:
        if counter not in lost:
            sensor.level(counter * 10, 9.0, counter=counter, received=100)
    assert sensor.known.missing == len(lost)
    assert sensor.turns == []


@given(measured, st.integers(0, 25), waits)
@settings(deadline=None, max_examples=100)
def test_a_gap_that_is_filled_ends_in_what_would_be_true_without_it(
    points: list[tuple[float, float]], cut: int, lasting: float
) -> None:
    live, filled = watched(lasting), watched(lasting)
    for number, (at, level) in enumerate(points):
        live.level(at, level)
        heard = filled.level(at, level, received=10_000, filled=number >= cut)
        assert number < cut or not heard.happened
    turns = len(filled.turns)
    filled.look(10_001)
    assert holds_now(filled.turns) == holds_now(live.turns)
    assert len(filled.turns) - turns <= 1


looks = st.lists(st.tuples(st.sampled_from(["uplink", "look"]), gaps), min_size=1, max_size=40)


@given(looks)
@settings(deadline=None, max_examples=200)
def test_silence_is_told_exactly_when_nothing_came_for_so_long_and_never_beside_data(
    steps: list[tuple[str, float]],
) -> None:
    sensor, at, last = Watched(rule(SILENT)), 0.0, 0.0
    sensor.send(0, {})
    for what, gap in steps:
        at += gap
        if what == "uplink":
            last = at
            sensor.send(at, {})
            assert holds_now(sensor.turns) is None
        else:
            sensor.look(at)
            assert (holds_now(sensor.turns) is not None) == (at - last >= LIMIT - 1e-4)


@given(st.lists(st.tuples(gaps, st.booleans(), st.booleans(), st.booleans()), max_size=20), st.floats(0, 1))
@settings(deadline=None, max_examples=100)
def test_whoever_looks_when_it_is_due_gets_on(steps: list[tuple[float, bool, bool, bool]], part: float) -> None:
    """Else the ticker would look at one sensor for ever."""
    at_night = Hours(frozenset({0, 3}), time(22), time(6))
    levels = Threshold("level", LEVELS)
    sensor, at = Watched(rule(SILENT), rule(levels, "night", hours=at_night), rule(levels, "never", hours=NEVER)), part
    for gap, sends, listens, fills in steps:
        at += gap
        if sends:
            sensor.level(at, 2.0, filled=fills)
        around = Circumstances(START if listens else None, fills=fills)
        sensor.look(at, around)
        due = sensor.due(at, around)
        for _ in range(5):
            if due is None:
                break
            minutes = (due - minute(0)).total_seconds() / 60
            assert minutes > at
            at = minutes
            sensor.look(at, around)
            due = sensor.due(at, around)


NEVER = Hours(frozenset())


@given(measured)
@settings(deadline=None)
def test_a_state_is_the_same_after_it_was_written_and_read(points: list[tuple[float, float]]) -> None:
    sensor = Watched(rule(SILENT), rule(Threshold("level", LEVELS), "levels"))
    for at, level in points:
        sensor.level(at, level, gateways=("roof",), battery=50.0)
        sensor.look(at + 3)
        assert encode(decode(encode(sensor.known))) == encode(sensor.known)
