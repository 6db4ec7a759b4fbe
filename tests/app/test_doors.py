"""Who comes through the door of a meeting room, and as what."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.app.joining.endings import end_stay
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.meetings.doors import Doors
from provisioner.lifecycle.rights import Viewer
from provisioner.model.errors import SettingsError
from provisioner.model.meetings import Standing
from tests.support.desk import FIRST_START, TODAY, Desk, desks, small_network
from tests.support.doors import NotedDoor, doors_of, tie_room
from tests.support.site import LONG_AGO

ROOM, OTHER = "re-" + "a" * 32, "re-" + "b" * 32


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (found,) = desks(tmp_path, small_network())
    tie_room(found, "pg-sensorik", ROOM)
    yield found
    found.site.close()


@pytest.fixture
def door() -> NotedDoor:
    return NotedDoor()


@pytest.fixture
def doors(desk: Desk, door: NotedDoor) -> Doors:
    return doors_of(desk, door)


def test_each_enters_as_what_they_are_in_the_body(desk: Desk, door: NotedDoor, doors: Doors) -> None:
    for name, standing in (("mona", Standing.MODERATOR), ("ben", Standing.MEMBER), ("gerd", Standing.GUEST)):
        doors.enter(desk.viewer(name), "pg-sensorik")
        room, title, entrant = door.last
        assert (room, title, entrant.standing) == (ROOM, "Sensorik", standing)
        assert entrant.name.startswith(name.capitalize())


def test_a_pass_holds_a_name_and_an_id_that_tells_nothing(desk: Desk, door: NotedDoor, doors: Doors) -> None:
    tie_room(desk, "pg-alle", OTHER)
    ids = []
    for name, body in (("ben", "pg-sensorik"), ("ben", "pg-sensorik"), ("mona", "pg-sensorik"), ("ben", "pg-alle")):
        doors.enter(desk.viewer(name), body)
        ids.append(door.last[2].id)
    assert ids[0] == ids[1], "the same person in the same room"
    assert len(set(ids)) == 3, "others, and other rooms, have others"
    assert all("ben" not in one and len(one) == 32 for one in ids)


@pytest.mark.parametrize("name", ["rita", "konrad", "carla", "ole", FIRST_START])
def test_nobody_enters_a_body_they_do_not_belong_to(desk: Desk, door: NotedDoor, doors: Doors, name: str) -> None:
    with pytest.raises(Forbidden):
        doors.enter(desk.viewer(name), "pg-sensorik")
    assert not door.admitted


def test_a_viewer_who_claims_to_belong_to_it_is_not_believed(desk: Desk, door: NotedDoor, doors: Doors) -> None:
    body = frozenset({"pg-sensorik"})
    with pytest.raises(Forbidden):
        doors.enter(Viewer(desk.site.network, "p-ole", moderates=body, member_of=body), "pg-sensorik")
    with pytest.raises(Forbidden):
        doors.enter(Viewer("other", "p-ben", member_of=body), "pg-sensorik")
    assert not door.admitted


def test_who_leaves_a_body_gets_no_pass_in_the_same_second(desk: Desk, door: NotedDoor, doors: Doors) -> None:
    ben = desk.viewer("ben")
    doors.enter(ben, "pg-sensorik")
    desk.places.leave(ben, "pg-sensorik")
    with pytest.raises(Forbidden):
        doors.enter(ben, "pg-sensorik")
    assert len(door.admitted) == 1


def test_whose_stay_ends_gets_no_pass_from_that_moment_on(desk: Desk, doors: Doors) -> None:
    ben = desk.viewer("ben")
    doors.enter(ben, "pg-sensorik")
    end_stay(desk.site, desk.pictures, desk.viewer("rita"), "p-ben", TODAY)
    desk.clock.sleep(24 * 3600)
    with pytest.raises(Forbidden):
        doors.enter(ben, "pg-sensorik")


def test_who_is_struck_in_a_file_gets_no_pass_though_nobody_looked_since(desk: Desk, doors: Doors) -> None:
    ben = desk.viewer("ben")
    desk.wish.people["p-ben"]["leaves"] = LONG_AGO
    desk.rewrite()
    with pytest.raises(Forbidden):
        doors.enter(ben, "pg-sensorik")


def test_an_archived_body_is_closed_and_one_without_a_room_says_so(desk: Desk, doors: Doors) -> None:
    desk.wish.people["p-ole"]["bodies"] = ["pg-alt"]
    desk.rewrite()
    tie_room(desk, "pg-alt", OTHER)
    with pytest.raises(Refused) as archived:
        doors.enter(desk.viewer("ole"), "pg-alt")
    assert archived.value.text.code == "app.room_archived"
    with pytest.raises(Refused) as none_yet:
        doors.enter(desk.viewer("ben"), "pg-alle")
    assert none_yet.value.text.code == "app.room_not_yet"


def test_without_a_meeting_server_it_says_so(desk: Desk) -> None:
    with pytest.raises(SettingsError) as none:
        Doors(desk.site, desk.pictures).enter(desk.viewer("ben"), "pg-sensorik")
    assert none.value.text.code == "app.no_meeting_server"
