"""Texts that link objects to each other: written last, and again when a link changes."""

from dataclasses import replace

import pytest

from provisioner.model.changes import ChangeClass, Verb, Write
from provisioner.model.inventory import UNKNOWN
from provisioner.model.plan import TargetPlan
from provisioner.model.resources import Kind
from provisioner.model.rules import PlanningRules
from provisioner.planning.late import addresses_after, with_late_texts
from provisioner.planning.planner import plan_target
from tests.support.planning import World, capabilities, folder_id, noticed, policy, room_id, told
from tests.support.wishes import Wish

FOLDER, ROOM = folder_id("iot"), room_id("iot")
START = Wish()
NOTHING: list[str] = []


def made_of(wish: Wish = START, drift: str = "ask") -> World:
    rules = policy(on_drift={"conversation": drift, "folder": drift})
    world = World(wish=wish.desired(), capabilities=capabilities(rooms=True), policy=rules)
    world.apply()
    return world


@pytest.fixture
def world() -> World:
    made = made_of()
    assert told(made.plan()) == NOTHING
    return made


def writes(part: TargetPlan) -> list[Write]:
    return [change for change in part.changes if isinstance(change, Write)]


def description(world: World) -> object:
    return world.remote(ROOM).fields["description"]


def test_what_is_created_gets_its_texts_when_all_stands_and_they_link_each_other() -> None:
    world = World(wish=START.desired(), capabilities=capabilities(rooms=True))
    part = world.plan()
    assert [change.id for change in part.changes[-2:]] == [FOLDER, ROOM]
    assert [(change.remote_id, change.change_class) for change in writes(part)] == [(None, ChangeClass.AUTO)] * 2
    assert [change.written for change in writes(part)] == ["Willkommen!", "readi:body:iot"], "no link is known yet"
    world.apply()
    folder, room = world.address(FOLDER), world.address(ROOM)
    assert description(world) == f"Ordner: {folder}\nreadi:body:iot"
    assert world.remote(FOLDER).fields["note"] == f"Willkommen!\nChat: {room}"
    assert (told(world.plan()), world.drift()) == (NOTHING, [])


def test_a_rename_changes_the_texts_that_link_it_in_the_same_run(world: World) -> None:
    world.wish = replace(START, folder="Archiv/Sensorik").desired()
    part = world.apply()
    assert told(part) == [
        "update team-folder/body:iot: name=Archiv/Sensorik",
        "write conversation/body:iot: description",
    ]
    assert writes(part)[0].written == "Ordner: https://cloud.example/files/Archiv/Sensorik\nreadi:body:iot"
    assert told(world.plan()) == NOTHING


def test_a_link_to_what_is_created_now_is_written_in_the_same_run() -> None:
    world = made_of(replace(START, room=None))
    world.wish = START.desired()
    assert "write team-folder/body:iot: note" in told(world.apply())
    assert world.remote(FOLDER).fields["note"] == f"Willkommen!\nChat: {world.address(ROOM)}"
    assert told(world.plan()) == NOTHING


def test_a_link_to_what_waits_to_be_adopted_waits_with_it() -> None:
    world = made_of(replace(START, room=None))
    world.server.add(Kind.CONVERSATION, "PG Sensorik", description="", read_only=False, lobby=False, listed=False)
    world.wish = START.desired()
    assert "write team-folder/body:iot: note (queued)" in told(world.plan())
    world.apply(ChangeClass.AUTO)
    assert told(world.apply(ChangeClass.AUTO)) == told(world.plan()), "an unattended run leaves it as it is"
    world.apply()
    assert told(world.plan()) == NOTHING


def test_a_changed_text_that_can_not_be_read_back_is_written_once(world: World) -> None:
    world.wish = replace(START, note="Guten Tag!").desired()
    assert told(world.apply()) == ["write team-folder/body:iot: note"]
    assert told(world.plan()) == NOTHING


