"""The rate ledger: in memory and in both databases, across runs, threads and clocks that jump."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.emulation.clock import VirtualClock
from provisioner.model.text import Text
from provisioner.state import Database, Rates
from provisioner.transport.ledger import MemoryRates, RateLedger, RateStore, WaitEnded, Waiter
from tests.state.samples import NOW, later
from tests.support.postgres import shared

LIMIT, WINDOW = 50, 600.0


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RateStore]:
    if request.param == "memory":
        yield MemoryRates()
        return
    address = tmp_path / "readi.sqlite3" if request.param == "sqlite" else shared().new_database()
    with Database.open(address) as database:
        yield Rates(database)


def test_fifty_pass_at_once_and_the_next_waits_for_the_first_to_grow_old(store: RateStore) -> None:
    clock = VirtualClock()
    told: list[tuple[float, Text]] = []
    waiter = Waiter(clock, lambda seconds, why: told.append((seconds, why)))
    ledger = RateLedger(store, "s", "admin", clock, waiter)
    for _ in range(LIMIT):
        ledger.acquire("edit", LIMIT, WINDOW)
        clock.advance(1)
    assert told == []
    ledger.acquire("edit", LIMIT, WINDOW)
    assert clock.monotonic() == pytest.approx(WINDOW, abs=0.01)
    ((seconds, why),) = told
    assert seconds == pytest.approx(WINDOW - LIMIT, abs=0.01)
    assert why == Text.of("transport.rate", bucket="edit", limit=LIMIT, minutes=10.0)


def test_buckets_accounts_and_servers_count_apart(store: RateStore) -> None:
    clock = VirtualClock()
    for server, account, bucket in [("s", "a", "x"), ("t", "a", "x"), ("s", "b", "x"), ("s", "a", "y")]:
        RateLedger(store, server, account, clock).acquire(bucket, 1, WINDOW)
    assert clock.monotonic() == 0


def test_a_refusal_by_the_server_counts_the_window_as_full(store: RateStore) -> None:
    clock = VirtualClock()
    ledger = RateLedger(store, "s", "a", clock)
    ledger.acquire("edit", LIMIT, WINDOW)
    clock.advance(100)
    ledger.exhausted("edit", LIMIT, WINDOW)
    ledger.acquire("edit", LIMIT, WINDOW)
    assert clock.monotonic() == pytest.approx(WINDOW, abs=0.01), "the one we had counted grew old first"
    ledger.acquire("edit", LIMIT, WINDOW)
    assert clock.monotonic() == pytest.approx(100 + WINDOW, abs=0.01)


def test_a_clock_set_back_blocks_for_one_window_at_most(store: RateStore) -> None:
    store.fill("s", "a", "edit", later(days=300), LIMIT, WINDOW)
    assert store.take("s", "a", "edit", NOW, LIMIT, WINDOW) == 0
    store.fill("s", "a", "edit", later(seconds=500), LIMIT, WINDOW)
    assert 0 < store.take("s", "a", "edit", NOW, LIMIT, WINDOW) <= WINDOW


def test_a_limit_lowered_meanwhile_is_kept(store: RateStore) -> None:
    for second in range(10):
        assert store.take("s", "a", "edit", later(seconds=second), 10, WINDOW) == 0
    assert store.take("s", "a", "edit", later(seconds=10), 3, WINDOW) == pytest.approx(WINDOW - 3, abs=0.01)


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="lets nothing through"):
        RateLedger(MemoryRates(), "s", "a", VirtualClock()).acquire("edit", 0, WINDOW)


def test_impatience_ends_a_wait_before_it_begins(store: RateStore) -> None:
    clock = VirtualClock()
    ledger = RateLedger(store, "s", "a", clock, Waiter(clock, max_wait=700))
    for _ in range(2):
        ledger.acquire("edit", 1, WINDOW)
    with pytest.raises(WaitEnded):
        ledger.acquire("edit", 1, WINDOW)
    assert clock.monotonic() == pytest.approx(WINDOW, abs=0.01)


def test_an_interruption_ends_a_wait_within_a_second() -> None:
    clock = VirtualClock()
    waiter = Waiter(clock, interrupted=lambda: clock.monotonic() >= 5)
    with pytest.raises(WaitEnded):
        waiter.wait(600, Text.of("test.why"))
    assert clock.monotonic() == 5


def test_two_processes_together_never_pass_the_limit(open_database: Callable[[], Database]) -> None:
    stores = [Rates(open_database()), Rates(open_database())]
    with ThreadPoolExecutor(4) as pool:
        waits = list(pool.map(lambda n: stores[n % 2].take("s", "a", "edit", NOW, 25, WINDOW), range(60)))
    assert waits.count(0) == 25


def test_the_numbers_outlive_the_process_and_old_ones_are_pruned(open_database: Callable[[], Database]) -> None:
    Rates(open_database()).fill("s", "a", "edit", NOW, LIMIT, WINDOW)
    database = open_database()
    assert Rates(database).take("s", "a", "edit", later(seconds=599), LIMIT, WINDOW) == pytest.approx(1, abs=0.01)
    assert Rates(database).take("s", "a", "edit", later(seconds=601), LIMIT, WINDOW) == 0
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM rate").scalar() == 1


@given(
    st.lists(st.floats(0, 400), min_size=1, max_size=60),
    st.integers(1, 8),
    st.sampled_from([60.0, 600.0]),
)
def test_no_window_ever_holds_more_than_the_limit(gaps: list[float], limit: int, window: float) -> None:
    clock = VirtualClock()
    ledger = RateLedger(MemoryRates(), "s", "a", clock)
    passed: list[datetime] = []
    for gap in gaps:
        clock.advance(gap)
        ledger.acquire("edit", limit, window)
        passed.append(clock.now())
    for first, beyond in zip(passed, passed[limit:], strict=False):
        assert beyond - first >= timedelta(seconds=window) - timedelta(milliseconds=1)
