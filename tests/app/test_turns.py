"""Containers in which nothing is to be done are read in turns: all of them within so many runs, none that is wrong."""

from collections.abc import Collection
from dataclasses import replace

import pytest

from connectors.nextcloud.connector import NextcloudConnector
from provisioner.model.inventory import Inventory
from provisioner.model.ports import EVERYTHING, Interest
from provisioner.model.resources import Kind
from tests.support.site import LONG_AGO, Installation, person

RUNS = 3
OURS = {"PG_Sensorik", "PG_Sensorik-Administratoren", "PG_LoRaWAN", "PG_LoRaWAN-Administratoren"}
Where = tuple[Kind, str]


class Reader:
    """Stands before the connector and spares what need not be read, as one does whose every container costs requests;
    knows what was read of at each observation."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read: list[set[Where]] = []
        self.bound: frozenset[Where] = frozenset()
        self._observe = NextcloudConnector.observe

        def observe(
            connector: NextcloudConnector, kinds: Collection[Kind], interest: Interest = EVERYTHING
        ) -> Inventory:
            whole = self._observe(connector, kinds, interest)
            rosters = {where: roster for where, roster in whole.rosters.items() if where not in interest.skip}
            self.bound = interest.bound
            self.read.append({where for where in rosters if where in interest.bound})
            return replace(whole, rosters=rosters)

        monkeypatch.setattr(NextcloudConnector, "observe", observe)

    def groups(self) -> list[set[str]]:
        """Ours, of which each observation told the members."""
        return [{at for kind, at in read if kind is Kind.GROUP} for read in self.read]


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    return Reader(monkeypatch)


@pytest.fixture
def turning(small: Installation, reader: Reader) -> Installation:
    """Everything was read and found in order."""
    small.wish.policy["rotation"] = {"cloud": RUNS}
    small.apply()
    assert small.run("plan").code == 0
    reader.read.clear()
    return small


def until_read(turning: Installation, reader: Reader, group: str) -> int:
    """Plan until this group is read again; how many runs that took."""
    for number in range(1, RUNS + 1):
        turning.run("plan")
        if group in reader.groups()[-1]:
            return number
    raise AssertionError(f"{group} has no turn")


def test_all_come_round_within_so_many_runs_and_about_as_many_in_each(turning: Installation, reader: Reader) -> None:
    for _ in range(3 * RUNS):
        assert turning.run("plan").code == 0
    containers = {where for where in reader.bound if where[0] is not Kind.ACCOUNT}
    for first in range(2 * RUNS):
        seen = [where for read in reader.read[first : first + RUNS] for where in read]
        assert set(seen) == containers
    assert {len(read) for read in reader.read} == {-(-len(containers) // RUNS)}


def test_the_plan_says_how_many_were_not_looked_at_and_is_empty_all_the_same(turning: Installation) -> None:
    ran = turning.run("plan")
    assert ran.code == 0
    assert "groups and categories in which nothing is to be done were not read this time" in ran.out
    assert "each has its turn within 3 runs" in ran.out
    [notice] = [one for part in turning.plan()["targets"] for one in part["notices"]]
    assert (notice["kind"], notice["id"]) == ("resting", None)


def test_who_joins_is_put_in_although_it_is_not_the_turn_and_the_group_is_read_again(
    turning: Installation, reader: Reader
) -> None:
    turning.wish.add(person("Dora", "pg-sensorik"))
    for _ in range(RUNS):
        ran = turning.apply()
        assert "PG_Sensorik" in turning.cloud.users["dora.muster"].groups, ran.all
    assert all("PG_Sensorik" in read for read in reader.groups()[:2])
    assert turning.run("plan").code == 0


def test_who_leaves_goes_in_the_same_run_by_a_real_reading(turning: Installation, reader: Reader) -> None:
    turning.wish.people["p-ben"]["bodies"] = [{"id": "pg-sensorik", "until": LONG_AGO}]
    turning.apply()
    assert "PG_Sensorik" not in turning.cloud.users["ben.muster"].groups
    assert "PG_Sensorik" in reader.groups()[0]


def test_what_somebody_changed_over_there_is_seen_at_its_turn_and_stays_in_every_plan(
    turning: Installation, reader: Reader
) -> None:
    turning.cloud.join("ben.muster", "PG_LoRaWAN-Administratoren")
    assert until_read(turning, reader, "PG_LoRaWAN-Administratoren") <= RUNS
    for _ in range(RUNS):
        [change] = [one for part in turning.plan()["targets"] for one in part["changes"]]
        assert (change["verb"], change["members"]) == ("leave", ["person:p-ben"])


def test_a_group_that_is_gone_is_missed_at_once(turning: Installation) -> None:
    turning.run("plan")
    with turning.cloud.lock:
        for group in OURS:
            del turning.cloud.groups[group]
    lost = {notice["name"] for part in turning.plan()["targets"] for notice in part["notices"]}
    assert lost > OURS


def test_what_was_approved_is_read_whenever_its_turn_is(turning: Installation, reader: Reader) -> None:
    until_read(turning, reader, "PG_Sensorik")
    turning.cloud.join("cleo.muster", "PG_Sensorik")
    path = turning.folder / "plan.json"
    assert turning.run("plan", "--only", "pg-sensorik", "--out", path).code == 2
    assert turning.run("apply", path).code == 0
    assert "PG_Sensorik" not in turning.cloud.users["cleo.muster"].groups


def test_a_narrow_plan_takes_no_turns(turning: Installation, reader: Reader) -> None:
    assert turning.run("plan", "--only", "pg-sensorik").code == 0
    assert reader.groups() == [{"PG_Sensorik", "PG_Sensorik-Administratoren"}]
    turning.run("plan")
    turning.run("plan", "--only", "pg-lora")
    assert reader.groups()[-1] == {"PG_LoRaWAN", "PG_LoRaWAN-Administratoren"}


def test_what_is_renamed_is_renamed_at_once(turning: Installation) -> None:
    turning.wish.bodies["pg-sensorik"]["name"] = "Sensorik und Daten"
    turning.apply()
    assert turning.cloud.groups["PG_Sensorik"].display_name == "PG_Sensorik und Daten"
    assert turning.run("plan").code == 0


def test_a_target_that_does_not_exist_is_a_mistake_in_the_policy(small: Installation) -> None:
    small.wish.policy["rotation"] = {"clod": 3}
    ran = small.run("validate")
    assert '"rotation" names "clod"' in ran.all
