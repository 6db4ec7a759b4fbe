"""The thread between those who receive and the database: what waits is taken in batches, and settled when committed.

What comes at this moment goes before what fills a gap, and senders take turns: who floods fills a queue of their own,
and nobody waits for them. While the database cannot be written nothing is settled: those
who receive wait, and so do their brokers.
"""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from provisioner.app.alerting.intake import MOST, Intake, NotTaken
from provisioner.senders.receiving import Delivery

_log = logging.getLogger(__name__)

ROOM: Final = 5_000
"""So many of a sender wait at most of what comes, and as many of what fills."""
MOST_BYTES: Final = 64_000_000
"""Nor more than that, however few they are."""
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 30.0
"""Seconds until a database is tried again that could not be written."""


@dataclass(slots=True)
class _Queue:
    """What waits of one sender."""

    waiting: deque[Delivery] = field(default_factory=deque)
    size: int = 0
    """Bytes."""

    def add(self, delivery: Delivery) -> None:
        self.waiting.append(delivery)
        self.size += len(delivery.payload)

    def take(self, most: int) -> list[Delivery]:
        """The first of them."""
        taken = [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]
        self.size -= sum(len(one.payload) for one in taken)
        return taken


_Queues = dict[str, _Queue]
"""By sender."""


class Committer:
    """Start it before anything is delivered. Safe for many threads."""

    def __init__(self, intake: Intake, room: int = ROOM) -> None:
        self._intake, self._room = intake, room
        self._live: _Queues = {}
        self._filled: _Queues = {}
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
            rest = [one for queues in (self._live, self._filled) for queue in queues.values() for one in queue.waiting]
            self._live.clear()
            self._filled.clear()
        _leave(rest)

    def deliver(self, delivery: Delivery) -> None:
        """Hand it over, and wait while there is no room. After `stop` it is told at once that it was not taken."""
        with self._changed:
            queue = self._queue(delivery)
            while not self._has_room(queue) and not self._stopped:
                self._changed.wait()
            if not self._stopped:
                queue.add(delivery)
                self._changed.notify_all()
                return
        _leave([delivery])

    def offer(self, delivery: Delivery) -> bool:
        """Hand it over if there is room at this moment; else, or after `stop`, False, and nothing is told."""
        with self._changed:
            queue = self._queue(delivery)
            if self._stopped or not self._has_room(queue):
                return False
            queue.add(delivery)
            self._changed.notify_all()
            return True

    def waiting(self) -> tuple[int, int]:
        """How many wait: of what comes, of what fills."""
        with self._changed:
            return _count(self._live), _count(self._filled)

    def is_troubled(self) -> bool:
        """Whether the database could not be written when it was tried last."""
        return self._troubled.is_set()

    def _queue(self, delivery: Delivery) -> _Queue:
        return (self._filled if delivery.filled else self._live).setdefault(delivery.sender, _Queue())

    def _has_room(self, queue: _Queue) -> bool:
        return len(queue.waiting) < self._room and queue.size < MOST_BYTES

    def _run(self) -> None:
        while batch := self._next():
            self._take(batch)

    def _next(self) -> list[Delivery]:
        """The next batch; empty: it is over."""
        with self._changed:
            while not (_count(self._live) or _count(self._filled) or self._stopped):
                self._changed.wait()
            if self._stopped:
                return []
            batch = _in_turns(self._live, MOST)
            batch += _in_turns(self._filled, MOST - len(batch))
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


def _count(queues: _Queues) -> int:
    return sum(len(queue.waiting) for queue in queues.values())


def _in_turns(queues: _Queues, most: int) -> list[Delivery]:
    """The first of each sender's; what one leaves of its share the others get."""
    taken: list[Delivery] = []
    while (waiting := [queue for queue in queues.values() if queue.waiting]) and len(taken) < most:
        share = max(1, (most - len(taken)) // len(waiting))
        for queue in waiting:
            taken += queue.take(min(share, most - len(taken)))
    return taken


def _leave(rest: Sequence[Delivery]) -> None:
    for delivery in rest:
        delivery.settle(False)
