"""What waits to be committed: one sender's flood, or its megabytes, keep nobody else's messages waiting."""

import threading
from collections.abc import Iterator, Sequence

import pytest

from provisioner.app.alerting.committing import MOST_BYTES, Committer
from provisioner.app.alerting.judging import Taken
from provisioner.emulation import VirtualClock
from provisioner.senders.receiving import Delivery
from tests.support.alerting import Post


class Hands:
    """An intake that notes who came in which batch, and waits until it may go on."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.entered = threading.Semaphore(0)
        self.may_go = threading.Semaphore(0)

    def take(self, deliveries: Sequence[Delivery]) -> Taken:
        self.batches.append([one.sender for one in deliveries])
        self.entered.release()
        assert self.may_go.acquire(timeout=30)
        return Taken(len(deliveries))


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def committer(hands: Hands) -> Iterator[Committer]:
    """Busy with its first message: whatever comes now waits."""
    made = Committer(hands, 1_000)  # type: ignore[arg-type]
    made.start()
    yield made
    hands.may_go.release(1_000)
    made.stop()


def busy(committer: Committer, hands: Hands, post: Post) -> None:
    assert committer.offer(post.delivery(b"{}", "json", "first"))
    assert hands.entered.acquire(timeout=30)


def test_one_sender_that_floods_leaves_room_for_the_others(
    committer: Committer, hands: Hands, clock: VirtualClock
) -> None:
    post = Post(clock)
    busy(committer, hands, post)
    for _ in range(2_000):
        committer.offer(post.delivery(b"{}", "json", "flood"))
    assert not committer.offer(post.delivery(b"{}", "json", "flood"))
    assert committer.offer(post.delivery(b"{}", "json", "pegel"))


def test_who_comes_while_another_floods_is_taken_with_the_next_batch(
    committer: Committer, hands: Hands, clock: VirtualClock
) -> None:
    post = Post(clock)
    busy(committer, hands, post)
    for _ in range(900):
        assert committer.offer(post.delivery(b"{}", "json", "flood"))
    assert committer.offer(post.delivery(b"{}", "json", "pegel"))
    hands.may_go.release()
    assert hands.entered.acquire(timeout=30)
    assert "pegel" in hands.batches[1]


def test_what_waits_is_bounded_by_its_bytes_too(committer: Committer, hands: Hands, clock: VirtualClock) -> None:
    post, payload = Post(clock), bytes(1_000_000)
    busy(committer, hands, post)
    taken = sum(committer.offer(post.delivery(payload, "json", "flood")) for _ in range(900))
    assert taken <= MOST_BYTES // len(payload) + 1
    assert committer.offer(post.delivery(b"{}", "json", "pegel"))


def test_a_broker_waits_by_itself_where_its_messages_are_too_much(
    committer: Committer, hands: Hands, clock: VirtualClock
) -> None:
    post = Post(clock)
    busy(committer, hands, post)
    for _ in range(1_000):
        assert committer.offer(post.delivery(b"{}", "json", "flood"))
    waiting = threading.Thread(target=committer.deliver, args=(post.delivery(b"{}", "json", "flood"),), daemon=True)
    waiting.start()
    passing = threading.Thread(target=committer.deliver, args=(post.delivery(b"{}", "json", "pegel"),), daemon=True)
    passing.start()
    passing.join(30)
    assert not passing.is_alive()
    assert waiting.is_alive()
    hands.may_go.release(1_000)
    waiting.join(30)
    assert not waiting.is_alive()
