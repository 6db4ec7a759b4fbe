"""Killed, terminated, locked out, out of disk: the next run ends in the right state, and nothing is made twice."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from provisioner.execution import Interruption, execute, settle
from provisioner.model.bindings import Binding
from provisioner.model.errors import LoginRefused, OutcomeUnknown, RateLimited, StateError
from provisioner.model.inventory import Observation, Partial, Scope
from provisioner.model.resources import Edge, Kind, Seats
from provisioner.model.steps import Effects
from provisioner.model.text import Text
from provisioner.state import Database, LockTaken, Outcome, Runs, StepState
from tests.execution.bench import NETWORK, SERVER, Bench
from tests.execution.child import NAMES, WANTED
from tests.execution.fake import FakeConnector, FakeServer, create, group, person, update
from tests.support.postgres import shared


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "readi.sqlite3") if request.param == "sqlite" else shared().new_database()


@pytest.fixture
def both(address: str) -> Iterator[Bench]:
    with Database.open(address) as database:
        yield Bench(database)


def child(address: str, file: Path, moment: str, number: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.execution.child", address, str(file), moment, str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", range(len(NAMES)))
@pytest.mark.parametrize("moment", ["before", "after", "outcome"])
def test_after_kill_9_at_any_boundary_the_next_run_ends_right(tmp_path: Path, moment: str, number: int) -> None:
    database, file = tmp_path / "readi.sqlite3", tmp_path / "target"
    killed = child(str(database), file, moment, number)
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    connector = FakeConnector(FakeServer(file))
    written_before = len(connector.server.log)
    with Database.open(database) as opened:
        bench = Bench(opened)
        assert bool(bench.ties().pending) == (moment != "outcome")
        assert bench.converge(connector, WANTED).outcome is Outcome.DONE
        ties = bench.ties()
        assert set(ties.bindings) == set(WANTED)
        assert ties.pending == {}
        assert bench.converge(connector, WANTED).counts == {}, "a further run has nothing to do"
    created = [entry for entry in connector.server.log if entry[0] == "create"]
    assert len(created) == len(set(created)) == len(WANTED), "nothing was made twice"
    assert (written_before > 0) == (number > 0 or moment != "before")


def test_after_kill_9_on_postgresql_the_lock_is_free_and_the_next_run_ends_right(tmp_path: Path) -> None:
    address, file = shared().new_database(), tmp_path / "target"
    killed = child(address, file, "after", 1)
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    shared().wait_for_no_lock(address)
    connector = FakeConnector(FakeServer(file))
    with Database.open(address) as opened:
        bench = Bench(opened)
        assert bench.ties().pending == {person("x"): "x"}
        assert bench.converge(connector, WANTED).outcome is Outcome.DONE
        assert set(bench.ties().bindings) == set(WANTED)
    assert len([entry for entry in connector.server.log if entry[0] == "create"]) == len(WANTED)


def test_sigterm_lets_the_step_in_hand_finish_and_ends_the_run_in_good_order(tmp_path: Path) -> None:
    database, file = tmp_path / "readi.sqlite3", tmp_path / "target"
    ended = child(str(database), file, "term", 1)
    output, _ = ended.communicate(timeout=60)
    assert (ended.returncode, output.split()) == (0, ["interrupted", "done", "done", "skipped"])
    with Database.open(database) as opened:
        bench = Bench(opened)
        run = bench.runs.latest(NETWORK)[0]
        assert (run.outcome, run.counts) == (Outcome.INTERRUPTED, {"done": 2, "skipped": 1})
        assert bench.ties().pending == {}
        assert bench.converge(FakeConnector(FakeServer(file)), WANTED).counts == {"done": 1}


def test_a_second_apply_is_told_at_once_who_holds_the_server(both: Bench, address: str, tmp_path: Path) -> None:
    holder = child(address, tmp_path / "target", "hold", 0)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LockTaken) as refused:
        both.database.lock(SERVER, both.clock.now())
    assert refused.value.text.code == "state.lock_taken_run"
    assert refused.value.text.arguments["pid"] == holder.pid
    with both.database.lock("https://another.example", both.clock.now()) as another:
        assert another.is_held(), "another server is free"
    holder.kill()
    holder.communicate(timeout=60)
    if not address.startswith("/"):
        shared().wait_for_no_lock(address)
    with both.database.lock(SERVER, both.clock.now()) as freed:
        assert freed.is_held()


def test_a_full_disk_stops_at_once_and_the_next_run_goes_on(tmp_path: Path) -> None:
    people = [person(f"p{n:03}") for n in range(200)]
    wanted = dict.fromkeys(people, ())
    connector = FakeConnector(FakeServer())
    with Database.open(tmp_path / "readi.sqlite3") as database:
        bench = Bench(database)
        run = bench.begin()
        with bench.locked(run) as lock:
            limit_pages(lock, spare=12)
            report = execute(
                [bench.assignment(connector, lock, [create(resource) for resource in people])],
                database=database,
                network=NETWORK,
                run=run,
                clock=bench.clock,
            )
        assert report.outcome is Outcome.BROKEN
        assert report.error is not None
        assert report.error.text.code == "state.full"
        written = len(connector.server.log)
        assert 0 < written < 200
        assert report.counts["done"] + report.counts.get("unknown", 0) == written
        assert len(report.counts) > 1
        assert bench.converge(connector, wanted).outcome is Outcome.DONE
        assert set(bench.ties().bindings) == set(people)
    assert len(connector.server.log) == len(people), "nobody was made twice"


def limit_pages(lock: object, spare: int) -> None:
    """SQLite then says SQLITE_FULL, as it does on a full disk."""
    with lock.reading() as connection:  # type: ignore[attr-defined]
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + spare}")


def test_an_outcome_that_cannot_be_written_leaves_the_intent(bench: Bench, connector: FakeConnector) -> None:
    many = Effects({"display_name": "x"}, joins=tuple(Edge(Seats(group(str(n))), "person:x") for n in range(5000)))
    run = bench.begin()
    with bench.locked(run) as lock:
        connector.after["x"] = [lambda: limit_pages(lock, spare=0)]
        report = execute(
            [bench.assignment(connector, lock, [create(person("x"), effects=many), create(person("y"))])],
            database=bench.database,
            network=NETWORK,
            run=run,
            clock=bench.clock,
        )
    assert report.error is not None
    assert report.error.text.code == "state.full"
    assert [str(result.state) for result in report.results()] == ["unknown", "skipped"]
    assert [result.why for result in report.results(StepState.SKIPPED)] == [Text.of("execution.state_broke")]
    ties = bench.ties()
    assert (ties.bindings, ties.edges, ties.pending) == ({}, {}, {person("x"): "x"}), "all of an outcome or nothing"
    assert bench.converge(connector, {person("x"): (), person("y"): ()}).outcome is Outcome.DONE
    assert [entry[2] for entry in connector.server.log] == ["r-x", "r-y"]


def test_who_loses_the_connection_on_postgresql_writes_no_more(tmp_path: Path) -> None:
    address = shared().new_database()
    connector = FakeConnector(FakeServer())
    with Database.open(address) as database:
        bench = Bench(database)
        # The connection ends while a step is in hand, before its write.
        connector.before["x"] = [lambda: _end(address)]
        report = bench.apply(connector, [create(group("a")), create(person("x")), create(person("y"))])
        assert connector.server.log == [("create", "group", "r-a", "a")]
        assert connector.performed == ["a", "x"]
        assert [str(result.state) for result in report.results()] == ["done", "unknown", "skipped"]
        assert report.targets[0].stopped is not None
        assert report.targets[0].stopped.code == "state.lock_lost"
        assert bench.ties().pending == {person("x"): "x"}
        assert bench.converge(connector, WANTED).outcome is Outcome.DONE


def test_who_lost_the_lock_between_two_steps_does_not_begin_the_second(tmp_path: Path) -> None:
    address = shared().new_database()
    connector = FakeConnector(FakeServer())
    with Database.open(address) as database:
        bench = Bench(database)
        connector.after["a"] = [lambda: _end(address)]
        report = bench.apply(connector, [create(group("a")), create(person("x"))])
        assert connector.performed == ["a"]
        assert [str(result.state) for result in report.results()] == ["unknown", "skipped"]


def _end(address: str) -> None:
    assert shared().end_connections(address) > 0


def test_a_lock_whose_file_was_removed_counts_as_lost(bench: Bench, connector: FakeConnector) -> None:
    assert bench.database.path is not None
    folder = bench.database.path.parent
    connector.before["x"] = [lambda: next(folder.glob("*-lock-[!o]*")).unlink()]
    report = bench.apply(connector, [create(person("x")), create(person("y"))])
    assert connector.server.log == []
    assert [str(result.state) for result in report.results()] == ["unknown", "skipped"]


def test_an_interrupted_wait_ends_within_a_second_and_nothing_is_in_doubt(
    bench: Bench, connector: FakeConnector
) -> None:
    interruption = Interruption()
    why = Text.of("test.limit")

    class Impatient:
        def started(self, target: str, steps: int) -> None:
            """Of no interest."""

        def finished(self, target: str, result: object) -> None:
            """Of no interest."""

        def waiting(self, target: str, seconds: float, why: Text) -> None:
            interruption.interrupt()

    connector.fail("before", "x", RateLimited(why, retry_after=50))
    report = bench.apply(
        connector, [create(person("x")), create(person("y"))], interruption=interruption, progress=Impatient()
    )
    assert report.outcome is Outcome.INTERRUPTED
    assert list(report.counts) == ["skipped"]
    assert bench.clock.monotonic() < 1
    assert bench.ties().pending == {}


def test_one_target_that_fails_leaves_the_others_alone(bench: Bench) -> None:
    bad, good = FakeConnector(FakeServer()), FakeConnector(FakeServer())
    bad.fail("before", "x", LoginRefused(Text.of("test.locked_out")))
    run = bench.begin()
    with bench.locked(run) as one, bench.locked(run, "ldaps://directory.example") as two:
        steps = [create(person("x")), create(person("y"))]
        elsewhere = [replace(step, target="directory") for step in steps]
        assignments = [
            bench.assignment(bad, one, steps),
            bench.assignment(good, two, elsewhere, target="directory", bound={}),
        ]
        report = execute(assignments, database=bench.database, network=NETWORK, run=run, clock=bench.clock)
    assert [[str(result.state) for result in target.results] for target in report.targets] == [
        ["failed", "skipped"],
        ["done", "done"],
    ]
    assert set(bench.ties("directory", "ldaps://directory.example").bindings) == {person("x"), person("y")}


def test_two_targets_on_one_server_are_done_one_after_another(bench: Bench) -> None:
    one, two = FakeConnector(FakeServer()), FakeConnector(FakeServer())
    order: list[str] = []
    for name in ("x", "y"):
        one.before[name] = [lambda: order.append("one")]
        two.before[name] = [lambda: order.append("two")]
    run = bench.begin()
    with bench.locked(run) as lock:
        steps = [create(person("x")), create(person("y"))]
        assignments = [
            bench.assignment(one, lock, steps),
            bench.assignment(two, lock, [replace(step, target="second") for step in steps[1:]], target="second"),
        ]
        report = execute(assignments, database=bench.database, network=NETWORK, run=run, clock=bench.clock)
    assert order == ["one", "one", "two"]
    assert [str(result.state) for result in report.results()] == ["done", "done", "failed"], "one object, one tie"


def test_an_open_update_is_superseded_and_an_open_creation_waits_for_a_whole_list(
    bench: Bench, connector: FakeConnector
) -> None:
    bench.apply(connector, [create(person("x"))])
    doubt = OutcomeUnknown(Text.of("test.lost"))
    connector.fail("before", "x", *[doubt] * 4).fail("before", "y", doubt).fail("reads", "y", StopReading())
    bench.apply(connector, [update(person("x"), "x", "X"), create(person("y"))])
    entries = Runs(bench.database).open_entries(NETWORK, "cloud")
    assert [entry.operation for entry in entries] == ["update", "create"]

    whole = connector.observe(tuple(Kind))
    partial = Observation(
        Partial(Scope("cloud", Kind.ACCOUNT), Text.of("test.cut_off")), whole.of(Kind.ACCOUNT).objects
    )
    short = replace(whole, observations={**whole.observations, Kind.ACCOUNT: partial})
    ties = bench.ties()

    def decide(inventory: object, tied: object = ties) -> list[StepState]:
        return [s.state for s in settle(entries, inventory, tied, lambda kind, name: name.lower())]  # type: ignore[arg-type]

    assert decide(short) == [StepState.SUPERSEDED]
    assert decide(whole) == [StepState.SUPERSEDED, StepState.ABSENT]
    connector.server.write("create", "account", "r-Y", "y")
    now_there = connector.observe(tuple(Kind))
    assert decide(now_there) == [StepState.SUPERSEDED, StepState.FOUND], "by its canonical name"
    theirs = replace(ties, foreign=frozenset({("account", "r-Y")}))
    assert decide(now_there, theirs) == [StepState.SUPERSEDED, StepState.ABSENT]
    tie = Binding(person("y"), "r-Y", "y", "", {})
    tied_since = replace(ties, bindings={**ties.bindings, person("y"): tie})
    assert decide(now_there, tied_since) == [StepState.SUPERSEDED, StepState.FOUND]
    ourselves = replace(now_there, own_account="r-Y")
    assert decide(ourselves) == [StepState.SUPERSEDED, StepState.ABSENT]


class StopReading(OutcomeUnknown):
    def __init__(self) -> None:
        super().__init__(Text.of("test.unreadable"))


def test_a_database_error_while_waiting_for_the_ledger_stops_everything(bench: Bench, connector: FakeConnector) -> None:
    connector.fail("before", "x", StateError(Text.of("state.full", database="d")))
    report = bench.apply(connector, [create(person("x")), create(person("y"))])
    assert report.outcome is Outcome.BROKEN
    assert [str(result.state) for result in report.results()] == ["unknown", "skipped"]
    assert bench.ties().pending == {person("x"): "x"}
