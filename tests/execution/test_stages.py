"""Steps that are only known once others were done, and what a run leaves in its targets at its end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from provisioner.execution import Interruption, Report, Then, execute
from provisioner.model.errors import (
    LoginRefused,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    StateError,
    Transient,
)
from provisioner.model.inventory import Epoch
from provisioner.model.steps import Step
from provisioner.model.text import Text
from provisioner.state import Epochs, Outcome, TiesFile, TiesLog
from provisioner.transport.ledger import MemoryRates, RateLedger, Waiter
from tests.execution.bench import NETWORK, SERVER, Bench
from tests.execution.fake import FakeConnector, FakeServer, T, create, group, person, post, update

WHY = Text.of("test.fault")


def states(report: Report) -> list[str]:
    return [str(result.state) for result in report.results()]


def further(*steps: Step) -> Then:
    return lambda report: {T: steps}


def test_further_steps_know_what_was_made_and_belong_to_the_same_run(bench: Bench, connector: FakeConnector) -> None:
    told: list[Mapping[object, str]] = []

    def then(report: Report) -> Mapping[str, Sequence[Step]]:
        told.append(dict(report.targets[0].made))
        assert states(report) == ["done"]
        return {T: [create(person("x"), [group("a")]), update(group("a"), "a", "see r-a")]}

    report = bench.apply(connector, [create(group("a"))], then=then)
    assert told == [{group("a"): "r-a"}]
    assert (states(report), report.outcome) == (["done"] * 3, Outcome.DONE)
    assert connector.server.objects["group", "r-a"] == {"display_name": "see r-a"}
    assert ("r-a", "r-x") in connector.server.edges
    run = bench.runs.get(NETWORK, report.run)
    assert run is not None
    assert (run.outcome, run.counts) == (Outcome.DONE, {"done": 3})
    assert len(bench.entries(report)) == 3


def test_what_did_not_come_about_first_has_its_further_steps_skipped(bench: Bench, connector: FakeConnector) -> None:
    connector.fail("before", "a", Permanent(WHY))
    then = further(update(group("a"), "a", "A"), update(group("b"), "b", "B"))
    report = bench.apply(connector, [create(group("a")), create(group("b"))], then=then)
    assert states(report) == ["failed", "done", "skipped", "done"]
    assert [str(entry.state) for entry in bench.entries(report)] == ["failed", "done", "done", "skipped"]


def test_a_target_that_was_left_alone_stays_so(bench: Bench, connector: FakeConnector) -> None:
    connector.fail("before", "a", LoginRefused(WHY))
    report = bench.apply(connector, [create(group("a"))], then=further(create(group("b"))))
    assert states(report) == ["failed", "skipped"]
    assert connector.performed == ["a"]


def test_an_interrupted_run_begins_no_further_step(bench: Bench, connector: FakeConnector) -> None:
    interruption = Interruption()
    connector.before["a"] = [interruption.interrupt]
    report = bench.apply(connector, [create(group("a"))], then=further(create(group("b"))), interruption=interruption)
    assert (states(report), report.outcome) == (["done", "skipped"], Outcome.INTERRUPTED)
    run = bench.runs.get(NETWORK, report.run)
    assert run is not None
    assert run.counts == {"done": 1, "skipped": 1}


def test_a_database_that_breaks_between_the_stages_ends_the_run(bench: Bench, connector: FakeConnector) -> None:
    def then(report: Report) -> Mapping[str, Sequence[Step]]:
        raise StateError(Text.of("state.busy", database="d"))

    report = bench.apply(connector, [create(group("a"))], then=then)
    assert (report.outcome, states(report)) == (Outcome.BROKEN, ["done"])
    assert report.error is not None
    assert connector.epochs == []


def test_what_the_next_run_did_otherwise_settles_what_was_cut_short(bench: Bench, connector: FakeConnector) -> None:
    bench.apply(connector, [create(group("a")), create(group("b"))])
    doubt = [OutcomeUnknown(WHY)] * 4
    connector.fail("before", "a", *doubt).fail("before", "b", *doubt)
    bench.apply(connector, [update(group("a"), "a", "A"), update(group("b"), "b", "B")])
    assert bench.ties().unsettled == {group("a"), group("b")}
    connector.fail("before", "b", Permanent(WHY))
    otherwise = [replace(update(group(name), name, "C"), operation="update-otherwise") for name in "ab"]
    connector.server.objects["group", "r-a"]["display_name"] = "a"

    class Otherwise(FakeConnector):
        def perform(self, step: Step, *rest: object) -> object:  # type: ignore[override]
            return super().perform(replace(step, operation="update"), *rest)  # type: ignore[arg-type]

    other = Otherwise(connector.server)
    other.fail("before", "b", Permanent(WHY))
    assert states(bench.apply(other, otherwise)) == ["done", "failed"]
    assert bench.ties().unsettled == {group("b")}


def test_the_epoch_is_left_in_what_was_written_and_only_when_it_is_behind(
    bench: Bench, connector: FakeConnector
) -> None:
    epochs = Epochs(bench.database)
    bench.apply(connector, [create(group("a"))], then=further(create(group("b"))))
    assert connector.epochs == [Epoch(epochs.head().database, 1)]
    assert epochs.left(NETWORK, T) == 1
    bench.apply(connector, [update(group("a"), "a", "A")])
    assert len(connector.epochs) == 1, "no tie changed"
    connector.fail("before", "c", Permanent(WHY))
    bench.apply(connector, [create(group("c"))])
    assert len(connector.epochs) == 1
    bench.apply(connector, [create(group("c"))])
    assert [epoch.number for epoch in connector.epochs] == [1, 2]


def test_a_target_that_was_not_written_is_not_touched_at_the_end(bench: Bench) -> None:
    one, two = FakeConnector(FakeServer()), FakeConnector(FakeServer())
    run = bench.begin()
    with bench.locked(run) as here, bench.locked(run, "ldaps://directory.example") as there:
        assignments = [
            bench.assignment(one, here, [create(group("a"))]),
            bench.assignment(two, there, [], target="directory", bound={}),
        ]
        execute(assignments, database=bench.database, network=NETWORK, run=run, clock=bench.clock)
    assert (len(one.epochs), two.epochs) == (1, [])
    assert Epochs(bench.database).left(NETWORK, "directory") is None


def test_no_target_is_ever_ahead_of_the_file(bench: Bench, connector: FakeConnector, tmp_path: Path) -> None:
    log = TiesLog(bench.database, tmp_path / "ties.jsonl")
    seen: list[int] = []

    class Looking(FakeConnector):
        def leave_epoch(self, epoch: Epoch) -> None:
            seen.append(TiesFile(tmp_path / "ties.jsonl").replay().head.epoch)
            super().leave_epoch(epoch)

    looking = Looking(connector.server)
    bench.apply(looking, [create(group("a")), create(group("b"))], ties_log=log)
    assert (seen, [epoch.number for epoch in looking.epochs]) == ([1], [1])
    (tmp_path / "ties.jsonl").unlink()
    (tmp_path / "ties.jsonl").mkdir()
    report = bench.apply(looking, [create(group("c"))], ties_log=log)
    assert (report.outcome, len(looking.epochs)) == (Outcome.BROKEN, 1), "no file, no epoch"


@pytest.mark.parametrize(
    "error",
    [Transient(WHY), RateLimited(WHY, retry_after=600), Permanent(WHY), OutcomeUnknown(WHY), LoginRefused(WHY)],
    ids=lambda error: type(error).__name__,
)
def test_an_epoch_that_cannot_be_left_is_told_waited_for_by_nobody_and_left_by_the_next_run(
    bench: Bench, connector: FakeConnector, error: Exception
) -> None:
    connector.leaving.append(error)
    report = bench.apply(connector, [create(group("a"))])
    assert (report.outcome, report.targets[0].no_epoch, report.targets[0].stopped) == (Outcome.DONE, WHY, None)
    assert (bench.clock.monotonic(), connector.epochs) == (0, [])
    assert bench.apply(connector, [update(group("a"), "a", "A")]).targets[0].no_epoch is None
    assert [epoch.number for epoch in connector.epochs] == [1]


def test_a_ledger_that_is_full_is_not_waited_for_to_leave_an_epoch(bench: Bench, connector: FakeConnector) -> None:
    waiter = Waiter(bench.clock)
    ledger = RateLedger(MemoryRates(), SERVER, "readi", bench.clock, waiter)

    class Counted(FakeConnector):
        def leave_epoch(self, epoch: Epoch) -> None:
            ledger.acquire("edits", 1, 600)
            super().leave_epoch(epoch)

    counted = Counted(connector.server)

    def apply(step: Step) -> Report:
        run = bench.begin()
        with bench.locked(run) as lock:
            assignment = bench.assignment(counted, lock, [step], waiter=waiter)
            return execute([assignment], database=bench.database, network=NETWORK, run=run, clock=bench.clock)

    apply(create(group("a")))
    report = apply(create(group("b")))
    assert (len(counted.epochs), bench.clock.monotonic()) == (1, 0)
    assert report.targets[0].no_epoch is not None
    ledger.acquire("edits", 1, 600)
    assert bench.clock.monotonic() >= 600, "who asks otherwise waits as ever"


def test_a_defect_in_leaving_an_epoch_hides_nothing(
    bench: Bench, connector: FakeConnector, caplog: pytest.LogCaptureFixture
) -> None:
    connector.leaving.append(RuntimeError("ada@stadt.example"))
    report = bench.apply(connector, [create(group("a"))])
    assert (report.outcome, states(report)) == (Outcome.DONE, ["done"])
    assert report.targets[0].no_epoch == Text.of("execution.defect", operation="leave-epoch", error="RuntimeError")
    assert "ada@stadt" not in caplog.text


def test_the_gate_is_open_only_while_the_epoch_is_left_and_the_lock_is_held(
    bench: Bench, connector: FakeConnector
) -> None:
    class Gated(FakeConnector):
        lose: Callable[[], None] | None = None

        def leave_epoch(self, epoch: Epoch) -> None:
            if self.lose is not None:
                self.lose()
            self.gate.check("PUT")
            super().leave_epoch(epoch)

    gated = Gated(connector.server)
    bench.apply(gated, [create(group("a"))])
    assert len(gated.epochs) == 1
    assert bench.database.path is not None
    folder = bench.database.path.parent
    gated.lose = lambda: next(folder.glob("*-lock-[!o]*")).unlink()
    report = bench.apply(gated, [create(group("b"))])
    assert len(gated.epochs) == 1
    assert report.targets[0].no_epoch is not None
    assert report.targets[0].no_epoch.code == "transport.lock_lost"


def test_a_message_is_posted_in_the_stage_after_its_room(bench: Bench, connector: FakeConnector) -> None:
    report = bench.apply(connector, [create(group("a"))], then=further(post(group("a"), "Welcome")))
    assert states(report) == ["done", "done"]
    assert bench.ties().bindings[group("a")].applied["first_message"] == "Welcome"
