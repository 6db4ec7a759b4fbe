"""One after the other, in the order in which they came: whoever writes again and again lets others write in between.

SQLite has one writer, and whoever finds another one writing looks again after a while (up to 100 ms): a thread that
writes all the time leaves the others no gap. Among the threads of a process it is handed on instead. Between processes
it stays as SQLite has it.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turnstile:
    """A lock that is handed to whoever has waited for it the longest. Not for somebody who is inside already."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def inside(self, patience: float) -> Iterator[bool]:
        """Wait for a turn, at most so many seconds. False: it did not come, and the block runs all the same."""
        has_turn = self._enter(patience)
        try:
            yield has_turn
        finally:
            if has_turn:
                self._leave()

    def _enter(self, patience: float) -> bool:
        with self._changing:
            if not self._is_taken:
                self._is_taken = True
                return True
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(patience):
            return True
        with self._changing:
            if turn.is_set():  # at this very moment
                return True
            self._waiting.remove(turn)
            return False

    def _leave(self) -> None:
        with self._changing:
            if self._waiting:
                self._waiting.popleft().set()  # it stays taken
            else:
                self._is_taken = False
