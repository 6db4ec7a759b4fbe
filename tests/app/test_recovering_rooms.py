"""Lost or old state, with folders and conversations: the database gone or old, the server put back."""

from copy import deepcopy

from tests.app.test_recovering import copy_of_state, lose_the_database, put_back, recover
from tests.support.rooms import folder_of, room_of
from tests.support.site import Installation, body, fill, held, person, snapshot


def assert_in_order(installation: Installation) -> None:
    assert [installation.run(*words).code for words in (["plan"], ["drift"], ["state", "show"])] == [0, 0, 0]


def test_a_lost_database_makes_no_room_twice_and_greets_nobody_again(furnished: Installation) -> None:
    before = snapshot(furnished.cloud)
    lose_the_database(furnished)
    furnished.cloud.log.clear()
    assert furnished.run("apply", "--yes").code == 1
    assert furnished.writes() == []
    recover(furnished)
    furnished.run("apply", "--yes")
    assert snapshot(furnished.cloud) == before
    assert_in_order(furnished)


def test_after_recovering_a_body_that_was_renamed_keeps_its_folder_and_its_room(furnished: Installation) -> None:
    folder, room = folder_of(furnished, "Sensorik"), room_of(furnished, "Sensorik")
    lose_the_database(furnished)
    recover(furnished)
    furnished.wish.bodies["pg-sensorik"]["name"] = "Sensorik und Daten"
    furnished.run("apply", "--yes")
    furnished.apply()
    assert (folder.mount_point, room.name) == ("Projektgruppen/Sensorik und Daten", "PG Sensorik und Daten")
    assert len(furnished.cloud.folders.all) == 2
    assert len(room.comments) == 1
    assert_in_order(furnished)


def test_an_old_database_knows_the_rooms_made_since_once_recovered(furnished: Installation) -> None:
    copy = copy_of_state(furnished)
    furnished.wish.add(body("pg-ki", "KI"), person("Hanne", {"id": "pg-ki", "role": "moderator"}))
    furnished.apply()
    before = snapshot(furnished.cloud)
    put_back(furnished, copy)
    furnished.cloud.log.clear()
    assert furnished.run("apply", "--yes").code == 1
    assert furnished.writes() == []
    recover(furnished)
    furnished.run("apply", "--yes")
    assert snapshot(furnished.cloud) == before
    assert_in_order(furnished)


def test_a_server_put_back_to_before_a_body_says_so_and_makes_nothing_again(furnished: Installation) -> None:
    backup = held(furnished.cloud)
    profile = deepcopy(furnished.cloud.users["readi-provisioner"].profile)
    furnished.wish.add(body("pg-ki", "KI"), person("Hanne", {"id": "pg-ki", "role": "moderator"}))
    furnished.apply()
    cloud = furnished.cloud
    with cloud.lock:
        for user in set(cloud.users) - set(backup.content["users"]):
            cloud.accounts.remove_user(user)
        for group in set(cloud.groups) - set(backup.content["groups"]):
            cloud.accounts.remove_group(group)
        cloud.folders.all.clear()
        cloud.talk.rooms.clear()
        cloud.users["readi-provisioner"].profile = profile
    fill(cloud, backup)
    back = snapshot(cloud)
    [part] = furnished.plan()["targets"]
    assert {notice["kind"] for notice in part["notices"]} >= {"lost", "age"}
    assert [change for change in part["changes"] if change["verb"] == "create"] == []
    furnished.run("apply", "--yes")
    assert snapshot(cloud) == back
    lost = {notice["id"] for notice in part["notices"] if notice["kind"] == "lost"}
    assert lost >= {"body:pg-ki", "person:p-hanne"}
