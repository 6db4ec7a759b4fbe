"""The thread between those who receive and the database: what waits is taken in batches, and settled when committed.

What comes at this moment goes before what fills a gap. While the database cannot be written nothing is settled: those
who receive wait, and so do their brokers.
"""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from typing import Final

from provisioner.app.alerting.intake import MOST, Intake, NotTaken
from provisioner.senders.receiving import Delivery

_log = logging.getLogger(__name__)

ROOM: Final = 5_000
"""So many wait at most of what comes, and as many of what fills."""
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 30.0
"""Seconds until a database is tried again that could not be written."""


class Committer:
    """Start it before anything is delivered. Safe for many threads."""

    def __init__(self, intake: Intake, room: int = ROOM) -> None:
        self._intake, self._room = intake, room
        self._live: deque[Delivery] = deque()
        self._filled: deque[Delivery] = deque()
        self._changed = threading.Condition()
        self._stopped = False
        self._troubled = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="readi-intake", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Commit what is in hand; what waits beyond is told that it was not taken."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._changed:
            rest = [*self._live, *self._filled]
            self._live.clear()
            self._filled.clear()
        _leave(rest)

    def deliver(self, delivery: Delivery) -> None:
        """Hand it over, and wait while there is no room. After `stop` it is told at once that it was not taken."""
        queue = self._filled if delivery.filled else self._live
        with self._changed:
            while len(queue) >= self._room and not self._stopped:
                self._changed.wait()
            if not self._stopped:
                queue.append(delivery)
                self._changed.notify_all()
                return
        _leave([delivery])

    def offer(self, delivery: Delivery) -> bool:
        """Hand it over if there is room at this moment; else, or after `stop`, False, and nothing is told."""
        queue = self._filled if delivery.filled else self._live
        with self._changed:
            if self._stopped or len(queue) >= self._room:
                return False
            queue.append(delivery)
            self._changed.notify_all()
            return True

    def waiting(self) -> tuple[int, int]:
        """How many wait: of what comes, of what fills."""
        return len(self._live), len(self._filled)

    def is_troubled(self) -> bool:
        """Whether the database could not be written when it was tried last."""
        return self._troubled.is_set()

    def _run(self) -> None:
        while batch := self._next():
            self._take(batch)

    def _next(self) -> list[Delivery]:
        """The next batch; empty: it is over."""
        with self._changed:
            while not (self._live or self._filled or self._stopped):
                self._changed.wait()
            if self._stopped:
                return []
            batch = [self._live.popleft() for _ in range(min(MOST, len(self._live)))]
            batch += [self._filled.popleft() for _ in range(min(MOST - len(batch), len(self._filled)))]
            self._changed.notify_all()
            return batch

    def _take(self, batch: Sequence[Delivery]) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                self._intake.take(batch)
            except NotTaken as not_taken:
                batch = not_taken.rest
                if not self._troubled.is_set():
                    _log.error("nothing can be kept", extra={"why": not_taken.why.text.code, "waiting": len(batch)})
                self._troubled.set()
            else:
                if self._troubled.is_set():
                    _log.info("kept again")
                self._troubled.clear()
                return
            if self._ending.wait(pause):
                _leave(batch)
                return
            pause = min(pause * 2, _LONGEST_PAUSE)


def _leave(rest: Sequence[Delivery]) -> None:
    for delivery in rest:
        delivery.settle(False)
