"""Every error at every step, and many at once: the next runs end in the wanted state, with nothing made twice."""

import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.errors import (
    Garbled,
    LoginRefused,
    NotAllowed,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    TargetError,
    Transient,
)
from provisioner.model.resources import ResourceId
from provisioner.model.text import Text
from provisioner.state import Database, Outcome
from tests.execution.bench import NETWORK, Bench
from tests.execution.fake import FakeConnector, FakeServer, T, group, person, wanted_steps

WHY = Text.of("test.fault")
NAMES = ("a", "b", "x", "y", "z")
WANTED: dict[ResourceId, tuple[ResourceId, ...]] = {
    group("a"): (),
    group("b"): (),
    person("x"): (group("a"),),
    person("y"): (group("a"), group("b")),
    person("z"): (),
}
BEFORE: tuple[Callable[[], TargetError], ...] = tuple(
    (lambda kind=kind: kind(WHY))  # type: ignore[misc]
    for kind in (Transient, RateLimited, Permanent, OutcomeUnknown, LoginRefused, NotAllowed, Garbled)
)
AFTER: tuple[Callable[[], TargetError], ...] = tuple(
    (lambda kind=kind: kind(WHY))  # type: ignore[misc]
    for kind in (OutcomeUnknown, Garbled)
)
"""After the write a connector that keeps its contract can only say that it does not know."""


def ends_right(bench: Bench, connector: FakeConnector) -> None:
    """With the faults gone, one more run makes all as wanted."""
    for faults in (connector.before, connector.after, connector.reads):
        faults.clear()
    bench.converge(connector, WANTED)
    ties = bench.ties()
    assert set(ties.bindings) == set(WANTED)
    assert ties.pending == {}
    assert not bench.runs.open_entries(NETWORK, T)
    assert bench.converge(connector, WANTED).counts == {}
    created = Counter(entry for entry in connector.server.log if entry[0] == "create")
    assert set(created.values()) == {1}
    assert len(created) == len(WANTED)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("when", "error"),
    [("before", make) for make in BEFORE] + [("after", make) for make in AFTER],
    ids=lambda value: value if isinstance(value, str) else type(value()).__name__,
)
@pytest.mark.parametrize("times", [1, 9])
def test_any_error_at_any_step(
    bench: Bench, connector: FakeConnector, name: str, when: str, error: Callable[[], TargetError], times: int
) -> None:
    connector.fail(when, name, *[error()] * times)
    first = bench.apply(connector, wanted_steps(WANTED, bench.ties()))
    assert first.error is None
    assert sum(first.counts.values()) == len(WANTED), "every step is accounted for"
    assert len(bench.entries(first)) == len(WANTED)
    ends_right(bench, connector)


faults = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.one_of(
            st.tuples(st.just("before"), st.sampled_from(BEFORE)),
            st.tuples(st.just("after"), st.sampled_from(AFTER)),
            st.tuples(st.just("reads"), st.sampled_from(BEFORE)),
        ),
    ),
    max_size=30,
)


@cache
def empty_database() -> bytes:
    """Migrating takes longer than all that an example does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "readi.sqlite3"
        Database.open(path).close()
        return path.read_bytes()


@settings(max_examples=25, deadline=None)
@given(st.lists(faults, min_size=1, max_size=3))
def test_any_faults_in_any_number_of_runs(runs: list[list[tuple[str, tuple[str, Callable[[], TargetError]]]]]) -> None:
    with ExitStack() as stack:
        path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "readi.sqlite3"
        path.write_bytes(empty_database())
        database = stack.enter_context(Database.open(path))
        bench, connector = Bench(database), FakeConnector(FakeServer())
        for made in runs:
            for name, (when, error) in made:
                connector.fail(when, name, error())
            report = bench.converge(connector, WANTED)
            assert report.error is None
            assert report.outcome in (Outcome.DONE, Outcome.PARTLY)
            done = {result.step.id for result in report.results() if result.state == "done"}
            assert done <= set(bench.ties().bindings)
        ends_right(bench, connector)
