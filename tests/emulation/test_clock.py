"""The virtual clock: it moves when told to, and only forward."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.emulation import VirtualClock
from provisioner.model.ports import Clock


def test_it_is_a_clock_of_the_model_and_stands_still_by_itself() -> None:
    clock: Clock = VirtualClock()
    assert clock.now() == clock.now()
    assert clock.now().tzinfo is UTC


@given(st.lists(st.floats(min_value=0, max_value=1e6), max_size=20))
def test_sleeping_advances_at_once_by_exactly_what_was_asked(naps: list[float]) -> None:
    clock = VirtualClock()
    begun = clock.now()
    for nap in naps:
        clock.sleep(nap)
    assert clock.monotonic() == pytest.approx(sum(naps))
    assert clock.now() - begun == timedelta(seconds=clock.monotonic())


def test_it_starts_where_it_is_told_in_utc_and_refuses_a_naive_start() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert VirtualClock(noon).now() == datetime(2026, 3, 1, 10, tzinfo=UTC)
    with pytest.raises(ValueError, match="aware"):
        VirtualClock(datetime(2026, 3, 1))  # noqa: DTZ001


def test_it_never_goes_back_and_a_negative_nap_takes_no_time() -> None:
    clock = VirtualClock()
    clock.sleep(-5)
    assert clock.monotonic() == 0
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)


def test_many_threads_lose_no_second() -> None:
    clock = VirtualClock()

    def advance() -> None:
        for _ in range(500):
            clock.advance(1)

    threads = [threading.Thread(target=advance) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.monotonic() == 4000
