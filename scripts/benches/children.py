"""Other processes: what is measured runs in a fresh one, and emulators in one of their own.

So neither Python's one lock nor what was measured before touches what is measured now.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import requests

ROOT: Final = Path(__file__).parents[2]
READI: Final = (sys.executable, "-m", "provisioner")


class Children:
    """All that lives until the measuring ends: emulators and folders."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def keep(self, emulator: "EmulatorProcess") -> "EmulatorProcess":
        """Start it, and stop it at the end."""
        return self._stack.enter_context(emulator)

    def folder(self) -> Path:
        """A folder that is removed at the end."""
        return Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="readi-bench-")))


CHILDREN: Final = Children()


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended. Times in seconds, memory (its own peak) in MB of 1024²."""

    code: int
    wall: float
    cpu: float
    peak: float
    output: str


def run(command: Sequence[str], expected: Sequence[int] = (0,), more: Mapping[str, str] | None = None) -> Ran:
    """Run a command and measure it. Raises RuntimeError with what it said when it ends with an unexpected code."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        environment = {**os.environ, **(more or {})}
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=errors, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = code = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        said = output.read().decode()
        if code not in expected:
            raise RuntimeError(
                f"{' '.join(command)} ended with {code}:\n{said[-2000:]}{errors.read().decode()[-2000:]}"
            )
    return Ran(code, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said)


def run_module(module: str, *arguments: object) -> dict[str, Any]:
    """Run a module of this package; the JSON of the last line that it prints."""
    command = [sys.executable, "-m", f"{__package__}.{module}", *(str(argument) for argument in arguments)]
    found: dict[str, Any] = json.loads(run(command).output.splitlines()[-1])
    return found


class EmulatorProcess:
    """A Nextcloud emulator in a process of its own.

    ``size``: people, bodies and edges that it has already; ``diary``: a file for what is written, with its moments.
    """

    def __init__(self, latency: float = 0.0, size: Sequence[int] = (), diary: Path | None = None) -> None:
        self._command = [
            sys.executable,
            "-m",
            f"{__package__}.emulator",
            str(latency),
            *map(str, size),
            *(["--diary", str(diary)] if diary is not None else []),
        ]
        self._process: subprocess.Popen[str] | None = None
        self.address: dict[str, str] = {}
        """url, user and password."""

    @property
    def url(self) -> str:
        return self.address["url"]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the emulator's process did not start; what it said stands above")
        self.address = json.loads(line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.communicate(timeout=60)  # closing its standard input ends it

    def counts(self) -> tuple[int, int]:
        """Requests and writes since the log was emptied."""
        found = self._control("GET", "counts")
        return int(found["requests"]), int(found["writes"])

    def log(self) -> list[dict[str, Any]]:
        """Every request since then, with its body; what is secret in it is hidden."""
        found: list[dict[str, Any]] = self._control("GET", "log")
        return found

    def empty_log(self) -> None:
        self._control("DELETE", "log")

    def step_aside(self) -> None:
        """Let all others on this machine go first: the server that it stands for has a machine of its own."""
        if self._process is not None:
            os.setpriority(os.PRIO_PROCESS, self._process.pid, 15)

    def slow_down(self, latency: float) -> None:
        """Seconds that every request takes from now on."""
        self._control("POST", "latency", {"seconds": latency})

    def _control(self, method: str, verb: str, body: object = None) -> Any:
        answer = requests.request(method, f"{self.url}/__emulator__/{verb}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()


class Helper:
    """A module of this package that takes orders on standard input and answers each on standard output, in JSON."""

    def __init__(self, module: str, *arguments: object) -> None:
        self._command = [sys.executable, "-m", f"{__package__}.{module}", *map(str, arguments)]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=60)  # closing its standard input ends it

    def line(self) -> str:
        """The next line that it says. Raises RuntimeError when it ended."""
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self._command)} ended; what it said stands above")
        return line.strip()

    def ask(self, order: object) -> Any:
        """Its answer."""
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self.line())
