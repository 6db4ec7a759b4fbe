"""What the dispatcher does with errands, and with what their worker says, or does not say. On virtual time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from provisioner.app.site import Site
from provisioner.app.work.jobs import JobReport
from provisioner.app.work.progress import JobResult
from provisioner.emulation import VirtualClock
from provisioner.model.errands import Errand, Job
from provisioner.model.errors import StateError
from provisioner.model.text import Text
from provisioner.service.dispatching import LOCKED_PAUSE, POLL, Dispatcher
from provisioner.service.worker import WorkerGone
from provisioner.state import Errands
from tests.support.site import Installation

WHY = Text.of("state.lock_taken_unknown", server="cloud")
Answer = Callable[[Sequence[Errand]], JobReport]


@dataclass
class Hand:
    """A `Worker` that answers as it is told."""

    answer: Answer
    is_there: bool = True
    jobs: list[list[str | None]] = field(default_factory=list)

    def keep(self) -> bool:
        return self.is_there

    def perform(self, errands: Sequence[Errand]) -> JobReport:
        self.jobs.append([one.only for one in errands])
        return self.answer(errands)

    def stop(self) -> None: ...

    def close(self) -> None: ...


def report(errands: Sequence[Errand], **more: object) -> JobReport:
    now = errands[0].created
    return JobReport(JobResult(errands[0].job, "enrolment", "done", now, now), **more)  # type: ignore[arg-type]


def done(errands: Sequence[Errand]) -> JobReport:
    return report(errands, done=frozenset(one.id for one in errands))


def failed(errands: Sequence[Errand]) -> JobReport:
    return report(errands, again=frozenset(one.id for one in errands))


@dataclass
class Rig:
    site: Site
    clock: VirtualClock
    hand: Hand
    errands: Errands
    given_up: list[str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dispatcher = Dispatcher(self.site, self.hand, self._give_up)

    def _give_up(self, errands: Sequence[Errand]) -> None:
        self.given_up += [one.only for one in errands]

    def add(self, *only: str | None, job: Job = Job.SYNC) -> None:
        for one in only:
            self.errands.add(job, "enrolment", "p-anna", self.clock.now(), only=one)

    def turns(self, count: int = 50) -> None:
        """Until nothing is due."""
        for _ in range(count):
            if not self.errands.due(self.clock.now()):
                return
            self.dispatcher.turn()


@pytest.fixture
def rig(tmp_path: Path, installation: Installation, clock: VirtualClock) -> Iterator[Rig]:
    installation.write()
    site = Site.open(installation.settings, clock=clock)
    yield Rig(site, clock, Hand(done), Errands(site.database, "redi"))
    site.close()


def test_what_is_done_is_taken_away(rig: Rig) -> None:
    rig.add("p-anna", "p-ben")
    rig.turns()
    assert rig.hand.jobs == [["p-anna", "p-ben"]]
    assert rig.errands.count() == 0


def test_what_is_put_down_while_a_job_runs_is_done_next(rig: Rig) -> None:
    def meanwhile(errands: Sequence[Errand]) -> JobReport:
        rig.hand.answer = done
        rig.add("p-ben")
        return done(errands)

    rig.hand.answer = meanwhile
    rig.add("p-anna")
    rig.turns()
    assert rig.hand.jobs == [["p-anna"], ["p-ben"]]


def test_a_server_that_somebody_else_writes_to_is_waited_for_and_counts_as_no_failure(rig: Rig) -> None:
    rig.hand.answer = lambda errands: report(errands, locked=WHY)
    rig.add("p-anna")
    assert [rig.dispatcher.turn() for _ in range(20)] == [LOCKED_PAUSE] * 20
    [waiting] = rig.errands.due(rig.clock.now())
    assert waiting.tries == 0
    rig.hand.answer = done
    rig.turns()
    assert rig.errands.count() == 0


def test_who_fails_is_tried_five_times_and_then_told_of(rig: Rig) -> None:
    rig.hand.answer = failed
    rig.add("p-anna")
    for _ in range(5):
        assert rig.given_up == []
        rig.turns()
        rig.clock.advance(1800)
    assert rig.given_up == ["p-anna"]
    assert len(rig.hand.jobs) == 5
    assert rig.errands.count() == 0


def test_who_fails_stops_nobody_else_of_the_same_job(rig: Rig) -> None:
    def one_fails(errands: Sequence[Errand]) -> JobReport:
        bad = frozenset(one.id for one in errands if one.only == "p-ben")
        return report(errands, done=frozenset(one.id for one in errands) - bad, again=bad)

    rig.hand.answer = one_fails
    rig.add("p-anna", "p-ben", "p-cleo")
    rig.turns()
    assert [one.only for one in rig.errands.all()] == ["p-ben"]


def test_one_who_spoils_everything_together_is_soon_alone_and_the_others_are_done(rig: Rig) -> None:
    def spoilt(errands: Sequence[Errand]) -> JobReport:
        spoils = any(one.only == "p-37" for one in errands)
        return report(errands, split=True) if spoils else done(errands)

    rig.hand.answer = spoilt
    rig.add(*(f"p-{number}" for number in range(100)))
    rig.turns()
    [left] = rig.errands.all()
    assert (left.only, left.tries) == ("p-37", 1)
    assert len(rig.hand.jobs) < 30


def test_one_who_kills_the_worker_is_soon_alone_and_the_others_are_done(rig: Rig) -> None:
    def killed(errands: Sequence[Errand]) -> JobReport:
        if any(one.only == "p-37" for one in errands):
            raise WorkerGone(stopped=False)
        return done(errands)

    rig.hand.answer = killed
    rig.add(*(f"p-{number}" for number in range(100)))
    rig.turns()
    [left] = rig.errands.all()
    assert (left.only, left.tries) == ("p-37", 2), "at once for the first time: anybody may have ended it"


def test_a_sync_of_everything_that_kills_the_worker_does_not_stop_those_of_a_few(rig: Rig) -> None:
    def killed(errands: Sequence[Errand]) -> JobReport:
        if any(one.only is None for one in errands):
            raise WorkerGone(stopped=False)
        return done(errands)

    rig.hand.answer = killed
    rig.add("p-anna", None, "p-ben")
    rig.turns()
    assert [(one.only, one.tries) for one in rig.errands.all()] == [(None, 2)]


def test_what_was_interrupted_stays_as_it_is(rig: Rig) -> None:
    def stopped(errands: Sequence[Errand]) -> JobReport:
        raise WorkerGone(stopped=True)

    rig.hand.answer = stopped
    rig.add("p-anna")
    assert rig.dispatcher.turn() == 0
    rig.hand.answer = report
    rig.dispatcher.turn()
    assert [(one.only, one.tries) for one in rig.errands.due(rig.clock.now())] == [("p-anna", 0)]


def test_while_the_worker_rests_between_two_starts_nothing_is_tried(rig: Rig) -> None:
    rig.hand.is_there = False
    rig.add("p-anna")
    assert [rig.dispatcher.turn() for _ in range(9)] == [POLL] * 9
    assert [one.tries for one in rig.errands.all()] == [0]
    assert rig.hand.jobs == []


def test_while_the_database_does_not_answer_nothing_is_lost(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.add("p-anna")
    with monkeypatch.context() as broken:
        why = StateError(Text.of("state.unreachable", database="state"))
        broken.setattr(Errands, "done", lambda *_: (_ for _ in ()).throw(why))
        with pytest.raises(StateError):
            rig.dispatcher.turn()
    rig.turns()
    assert rig.hand.jobs == [["p-anna"], ["p-anna"]]
    assert rig.errands.count() == 0
