"""One of several instances leads: it alone has the schedule, the workers and the post. A lock of the database decides.

SQLite: a lock on a file; PostgreSQL: an advisory lock. Both are free the moment in which the process ends, however.
"""

import logging
from collections.abc import Callable
from typing import Final

from provisioner.model.ports import Clock
from provisioner.state import Database, LockTaken, ServerLock

_log = logging.getLogger(__name__)

LOCK: Final = "readi:leader"
ASK_EVERY: Final = 2.0
"""Seconds."""


class Leading:
    """This instance's part in it.

    ``begin`` and ``end`` are called as it comes to lead, and stops to; ``end`` waits until nothing of it is left.
    ``what``: which work it is; each has a leader of its own.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        begin: Callable[[], None],
        end: Callable[[], None],
        what: str = LOCK,
    ) -> None:
        self._database, self._clock, self._what = database, clock, what
        self._begin, self._end = begin, end
        self._lock: ServerLock | None = None
        self._stands_by = False

    def leads(self) -> bool:
        """Whether this instance leads at this moment."""
        lock = self._lock
        return lock is not None and lock.is_held()

    def turn(self) -> float:
        """Ask for the lock, or whether it is still held; seconds until it is asked again. Raises `StateError`."""
        if self._lock is not None and not self._lock.is_held():
            _log.error("lead lost", extra={"what": self._what})
            self.give_up()
        if self._lock is None:
            try:
                self._lock = self._database.lock(self._what, self._clock.now())
            except LockTaken:
                if not self._stands_by:
                    self._stands_by = True
                    _log.info("standing by: another instance leads", extra={"what": self._what})
                return ASK_EVERY
            self._stands_by = False
            _log.info("leading", extra={"what": self._what})
            try:
                self._begin()
            except BaseException:
                lock, self._lock = self._lock, None
                lock.release()
                raise
        return ASK_EVERY

    def give_up(self) -> None:
        """Stop everything that only a leader does, then let another one lead."""
        lock, self._lock = self._lock, None
        if lock is not None:
            try:
                self._end()
            finally:
                lock.release()
            _log.info("leading no more", extra={"what": self._what})