@pytest.mark.parametrize(("drift", "ending"), [("ask", " (queued)"), ("revert", ""), ("keep", None)])
def test_a_text_changed_by_hand_is_treated_by_the_rule(drift: str, ending: str | None) -> None:
    world = made_of(drift=drift)
    world.server.edit(Kind.CONVERSATION, world.remote_id(ROOM), description="Bitte recht freundlich")
    part = world.plan()
    if ending is None:
        assert (told(part), noticed(part)) == (NOTHING, [("body:iot", "planning.kept")])
    else:
        assert told(part) == [f"write conversation/body:iot: description{ending}"]
        assert (writes(part)[0].drift, writes(part)[0].before) == (True, "Bitte recht freundlich")


def test_after_a_cut_step_it_is_nobodys_drift(world: World) -> None:
    world.server.edit(Kind.CONVERSATION, world.remote_id(ROOM), description="readi:body:iot")
    world.unsettled = frozenset({ROOM})
    assert told(world.plan()) == ["write conversation/body:iot: description"]


def test_a_text_made_right_by_hand_is_agreed_and_no_drift_later(world: World) -> None:
    world.wish = replace(START, folder="Archiv/Sensorik").desired()
    world.apply(part=replace(part := world.plan(), changes=part.changes[:1]))
    world.server.edit(
        Kind.CONVERSATION, world.remote_id(ROOM), description=f"Ordner: {world.address(FOLDER)}\nreadi:body:iot"
    )
    world.apply()
    assert world.drift() == []


def test_what_could_not_be_read_is_not_written(world: World) -> None:
    world.server.edit(Kind.CONVERSATION, world.remote_id(ROOM), description=UNKNOWN)
    world.wish = replace(START, folder="Archiv/Sensorik").desired()
    assert [change.verb for change in world.plan().changes] == [Verb.UPDATE]


def test_what_this_object_does_not_let_us_write_is_told(world: World) -> None:
    room = world.remote_id(ROOM)
    world.server.objects[Kind.CONVERSATION][room] = replace(world.remote(ROOM), writable=frozenset({"name"}))
    world.wish = replace(START, folder="Archiv/Sensorik").desired()
    assert noticed(world.plan()) == [("body:iot", "planning.unwritable_room")]


@pytest.mark.parametrize("state", ["lost", "replaced", "malformed"])
def test_what_is_not_known_to_be_ours_is_not_written(world: World, state: str) -> None:
    desired = replace(START, folder="Archiv/Sensorik").desired()
    world.wish = desired
    if state == "lost":
        world.server.remove(Kind.CONVERSATION, world.remote_id(ROOM))
    elif state == "replaced":
        world.server.remake(Kind.CONVERSATION, world.remote_id(ROOM))
    else:
        world.wish = replace(desired, blocked=frozenset({ROOM.key}))
    assert writes(world.plan()) == []


def test_policy_can_have_every_text_read_first(world: World) -> None:
    desired, inventory = replace(START, note="Guten Tag!").desired(), world.server.inventory()
    rules, able = PlanningRules(queued=frozenset({Verb.WRITE})), world.capabilities
    part = plan_target(desired, inventory, world.ties, able, rules)
    part = with_late_texts(part, desired, inventory, world.ties, able, rules, world.address)
    assert told(part) == ["write team-folder/body:iot: note (queued)"]


class TestAddresses:
    def test_they_are_those_of_what_is_tied_or_adopted_not_of_what_is_created(self, world: World) -> None:
        assert addresses_after(TargetPlan("cloud"), world.ties, world.capabilities) == {
            FOLDER: "https://cloud.example/files/Projektgruppen/Sensorik",
            ROOM: world.address(ROOM),
        }
        empty = World(wish=START.desired(), capabilities=capabilities(rooms=True))
        room = empty.server.add(Kind.CONVERSATION, "PG Sensorik")
        found = addresses_after(empty.plan(), empty.ties, empty.capabilities)
        assert found == {ROOM: f"https://cloud.example/call/{room}"}

    def test_a_name_that_somebody_gave_by_hand_leads_there_until_it_is_taken_back(self, world: World) -> None:
        world.server.edit(Kind.TEAM_FOLDER, world.remote_id(FOLDER), name="Von Hand")
        inventory = world.server.inventory()
        found = addresses_after(world.plan(), world.ties, world.capabilities, inventory)
        assert found[FOLDER] == "https://cloud.example/files/Von Hand"
