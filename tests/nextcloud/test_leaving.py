"""Leaves: each membership is seen by a fresh read before it ends, and one read serves as many as it can."""

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.fresh import FRESH_FOR
from provisioner.emulation import VirtualClock
from provisioner.model.errors import TargetError
from provisioner.model.steps import Moved, Step, Verified
from tests.support.nextcloud import TOKEN, Bench, group, leave, person, suspend, update

PEOPLE = ("anna", "bert", "cleo", "dora")


@pytest.fixture
def full(cloud: NextcloudEmulator, bench: Bench) -> Bench:
    """Four people in three groups each."""
    for name in ("A", "B", "C"):
        cloud.add_group(name, members=[])
        bench.ids[group(name.lower())] = name
    for name in PEOPLE:
        cloud.add_user(name, groups=["A", "B", "C"])
        bench.ids[person(name)] = name
    bench.observe()
    cloud.log.clear()
    return bench


def verify(bench: Bench, step: Step) -> Verified | Moved:
    return bench.connector.verify(step, bench.ids.__getitem__)


def perform(bench: Bench, step: Step, verified: Verified) -> None:
    with bench.gate.opened(TOKEN):
        bench.connector.perform(step, verified, bench.ids.__getitem__)


def test_many_who_leave_one_group_cost_one_request_each_and_one_more(cloud: NextcloudEmulator, full: Bench) -> None:
    steps = full.apply(leave("a", "A", *PEOPLE))
    assert len(cloud.log.requests) == len(PEOPLE) + 1 == sum(step.cost.requests for step in steps)
    assert cloud.groups["A"].members == set()


def test_one_who_leaves_many_groups_costs_one_request_each_and_one_more(cloud: NextcloudEmulator, full: Bench) -> None:
    steps = full.apply(leave("a", "A", "anna"), leave("b", "B", "anna"), leave("c", "C", "anna"))
    assert len(cloud.log.requests) == 3 + 1 == sum(step.cost.requests for step in steps)
    assert not cloud.users["anna"].groups


def test_leaves_that_cross_are_sorted_so_that_few_reads_do(cloud: NextcloudEmulator, full: Bench) -> None:
    changes = (leave("a", "A", *PEOPLE), leave("b", "B", "anna"), leave("c", "C", "anna"))
    steps = full.apply(*changes)
    assert len(steps) == 6
    assert len(cloud.log.requests) == 6 + 2 == sum(step.cost.requests for step in steps)
    assert {name: set(cloud.groups[name].members) for name in "ABC"} == {
        "A": set(),
        "B": {"bert", "cleo", "dora"},
        "C": {"bert", "cleo", "dora"},
    }


def test_after_a_step_of_another_object_it_is_read_again(cloud: NextcloudEmulator, full: Bench) -> None:
    first, second = full.compile(leave("a", "A", "anna", "bert"))
    full.perform(first)
    full.apply(suspend("dora", "dora"))
    cloud.leave("bert", "A")
    assert isinstance(verify(full, second), Moved)


def test_after_a_write_that_failed_it_is_read_again(cloud: NextcloudEmulator, full: Bench) -> None:
    first, second = full.compile(leave("a", "A", "anna", "bert"))
    seen = verify(full, first)
    assert isinstance(seen, Verified)
    cloud.faults.reset_after(writes=True)
    with pytest.raises(TargetError):
        perform(full, first, seen)
    assert isinstance(verify(full, first), Moved), "it did happen"
    assert isinstance(verify(full, second), Verified)


def test_asking_twice_about_one_step_reads_twice(cloud: NextcloudEmulator, full: Bench) -> None:
    (step,) = full.compile(leave("a", "A", "anna"))
    assert isinstance(verify(full, step), Verified)
    cloud.leave("anna", "A")
    assert isinstance(verify(full, step), Moved)


def test_what_was_read_gets_old(cloud: NextcloudEmulator, full: Bench, clock: VirtualClock) -> None:
    first, second = full.compile(leave("a", "A", "anna", "bert"))
    full.perform(first)
    cloud.leave("bert", "A")
    clock.sleep(FRESH_FOR)
    assert isinstance(verify(full, second), Moved)


def test_who_left_already_is_not_taken_out_again_by_what_was_read_before(cloud: NextcloudEmulator, full: Bench) -> None:
    (step, _) = full.compile(leave("a", "A", "anna", "bert"))
    full.perform(step)
    assert isinstance(verify(full, step), Moved)
    assert len(cloud.log.matching("GET")) == 1


def test_a_group_that_is_gone_has_moved(cloud: NextcloudEmulator, full: Bench) -> None:
    first, _ = full.compile(leave("a", "A", "anna", "bert"))
    cloud.remove_group("A")
    assert isinstance(verify(full, first), Moved)


def test_an_update_between_leaves_is_seen_by_a_read_of_its_own(cloud: NextcloudEmulator, full: Bench) -> None:
    changed = update(person("anna"), full.read(person("anna")), display_name="Anna N.")
    cloud.log.clear()
    full.apply(changed, leave("a", "A", *PEOPLE))
    assert len(cloud.log.requests) == 2 + len(PEOPLE) + 1
