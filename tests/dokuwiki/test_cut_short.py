"""Steps that are cut short before or after any write, and done again: no stranger reads, nothing is made twice."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import pytest

from connectors.dokuwiki.emulator import DokuwikiEmulator
from provisioner.model.changes import Change
from provisioner.model.errors import TargetError, Transient
from provisioner.model.inventory import Present
from provisioner.model.resources import EdgeRole
from provisioner.model.steps import Moved, Step
from tests.support.dokuwiki import INDEX, EmulatedWiki, WikiBench, group, space

READER, WRITER = EdgeRole.READER, EdgeRole.WRITER
Making = Callable[[WikiBench], Sequence[Change]]


def beginning(bench: WikiBench) -> Sequence[Change]:
    return (
        bench.create(group("co"), "PG_Co", {}),
        bench.create(space("co"), "PG Co", {"open": False}),
        bench.create(INDEX, "Alle Gremien", {"open": True}),
        bench.join(space("co"), "PG Co", group("co"), role=WRITER),
    )


def texts(bench: WikiBench) -> Sequence[Change]:
    return (
        bench.write(space("co"), bench.remote(space("co")), "first_page", "Co\n\nWillkommen."),
        bench.write(INDEX, bench.remote(INDEX), "text", "Alle\n\nreadi:bodies:index"),
    )


def rename(bench: WikiBench) -> Sequence[Change]:
    return (bench.update(group("co"), bench.remote(group("co")), {"name": "PG_Neu"}),)


def archiving(bench: WikiBench) -> Sequence[Change]:
    return (bench.regrade(space("co"), "PG Co", group("co"), before=WRITER, role=READER),)


def opening(bench: WikiBench) -> Sequence[Change]:
    return (bench.update(space("co"), bench.remote(space("co")), {"open": True}),)


def departure(bench: WikiBench) -> Sequence[Change]:
    return (bench.leave(space("co"), "PG Co", group("co"), role=READER),)


RUNS: tuple[Making, ...] = (beginning, texts, rename, archiving, opening, departure)


@pytest.fixture
def emulator() -> Iterator[DokuwikiEmulator]:
    with DokuwikiEmulator() as running:
        seen: list[list[str]] = []
        running.log.hook = lambda entry: seen.append([one for one in running.pages.texts if running.level(one, None)])
        yield running
        assert list(chain(*seen)) == []


@pytest.fixture
def bench(emulator: DokuwikiEmulator) -> Iterator[WikiBench]:
    made = WikiBench(EmulatedWiki(emulator))
    yield made
    made.close()


def done(bench: WikiBench, step: Step) -> None:
    """As apply and the next run do it: looked up where it was to be made, held against what is there, done again."""
    for _ in range(3):
        try:
            bench.perform(step)
        except TargetError as error:
            if step.creates and not isinstance(error, Transient):
                found = bench.connector.look_up(step.id, step.name)
                if isinstance(found, Present):
                    bench.ids.setdefault(step.id, found.remote.remote_id)
        except AssertionError:  # it moved: what was lost had been done
            assert isinstance(bench.connector.verify(step, bench.resolve), Moved)
            return
        else:
            return
    raise AssertionError(step)


def all_runs(bench: WikiBench) -> None:
    for changes in RUNS:
        if changes is rename:
            bench.observe()
        for step in bench.compile(*changes(bench)):
            done(bench, step)


def test_all_runs_make_as_many_writes_as_are_cut_below(emulator: DokuwikiEmulator, bench: WikiBench) -> None:
    all_runs(bench)
    assert len(emulator.log.writes) == WRITES
    is_right(emulator)


WRITES = 16


def is_right(emulator: DokuwikiEmulator) -> None:
    assert emulator.acl.level("readi:spaces", "berta", ["user"]) == 0
    lines = {scope: lines for scope, lines in emulator.acl.listed().items() if scope != "readi:*"}
    assert lines == {
        "*": {"@ALL": "1", "@user": "8"},
        "alle_gremien": {"@ALL": "0", "@user": "1"},
        "pg_co:*": {"@ALL": "0", "@user": "1"},
    }
    assert emulator.pages.texts.keys() == {"alle_gremien", "pg_co:start", "readi:spaces"}
    assert emulator.pages.texts["pg_co:start"] == "====== Co ======\n\nWillkommen."
    assert emulator.pages.attic == {}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", range(1, WRITES + 1))
def test_cut_short_at_any_write_all_ends_right(
    emulator: DokuwikiEmulator, bench: WikiBench, number: int, moment: str
) -> None:
    cut = emulator.faults.reset_before if moment == "before" else emulator.faults.reset_after
    cut(nth_write=number)
    all_runs(bench)
    assert emulator.faults.pending == []
    is_right(emulator)
