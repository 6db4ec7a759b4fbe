"""A process of its own that applies steps to a target in a file and kills itself at a given moment.

python -m tests.execution.child DATABASE TARGET_FILE MOMENT NUMBER: at the NUMBER-th write, MOMENT is "before" it
(intent written), "after" it (outcome not written) or "outcome" (outcome written). MOMENT "hold" says "held" once the
lock is taken and waits to be killed; "term" sends itself SIGTERM during the write and goes on.
"""

import os
import signal
import sys
import time
from pathlib import Path

from provisioner.execution import Interruption, StepResult
from provisioner.model.resources import ResourceId
from provisioner.model.text import Text
from provisioner.state import Database
from tests.execution.bench import Bench
from tests.execution.fake import FakeConnector, FakeServer, group, person, wanted_steps

WANTED: dict[ResourceId, tuple[ResourceId, ...]] = {
    group("a"): (),
    person("x"): (group("a"),),
    person("y"): (group("a"),),
}
NAMES = ("a", "x", "y")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def terminated(interruption: Interruption) -> None:
    """Goes on once the main thread has heard of it, which on a busy machine is not at once."""
    os.kill(os.getpid(), signal.SIGTERM)
    end = time.monotonic() + 60
    while not interruption.is_wanted and time.monotonic() < end:
        time.sleep(0.001)


class Killer:
    """Progress that ends with the step of a name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def started(self, target: str, steps: int) -> None:
        """Of no interest."""

    def finished(self, target: str, result: StepResult) -> None:
        if result.step.name == self._name:
            die()

    def waiting(self, target: str, seconds: float, why: Text) -> None:
        """Of no interest."""


def main(database: str, file: str, moment: str, number: str) -> None:
    connector = FakeConnector(FakeServer(Path(file)))
    bench = Bench(Database.open(database))
    name = NAMES[int(number)]
    if moment == "hold":
        with bench.locked(bench.begin()):
            print("held", flush=True)  # noqa: T201
            time.sleep(600)
    if moment in ("before", "after"):
        getattr(connector, moment)[name] = [die]
    interruption = Interruption()
    if moment == "term":
        connector.before[name] = [lambda: terminated(interruption)]
    bench.settle(connector)
    progress = Killer(name) if moment == "outcome" else None
    report = bench.apply(connector, wanted_steps(WANTED, bench.ties()), progress=progress, interruption=interruption)
    print(report.outcome, *(str(result.state) for result in report.results()), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
