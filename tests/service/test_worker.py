"""The worker's process seen from the service: it is there, it is renewed, it ends, it is started again."""

import os
import signal
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from provisioner.model.errands import Errand, Job
from provisioner.service import worker as module
from provisioner.service.worker import ChildWorker, Command, WorkerGone
from tests.support.serving import lives, wait_until

NOW = datetime(2026, 1, 5, tzinfo=UTC)
CHILD = """
    import os, sys, time
    from multiprocessing.connection import Connection
    from provisioner.app.work.jobs import JobReport
    from provisioner.app.work.progress import JobResult
    from provisioner.service.child import Finished, Ready, Stop

    pipe, size = Connection(int(sys.argv[1])), float(sys.argv[2])
    pipe.send(Ready(100.0))
    while isinstance(errands := pipe.recv(), list):
        word = errands[0].only
        if word == "crash":
            os._exit(7)
        if word == "long":
            assert isinstance(pipe.recv(), Stop)
            os._exit(0)
        result = JobResult(errands[0].job, str(os.getpid()), "done", errands[0].created, errands[0].created)
        pipe.send(Finished(JobReport(result, frozenset({errands[0].id})), size))
"""


@dataclass(frozen=True, slots=True)
class Small(Command):
    """A child that knows the pipe and no site; ``megabytes`` is what it says it has."""

    megabytes: float = 50.0

    def line(self, descriptor: int) -> list[str]:
        return [sys.executable, "-c", textwrap.dedent(CHILD), str(descriptor), str(self.megabytes)]


class Broken(Command):
    """Ends as soon as it began."""

    def line(self, descriptor: int) -> list[str]:
        return [sys.executable, "-c", ""]


def errand(only: str) -> list[Errand]:
    return [Errand(1, "redi", Job.SYNC, "enrolment", "p-anna", NOW, only)]


@pytest.fixture
def child(request: pytest.FixtureRequest) -> Iterator[ChildWorker]:
    made = ChildWorker(Small(Path("settings.yaml"), "redi", megabytes=getattr(request, "param", 50.0)))
    assert made.keep()
    yield made
    made.stop()
    made.close()
    assert made.pid is None


def test_pages_come_before_work_where_processors_are_busy(child: ChildWorker) -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, child.pid or 0) == min(own + 10, 19)


def test_one_process_does_one_job_after_another_and_after_many_it_is_renewed(
    child: ChildWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_JOBS", 2)
    causes = [child.perform(errand("p-anna")).result.cause for _ in range(3)]
    assert causes[0] == causes[1] != causes[2] == str(child.pid)
    assert not lives(int(causes[0]))


@pytest.mark.parametrize("child", [5_000.0], indirect=True)
def test_one_that_grew_too_big_is_renewed(child: ChildWorker) -> None:
    first, second = (child.perform(errand("p-anna")).result.cause for _ in range(2))
    assert first != second


def test_one_that_crashes_in_a_job_or_without_one_is_started_again(child: ChildWorker) -> None:
    first = child.pid
    with pytest.raises(WorkerGone) as gone:
        child.perform(errand("crash"))
    assert not gone.value.stopped
    assert child.keep()
    second = child.pid
    assert second not in (None, first)
    os.kill(second or 0, signal.SIGKILL)
    wait_until(lambda: child.keep() and child.pid != second)
    assert child.perform(errand("p-anna")).result.cause == str(child.pid)


def test_one_that_crashes_again_and_again_rests_longer_each_time() -> None:
    seconds = 0.0
    child = ChildWorker(Broken(Path("settings.yaml"), "redi"), lambda: seconds)
    rests = []
    for _ in range(4):
        began = seconds
        while not child.keep():
            seconds += 0.5
        rests.append(seconds - began)
        with pytest.raises(WorkerGone):
            child.perform(errand("p-anna"))
    child.close()
    assert rests == [0, 0, 1, 3]


def test_a_job_that_is_stopped_is_no_crash_and_nothing_is_started_any_more(child: ChildWorker) -> None:
    stopping = module.threading.Timer(0.0, child.stop)
    stopping.start()
    with pytest.raises(WorkerGone) as gone:
        child.perform(errand("long"))
    stopping.join()
    assert gone.value.stopped
    child.close()
    assert not child.keep()
