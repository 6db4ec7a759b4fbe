"""Folders and conversations that stand already: by mark, by name, or chosen by a ranger; never two of them."""

from dataclasses import replace

import pytest

from provisioner.model.bindings import Binding
from provisioner.model.changes import Adopt
from provisioner.model.plan import NoticeKind
from provisioner.model.resources import Kind, ResourceId
from tests.support.planning import World, account_id, capabilities, folder_id, noticed, room_id, told
from tests.support.wishes import Wish

FOLDER, ROOM = folder_id("iot"), room_id("iot")
START = Wish(folder=None)
MARK = "readi:body:iot"


@pytest.fixture
def world() -> World:
    made = World(wish=replace(START, room=None).desired(), capabilities=capabilities(rooms=True))
    made.apply()
    made.wish = START.desired()
    return made


def room(world: World, name: str, mark: str = "") -> str:
    remote_id = world.server.add(Kind.CONVERSATION, name)
    world.server.edit(Kind.CONVERSATION, remote_id, description=mark)
    return remote_id


def adopted(world: World) -> dict[ResourceId, str]:
    return {change.id: change.remote.remote_id for change in world.plan().changes if isinstance(change, Adopt)}


def disputed(world: World) -> list[tuple[str, str]]:
    return noticed(world.plan(), NoticeKind.DISPUTED)


def test_one_of_the_name_is_taken_over_once_a_ranger_agrees(world: World) -> None:
    found = room(world, "PG Sensorik")
    assert adopted(world) == {ROOM: found}
    assert "adopt conversation/body:iot (queued)" in told(world.plan())


def test_two_of_one_name_are_disputed_and_no_third_is_made(world: World) -> None:
    room(world, "PG Sensorik")
    room(world, "PG Sensorik")
    assert (told(world.plan()), disputed(world)) == ([], [("body:iot", "planning.several_alike")])


def test_our_mark_counts_more_than_the_name_even_under_another(world: World) -> None:
    room(world, "PG Sensorik")
    marked = room(world, "Umbenannt", MARK)
    assert adopted(world) == {ROOM: marked}
    world.apply()
    assert told(world.plan()) == [], "an object that a stranger has the name of is not renamed"
    assert disputed(world) == [("body:iot", "planning.room_name_taken")]


def test_two_with_our_mark_are_disputed(world: World) -> None:
    room(world, "PG Sensorik", MARK)
    room(world, "Kopie", MARK)
    assert (told(world.plan()), disputed(world)) == ([], [("body:iot", "planning.several_alike")])


def test_a_mark_that_another_body_left_is_respected(world: World) -> None:
    room(world, "PG Sensorik", "readi:body:other")
    assert (told(world.plan()), disputed(world)) == ([], [("body:iot", "planning.marked_otherwise")])


def test_a_mark_on_what_another_network_owns_counts_for_nothing(world: World) -> None:
    theirs = room(world, "PG Sensorik", MARK)
    world.foreign = frozenset({("conversation", theirs)})
    assert (told(world.plan()), disputed(world)) == ([], [("body:iot", "planning.name_owned")])


def test_from_a_partial_list_nothing_is_taken_over_but_what_a_ranger_chose(world: World) -> None:
    found = room(world, "PG Sensorik")
    world.server.partial = {Kind.CONVERSATION}
    assert adopted(world) == {}
    world.decisions = {ROOM: found}
    assert adopted(world) == {ROOM: found}


class TestChosen:
    def test_what_a_ranger_chose_is_meant_whatever_its_name_and_waits_all_the_same(self, world: World) -> None:
        room(world, "PG Sensorik")
        room(world, "Marke", MARK)
        chosen = room(world, "Unser Chat")
        world.decisions = {ROOM: chosen}
        assert adopted(world) == {ROOM: chosen}
        assert {str(change.change_class) for change in world.plan().changes} == {"queued"}

    def test_what_is_not_there_is_not_chosen(self, world: World) -> None:
        world.decisions = {ROOM: "conversation-99"}
        assert (told(world.plan()), disputed(world)) == ([], [("body:iot", "planning.chosen_missing")])

    def test_what_is_anothers_is_not_chosen(self, world: World) -> None:
        chosen = room(world, "Unser Chat")
        world.decisions = {ROOM: chosen}
        world.foreign = frozenset({("conversation", chosen)})
        assert disputed(world) == [("body:iot", "planning.chosen_owned")]
        world.foreign = frozenset()
        other = room_id("other")
        world.bindings[other] = Binding(other, chosen, "Unser Chat", "", {})
        assert ("body:iot", "planning.chosen_owned") in disputed(world)

    def test_our_own_account_and_protected_ones_are_not_chosen(self, world: World) -> None:
        world.server.own_account = own = world.server.add(Kind.ACCOUNT, "readi")
        admin = world.server.add(Kind.ACCOUNT, "admin")
        world.wish = replace(START, people=START.people | {"p3", "p4"}).desired()
        world.decisions = {account_id("p3"): own, account_id("p4"): admin}
        assert disputed(world) == [("person:p3", "planning.chosen_owned"), ("person:p4", "planning.chosen_owned")]

    def test_whoever_means_it_by_its_name_alone_stands_back(self, world: World) -> None:
        chosen = world.server.add(Kind.ACCOUNT, "p4", email="p4@bretten.example")
        world.wish = replace(START, people=START.people | {"p3", "p4"}).desired()
        world.decisions = {account_id("p3"): chosen}
        assert adopted(world) == {account_id("p3"): chosen}
        assert disputed(world) == [("person:p4", "planning.account_claimed_twice")]


def test_a_folder_is_known_by_its_name_alone(world: World) -> None:
    folder = world.server.add(Kind.TEAM_FOLDER, "Projektgruppen/Sensorik")
    world.wish = Wish(room=None).desired()
    assert adopted(world) == {FOLDER: folder}


def test_protected_names_are_of_accounts_and_groups_only(world: World) -> None:
    world.wish = replace(START, room="admin").desired()
    assert "create conversation/body:iot" in told(world.plan())
