"""Deleting for good: once, and with a tombstone."""

from dataclasses import replace

import pytest

from provisioner.model.errors import OutcomeUnknown
from provisioner.model.resources import Seats
from provisioner.model.text import Text
from provisioner.state import Outcome
from tests.execution.bench import Bench
from tests.execution.fake import FakeConnector, create, erase, group, person

WHY = Text.of("test.fault")


def test_what_was_erased_leaves_a_tombstone_and_nothing_else(bench: Bench, connector: FakeConnector) -> None:
    bench.apply(connector, [create(group("a")), create(person("Ada"), [group("a")]), create(person("x"), [group("a")])])
    assert bench.apply(connector, [erase(person("Ada"))]).outcome is Outcome.DONE
    ties = bench.ties()
    assert set(ties.bindings) == {group("a"), person("x")}
    assert ties.edges == {Seats(group("a")): frozenset({"person:x"})}
    assert ("account", "ada") in ties.retired_names
    assert ("account", "x") not in ties.retired_names


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_erasure_whose_answer_was_lost_is_made_once(bench: Bench, connector: FakeConnector, when: str) -> None:
    bench.apply(connector, [create(person("ada"))])
    connector.fail(when, "ada", OutcomeUnknown(WHY))
    assert bench.apply(connector, [erase(person("ada"))]).outcome is Outcome.DONE
    assert connector.server.log.count(("erase", "account", "r-ada")) == 1
    assert (bench.ties().bindings, ("account", "ada") in bench.ties().retired_names) == ({}, True)


def test_an_object_that_moved_while_its_erasure_was_in_doubt_is_not_erased(
    bench: Bench, connector: FakeConnector
) -> None:
    bench.apply(connector, [create(person("ada"))])

    def overtake() -> None:
        connector.server.write("update", "account", "r-ada", "theirs")
        raise OutcomeUnknown(WHY)

    connector.before["ada"] = [overtake]
    step = replace(erase(person("ada")), expects={"display_name": "ada"})
    assert [str(result.state) for result in bench.apply(connector, [step]).results()] == ["moved"]
    assert set(bench.ties().bindings) == {person("ada")}
