"""Two networks in one installation on one server: apart from each other, and yet one server."""

from pathlib import Path

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.support.site import LONG_AGO, Installation, Wish, body, person, snapshot


@pytest.fixture
def both(tmp_path: Path, cloud: NextcloudEmulator) -> Installation:
    """The networks redi and nord; Bea is in both, under one address."""
    installation = Installation(tmp_path, cloud)
    installation.wish.add(body("pg-a", "Redi A"), person("Anna", "pg-a"), person("Bea", "pg-a"))
    nord = installation.networks["nord"] = Wish("nord", targets={"cloud": installation.target()})
    nord.add(body("pg-b", "Nord B"), person("Bea", "pg-b"), person("Carl", "pg-b"))
    return installation


def test_one_of_several_networks_has_to_be_named(both: Installation) -> None:
    ran = both.run("plan")
    assert ran.code == 1
    assert "nord, redi" in ran.err
    wrong = both.run("--network", "sued", "plan")
    assert (wrong.code, "sued" in wrong.err) == (1, True)


def test_neither_network_sees_or_touches_the_others_objects(both: Installation) -> None:
    del both.networks["nord"].people["p-bea"]
    assert both.run("--network", "redi", "apply", "--yes").code == 0
    after_redi = snapshot(both.cloud)
    ran = both.run("--network", "nord", "apply", "--yes")
    assert ran.code == 0
    after_both = snapshot(both.cloud)
    assert {name: after_both["users"][name] for name in after_redi["users"]} == after_redi["users"]
    plan = both.run("--network", "nord", "plan", "--json")
    assert (plan.code, plan.json["targets"][0]["notices"]) == (0, [])
    assert "anna" not in plan.all
    assert both.run("--network", "redi", "plan").code == 0
    assert both.run("--network", "redi", "drift").code == 0
    assert [run["id"] for run in both.run("--network", "redi", "history", "--json").json["runs"]] == [1]
    assert [run["id"] for run in both.run("--network", "nord", "history", "--json").json["runs"]] == [2]
    assert both.run("--network", "nord", "history", 1).code == 1
    assert both.run("--network", "nord", "explain", "p-anna").code == 1


def test_whoever_vanishes_from_one_network_loses_nothing_of_the_other(both: Installation) -> None:
    del both.networks["nord"].people["p-bea"]
    both.networks["nord"].add(person("Dirk", "pg-b"))
    both.run("--network", "redi", "apply", "--yes")
    both.run("--network", "nord", "apply", "--yes")
    both.networks["nord"].people["p-carl"]["leaves"] = LONG_AGO
    assert both.run("--network", "nord", "apply", "--yes").code == 0
    assert both.cloud.users["carl.muster"].enabled is False
    assert both.cloud.users["anna.muster"].enabled is True
    assert both.run("--network", "redi", "plan").code == 0


def test_a_person_in_both_networks_has_one_owner_and_is_not_changed_by_the_other(both: Installation) -> None:
    both.run("--network", "redi", "apply", "--yes")
    owned = snapshot(both.cloud)["users"]["bea.muster"]
    both.networks["nord"].people["p-bea"]["family_name"] = "Anders"
    plan = both.run("--network", "nord", "plan", "--json").json["targets"][0]
    assert [notice["kind"] for notice in plan["notices"] if notice["id"] == "person:p-bea"] == ["disputed"]
    assert both.run("--network", "nord", "apply", "--yes").code in (0, 2)
    fields, groups = snapshot(both.cloud)["users"]["bea.muster"][:-1], both.cloud.users["bea.muster"].groups
    assert fields == owned[:-1]
    assert "PG_Redi-A" in groups
    both.networks["nord"].people["p-bea"]["leaves"] = LONG_AGO
    both.run("--network", "nord", "apply", "--yes")
    assert both.cloud.users["bea.muster"].enabled is True, "only its owner suspends"
    assert both.run("--network", "redi", "plan").code == 0
    assert both.run("--network", "redi", "drift").code == 0


def test_the_lock_of_the_server_holds_for_both_networks(both: Installation) -> None:
    heard = []
    both.write()

    def meanwhile(_: object) -> None:
        heard.append(both.run("--network", "nord", "apply", "--yes", write=False))

    child = both.child("--network", "redi", "apply", "--yes")
    both.cloud.faults.hook(before=meanwhile, nth_write=2)
    child.communicate(timeout=60)
    assert child.returncode == 0
    assert heard[0].code == 1
    assert str(child.pid) in heard[0].err.replace(",", "")
    assert both.run("--network", "nord", "apply", "--yes").code in (0, 2)


def test_the_ledger_of_the_server_counts_both_networks(both: Installation, clock: VirtualClock) -> None:
    for wish, letter in ((both.wish, "R"), (both.networks["nord"], "N")):
        wish.policy = {"guards": {"mails": 100}}
        wish.people.clear()
        wish.add(*(person(f"{letter}{number:02}") for number in range(30)))
    for network in ("redi", "nord"):
        assert both.run("--network", network, "apply", "--yes").code == 0
    begun = clock.monotonic()
    for network, wish in both.networks.items():
        for entry in wish.people.values():
            entry["email"] = "neu." + entry["email"]
        assert both.run("--network", network, "apply", "--yes").code == 0
    assert clock.monotonic() - begun >= 600, "the second network waited for the first one's writes"
    assert {entry.status for entry in both.cloud.log.matching("PATCH")} == {200}


def test_doctor_tells_that_the_server_is_shared(both: Installation) -> None:
    ran = both.run("--network", "redi", "doctor")
    assert ran.code == 0
    assert "nord/cloud" in ran.out
