"""What the worker makes of errands, on an emulated Nextcloud: done, tried again, left, told."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import pytest

from provisioner.app.applying import Applied
from provisioner.app.picture import Pictures
from provisioner.app.queue import waiting_plans
from provisioner.app.site import Site
from provisioner.app.work.jobs import PULL, Control, JobReport, perform
from provisioner.app.work.last_plan import last_plan
from provisioner.app.work.progress import ProgressStore
from provisioner.model.enrolments import EnrolledMembership, EnrolledPerson
from provisioner.model.errands import Errand, Job
from provisioner.model.messages import LetterKind, LetterState
from provisioner.model.registry import Period
from provisioner.state import EnrolmentStore, Outbox
from tests.support.site import Installation, person

NO = '{"ocs": {"meta": {"status": "failure", "statuscode": 107, "message": "no"}, "data": []}}'
"""How a Nextcloud refuses one account."""


@dataclass
class Worker:
    """As a worker process has it, without the process."""

    site: Site
    installation: Installation

    def __post_init__(self) -> None:
        self.pictures = Pictures(self.site)
        self._ids = iter(range(1, 1_000))

    def errand(self, job: Job = Job.SYNC, only: str | None = None, **about: str) -> Errand:
        now = self.site.clock.now()
        return Errand(next(self._ids), "redi", job, "enrolment", "p-anna", now, only, about)

    def does(self, *errands: Errand, control: Control | None = None) -> JobReport:
        return perform(self.site, self.pictures, errands, control)

    def enrol(self, given: str, body: str = "pg-lora") -> Errand:
        identity, now = f"p-{given.lower()}", self.site.clock.now()
        store = EnrolmentStore(self.site.database, "redi")
        email = f"{given.lower()}@bretten.example"
        assert store.enrol(EnrolledPerson(identity, given, "Neu", email, "bretten", date(2020, 1, 1)))
        store.place(EnrolledMembership(identity, body, Period(), by=identity), now)
        return self.errand(only=identity)

    def letters(self, kind: LetterKind) -> list[dict[str, str | int]]:
        found = Outbox(self.site.database, "redi", self.site.clock.now()).find(*LetterState)
        return [dict(posted.letter.about) for posted in found if posted.letter.kind is kind]


@pytest.fixture
def worker(small: Installation) -> Iterator[Worker]:
    small.wish.people["p-anna"]["roles"] = ["ranger"]
    small.write()
    site = Site.open(small.settings, clock=small.clock)
    yield Worker(site, small)
    site.close()


@pytest.fixture
def synced(worker: Worker) -> Worker:
    assert worker.does(worker.errand()).result.outcome == "done"
    worker.installation.cloud.log.clear()
    return worker


def test_a_sync_of_everything_brings_everybody_and_keeps_what_is_left_to_do(worker: Worker) -> None:
    errands = [worker.errand(), worker.errand(only="p-ben")]
    report = worker.does(*errands)
    assert report.done == {one.id for one in errands}
    assert {"anna.muster", "ben.muster", "cleo.muster"} <= worker.installation.cloud.users.keys()
    plan = last_plan(worker.site)
    assert plan is not None
    assert (plan.changes, plan.is_cut) == (0, False)
    kept = ProgressStore(worker.site)
    assert kept.current() is None
    assert kept.last()[Job.SYNC] == report.result


def test_syncs_of_a_few_are_one_run_about_these_alone(synced: Worker) -> None:
    errands = [synced.enrol("Dora"), synced.enrol("Emil")]
    report = synced.does(*errands)
    assert report.done == {one.id for one in errands}
    assert len(synced.installation.cloud.log.requests) <= 12
    assert {"dora.neu", "emil.neu"} <= synced.installation.cloud.users.keys()
    assert ProgressStore(synced.site).last()[Job.SYNC].cause == "enrolment", "the last one of everything"


def test_who_was_erased_meanwhile_is_done_and_stops_nobody(synced: Worker) -> None:
    errands = [synced.errand(only="p-gone"), synced.enrol("Dora"), synced.errand(only="pg-gone")]
    report = synced.does(*errands)
    assert report.done == {one.id for one in errands}
    assert "dora.neu" in synced.installation.cloud.users


def test_if_all_of_them_were_erased_meanwhile_nothing_is_to_be_done(synced: Worker) -> None:
    report = synced.does(synced.errand(only="p-gone"))
    assert (report.result.outcome, len(report.done)) == ("done", 1)
    assert synced.installation.cloud.log.writes == []


def test_who_can_not_be_made_is_tried_again_and_the_others_are_done(synced: Worker) -> None:
    dora, emil = synced.enrol("Dora"), synced.enrol("Emil")
    synced.installation.cloud.faults.status(400, body=NO, content_type="application/json", nth_write=1)
    report = synced.does(dora, emil)
    assert (report.again, report.done) == ({dora.id}, {emil.id})
    assert "emil.neu" in synced.installation.cloud.users
    assert report.result.outcome == "partly"


def test_while_a_target_does_not_answer_everything_about_it_is_tried_again(synced: Worker) -> None:
    dora = synced.enrol("Dora")
    synced.installation.cloud.faults.status(503, times=99)
    report = synced.does(dora)
    assert (report.again, report.done) == ({dora.id}, frozenset())
    assert list(report.result.troubles) == ["cloud"]


def test_a_server_that_somebody_else_writes_to_is_no_failure(synced: Worker) -> None:
    dora = synced.enrol("Dora")
    with synced.site.targets() as [target]:
        server = target.server
    with synced.site.database.lock(server, synced.site.clock.now()):
        report = synced.does(dora)
    assert report.locked is not None
    assert (report.done, report.again, report.split) == (frozenset(), frozenset(), False)
    assert synced.installation.cloud.log.writes == []


def test_an_interruption_leaves_the_errands_as_they_are(synced: Worker) -> None:
    control = Control()
    synced.installation.cloud.faults.hook(before=lambda _: control.interruption.interrupt(), nth_write=1)
    errands = [synced.enrol("Dora"), synced.enrol("Emil")]
    report = synced.does(*errands, control=control)
    assert report.result.outcome == "interrupted"
    assert (report.done, report.again) == (frozenset(), frozenset())
    assert synced.does(*errands).done == {one.id for one in errands}


def test_a_refusal_of_a_few_is_tried_in_smaller_parts_and_alone_it_is_told(worker: Worker) -> None:
    worker.installation.wish.targets["cloud"] = worker.installation.target(welcome_mail=True)
    worker.installation.wish.policy["guards"] = {"mails": 1}
    worker.installation.write()
    site = Site.open(worker.installation.settings, clock=worker.installation.clock)
    again = Worker(site, worker.installation)
    together = again.does(again.errand(only="p-ben"), again.errand(only="p-cleo"))
    assert (together.split, together.done) == (True, frozenset())
    assert again.does(again.errand(only="p-ben")).result.outcome == "done"
    site.close()


def test_a_defect_is_told_by_its_kind_and_tried_in_smaller_parts(
    synced: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Applied:
        raise KeyError("Dora Neu")

    monkeypatch.setattr("provisioner.app.work.jobs.apply", broken)
    errands = [synced.enrol("Dora"), synced.enrol("Emil")]
    together, alone = synced.does(*errands), synced.does(errands[0])
    assert (together.split, together.again) == (True, frozenset())
    assert (alone.split, alone.again) == (False, {errands[0].id})
    assert alone.result.error is not None
    assert alone.result.error.arguments == {"fault": "KeyError"}
    assert "Dora" not in str(alone.result)
    assert ProgressStore(synced.site).current() is None


def test_the_plan_that_was_approved_is_applied_and_one_that_is_gone_is_told(synced: Worker) -> None:
    synced.installation.wish.policy["queued"] = ["join"]
    synced.installation.wish.people["p-cleo"]["bodies"].append("pg-sensorik")
    synced.installation.write()
    report = synced.does(synced.errand())
    assert report.result.waiting == 1
    [waiting] = waiting_plans(synced.site)
    applied = synced.does(synced.errand(Job.APPLY, digest=waiting.saved.digest))
    assert applied.result.outcome == "done"
    assert "PG_Sensorik" in synced.installation.cloud.users["cleo.muster"].groups
    twice = synced.does(synced.errand(Job.APPLY, digest=waiting.saved.digest))
    assert (twice.result.outcome, len(twice.done)) == ("failed", 1)


def test_a_look_writes_nothing_and_shows_what_would_be_done(synced: Worker) -> None:
    synced.installation.wish.add(person("Dora", "pg-lora"))
    synced.installation.write()
    report = synced.does(synced.errand(Job.PLAN))
    assert report.result.outcome == "done"
    assert synced.installation.cloud.log.writes == []
    plan = last_plan(synced.site)
    assert plan is not None
    assert plan.changes > 0
    assert "person:p-dora" in {change.id for target in plan.report.targets for change in target.changes}


def test_a_folder_that_can_not_be_pulled_is_told_and_synchronised_as_it_is(synced: Worker) -> None:
    synced.installation.wish.add(person("Dora", "pg-lora"))
    synced.installation.write()
    report = synced.does(synced.errand(Job.SYNC, None, **{PULL: "1"}))
    assert (report.result.outcome, list(report.result.troubles)) == ("partly", ["registry"])
    assert len(report.done) == 1
    assert "dora.muster" in synced.installation.cloud.users
    assert {"what": "not_pulled"} in synced.letters(LetterKind.NOTICE)


@pytest.mark.parametrize("job", [Job.SOURCES, Job.REMIND, Job.TIDY])
def test_every_other_job_is_done(synced: Worker, job: Job) -> None:
    errand = synced.errand(job)
    report = synced.does(errand)
    assert (report.result.outcome, report.done) == ("done", {errand.id})
    assert synced.installation.cloud.log.writes == []


def test_without_a_database_nothing_is_done_and_nothing_lost(synced: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    errand = synced.enrol("Dora")
    gone: Callable[..., None] = _raising
    monkeypatch.setattr("provisioner.app.work.progress.Meta.put", gone)
    report = synced.does(errand)
    assert report.done == frozenset()


def _raising(*_: object) -> None:
    from provisioner.model.errors import StateError
    from provisioner.model.text import Text

    raise StateError(Text.of("state.unreachable", database="state"))
