"""Conversations apart from each other: whose turn it is, who rests, and how much one is told at once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from policies.alertsections import StormPolicy
from provisioner.app.alerting.lanes import FIRST_REST, GATHERING, LONGEST_REST, PATIENCE, Brake, Lanes

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
STORM = StormPolicy(messages=4, seconds=60)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def say(lanes: Lanes, at: float, count: int = 1) -> Brake:
    """Something is said as soon as the brake lets it."""
    brake = lanes.brake("a", later(at), STORM)
    if brake is not Brake.WAIT:
        lanes.take("a")
        lanes.went("a", later(at), count=count if brake is Brake.GATHER else 1)
    return brake


def test_what_is_being_said_closes_its_own_lane_alone() -> None:
    lanes = Lanes()
    lanes.take("a")
    assert lanes.closed(NOW) == {"a"}
    lanes.went("a", NOW)
    assert lanes.closed(NOW) == frozenset()


def test_a_failing_lane_rests_twice_as_long_each_time_and_no_other_one() -> None:
    lanes = Lanes()
    rests = [lanes.failed("a", NOW) - NOW for _ in range(12)]
    assert rests[:3] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST]
    assert rests[-1] == LONGEST_REST
    assert lanes.closed(NOW) == {"a"}
    assert lanes.next_turn(NOW) == NOW + LONGEST_REST
    lanes.went("a", NOW)
    assert lanes.failed("a", NOW) - NOW == FIRST_REST


def test_a_lane_is_slow_for_as_long_as_its_last_answer_took_long() -> None:
    lanes = Lanes()
    assert not lanes.is_slow("a")
    lanes.answered("a", after=PATIENCE)
    assert lanes.is_slow("a")
    assert not lanes.is_slow("b")
    lanes.answered("a", after=PATIENCE / 2)
    assert not lanes.is_slow("a")


def test_a_server_that_says_how_long_to_wait_is_obeyed() -> None:
    lanes = Lanes()
    assert lanes.failed("a", NOW, 33.0) == later(33)
    assert lanes.closed(later(32)) == {"a"}
    assert lanes.closed(later(33)) == frozenset()


def test_a_clock_that_was_ahead_holds_nobody_up() -> None:
    lanes = Lanes()
    lanes.failed("a", NOW + timedelta(days=3))
    assert lanes.closed(NOW) == frozenset()


def test_three_messages_go_at_once_and_the_rest_in_a_fourth() -> None:
    lanes = Lanes()
    assert [say(lanes, 0.1 * number) for number in range(3)] == [Brake.FREE] * 3
    assert say(lanes, 0.5) is Brake.WAIT
    assert lanes.braked(later(0.6)) == {"a"}
    assert lanes.closed(later(0.6)) == frozenset()
    after = 0.5 + GATHERING.total_seconds()
    assert say(lanes, after, count=996) is Brake.GATHER
    assert say(lanes, after + 1) is Brake.WAIT
    assert lanes.next_turn(later(after + 1)) == later(after + 60)


def test_a_storm_that_goes_on_gets_one_message_in_so_many_seconds() -> None:
    lanes = Lanes()
    brakes = [say(lanes, second, count=10) for second in range(600)]
    assert brakes.count(Brake.FREE) == 3
    assert brakes.count(Brake.GATHER) == 10


def test_when_a_storm_is_over_three_go_at_once_again() -> None:
    lanes = Lanes()
    for second in range(8):
        say(lanes, second, count=10)
    assert [say(lanes, 300 + number) for number in range(3)] == [Brake.FREE] * 3


def test_a_conversation_that_takes_one_message_a_while_gets_the_first_at_once() -> None:
    lanes, storm = Lanes(), StormPolicy(messages=1, seconds=60)
    assert lanes.brake("a", NOW, storm) is Brake.FREE
    lanes.went("a", NOW)
    assert lanes.brake("a", later(59), storm) is Brake.WAIT
    assert lanes.brake("a", later(60), storm) is not Brake.WAIT


def test_answers_to_commands_do_not_count_for_the_brake() -> None:
    lanes = Lanes()
    for number in range(50):
        lanes.take("a")
        lanes.went("a", later(number), counts=False)
    assert lanes.brake("a", later(50), STORM) is Brake.FREE


def test_what_is_braked_stays_so_while_an_answer_fails() -> None:
    lanes = Lanes()
    for number in range(4):
        say(lanes, 0.1 * number)
    lanes.take("a")
    lanes.failed("a", later(1))
    assert lanes.closed(later(2)) == {"a"}
    assert lanes.closed(later(3)) == frozenset()
    assert lanes.braked(later(3)) == {"a"}


@given(st.lists(st.floats(0, 30), max_size=80), st.integers(1, 6), st.integers(10, 120))
def test_no_conversation_ever_gets_more_than_it_takes(gaps: list[float], most: int, seconds: int) -> None:
    lanes, at, said = Lanes(), 0.0, list[float]()
    for gap in gaps:
        at += gap
        if "a" in lanes.braked(later(at)):
            continue
        brake = lanes.brake("a", later(at), StormPolicy(messages=most, seconds=seconds))
        if brake is not Brake.WAIT:
            lanes.take("a")
            lanes.went("a", later(at), count=5 if brake is Brake.GATHER else 1)
            said.append(at)
    for begin in said:
        assert sum(begin <= one < begin + seconds for one in said) <= most
