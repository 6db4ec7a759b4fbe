"""Database and file of ties both lost, or both as old as a backup: what is there is found again by marks and names."""

import shutil

import pytest

from provisioner.state import Database
from tests.support.site import Installation, Snapshot, Wish, body, new_cloud, person, snapshot


def everything(installation: Installation) -> Snapshot:
    """All that the server holds, team folders and conversations with their people included."""
    cloud = installation.cloud
    with cloud.lock:
        return {
            **snapshot(cloud),
            "folders": {each.id: (each.mount_point, dict(each.groups)) for each in cloud.folders.all.values()},
            "rooms": {
                room.token: (room.name, room.description, room.users, room.groups, room.moderators, room.comments)
                for room in cloud.talk.rooms.values()
            },
        }


def tied(installation: Installation) -> set[tuple[str, str, str]]:
    with Database.open(installation.database) as database, database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT kind, key, remote_id FROM binding")
        return {(row[0], row[1], row[2]) for row in rows}


def lose_everything(installation: Installation) -> None:
    for path in (installation.folder / "state").iterdir():
        path.unlink()


def test_what_is_there_is_adopted_by_marks_and_names_and_nothing_is_made_twice(small: Installation) -> None:
    small.apply()
    before, ties = everything(small), tied(small)
    lose_everything(small)
    small.cloud.log.clear()
    changes = small.plan()["targets"][0]["changes"]
    assert "create" not in {change["verb"] for change in changes}
    assert {change["change_class"] for change in changes if change["verb"] == "adopt"} == {"queued"}
    refused = small.run("apply", "--yes")
    assert (refused.code, "readi adopt --all --take-over" in refused.all) == (1, True)
    assert small.run("adopt", "--all", "--yes").code == 1, "perhaps the other database is not lost at all"
    assert (small.writes(), tied(small)) == ([], set()), "not without a ranger"
    ran = small.run("adopt", "--all", "--yes", "--take-over")
    assert ran.code == 0, ran.all
    assert len(small.writes()) == 1, "whose database works there now"
    assert tied(small) == ties
    after = small.plan()["targets"][0]
    assert {change["verb"] for change in after["changes"]} <= {"update", "write"}, after["changes"]
    small.run("apply", "--yes")
    assert everything(small) == before
    assert small.run("plan").code == 0


def test_a_room_that_people_renamed_is_known_again_by_its_mark(small: Installation) -> None:
    small.apply()
    ties = tied(small)
    lose_everything(small)
    (room,) = (room for room in small.cloud.talk.rooms.values() if room.name == "PG Sensorik")
    room.name = "Sensorik, neu"
    assert small.run("adopt", "pg-sensorik", "--take-over").code == 0
    assert ("conversation", "body:pg-sensorik", room.token) in tied(small) & ties


def test_where_nothing_is_left_to_adopt_the_new_database_takes_over_all_the_same(small: Installation) -> None:
    small.apply()
    lose_everything(small)
    for group in list(small.cloud.groups):
        if group.startswith("PG_"):
            small.cloud.remove_group(group)
    for user in ("anna", "ben", "cleo"):
        small.cloud.remove_user(f"{user}.muster")
    small.cloud.folders.all.clear()
    small.cloud.talk.rooms.clear()
    assert small.run("adopt").code == 0
    ran = small.run("adopt", "--all", "--take-over", "--yes")
    assert (ran.code, "cloud: from now on this database" in ran.out) == (0, True), ran.all
    small.apply()
    assert small.run("plan").code == 0


@pytest.fixture
def put_back(small: Installation) -> Installation:
    """Database and file are those of the day before Dora's account came into being."""
    small.apply()
    shutil.copytree(small.folder / "state", small.folder / "old")
    small.wish.add(person("Dora", "pg-lora"))
    small.apply()
    shutil.rmtree(small.folder / "state")
    shutil.copytree(small.folder / "old", small.folder / "state")
    return small


def test_an_old_copy_stays_one_however_much_it_does_elsewhere(put_back: Installation) -> None:
    put_back.wish.people["p-anna"]["email"] = "anna.neu@bretten.example"
    with new_cloud(put_back.clock) as elsewhere:
        nord = put_back.networks["nord"] = Wish("nord", targets={"cloud": put_back.target(url=elsewhere.url)})
        nord.add(body("pg-nord", "Nord"))
        for given in ("Emil", "Frida", "Gerd"):
            nord.add(person(given, "pg-nord"))
            assert put_back.run("--network", "nord", "apply", "--yes").code == 0
    put_back.cloud.log.clear()
    ran = put_back.run("--network", "redi", "apply", "--yes")
    assert (ran.code, "further than this database" in ran.all, put_back.writes()) == (1, True, []), ran.all


def test_where_nothing_newer_is_left_the_old_copy_takes_over(put_back: Installation) -> None:
    assert put_back.run("adopt", "--all", "--yes").code == 1, "perhaps the newer one is not lost at all"
    ran = put_back.run("adopt", "--all", "--yes", "--take-over")
    assert ran.code == 0, ran.all
    assert ("account", "person:p-dora", "dora.muster") in tied(put_back)
    put_back.apply()
    assert put_back.run("plan").code == 0
