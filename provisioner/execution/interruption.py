"""Ctrl-C and SIGTERM: finish the step in hand, then end the run in good order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from provisioner.model.errors import StateError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Asked between steps and while waiting; shared by the threads of a run."""

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self.error: StateError | None = None
        """The database failed: nothing more may be tried anywhere."""

    def interrupt(self) -> None:
        """Ask the run to end after the step in hand."""
        self._wanted.set()

    def broke(self, error: StateError) -> None:
        """The database failed. The first error is kept."""
        with self._lock:
            self.error = self.error or error

    @property
    def is_wanted(self) -> bool:
        """Somebody asked the run to end."""
        return self._wanted.is_set()

    def is_set(self) -> bool:
        """Whether nothing more should be begun."""
        return self._wanted.is_set() or self.error is not None

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Let the first SIGINT or SIGTERM interrupt; a second one does what it always did.

        Only the main thread can listen to signals; in any other this does nothing.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in _SIGNALS}

        def restore() -> None:
            for number, handler in before.items():
                signal.signal(number, handler)

        def first(number: int, frame: FrameType | None) -> None:
            self.interrupt()
            restore()

        for number in _SIGNALS:
            signal.signal(number, first)
        try:
            yield
        finally:
            restore()
