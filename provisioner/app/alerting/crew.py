"""Those who speak: a thread for each conversation in which something is being said, within bounds.

Who waits for a server that does not answer can do nothing else. So whoever waits for long is not counted any more, and
another one takes the place; and conversations whose server let us wait last time have places of their own: they wait
for each other and for nobody else, and a server that is slow as a whole is asked no more often at once than ever.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final, NamedTuple

from provisioner.app.alerting.lanes import PATIENCE
from provisioner.app.alerting.mouths import Mouth
from provisioner.model.ports import Clock
from provisioner.state import Said

WORKERS: Final = 8
"""So many conversations are spoken in at once: with 30 ms an answer some 250 messages a second."""
SLOW: Final = 8
"""So many of those at most whose servers let us wait; none of them is begun while more wait for an answer."""
MOST: Final = 64
"""In all, with those who wait for an answer: so all conversations of a network may hang. A server that is slow as a
whole gets that many once, eight more each time that we lose patience, and eight at once from then on."""
_AHEAD: Final = 2
"""Sayings a worker that are in hand: so none waits for the bookkeeper while there is something to say."""


class _Work(NamedTuple):
    """One message that is being said."""

    since: float
    is_slow: bool


class Crew:
    """``say`` says one thing, whatever comes of it, and raises nothing. Hired when needed; `end` it."""

    def __init__(
        self, mouth: Callable[[], AbstractContextManager[Mouth]], say: Callable[[Mouth, Said], None], clock: Clock
    ) -> None:
        self._mouth, self._say, self._clock = mouth, say, clock
        self._changed = threading.Condition()
        self._brisk, self._slow = deque[Said](), deque[Said]()
        self._at_work: dict[threading.Thread, _Work] = {}
        self._hired: set[threading.Thread] = set()
        self._ending = False

    def room(self) -> int:
        """How many more sayings are wanted in hand; those of slow conversations do not count."""
        with self._changed:
            return _AHEAD * WORKERS - len(self._brisk) - len(self._at_work) + self._waiting()

    def give(self, said: Said, *, is_slow: bool) -> None:
        """To be said as soon as there is a place. ``is_slow``: its conversation's server let us wait last time."""
        with self._changed:
            (self._slow if is_slow else self._brisk).append(said)

    def look(self) -> None:
        """Fill the places that are free, also of those who wait by now. To be called after `give`, and now and then."""
        with self._changed:
            free = len(self._hired) - len(self._at_work)
            wanted = self._places()
            self._changed.notify(wanted)
            for _ in range(min(wanted - free, MOST - len(self._hired))):
                worker = threading.Thread(target=self._work, name="readi-alerts-mouth", daemon=True)
                worker.start()
                self._hired.add(worker)

    def end(self) -> list[Said]:
        """What is being said is said to its end, and nobody is left; what was not begun. Idempotent."""
        with self._changed:
            left = [*self._brisk, *self._slow]
            self._brisk.clear()
            self._slow.clear()
            self._ending = True
            self._changed.notify_all()
            hired = list(self._hired)
        for worker in hired:
            worker.join()
        self._ending = False
        return left

    def _work(self) -> None:
        with self._mouth() as mouth:
            while (said := self._next()) is not None:
                self._say(mouth, said)

    def _next(self) -> Said | None:
        """What this thread says next, as soon as there is something; None: it is not needed any more."""
        me = threading.current_thread()
        with self._changed:
            self._at_work.pop(me, None)
            while not self._places():
                if self._ending or len(self._hired) - len(self._at_work) > WORKERS:
                    self._hired.remove(me)
                    return None
                self._changed.wait()
            is_slow = not self._brisk_places()
            said = (self._slow if is_slow else self._brisk).popleft()
            self._at_work[me] = _Work(self._clock.monotonic(), is_slow)
            return said

    def _places(self) -> int:
        """How many of the sayings in hand may be begun now."""
        return self._brisk_places() + max(0, min(len(self._slow), SLOW - self._waiting()))

    def _brisk_places(self) -> int:
        return max(0, min(len(self._brisk), WORKERS - len(self._at_work) + self._waiting()))

    def _waiting(self) -> int:
        """How many wait for an answer that takes long, or may."""
        moment = self._clock.monotonic()
        return sum(one.is_slow or moment - one.since >= PATIENCE for one in self._at_work.values())
