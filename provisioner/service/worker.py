"""One network's worker as the service sees it: a process of its own, started anew when it ended or grew too big."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, Protocol

from provisioner.app.work.jobs import JobReport
from provisioner.model.errands import Errand
from provisioner.service.child import PATIENCE, Finished, Ready, Stop

_log = logging.getLogger(__name__)

MOST_JOBS: Final = 1_000
MOST_MEGABYTES: Final = 1_024
MOST_GROWTH: Final = 3.0
"""Times what it had when it was warm; with `MOST_MEGABYTES` the greater of both holds."""
_YIELDS: Final = 10
"""Steps of niceness (setpriority(2)): one gets about a tenth of the time then, as long as others want all of it."""
_LONGEST_PAUSE: Final = 60.0


class WorkerGone(Exception):
    """The process ended before it reported. ``stopped``: since it was told to."""

    def __init__(self, *, stopped: bool) -> None:
        super().__init__("stopped" if stopped else "crashed")
        self.stopped = stopped


class Worker(Protocol):
    """Does jobs, one at a time."""

    def keep(self) -> bool:
        """Whether it is there, warm or on its way; if need be and possible it is started. Never waits."""
        ...

    def perform(self, errands: Sequence[Errand]) -> JobReport:
        """Do a job, however long it takes. Raises `WorkerGone`, also when `keep` said so."""
        ...

    def stop(self) -> None:
        """End what is being done after the step in hand, and start nothing any more. From any thread."""
        ...

    def close(self) -> None:
        """Wait until the process is gone; after `stop`."""
        ...


@dataclass(frozen=True, slots=True)
class Command:
    """How the child is started: ``readi`` with these options, and the number of its end of the pipe."""

    settings: Path
    network: str
    log_format: str = "json"
    quiet: bool = False
    """Only what goes wrong is logged."""

    def line(self, descriptor: int) -> list[str]:
        """The command line."""
        options = ["--settings", str(self.settings), "--network", self.network, "--log-format", self.log_format]
        quiet = ["--quiet"] if self.quiet else []
        return [sys.executable, "-m", "provisioner", *options, *quiet, "worker", str(descriptor)]


class ChildWorker:
    """A `Worker`. All but `stop` is called by one thread: the kernel ends the child with the thread that started it."""

    def __init__(self, command: Command, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._command, self._monotonic = command, monotonic
        self._sending = threading.Lock()
        self._stopped = False
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._limit = float(MOST_MEGABYTES)
        self._jobs = 0
        self._crashes = 0
        self._not_before = 0.0

    @property
    def pid(self) -> int | None:
        """Of the process; None: there is none."""
        return None if self._process is None else self._process.pid

    def keep(self) -> bool:
        """See `Worker`. After each crash in a row it is started a little later."""
        if self._process is not None and self._process.poll() is not None:
            self._crashed()
        if self._process is None and not self._stopped and self._monotonic() >= self._not_before:
            self._start()
        return self._process is not None

    def perform(self, errands: Sequence[Errand]) -> JobReport:
        """See `Worker`; after `keep` said that it is there."""
        if self._process is None or self._pipe is None:
            raise WorkerGone(stopped=self._stopped)
        try:
            self._send(list(errands))
            while not isinstance(answer := self._pipe.recv(), Finished):
                if isinstance(answer, Ready):
                    self._limit = max(MOST_MEGABYTES, MOST_GROWTH * answer.megabytes)
        except (EOFError, OSError):
            if not self._stopped:
                self._crashed()
            raise WorkerGone(stopped=self._stopped) from None
        self._crashes = 0
        self._jobs += 1
        if not self._stopped and (self._jobs >= MOST_JOBS or answer.megabytes > self._limit):
            _log.info("worker renewed", extra={"network": self._command.network, "megabytes": answer.megabytes})
            self._end()
            self._start()
        return answer.report

    def stop(self) -> None:
        """See `Worker`."""
        self._stopped = True
        try:
            self._send(Stop())
        except OSError:
            _log.debug("worker was gone", extra={"network": self._command.network})

    def close(self) -> None:
        """See `Worker`."""
        self._stopped = True
        self._end()

    def _start(self) -> None:
        ours, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                self._command.line(theirs.fileno()),
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )
        # Where all processors are busy, whoever waits for a page comes before what nobody looks at.
        os.setpriority(os.PRIO_PROCESS, self._process.pid, os.getpriority(os.PRIO_PROCESS, 0) + _YIELDS)
        with self._sending:
            self._pipe = ours
        self._jobs, self._limit = 0, float(MOST_MEGABYTES)
        _log.info("worker started", extra={"network": self._command.network, "pid": self._process.pid})
        if self._stopped:  # in this very moment
            self.stop()

    def _send(self, message: object) -> None:
        with self._sending:
            if self._pipe is None:
                raise BrokenPipeError
            self._pipe.send(message)

    def _crashed(self) -> None:
        code = self._end()
        self._crashes += 1
        pause = min(2.0 ** (self._crashes - 1) - 1, _LONGEST_PAUSE)
        self._not_before = self._monotonic() + pause
        _log.error("worker gone", extra={"network": self._command.network, "code": code, "pause": pause})

    def _end(self) -> int | None:
        """Have it end, and see that it did; its exit code."""
        process, pipe = self._process, self._pipe
        with self._sending:
            self._process = self._pipe = None
        if pipe is not None:
            pipe.close()  # which it notices at once
        if process is None:
            return None
        try:
            return process.wait(PATIENCE + 10)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
