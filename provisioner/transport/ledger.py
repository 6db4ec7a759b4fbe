"""Counting the writes that a server limits, so that we wait instead of being refused.

A sliding window by the clock's wall time (it has to hold across runs), by server and acting account: that is
whom servers count. All waiting of a run, here and between retries, goes through one `Waiter` a target.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final, Protocol

from provisioner.model.errors import ReadiError
from provisioner.model.ports import Clock
from provisioner.model.text import Text

_SLICE: Final = 1.0
"""Seconds after which a wait looks whether it was interrupted."""


class RateStore(Protocol):
    """Where the counted writes are kept. Each method is atomic, among processes too."""

    def take(self, server: str, account: str, bucket: str, now: datetime, limit: int, window: float) -> float:
        """Count one write at ``now`` and return 0, or count none and return the seconds until it is worth asking."""
        ...

    def fill(self, server: str, account: str, bucket: str, now: datetime, limit: int, window: float) -> None:
        """Count as many writes at ``now`` as are missing to ``limit``."""
        ...


def seconds_to_wait(times: Sequence[datetime], now: datetime, limit: int, window: float) -> float:
    """Until fewer than ``limit`` of ``times`` (ascending, all of them within the window) are younger than it. Pure."""
    if len(times) < limit:
        return 0.0
    free_at = times[len(times) - limit] + timedelta(seconds=window)
    return min(max((free_at - now).total_seconds(), 0.001), window)


class MemoryRates:
    """A `RateStore` that forgets: for rehearsals and tests."""

    def __init__(self) -> None:
        self._times: dict[tuple[str, str, str], list[datetime]] = {}
        self._lock = threading.Lock()

    def take(self, server: str, account: str, bucket: str, now: datetime, limit: int, window: float) -> float:
        """See `RateStore.take`."""
        with self._lock:
            times = self._within((server, account, bucket), now, window)
            wait = seconds_to_wait(times, now, limit, window)
            if wait == 0:
                times.append(now)
            return wait

    def fill(self, server: str, account: str, bucket: str, now: datetime, limit: int, window: float) -> None:
        """See `RateStore.fill`."""
        with self._lock:
            times = self._within((server, account, bucket), now, window)
            times.extend([now] * (limit - len(times)))

    def _within(self, key: tuple[str, str, str], now: datetime, window: float) -> list[datetime]:
        span = timedelta(seconds=window)
        times = sorted(time for time in self._times.get(key, ()) if now - span < time <= now + span)
        self._times[key] = times
        return times


class WaitEnded(ReadiError):
    """A wait was given up: somebody interrupted the run, or its patience is spent. Nothing was written meanwhile.

    ``needed``: the seconds that it would have taken; None: unknown.
    """

    def __init__(self, text: Text, needed: float | None = None) -> None:
        super().__init__(text)
        self.needed = needed


class Waiter:
    """All the waiting that is done for one target: told to somebody, bounded, and ended by an interruption."""

    def __init__(
        self,
        clock: Clock,
        tell: Callable[[float, Text], None] | None = None,
        interrupted: Callable[[], bool] | None = None,
        max_wait: float | None = None,
    ) -> None:
        """``tell`` gets the seconds and the reason before each wait; ``max_wait`` bounds the sum of all (seconds)."""
        self._clock = clock
        self._tell = tell
        self._interrupted = interrupted
        self._left = max_wait

    def wait(self, seconds: float, why: Text) -> None:
        """Wait. Raises `WaitEnded` at once when the patience does not reach, or as soon as it is interrupted."""
        if self._left is not None:
            if seconds > self._left:
                why = Text.of("transport.out_of_patience", seconds=round(seconds), left=round(self._left))
                raise WaitEnded(why, seconds)
            self._left -= seconds
        if self._tell is not None:
            self._tell(seconds, why)
        end = self._clock.monotonic() + seconds
        while (left := end - self._clock.monotonic()) > 0:
            self.check()
            self._clock.sleep(min(left, _SLICE))

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Within the block nothing is waited for: what would have to, raises `WaitEnded` at once."""
        before, self._left = self._left, 0.0
        try:
            yield
        finally:
            self._left = before

    def check(self) -> None:
        """Raise `WaitEnded` when the run was interrupted."""
        if self._interrupted is not None and self._interrupted():
            raise WaitEnded(Text.of("transport.wait_interrupted"))


class RateLedger:
    """The `Ledger` port for one acting account on one server. ``spent``: what this one counted, by bucket."""

    def __init__(self, store: RateStore, server: str, account: str, clock: Clock, waiter: Waiter | None = None) -> None:
        self.spent: Counter[str] = Counter()
        self._store = store
        self._server = server
        self._account = account
        self._clock = clock
        self._waiter = waiter or Waiter(clock)

    def acquire(self, bucket: str, limit: int, window: float) -> None:
        """Wait until fewer than ``limit`` writes lie within ``window`` seconds, then count one.

        Raises `WaitEnded` when the wait is given up, `ValueError` for a limit below one.
        """
        if limit < 1:
            raise ValueError(f"a limit of {limit} writes lets nothing through")
        while True:
            now = self._clock.now()
            wait = self._store.take(self._server, self._account, bucket, now, limit, window)
            if wait == 0:
                self.spent[bucket] += 1
                return
            minutes = round(window / 60, 1)
            self._waiter.wait(wait, Text.of("transport.rate", bucket=bucket, limit=limit, minutes=minutes))

    def exhausted(self, bucket: str, limit: int, window: float) -> None:
        """The server said that the limit is reached although we counted less: count it as full from now on."""
        self._store.fill(self._server, self._account, bucket, self._clock.now(), limit, window)
