"""Steps that were cut short: what the next run can say of them, and what it must not."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from provisioner.execution import settle, settled
from provisioner.model.errors import OutcomeUnknown
from provisioner.model.inventory import (
    UNKNOWN,
    Complete,
    Inventory,
    Observation,
    Partial,
    Present,
    Reading,
    Remote,
    Roster,
    Scope,
    Unknown,
)
from provisioner.model.resources import FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Effects
from provisioner.model.text import Text
from provisioner.state import Entry, Journal, StepState
from tests.execution.bench import NETWORK, SERVER, Bench
from tests.execution.fake import FakeConnector, T, create, erase, group, leave, person, post, update

CUT = Text.of("test.cut_off")


def cut_short(bench: Bench, connector: FakeConnector, *steps: object) -> None:
    """Leave the intents of these steps behind, as a killed process does."""
    journal = Journal(bench.database, NETWORK, SERVER, bench.begin())
    for step in steps:
        journal.intend(step, bench.clock.now())  # type: ignore[arg-type]


def states(bench: Bench, inventory: Inventory) -> list[StepState]:
    entries = bench.runs.open_entries(NETWORK, T)
    return [found.state for found in settle(entries, inventory, bench.ties(), lambda kind, name: name)]


def observed(connector: FakeConnector) -> Inventory:
    return connector.observe(tuple(Kind))


def with_completeness(inventory: Inventory, kind: Kind, completeness: Complete | Partial) -> Inventory:
    changed = Observation(completeness, inventory.of(kind).objects)
    return replace(inventory, observations={**inventory.observations, kind: changed})


def test_what_a_step_left_half_done_counts_as_ours_until_it_is_settled(bench: Bench, connector: FakeConnector) -> None:
    bench.apply(connector, [create(group("a")), create(person("x"), [group("a")]), create(person("y"))])
    assert bench.ties().unsettled == frozenset()
    cut_short(bench, connector, update(person("x"), "x", "X"), leave(group("a"), person("x")), create(person("z")))
    assert bench.ties().unsettled == {person("x"), group("a")}
    assert bench.ties("directory").unsettled == frozenset()
    bench.settle(connector)
    assert bench.ties().unsettled == frozenset()


def test_what_this_run_is_about_to_mend_stays_unsettled_until_it_is_mended(
    bench: Bench, connector: FakeConnector
) -> None:
    bench.apply(connector, [create(person("x")), create(person("y"))])
    cut_short(bench, connector, update(person("x"), "x", "X"), update(person("y"), "y", "Y"))
    run = bench.begin()
    entries = bench.runs.open_entries(NETWORK, T)
    settlements = settle(entries, observed(connector), bench.ties(), lambda kind, name: name)
    Journal(bench.database, NETWORK, SERVER, run).settle(settlements, bench.clock.now(), {person("x")})
    assert bench.ties().unsettled == {person("x")}, "killed here, the next run still knows whose doing it is"
    connector.fail("before", "x", *[OutcomeUnknown(CUT)] * 4)
    bench.apply(connector, [update(person("x"), "x", "X")])
    assert bench.ties().unsettled == {person("x")}
    bench.apply(connector, [update(person("x"), "x", "X")])
    assert bench.ties().unsettled == frozenset()


def test_one_of_several_steps_on_an_object_settles_nothing_of_the_others(
    bench: Bench, connector: FakeConnector
) -> None:
    inside = [create(person("x"), [group("a")]), create(person("y"), [group("a")])]
    bench.apply(connector, [create(group("a")), *inside])
    cut_short(bench, connector, leave(group("a"), person("x")))
    waiting = leave(group("a"), person("x"), refers=(person("nobody"),))
    bench.apply(connector, [leave(group("a"), person("y")), waiting])
    assert bench.ties().unsettled == {group("a")}
    bench.apply(connector, [leave(group("a"), person("x"))])
    assert bench.ties().unsettled == frozenset()


def test_an_object_that_was_not_read_stays_unsettled(bench: Bench, connector: FakeConnector) -> None:
    bench.apply(connector, [create(group("a")), create(person("x"), [group("a")])])
    cut_short(bench, connector, update(person("x"), "x", "X"), leave(group("a"), person("x")))
    whole = observed(connector)
    assert states(bench, whole) == [StepState.SUPERSEDED] * 2
    scope = Scope(T, Kind.GROUP, "r-a")
    for completeness, expected in (
        (Partial(scope, CUT), 1),
        (Complete(replace(scope, only=frozenset({"person:y"}))), 1),
        (Complete(replace(scope, only=frozenset({"person:x"}))), 2),
    ):
        rosters = {(Kind.GROUP, "r-a"): Roster.of_accounts(completeness)}
        assert len(states(bench, replace(whole, rosters=rosters))) == expected
    assert states(bench, replace(whole, observations={}, rosters={})) == []


def test_what_must_not_be_repeated_is_done_once_all_of_it_is_seen(bench: Bench, connector: FakeConnector) -> None:
    bench.apply(connector, [create(group("a")), create(person("x"), [group("a")])])
    both = Effects({"display_name": "X"}, joins=leave(group("a"), person("x")).effects.leaves)
    cut_short(
        bench,
        connector,
        update(person("x"), "x", "X", repeatable=False),
        update(person("x"), "x", "X", repeatable=False, effects=both),
        post(person("x"), "Willkommen"),
    )
    assert states(bench, observed(connector)) == [], "not written, or nobody knows"
    connector.server.write("update", "account", "r-x", "X")
    assert states(bench, observed(connector)) == [StepState.DONE], "of the edge and the message nothing tells"
    bench.settle(connector)
    assert len(bench.runs.open_entries(NETWORK, T)) == 2


def test_a_look_at_a_few_says_nothing_of_others(bench: Bench, connector: FakeConnector) -> None:
    cut_short(bench, connector, create(person("x")), create(person("y")))
    few = Complete(Scope(T, Kind.ACCOUNT, only=frozenset({"person:y"})))
    entries = bench.runs.open_entries(NETWORK, T)
    found = settle(
        entries, with_completeness(observed(connector), Kind.ACCOUNT, few), bench.ties(), lambda kind, name: name
    )
    assert [(one.entry.resource, one.state) for one in found] == [(person("y"), StepState.ABSENT)]


def test_an_erasure_cut_short_leaves_its_tombstone_once_the_object_is_known_to_be_gone(
    bench: Bench, connector: FakeConnector
) -> None:
    bench.apply(connector, [create(group("a")), create(person("x"), [group("a")])])
    cut_short(bench, connector, erase(person("x")))
    assert states(bench, observed(connector)) == [StepState.SUPERSEDED], "it is still there"
    connector.server.write("erase", "account", "r-x")
    gone = observed(connector)
    assert states(bench, with_completeness(gone, Kind.ACCOUNT, Partial(Scope(T, Kind.ACCOUNT), CUT))) == []
    entries = bench.runs.open_entries(NETWORK, T)
    ties = bench.ties()
    assert set(settled(ties, settle(entries, gone, ties, lambda kind, name: name)).bindings) == {group("a")}
    bench.settle(connector)
    ties = bench.ties()
    assert (set(ties.bindings), ties.edges) == ({group("a")}, {})
    assert ("account", "x") in ties.retired_names
    assert bench.runs.open_entries(NETWORK, T) == []


def room(key: str) -> ResourceId:
    return ResourceId(Kind.CONVERSATION, f"body:{key}")


@pytest.fixture
def decided(bench: Bench, connector: FakeConnector) -> Callable[..., list[tuple[str, str | None]]]:
    """What is made of an open creation of the conversation "a" when these stand over there."""
    cut_short(bench, connector, create(room("a")))

    def decide(*rooms: Remote) -> list[tuple[str, str | None]]:
        objects = {remote.remote_id: remote for remote in rooms}
        scope = Scope(T, Kind.CONVERSATION)
        inventory = Inventory(T, {Kind.CONVERSATION: Observation(Complete(scope), objects)})
        entries: list[Entry] = bench.runs.open_entries(NETWORK, T)
        found = settle(entries, inventory, bench.ties(), lambda kind, name: name)
        return [(str(one.state), one.remote and one.remote.remote_id) for one in found]

    return decide


def test_of_conversations_with_one_name_the_one_with_our_marker_is_ours(
    decided: Callable[..., list[tuple[str, str | None]]],
) -> None:
    plain, other = Remote("r1", "a", {}), Remote("r2", "a", {})
    marked, foreign = Remote("r3", "a", {}, marker="readi:body:a"), Remote("r4", "a", {}, marker="readi:body:b")
    assert decided() == [("absent", None)]
    assert decided(plain) == [("found", "r1")]
    assert decided(plain, other) == [], "one of them may be somebody else's"
    assert decided(plain, marked, other) == [("found", "r3")]
    assert decided(foreign) == [("absent", None)]


def test_where_a_product_lists_nothing_a_creation_waits_whatever_is_there(
    bench: Bench, connector: FakeConnector
) -> None:
    cut_short(bench, connector, create(room("a")))
    observation = Observation(Complete(Scope(T, Kind.CONVERSATION)), {"r1": Remote("r1", "a", {})}, unlisted=True)
    entries = bench.runs.open_entries(NETWORK, T)
    assert len(entries) == 1
    assert settle(entries, Inventory(T, {Kind.CONVERSATION: observation}), bench.ties(), lambda kind, name: name) == []


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, StepState.FOUND),
        ({"email": None, "login_id": UNKNOWN}, StepState.FOUND),
        ({"email": "X@stadt.example", "login_id": "sub-x"}, StepState.FOUND),
        ({"email": "eva@anderswo.example"}, StepState.ABSENT),
        ({"email": "x@stadt.example", "login_id": None}, StepState.ABSENT),
        ({"login_id": "sub-eva"}, StepState.ABSENT),
    ],
)
def test_who_took_the_name_of_an_account_that_was_being_made_does_not_get_it(
    bench: Bench, connector: FakeConnector, fields: dict[FieldName, Value | Unknown], state: StepState
) -> None:
    """The request never arrived, and until the next run somebody registered under the name that was to be given."""
    wished: dict[FieldName, Value] = {"email": "x@stadt.example", "login_id": "sub-x"}
    cut_short(bench, connector, create(person("x"), effects=Effects(wished)))
    objects = {"r1": Remote("r1", "x", fields)}
    inventory = Inventory(T, {Kind.ACCOUNT: Observation(Complete(Scope(T, Kind.ACCOUNT)), objects)})
    assert states(bench, inventory) == [state]


def test_who_took_the_name_while_our_answer_was_lost_does_not_get_it(bench: Bench, connector: FakeConnector) -> None:
    connector.fail("before", "x", OutcomeUnknown(CUT))
    taken = connector.look_up

    def look_up(identity: ResourceId, name: str) -> Reading:
        taken(identity, name)
        return Present(Remote("r-eva", name, {"login_id": "sub-eva"}, "f1"))

    connector.look_up = look_up  # type: ignore[method-assign]
    bench.apply(connector, [create(person("x"), effects=Effects({"login_id": "sub-x"}))])
    assert {one.remote_id for one in bench.ties().bindings.values()} == {"r-x"}
