"""An address that is given to a successor: a new person with new accounts, once nobody else's account has it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.registry.merging import person_id_of
from tests.support.identity import AD, Identity, identity, state_of
from tests.support.sources import somebody

OLD, NEW = person_id_of(AD, "k1"), person_id_of(AD, "k3")
ADDRESS = "karla.kurz@bretten.example"


@pytest.fixture
def passed_on(tmp_path: Path) -> Iterator[Identity]:
    """Karla went, as is believed already, and another Karla got her address."""
    with identity(tmp_path) as setup:
        setup.wish.bodies["pg-sensorik"]["members"] = [{"everybody": True}]
        setup.use_directory(("k1", "Karla Kurz"), ("k2", "Ole Ort"))
        setup.apply()
        del setup.directory.people["k1"]
        setup.directory.put(somebody("k3", "Karla Kurz"))
        assert setup.run("sources", "read").code == 0
        yield setup


def waiting(setup: Identity) -> set[tuple[str, str]]:
    """(target, person) of who waits for an address."""
    return {
        (part["target"], notice["id"])
        for part in setup.plan()["targets"]
        for notice in part["notices"]
        if notice["why"]["code"] == "planning.address_kept"
    }


def test_nothing_of_the_old_account_is_taken_over_and_no_run_fails(passed_on: Identity) -> None:
    before = state_of(passed_on)
    assert waiting(passed_on) == {("login", f"person:{NEW}"), ("lists", f"person:{NEW}")}
    assert passed_on.run("apply", "--yes").code == 2, "that the old one goes, a ranger reads"
    now = state_of(passed_on)
    assert (now["login"], now["lists"]) == (before["login"], before["lists"])
    told = passed_on.run("--lang", "de", "plan").out
    assert f"readi person erase {OLD}" in told
    assert "Nehmen Sie diesem Konto die Adresse" in told


def test_a_plan_about_the_successor_alone_takes_over_no_account_either(passed_on: Identity) -> None:
    plan = passed_on.run("plan", "--only", NEW, "--json").json
    verbs = {(part["target"], change["verb"]) for part in plan["targets"] for change in part["changes"]}
    assert verbs == {("cloud", "create"), ("cloud", "join")}


def test_once_the_address_is_taken_from_the_old_account_the_new_one_comes_into_being(passed_on: Identity) -> None:
    passed_on.run("apply", "--yes")
    (queued,) = passed_on.run("plans", "list", "--json").json["waiting"]
    assert passed_on.run("plans", "approve", queued["digest"]).code == 0
    old = passed_on.keycloak.user("karla.kurz")
    passed_on.keycloak.realm.set_email(old, None)
    world = passed_on.lists.world
    address = world.address(ADDRESS)
    assert address is not None
    world.remove_address(address)
    passed_on.apply()
    assert waiting(passed_on) == set()
    new = passed_on.keycloak.user("karla.kurz2")
    assert (new.email, new.enabled, old.enabled, old.email) == (ADDRESS, True, False, None)
    assert passed_on.in_group("PG_Sensorik") >= {"karla.kurz2"}
    assert "karla.kurz" in passed_on.on("pg-sensorik")
    assert passed_on.run("plan").code == 0
    assert passed_on.run("drift", "--target", "login").code == 0, "nothing is wished for the old one any more"
    assert f"account {ADDRESS}: gone" in passed_on.run("drift").out, "Mailman knows nobody without an address"
    before = state_of(passed_on)
    assert passed_on.run("apply", "--yes").code == 0
    assert state_of(passed_on) == before


def test_once_the_old_accounts_are_erased_the_new_ones_come_into_being(passed_on: Identity) -> None:
    passed_on.run("apply", "--yes")
    (queued,) = passed_on.run("plans", "list", "--json").json["waiting"]
    assert passed_on.run("plans", "approve", queued["digest"]).code == 0
    passed_on.clock.sleep(86_400.0 * 32)
    assert passed_on.run("person", "handed-over", OLD, "--nothing").code == 0
    ran = passed_on.run("person", "erase", OLD, "--confirm", "Karla Kurz")
    assert ran.code == 0, ran.all
    passed_on.apply()
    assert waiting(passed_on) == set()
    assert passed_on.keycloak.user("karla.kurz2").email == ADDRESS
    assert "karla.kurz" not in {user.username for user in passed_on.keycloak.realm.users.values()}
    assert passed_on.nothing_to_do()
