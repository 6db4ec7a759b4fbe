"""What was read right before a step, kept for the steps that follow on the same object, and for no longer."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from provisioner.model.ports import Clock

T = TypeVar("T")

FRESH_FOR: Final = 60.0
"""Seconds after which even the steps of one object have it read again."""


class Fresh(Generic[T]):
    """One object at a time. A room's `verify` reads through it; the connector makes the room forget."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: tuple[object, T, float] | None = None

    def read(self, subject: object, reader: Callable[[], T]) -> T:
        """What ``reader`` gives, or gave for the same ``subject`` just now. Its errors pass, and nothing is kept."""
        now = self._clock.monotonic()
        if self._held is not None and self._held[0] == subject and now - self._held[2] < FRESH_FOR:
            return self._held[1]
        self._held = None
        value = reader()
        self._held = (subject, value, now)
        return value

    def correct(self, change: Callable[[T], T]) -> None:
        """Bring what is kept up to date with a write of ours that succeeded."""
        if self._held is not None:
            subject, value, since = self._held
            self._held = (subject, change(value), since)

    def forget(self) -> None:
        """The next `read` asks."""
        self._held = None
