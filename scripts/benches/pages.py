"""What the console's pages cost at the server: the slowest and the largest, beside the framework's empty page."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from types import TracebackType
from typing import Any, Final, Self

import requests

from scripts.benches.children import READI, ROOT
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.sites import Installation, Size, synchronised

SIZE: Final = Size(10_000, 500, 60_000)
TIMES: Final = 5
GOAL: Final = 300.0
GOAL_DURING_A_SYNC: Final = 400.0
GOAL_KILOBYTES: Final = 200.0
_BARE: Final = "/bare"


@bench("main.page_slowest_ms", "main.page_largest_kb", "main.page_slowest_during_sync_ms")
def pages(say: Say) -> Iterator[Figure]:
    """Every page a ranger can open, alone and while another process plans everything."""
    say(f"bringing {SIZE.people:,} people to a server …")
    made, _ = synchronised(SIZE)
    with Console(made) as console:
        say(f"{len(console.paths)} pages, {TIMES} times each …")
        console.times(console.paths, 1)  # the first visitor after a start pays for what is worked out once
        bare, alone = console.times([_BARE], 5 * TIMES)[_BARE], console.times(console.paths, TIMES)
        slowest = max(alone, key=lambda path: alone[path].took)
        note = f"{slowest}; median of {TIMES}, {len(alone)} pages, {SIZE.people:,} people, {SIZE.bodies} bodies"
        yield Figure("main.page_slowest_ms", alone[slowest].took, "ms", bare.took, GOAL, f"{note}; baseline: {_BARE}")
        largest = max(alone, key=lambda path: alone[path].size)
        kilobytes = (alone[largest].size / 1000, bare.size / 1000)
        yield Figure("main.page_largest_kb", kilobytes[0], "kB", kilobytes[1], GOAL_KILOBYTES, largest)
        say("the same while a plan is made in another process …")
        with Busy(made):
            bare, busy = console.times([_BARE], 5 * TIMES)[_BARE], console.times(console.paths, TIMES)
        slowest = max(busy, key=lambda path: busy[path].took)
        note = f"{slowest}; while another process reads and compares everything; baseline: {_BARE} at the same time"
        yield Figure("main.page_slowest_during_sync_ms", busy[slowest].took, "ms", bare.took, GOAL_DURING_A_SYNC, note)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one page: milliseconds (median) and bytes."""

    took: float
    size: int


class Console:
    """The console of an installation in a process of its own."""

    def __init__(self, made: Installation) -> None:
        self._command = [sys.executable, "-m", f"{__package__}.pages_child", str(made.settings)]
        self._session = requests.Session()
        self._told: dict[str, Any] = {}

    @property
    def paths(self) -> list[str]:
        """Every page."""
        return list(self._told["paths"])

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the console's process did not start; what it said stands above")
        self._told = json.loads(line)
        self._session.headers["Cookie"] = "; ".join(f"{name}={word}" for name, word in self._told["cookie"].items())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()
        self._process.communicate(timeout=60)  # closing its standard input ends it

    def times(self, paths: list[str], times: int) -> Mapping[str, Cost]:
        """Ask for each so often. Raises RuntimeError for a page that is none."""
        took: dict[str, list[float]] = {path: [] for path in paths}
        sizes: dict[str, int] = {}
        for _ in range(times):
            for path in paths:
                started = time.perf_counter()
                answer = self._session.get(self._told["url"] + path, timeout=60, allow_redirects=False)
                took[path].append((time.perf_counter() - started) * 1000)
                if answer.status_code >= 400:
                    raise RuntimeError(f"{path}: {answer.status_code}")
                sizes[path] = max(sizes.get(path, 0), len(answer.content))
        return {path: Cost(median(all_of), sizes[path]) for path, all_of in took.items()}


class Busy:
    """A process that makes the whole plan again and again, until the `with` block ends."""

    def __init__(self, made: Installation) -> None:
        self._made = made
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._plan, name="busy")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._process is not None:
            self._process.terminate()
        self._thread.join()

    def _plan(self) -> None:
        command = [*READI, "--settings", str(self._made.settings), "plan"]
        while not self._over.is_set():
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self._process.wait()
