"""Between those who receive and the database: bounded, nothing settled too early, nothing lost when it is ended."""

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from provisioner.app.alerting.committing import Committer
from provisioner.app.alerting.intake import NotTaken
from provisioner.app.alerting.judging import Taken
from provisioner.emulation import VirtualClock
from provisioner.model.errors import StateError
from provisioner.model.text import Text
from provisioner.senders.receiving import Delivery
from tests.support.alerting import Post


class Hands:
    """An intake that waits until it may go on, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[Delivery]] = []
        self.failures = 0
        self.may_go = threading.Event()
        self.entered = threading.Semaphore(0)

    def take(self, deliveries: Sequence[Delivery]) -> Taken:
        self.batches.append(list(deliveries))
        self.entered.release()
        assert self.may_go.wait(30)
        if self.failures:
            self.failures -= 1
            raise NotTaken(deliveries, StateError(Text.of("state.busy", database="x")))
        for one in deliveries:
            one.settle(True)
        return Taken(len(deliveries))


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def start(hands: Hands) -> Iterator[Callable[[int], Committer]]:
    started: list[Committer] = []

    def begin(room: int) -> Committer:
        started.append(Committer(hands, room))
        started[-1].start()
        return started[-1]

    yield begin
    hands.may_go.set()
    for one in started:
        one.stop()


def test_what_waits_is_taken_together_and_what_comes_goes_before_what_fills(
    hands: Hands, start: Callable[[int], Committer], clock: VirtualClock
) -> None:
    post, committer = Post(clock), start(100)
    first = post.uplink(0, 1, 100)
    committer.deliver(first)
    assert hands.entered.acquire(timeout=30)
    filled = [post.uplink(0, number, 100, filled=True) for number in range(2, 5)]
    live = [post.uplink(0, number, 100) for number in range(5, 8)]
    for one in (*filled, *live):
        committer.deliver(one)
    hands.may_go.set()
    assert hands.entered.acquire(timeout=30)
    assert hands.batches == [[first], [*live, *filled]]


def test_a_full_queue_holds_up_who_receives_and_takes_no_more_memory(
    hands: Hands, start: Callable[[int], Committer], clock: VirtualClock
) -> None:
    post, committer = Post(clock), start(2)
    committer.deliver(post.uplink(0, 1, 100))
    assert hands.entered.acquire(timeout=30)
    assert committer.offer(post.uplink(0, 2, 100))
    assert committer.offer(post.uplink(0, 3, 100))
    assert not committer.offer(post.uplink(0, 4, 100))
    passed = threading.Event()
    waiting = threading.Thread(target=lambda: (committer.deliver(post.uplink(0, 5, 100)), passed.set()))
    waiting.start()
    assert committer.waiting() == (2, 0)
    assert not passed.is_set()
    hands.may_go.set()
    waiting.join(30)
    assert passed.is_set()


def test_a_database_that_cannot_be_written_is_waited_for(
    hands: Hands, start: Callable[[int], Committer], clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provisioner.app.alerting.committing._FIRST_PAUSE", 0.001)
    post, committer = Post(clock), start(100)
    hands.failures = 2
    hands.may_go.set()
    committer.deliver(post.uplink(0, 1, 100))
    for _ in range(3):
        assert hands.entered.acquire(timeout=30)
    committer.stop()
    assert post.settled == [(0, True)]
    assert not committer.is_troubled()


def test_what_is_left_at_the_end_is_told_that_it_was_not_taken(
    hands: Hands, start: Callable[[int], Committer], clock: VirtualClock
) -> None:
    post, committer = Post(clock), start(100)
    committer.deliver(post.uplink(0, 1, 100))
    assert hands.entered.acquire(timeout=30)
    committer.deliver(post.uplink(0, 2, 100))
    ending = threading.Thread(target=committer.stop)
    ending.start()
    hands.may_go.set()
    ending.join(30)
    assert post.settled == [(0, True), (1, False)]
    committer.deliver(post.uplink(0, 3, 100))
    assert post.settled[-1] == (2, False)
    assert not committer.offer(post.uplink(0, 4, 100))


def test_it_ends_although_the_database_never_comes_back(
    hands: Hands, start: Callable[[int], Committer], clock: VirtualClock
) -> None:
    post, committer = Post(clock), start(100)
    hands.failures = 1_000
    hands.may_go.set()
    committer.deliver(post.uplink(0, 1, 100))
    assert hands.entered.acquire(timeout=30)
    committer.stop()
    assert post.settled == [(0, False)]
