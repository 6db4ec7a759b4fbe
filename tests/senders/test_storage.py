"""Filling gaps from a storage: everything, in order, however the server answers; and what is no answer."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from provisioner.emulation import VirtualClock
from provisioner.model.errors import Garbled, LoginRefused, NotAllowed, Permanent, RateLimited, TargetError, Transient
from provisioner.model.sensors import Uplink
from provisioner.senders.emulation import KEY, ThingsStackEmulator
from provisioner.senders.parsing import parse
from provisioner.senders.settings import StorageSettings
from provisioner.senders.storage import Storage

PATH = "/api/v3/as/applications/messnetz/packages/storage/uplink_message"


@pytest.fixture
def stack(clock: VirtualClock) -> Iterator[ThingsStackEmulator]:
    with ThingsStackEmulator(clock=clock) as emulator:
        yield emulator


Open = Callable[..., Storage]


@pytest.fixture
def storage() -> Iterator[Open]:
    """Storages that are closed in the end."""
    with ExitStack() as closing:

        def opened(
            stack: ThingsStackEmulator, *, key: str = KEY, application: str = "messnetz", at_once: int = 10
        ) -> Storage:
            settings = StorageSettings.model_validate({"url": stack.url, "application": application, "key": key})
            made = Storage(settings, stack.clock, at_once=at_once)
            closing.callback(made.close)
            return made

        yield opened


def sent(stack: ThingsStackEmulator, count: int, apart: float = 1.0) -> None:
    """So many uplinks of one device up to now; each says its number."""
    device = stack.device("pegel-alb", "0004a30b001c0530")
    for number in range(count):
        at = stack.clock.now() - timedelta(seconds=(count - number) * apart)
        stack.send_at(at, device, {"number": number + 1}, heard=False)


def numbers(found: Storage, stack: ThingsStackEmulator, hours: float = 24) -> list[int]:
    """What it fills with, each uplink once."""
    now = stack.clock.now()
    seen: dict[int, None] = {}
    for batch in found.fill(now - timedelta(hours=hours), now):
        assert 0 < len(batch) <= 500
        for payload in batch:
            [uplink] = parse("things-stack", payload, now, "ttn", filled=True).news
            assert isinstance(uplink, Uplink)
            assert uplink.filled
            seen[int(float(uplink.values["number"]))] = None
    return list(seen)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 95])
def test_everything_comes_in_order_over_as_many_pages_as_it_takes(
    storage: Open, stack: ThingsStackEmulator, count: int
) -> None:
    sent(stack, count)
    assert numbers(storage(stack), stack) == list(range(1, count + 1))


def test_a_server_that_answers_with_less_than_was_asked_for_is_asked_on(storage: Open, clock: VirtualClock) -> None:
    with ThingsStackEmulator(clock=clock, most=7) as stack:
        sent(stack, 50)
        assert numbers(storage(stack, at_once=1000), stack) == list(range(1, 51))


def test_large_pages_are_handed_on_in_batches(storage: Open, stack: ThingsStackEmulator) -> None:
    sent(stack, 1200)
    now = stack.clock.now()
    filling = storage(stack, at_once=2000).fill(now - timedelta(hours=1), now)
    assert [len(next(filling)) for _ in range(3)] == [500, 500, 200]


def test_only_the_time_between_is_asked_for(storage: Open, stack: ThingsStackEmulator) -> None:
    sent(stack, 10, apart=3600)
    assert numbers(storage(stack), stack, hours=3) == [8, 9, 10]


def test_uplinks_of_the_same_moment_all_come(storage: Open, stack: ThingsStackEmulator) -> None:
    sent(stack, 8, apart=0)
    assert len(numbers(storage(stack), stack, hours=1)) == 0  # they were sent now, and not before now
    stack.clock.sleep(1)
    assert numbers(storage(stack), stack) == list(range(1, 9))


def test_a_server_that_heeds_no_moment_does_not_hold_us_for_ever(storage: Open, stack: ThingsStackEmulator) -> None:
    sent(stack, 3)
    line = stack.send(stack.device("a", "0004a30b001c0531"), {"number": 9}, heard=False)
    stack.faults.status(200, body=f'{{"result":{line.decode()}}}\n', times=100)
    assert numbers(storage(stack), stack) == [9]
    assert stack.log.counts()["requests"] == 1


def test_an_answer_that_breaks_off_is_asked_for_again(storage: Open, stack: ThingsStackEmulator) -> None:
    sent(stack, 25)
    stack.faults.truncate(300, nth=2)
    stack.faults.reset_before(nth=3)
    stack.faults.status(503, nth=2)
    assert numbers(storage(stack), stack) == list(range(1, 26))


def test_a_server_that_has_enough_of_us_is_given_the_time_that_it_wants(
    storage: Open, stack: ThingsStackEmulator, clock: VirtualClock
) -> None:
    sent(stack, 5)
    stack.faults.status(429, retry_after=7)
    assert numbers(storage(stack), stack) == list(range(1, 6))
    assert clock.monotonic() >= 7


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"key": "another"}, LoginRefused),
        ({"application": "another"}, NotAllowed),
    ],
)
def test_a_key_that_may_not_is_told_and_not_tried_again(
    storage: Open, stack: ThingsStackEmulator, how: dict[str, str], error: type[TargetError]
) -> None:
    with pytest.raises(error) as raised:
        numbers(storage(stack, **how), stack)
    assert "another" not in str(raised.value.text)
    assert stack.log.counts()["requests"] == 1


def test_what_was_handed_on_before_it_broke_stays_good(storage: Open, stack: ThingsStackEmulator) -> None:
    sent(stack, 25)
    stack.faults.status(503, nth=2, times=100)
    now = stack.clock.now()
    filling = storage(stack).fill(now - timedelta(hours=1), now)
    assert len(next(filling)) == 10
    with pytest.raises(Transient):
        next(filling)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, "<html>maintenance</html>", Garbled),
        (200, '{"result":{"end_device_ids":{}}}\n', Garbled),  # of no moment
        (200, '{"result":{"received_at":"yesterday"}}\n', Garbled),
        (200, '{"error":{"code":14,"message":"unavailable"}}\n', Garbled),
        (200, '{"result":{"received_at":"2026-01-05T07:59:00Z"}}\n{"resu', Garbled),
        (200, "[" * 100_000, Garbled),
        (404, "<html>not found</html>", Garbled),
        (302, "", Garbled),
        (400, '{"code":3,"message":"error:pkg/errors:invalid"}', Permanent),
        (500, "", Transient),
        (429, "", RateLimited),
    ],
)
def test_what_is_no_answer_of_the_product_says_so(
    storage: Open, stack: ThingsStackEmulator, status: int, body: str, error: type[TargetError]
) -> None:
    stack.faults.status(status, body=body, times=100)
    now = stack.clock.now()
    with pytest.raises(error) as raised:
        list(storage(stack).fill(now - timedelta(hours=1), now))
    assert KEY not in str(raised.value)
