"""Two networks in one installation on one server: apart from each other, and yet one server."""

from pathlib import Path

import pytest
from sqlalchemy import select

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from provisioner.state import Database
from provisioner.state.schema import BORROWED
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


@pytest.fixture
def borrowed(both: Installation) -> Installation:
    """Both networks applied: Bea's account is owned by redi and borrowed by nord."""
    for network in ("redi", "nord"):
        assert both.run("--network", network, "apply", "--yes").code == 0
    assert groups_of_bea(both) == {"PG_Redi-A", "PG_Nord-B"}
    return both


def groups_of_bea(both: Installation) -> set[str]:
    return set(both.cloud.users["bea.muster"].groups)


def notices(both: Installation, network: str = "nord") -> list[tuple[str, str]]:
    """(kind, code of the sentence) of what the plan says of Bea."""
    plan = both.run("--network", network, "plan", "--json").json["targets"][0]
    return [(entry["kind"], entry["why"]["code"]) for entry in plan["notices"] if entry["id"] == "person:p-bea"]


def remembered(both: Installation) -> list[str]:
    with Database.open(both.database) as database, database.reading() as connection:
        return list(connection.execute(select(BORROWED.c.key)).scalars())


def nothing_to_do(both: Installation, *networks: str) -> bool:
    codes = [both.run("--network", network, verb).code for network in networks for verb in ("plan", "drift")]
    return codes == [0] * len(codes)


def test_a_person_in_both_networks_has_one_owner_and_is_not_changed_by_the_other(both: Installation) -> None:
    both.run("--network", "redi", "apply", "--yes")
    owned = snapshot(both.cloud)["users"]["bea.muster"]
    both.networks["nord"].people["p-bea"]["language"] = "en"
    assert notices(both) == [("foreign", "planning.borrowed")]
    assert both.run("--network", "nord", "apply", "--yes").code == 0
    assert snapshot(both.cloud)["users"]["bea.muster"][:-1] == owned[:-1]
    assert groups_of_bea(both) == {"PG_Redi-A", "PG_Nord-B"}
    assert nothing_to_do(both, "redi", "nord")
    explained = both.run("--network", "nord", "explain", "p-bea")
    assert "account bea.muster of another network, in 1 group of ours" in explained.out


def test_by_a_name_alone_nobody_is_taken_for_a_person_of_the_other_network(both: Installation) -> None:
    both.networks["nord"].people["p-bea"]["email"] = "another.bea@bretten.example"
    both.run("--network", "redi", "apply", "--yes")
    assert notices(both) == [("disputed", "planning.name_owned")]
    both.run("--network", "nord", "apply", "--yes")
    assert groups_of_bea(both) == {"PG_Redi-A"}


def test_whom_only_the_address_tells_a_ranger_lets_in_once(both: Installation) -> None:
    both.run("--network", "redi", "apply", "--yes")
    both.networks["nord"].people["p-bea"]["family_name"] = "Anders"
    assert both.run("--network", "nord", "apply", "--yes").code == 2
    assert both.run("--network", "nord", "apply", "--yes").code == 2
    assert groups_of_bea(both) == {"PG_Redi-A"}
    saved = both.folder / "plan.json"
    both.run("--network", "nord", "plan", "--out", saved)
    assert both.run("--network", "nord", "apply", saved).code == 0
    assert groups_of_bea(both) == {"PG_Redi-A", "PG_Nord-B"}
    assert nothing_to_do(both, "nord")


def test_on_a_leave_date_the_borrower_takes_its_groups_and_the_owner_suspends(borrowed: Installation) -> None:
    borrowed.networks["nord"].people["p-bea"]["leaves"] = LONG_AGO
    assert borrowed.run("--network", "nord", "apply", "--yes").code == 0
    assert groups_of_bea(borrowed) == {"PG_Redi-A"}
    assert borrowed.cloud.users["bea.muster"].enabled is True, "only its owner suspends"
    assert nothing_to_do(borrowed, "redi", "nord")


def test_whose_row_is_deleted_leaves_the_borrowers_groups_once_a_ranger_agrees(borrowed: Installation) -> None:
    del borrowed.networks["nord"].people["p-bea"]
    assert borrowed.run("--network", "nord", "apply", "--yes").code == 2
    assert groups_of_bea(borrowed) == {"PG_Redi-A", "PG_Nord-B"}
    saved = borrowed.folder / "plan.json"
    borrowed.run("--network", "nord", "plan", "--out", saved)
    assert borrowed.run("--network", "nord", "apply", saved).code == 0
    assert groups_of_bea(borrowed) == {"PG_Redi-A"}
    assert borrowed.cloud.users["bea.muster"].enabled is True
    assert nothing_to_do(borrowed, "redi", "nord")
    assert remembered(borrowed) == ["person:p-bea"]
    borrowed.run("--network", "nord", "apply", "--yes")
    assert remembered(borrowed) == [], "nothing of a person stays who has nothing any more"


def test_of_a_changed_address_the_borrower_changes_nothing_until_both_agree(borrowed: Installation) -> None:
    borrowed.wish.people["p-bea"]["email"] = "bea.neu@bretten.example"
    borrowed.run("--network", "redi", "apply", "--yes")
    assert notices(borrowed) == [("foreign", "planning.borrowed_no_more")]
    borrowed.networks["nord"].people["p-bea"]["leaves"] = LONG_AGO
    borrowed.run("--network", "nord", "apply", "--yes")
    assert groups_of_bea(borrowed) == {"PG_Redi-A", "PG_Nord-B"}
    borrowed.networks["nord"].people["p-bea"]["email"] = "bea.neu@bretten.example"
    assert borrowed.run("--network", "nord", "apply", "--yes").code == 0
    assert groups_of_bea(borrowed) == {"PG_Redi-A"}


def test_when_the_owner_suspends_the_borrower_changes_nothing(borrowed: Installation) -> None:
    borrowed.wish.people["p-bea"]["leaves"] = LONG_AGO
    assert borrowed.run("--network", "redi", "apply", "--yes").code == 0
    assert borrowed.cloud.users["bea.muster"].enabled is False
    assert groups_of_bea(borrowed) == {"PG_Nord-B"}
    before = snapshot(borrowed.cloud)
    assert borrowed.run("--network", "nord", "apply", "--yes").code == 0
    assert snapshot(borrowed.cloud) == before
    assert nothing_to_do(borrowed, "redi", "nord")


def test_a_borrowed_account_that_is_gone_is_neither_made_again_nor_lost(borrowed: Installation) -> None:
    with borrowed.cloud.lock:
        borrowed.cloud.accounts.remove_user("bea.muster")
    assert notices(borrowed) == [("foreign", "planning.borrowed_lost")]
    assert borrowed.run("--network", "nord", "apply", "--yes").code == 0
    assert "bea.muster" not in borrowed.cloud.users
    assert borrowed.run("--network", "nord", "release", "p-bea").code == 0
    assert remembered(borrowed) == []


def test_who_takes_a_borrowed_account_out_by_hand_is_seen_as_drift(borrowed: Installation) -> None:
    with borrowed.cloud.lock:
        borrowed.cloud.accounts.leave("bea.muster", "PG_Nord-B")
    drift = borrowed.run("--network", "nord", "drift", "--json")
    assert (drift.code, "p-bea" in drift.out) == (2, True)
    assert borrowed.run("--network", "nord", "apply", "--yes").code == 2
    assert groups_of_bea(borrowed) == {"PG_Redi-A"}
    assert nothing_to_do(borrowed, "redi")


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
