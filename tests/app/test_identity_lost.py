"""Databases that are old, another's or lost, before a Keycloak and a Mailman: refused, recovered, adopted by marks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.state import Database
from tests.support.identity import Identity, identity, state_of
from tests.support.site import person


@pytest.fixture
def synced(tmp_path: Path) -> Iterator[Identity]:
    """Without the Nextcloud, whose tests are elsewhere."""
    with identity(tmp_path) as setup:
        setup.without_cloud()
        setup.apply()
        yield setup


def tied(setup: Identity) -> set[tuple[str, ...]]:
    with Database.open(setup.database) as database, database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT target, kind, key, remote_id FROM binding")
        return {tuple(row) for row in rows}


def lose(setup: Identity, *, ties_file: bool) -> None:
    for path in (setup.folder / "state").iterdir():
        if ties_file or not path.name.endswith(".jsonl"):
            path.unlink()


@pytest.mark.parametrize("what", ["old", "another"])
def test_a_database_behind_its_keycloak_writes_nothing_there(synced: Identity, what: str) -> None:
    synced.more_settings["ties_log"] = None
    synced.wish.add(person("Emil", "pg-lora"))
    synced.apply()
    shutil.copytree(synced.folder / "state", synced.folder / "old")
    synced.wish.add(person("Dora", "pg-lora"))
    synced.apply()
    shutil.rmtree(synced.folder / "state")
    if what == "old":
        shutil.copytree(synced.folder / "old", synced.folder / "state")
    before = state_of(synced)["login"]
    synced.clear_logs()
    synced.wish.people["p-anna"]["email"] = "anna.neu@bretten.example"
    ran = synced.run("apply", "--yes", "--json")
    assert ran.code == 1
    assert ran.json["errors"]["login"]["code"] == f"app.{'database_behind' if what == 'old' else 'another_database'}"
    assert "readi state recover" in synced.run("apply", "--yes").all
    assert (synced.keycloak.log.writes, state_of(synced)["login"]) == ([], before)


def test_a_lost_database_is_made_anew_from_the_file_of_ties(synced: Identity) -> None:
    before, ties = state_of(synced), tied(synced)
    lose(synced, ties_file=False)
    synced.clear_logs()
    assert synced.run("apply", "--yes").code == 1
    assert synced.all_writes() == []
    ran = synced.run("state", "recover")
    assert ran.code == 0, ran.all
    assert tied(synced) == ties
    synced.apply()
    assert state_of(synced) == before
    assert synced.nothing_to_do()


@pytest.mark.parametrize("attributes_are_kept", [True, False])
def test_with_everything_lost_all_is_adopted_again_and_nothing_made_twice(
    tmp_path: Path, attributes_are_kept: bool
) -> None:
    with identity(tmp_path) as setup:
        setup.without_cloud()
        if not attributes_are_kept:
            config = setup.keycloak.profile.config
            config["attributes"] = [one for one in config["attributes"] if one["name"] != "readi"]
        setup.apply()
        before, ties = state_of(setup), tied(setup)
        lose(setup, ties_file=True)
        setup.clear_logs()
        changes = [change for part in setup.plan()["targets"] for change in part["changes"]]
        assert {change["verb"] for change in changes} <= {"adopt", "join"}
        assert {change["change_class"] for change in changes if change["verb"] == "adopt"} == {"queued"}
        assert setup.run("apply", "--yes").code in (1, 2)
        assert setup.all_writes() == []
        ran = setup.run("adopt", "--all", "--yes", "--take-over")
        assert ran.code == 0, ran.all
        assert tied(setup) == ties
        setup.run("apply", "--yes")
        assert state_of(setup) == before
        assert setup.nothing_to_do()
