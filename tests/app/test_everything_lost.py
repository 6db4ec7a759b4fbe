"""Database and file of ties both lost, and no copy of either: what is there is found again by marks and names."""

from provisioner.state import Database
from tests.support.site import Installation, Snapshot, snapshot


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
