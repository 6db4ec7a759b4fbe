"""The worker's process: one a network, warm, does one job after another. Ends by itself when its parent is gone.

It holds no lock while it has nothing to do. Nothing but jobs and reports goes through the pipe; both ends are ours.
"""

import ctypes
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Final

from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.app.work.jobs import Control, JobReport, perform
from provisioner.execution import Interruption
from provisioner.model.errands import Errand
from provisioner.model.errors import ReadiError
from provisioner.service.heap import collect_rarely

_log = logging.getLogger(__name__)

PATIENCE: Final = 60.0
"""Seconds in which the step in hand has to end once the parent is gone."""
_PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True, slots=True)
class Ready:
    """The child is warm, and so big."""

    megabytes: float


@dataclass(frozen=True, slots=True)
class Finished:
    """One job ended. ``megabytes``: the memory that the process has now."""

    report: JobReport
    megabytes: float


class Stop:
    """Finish the step in hand, and end."""


class _Asked(Exception):
    """Somebody sent SIGTERM."""


def work(site: Site, descriptor: int) -> None:
    """Do what comes through the pipe of this number, until it ends or says stop."""
    _Child(site, Connection(descriptor)).run()


class _Child:
    """The main thread listens, another one works."""

    def __init__(self, site: Site, pipe: Connection) -> None:
        self._site, self._pipe = site, pipe
        self._interruption = Interruption()
        self._writing = threading.Event()
        self._jobs: list[Sequence[Errand]] = []
        self._come = threading.Condition()
        self._ending = False

    def run(self) -> None:
        """Until the end."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of the terminal; the parent decides
        signal.signal(signal.SIGTERM, _asked_to_end)
        _end_with_parent()
        worker = threading.Thread(target=self._work, name="worker", daemon=True)
        worker.start()
        try:
            while isinstance(message := self._pipe.recv(), list):
                with self._come:
                    self._jobs.append(message)
                    self._come.notify()
        except _Asked:
            _log.info("asked to end", extra={"network": self._site.network})
        except (EOFError, OSError):
            _log.warning("parent gone", extra={"network": self._site.network})
        self._end(worker)

    def _end(self, worker: threading.Thread) -> None:
        """While nothing is being written there is nothing to wait for: what was begun is begun anew some day."""
        self._interruption.interrupt()
        with self._come:
            self._ending = True
            self._come.notify()
        if self._writing.is_set():
            worker.join(PATIENCE)
        sys.stderr.flush()
        os._exit(0)

    def _work(self) -> None:
        pictures = Pictures(self._site)
        try:
            pictures.now()
        except ReadiError as error:  # said again, and told, by the first job
            _log.warning("registry not read", extra={"network": self._site.network, "why": error.text.code})
        collect_rarely()
        try:
            self._pipe.send(Ready(_megabytes()))
            while (errands := self._next()) is not None:
                report = perform(self._site, pictures, errands, Control(self._interruption, self._writing.set))
                self._writing.clear()
                self._pipe.send(Finished(report, _megabytes()))
        except OSError:  # nobody listens any more; the main thread sees that, too
            _log.warning("nobody to report to", extra={"network": self._site.network})

    def _next(self) -> Sequence[Errand] | None:
        with self._come:
            while not self._jobs and not self._ending:
                self._come.wait()
            return None if self._ending else self._jobs.pop(0)


def _asked_to_end(number: int, frame: FrameType | None) -> None:
    """systemd sends it to every process of the service."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Asked


def _end_with_parent() -> None:
    """On Linux: SIGTERM from the kernel when the thread that started us ends, should the pipe ever live on."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _megabytes() -> float:
    """What it has in memory now; 0 where that can't be told. (What ``getrusage`` tells includes the parent's.)"""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2
