"""A login, a cloud and mailing lists, the whole way: everything that happens to people and bodies reaches all three."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from provisioner.registry.merging import person_id_of
from tests.support.identity import AD, STAFF, Identity, identity, state_of
from tests.support.site import LONG_AGO

DAY = 86_400.0


@pytest.fixture
def synced(tmp_path: Path) -> Iterator[Identity]:
    """After the first sync."""
    with identity(tmp_path) as setup:
        setup.apply()
        yield setup


def day(setup: Identity, days: int = 0) -> str:
    return (setup.clock.now() + timedelta(days=days)).date().isoformat()


def test_a_first_sync_makes_all_three_equal_to_the_registry_and_the_next_plan_is_empty(synced: Identity) -> None:
    people = {"anna.muster", "ben.muster", "cleo.muster"}
    assert synced.in_group("PG_Sensorik") == synced.members("PG_Sensorik") == {"anna.muster", "ben.muster"}
    assert synced.in_group("PG_LoRaWAN-Administratoren") == {"anna.muster"}
    assert (synced.on("pg-sensorik"), synced.on("pg-lorawan", "owner")) == (["anna", "ben"], ["anna"])
    assert people <= synced.cloud.users.keys()
    assert synced.lists.mails == synced.keycloak.mails == []
    before = state_of(synced)
    synced.clear_logs()
    assert synced.nothing_to_do()
    assert synced.run("apply", "--yes").code == 0
    assert synced.run("drift").code == 0
    assert (synced.all_writes(), state_of(synced)) == ([], before)


def test_a_body_that_is_called_otherwise_is_so_in_all_three_and_keeps_its_people(synced: Identity) -> None:
    before = state_of(synced)
    synced.wish.bodies["pg-sensorik"]["name"] = "Sensorik und Daten"
    synced.run("apply", "--yes")
    assert synced.run("plan").code in (0, 2)
    now = state_of(synced)
    assert now["lists"]["members"] == before["lists"]["members"]
    assert now["login"]["groups"].keys() == before["login"]["groups"].keys(), "systems know groups by their names"
    assert {name: user[4] for name, user in now["login"]["users"].items()} == {
        name: user[4] for name, user in before["login"]["users"].items()
    }
    assert now["lists"]["lists"]["pg-sensorik.lists.readi.example"]["display_name"] == "Sensorik und Daten"
    assert synced.cloud.groups["PG_Sensorik"].display_name == "PG_Sensorik und Daten"
    assert synced.nothing_to_do()


def test_a_new_moderator_administers_the_group_and_owns_the_list(synced: Identity) -> None:
    synced.wish.people["p-ben"]["bodies"] = [{"id": "pg-sensorik", "role": "moderator"}]
    synced.apply()
    assert synced.in_group("PG_Sensorik-Administratoren") == {"ben.muster"}
    assert synced.members("PG_Sensorik-Administratoren") == {"ben.muster"}
    assert (synced.on("pg-sensorik"), synced.on("pg-sensorik", "owner")) == (["anna", "ben"], ["ben"])
    assert synced.nothing_to_do()


def test_whoever_leaves_on_a_date_is_suspended_and_on_no_list_from_the_day_after(synced: Identity) -> None:
    synced.wish.people["p-ben"]["leaves"] = day(synced)
    before = state_of(synced)
    synced.apply()
    assert state_of(synced) == before, "the last day is still one"
    synced.clock.sleep(DAY)
    synced.apply()
    assert not synced.keycloak.user("ben.muster").enabled
    assert not synced.cloud.users["ben.muster"].enabled
    assert (synced.in_group("PG_Sensorik"), synced.on("pg-sensorik")) == ({"anna.muster"}, ["anna"])
    assert synced.nothing_to_do()


def test_a_person_who_moves_between_cities_keeps_every_account(synced: Identity) -> None:
    ids = {user.username: user.id for user in synced.keycloak.realm.users.values()}
    users = {user.display_name: user.id for user in synced.lists.world.users.values()}
    synced.wish.people["p-ben"] |= {"organisation": "ettlingen", "email": "ben@ettlingen.example"}
    synced.apply()
    assert {user.username: user.id for user in synced.keycloak.realm.users.values()} == ids
    assert {user.display_name: user.id for user in synced.lists.world.users.values()} == users
    assert synced.keycloak.user("ben.muster").email == "ben@ettlingen.example"
    assert synced.cloud.users["ben.muster"].email == "ben@ettlingen.example"
    assert sorted(synced.lists.world.addresses) == [
        "anna@bretten.example",
        "ben@ettlingen.example",
        "cleo@bretten.example",
    ]
    assert synced.on("pg-sensorik") == ["anna", "ben"]
    assert synced.nothing_to_do()


def test_a_body_that_is_archived_loses_its_moderators_and_nobody_posts(synced: Identity) -> None:
    synced.wish.bodies["pg-lora"]["archived"] = LONG_AGO
    synced.apply()
    config = synced.lists.world.lists["pg-lorawan.lists.readi.example"].config or {}
    assert (config["default_member_action"], synced.on("pg-lorawan", "owner")) == ("reject", [])
    assert synced.on("pg-lorawan") == ["anna", "cleo"]
    assert synced.in_group("PG_LoRaWAN-Administratoren") == synced.members("PG_LoRaWAN-Administratoren") == set()
    assert synced.nothing_to_do()


@pytest.fixture
def sourced(tmp_path: Path) -> Iterator[Identity]:
    """Karla comes from Bretten's directory and Rolf from Ettlingen's list; Ben is linked to the directory."""
    with identity(tmp_path) as setup:
        setup.use_directory(("k1", "Karla Kurz"), ("k2", "Ben Muster"))
        setup.use_staff("4711;Rolf;Rüstig;rolf@ettlingen.example")
        setup.wish.people["p-ben"]["identities"] = [{"source": AD, "key": "k2"}]
        setup.wish.bodies["pg-sensorik"]["members"] = [{"everybody": True}]
        setup.apply()
        yield setup


def test_people_of_two_sources_are_everywhere_at_once(sourced: Identity) -> None:
    assert {"karla.kurz", "rolf.ruestig", "ben.muster"} <= sourced.in_group("PG_Sensorik")
    assert {"karla.kurz", "rolf.ruestig"} <= sourced.members("PG_Sensorik")
    assert sourced.on("pg-sensorik") == ["anna", "ben.muster", "cleo", "karla.kurz", "rolf"]
    assert sourced.nothing_to_do()


def test_erasing_a_person_by_name_leaves_nothing_of_them_anywhere(sourced: Identity) -> None:
    sourced.wish.people["p-ben"]["leaves"] = day(sourced)
    sourced.clock.sleep(DAY)
    sourced.apply()
    sourced.clock.sleep(31 * DAY)
    assert sourced.run("person", "handed-over", "p-ben", "--nothing").code == 0
    ran = sourced.run("person", "erase", "p-ben")
    assert ran.code == 2, ran.all
    for where in ("login: account ben.muster", "cloud: account ben.muster", "lists: account"):
        assert where in ran.out
    del sourced.directory.people["k2"]
    ran = sourced.run("person", "erase", "p-ben", "--confirm", "Ben Muster")
    assert ran.code == 0, ran.all
    now = state_of(sourced)
    del sourced.wish.people["p-ben"]
    assert "ben" not in json.dumps(now, default=str).casefold()
    whole = b"".join(path.read_bytes() for path in (sourced.folder / "state").iterdir() if path.is_file())
    assert b"ben.muster@" not in whole
    assert b"Ben Muster" not in whole
    assert sourced.nothing_to_do()
    assert state_of(sourced) == now


def test_an_export_of_a_person_names_the_sources_and_all_three_accounts(sourced: Identity) -> None:
    told = sourced.run("person", "show", "p-ben", "--json").json
    assert AD in json.dumps(told["kept"])
    assert {tie["target"] for tie in told["kept"]["ties"]} == {"login", "cloud", "lists"}
    rolf = person_id_of(STAFF, "4711")
    told = sourced.run("person", "show", rolf, "--json").json
    assert STAFF in json.dumps(told)
    assert "rolf@ettlingen.example" in json.dumps(told["kept"])
