"""Somebody is erased whose address Jitsi-Admin knows: what can go goes, and what stays there is said, not hidden."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.jitsiadmin.emulation.world import User
from connectors.jitsiadmin.emulator import JitsiAdminEmulator
from provisioner.emulation import VirtualClock
from tests.jitsiadmin.story import FIRST, Planned
from tests.support.site import LONG_AGO

ERASE = ("person", "erase", "p-ben", "--confirm", "Ben Muster")
BEN = "ben@bretten.example"


@pytest.fixture
def gone(tmp_path: Path) -> Iterator[Planned]:
    """Ben was invited to a meeting that is over and to one that is to come; then he left, and the wait is over."""
    clock = VirtualClock()
    with JitsiAdminEmulator(clock=clock) as emulator:
        planned = Planned(tmp_path, emulator, clock)
        planned.wish.policy |= {"lifecycle": {"wait_days": 0}}
        planned.wish.policy["meetings"]["conferences"]["ahead_days"] = 28
        planned.settle()
        planned.pass_days(9)
        planned.apply()
        planned.wish.people["p-ben"]["leaves"] = LONG_AGO
        planned.apply()
        planned.pass_days(1)
        planned.apply()
        yield planned


def test_where_an_address_stands_is_shown_to_the_person(gone: Planned) -> None:
    kept = gone.run("person", "show", "p-ben", "--json").json["kept"]
    assert [one["name"] for one in kept["ties"]] == [BEN]
    assert [one["container"] for one in kept["memberships"]] == [f"body:pg-sensorik:meeting:jf:{FIRST}"]


def test_what_the_product_keeps_is_said_and_nothing_is_left_here(gone: Planned) -> None:
    assert gone.who() == ["anna", "ben", "cleo"], "of the past nothing is changed"
    assert gone.who(1) == ["anna", "cleo"]
    ran = gone.run(*ERASE)
    assert ran.code == 0, ran.all
    assert f"an account for {BEN}, it stays there, in past conferences, too" in ran.out
    assert "all else: nothing left" in ran.out
    again = gone.run(*ERASE)
    assert (again.code, "in past conferences, too" in again.out) == (0, True), "a second look says the same"
    kept = gone.run("person", "show", "p-ben", "--json").json["kept"]
    assert "memberships" not in kept
    assert BEN not in str(kept)


def test_whoever_is_still_invited_by_hand_is_found(gone: Planned) -> None:
    gone.rooms[1].users.append(User(BEN, username=BEN))
    ran = gone.run(*ERASE)
    assert (ran.code, "is still invited to 1 meeting there" in ran.out) == (1, True), ran.all
    gone.rooms[1].users.pop()
    assert gone.run(*ERASE).code == 0


def test_a_planner_that_does_not_answer_proves_nothing(gone: Planned) -> None:
    assert gone.run(*ERASE).code == 0
    gone.emulator.faults.login_page(times=None)
    ran = gone.run(*ERASE)
    assert "could not be read" in ran.out
    assert "in past conferences" not in ran.out
