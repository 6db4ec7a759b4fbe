"""A clock that only moves when told to."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
"""Where a virtual clock starts unless told otherwise: a Monday morning, the same in every run."""


class VirtualClock:
    """A clock for tests and rehearsals: sleeping advances it at once. Safe to share among threads."""

    def __init__(self, start: datetime = EPOCH) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock needs an aware datetime")
        self._start = start.astimezone(UTC)
        self._elapsed = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The virtual moment, aware, in UTC."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Virtual seconds since this clock was made."""
        with self._lock:
            return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Advance by `seconds` without waiting; a negative number is no time at all."""
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds`. Raises ValueError for a negative number: time does not run back."""
        if seconds < 0:
            raise ValueError(f"a clock can't go back by {-seconds} s")
        with self._lock:
            self._elapsed += seconds
