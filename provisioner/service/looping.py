"""A thread that does one thing again and again, until it is told to stop, whatever goes wrong meanwhile."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from provisioner.model.errors import ReadiError

_log = logging.getLogger(__name__)

TROUBLED_PAUSE: Final = 5.0
"""Seconds after a failure."""


class Loop:
    """``turn`` does it once and tells how many seconds to wait before the next time; ``wake`` ends the waiting."""

    def __init__(self, name: str, turn: Callable[[], float], at_last: Callable[[], None] = lambda: None) -> None:
        """``at_last`` is called once in the same thread, when it was told to stop."""
        self.name = name
        self._turn, self._at_last = turn, at_last
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    def stop(self) -> None:
        """End after the turn in hand."""
        self._stopped.set()
        self._wake.set()

    def join(self) -> None:
        """Wait for the end."""
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                pause = self._once()
                if pause > 0:
                    self._wake.wait(pause)
                self._wake.clear()
        finally:
            self._at_last()

    def _once(self) -> float:
        try:
            return self._turn()
        except ReadiError as error:  # most likely the database, or a file, can't be read at this moment
            _log.warning("loop troubled", extra={"loop": self.name, "why": error.text.code})
        except Exception as fault:  # noqa: BLE001 - the service goes on
            _log.error("loop broken", extra={"loop": self.name}, exc_info=fault)
        return TROUBLED_PAUSE
