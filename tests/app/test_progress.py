"""How far the running job is, for every instance to show; and how often that is written."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from provisioner.app.site import Site
from provisioner.app.work.progress import APPLYING, READING, JobResult, JobState, ProgressStore, Watch
from provisioner.execution import StepResult
from provisioner.model.errands import Job
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.steps import Step
from provisioner.model.text import Text
from provisioner.state import StepState
from tests.support.site import Installation

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
STATE = JobState(Job.SYNC, "schedule", READING, 0, 0, NOW, 3)
DONE = StepResult(Step("cloud", "create-account", ResourceId(Kind.ACCOUNT, "person:p-anna"), "a", ()), StepState.DONE)


@pytest.fixture
def site(installation: Installation) -> Iterator[Site]:
    installation.write()
    made = Site.open(installation.settings, clock=installation.clock)
    yield made
    made.close()


def test_nothing_runs_before_the_first_job_and_after_each(site: Site) -> None:
    store = ProgressStore(site)
    assert (store.current(), store.last()) == (None, {})
    store.put(STATE)
    assert store.current() == STATE
    store.clear()
    assert store.current() is None


def test_a_result_is_read_as_it_was_kept(site: Site) -> None:
    why = Text.of("state.lock_taken", server="cloud", host="a", pid=1, since=NOW)
    result = JobResult(
        Job.SYNC, "webhook", "partly", NOW, NOW + timedelta(seconds=9), 7, {"done": 3}, 2, (why,), {"cloud": why}, why
    )
    store = ProgressStore(site)
    store.keep(result)
    assert store.last() == {Job.SYNC: result}


def test_a_job_about_a_few_says_nothing_about_the_last_one_about_all(site: Site) -> None:
    store = ProgressStore(site)
    store.keep(JobResult(Job.SYNC, "schedule", "done", NOW, NOW))
    store.keep(JobResult(Job.SYNC, "enrolment", "partly", NOW, NOW, only=True))
    assert store.last()[Job.SYNC].cause == "schedule"


def test_a_running_job_is_seen_from_its_beginning_and_written_no_more_than_twice_a_second(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[JobState] = []
    monkeypatch.setattr(ProgressStore, "put", lambda _, state: written.append(state))
    seconds, began = 0.0, []
    watch = Watch(ProgressStore(site), STATE, lambda: began.append(seconds), lambda: seconds)
    assert written == [STATE], "while registry and targets are read"
    watch.started("cloud", 100)
    for number in range(100):
        seconds = (number + 1) * 0.1
        watch.finished("cloud", DONE)
    assert [one.phase for one in written[1:]] == [APPLYING] * (len(written) - 1)
    assert len(written) <= 2 + 10 * 2 + 1
    assert (written[-1].done, written[-1].total) == (100, 100)
    assert began == [0.0]


def test_writing_begins_with_the_first_step_not_with_a_target_that_has_none(site: Site) -> None:
    began: list[bool] = []
    watch = Watch(ProgressStore(site), STATE, lambda: began.append(True))
    watch.started("wiki", 0)
    assert began == []
    watch.started("cloud", 2)
    watch.started("cloud", 2)
    assert began == [True]
