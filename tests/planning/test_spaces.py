"""Forum categories below common ones, wiki spaces and the page that leads to them: renamed in place, archived, kept."""

from dataclasses import replace

import pytest

from provisioner.model.inventory import UNKNOWN
from provisioner.model.resources import EdgeRole, Kind
from tests.support.planning import (
    YESTERDAY,
    World,
    body,
    capabilities,
    category_id,
    common_id,
    group_id,
    noticed,
    person,
    policy,
    space_id,
    told,
)

NOTHING: list[str] = []
CATEGORY, SPACE = category_id("iot"), space_id("iot")


@pytest.fixture
def world() -> World:
    made = World(capabilities=capabilities(spaces=True))
    made.put(body("iot", "Sensorik"), body("lora", "LoRaWAN"), person("p1", "Erika Muster", "iot!", "lora"))
    made.apply()
    assert (told(made.plan()), made.drift()) == (NOTHING, [])
    return made


def about(world: World, *kinds: Kind) -> list[str]:
    return [line for line in told(world.plan()) if any(f" {kind}/" in line for kind in kinds)]


def test_a_body_that_is_renamed_keeps_its_category_and_space(world: World) -> None:
    before = {identity: binding.remote_id for identity, binding in world.bindings.items()}
    world.put(body("iot", "Sensorik und Daten"))
    assert about(world, Kind.FORUM_CATEGORY, Kind.WIKI_SPACE) == [
        "update forum-category/body:iot: name=PG Sensorik und Daten",
        "update wiki-space/body:iot: name=PG Sensorik und Daten",
        "write forum-category/body:iot: first_topic",
    ]
    world.apply()
    assert {identity: binding.remote_id for identity, binding in world.bindings.items()} == before
    assert told(world.plan()) == NOTHING


def test_an_archived_body_moves_below_the_archive_where_all_its_groups_read(world: World) -> None:
    world.put(body("iot", "Sensorik", archived_on=YESTERDAY))
    part = world.apply()
    assert {str(change.change_class) for change in part.changes if change.id == CATEGORY} == {"auto"}
    assert world.remote(CATEGORY).fields["parent"] == "bodies:archive"
    assert set(world.server.folders[world.remote_id(CATEGORY)].values()) == {EdgeRole.READER}
    above = world.server.folders[world.remote_id(common_id("project"))]
    assert world.remote_id(group_id("iot")) not in above
    assert told(world.plan()) == NOTHING


def test_what_stands_above_loses_nobody_by_it_in_the_eyes_of_the_guards(world: World) -> None:
    world.policy = policy(guards={"removed_edges": {"count": 0, "share": 1.0, "floor": 0}})
    world.put(body("iot", "Sensorik", archived_on=YESTERDAY))
    lines = [line for refusal in world.refusals() for line in refusal.objects]
    assert "PG Sensorik (-2)" in lines, "its own category, where nobody writes any more"
    assert not any(line.startswith("Projektgruppen") for line in lines)


def test_what_was_moved_or_opened_over_there_is_asked_about(world: World) -> None:
    world.server.edit(Kind.FORUM_CATEGORY, world.remote_id(CATEGORY), parent="#7", open=True)
    assert told(world.plan()) == ["update forum-category/body:iot: parent=bodies:project, open=False (queued)"]


def test_what_was_moved_over_there_stays_where_policy_keeps_it(world: World) -> None:
    world.policy = policy(on_drift={"forum_category": "keep"})
    world.server.edit(Kind.FORUM_CATEGORY, world.remote_id(CATEGORY), parent="#7")
    assert (told(world.plan()), noticed(world.plan())) == (NOTHING, [("body:iot", "planning.kept")])


def test_nothing_is_said_of_a_parent_that_could_not_be_read(world: World) -> None:
    world.server.edit(Kind.FORUM_CATEGORY, world.remote_id(CATEGORY), parent=UNKNOWN)
    assert told(world.plan()) == NOTHING


def first_page(world: World, text: str) -> None:
    wish = world.desired()
    wanted = wish.resources[SPACE]
    paged = replace(wanted, fields={**wanted.fields, "first_page": text}, late={})
    world.wish = replace(wish, resources={**wish.resources, SPACE: paged})


def test_a_first_page_is_written_once_and_is_the_peoples_from_then_on(world: World) -> None:
    world.server.edit(Kind.WIKI_SPACE, world.remote_id(SPACE), first_page="Was Menschen schrieben")
    world.put(body("iot", "Sensorik", purpose="Ein anderer Zweck."))
    assert about(world, Kind.WIKI_SPACE) == NOTHING


def test_a_first_page_that_was_never_written_is_made_up_for(world: World) -> None:
    binding = world.bindings[SPACE]
    applied = {name: value for name, value in binding.applied.items() if name != "first_page"}
    world.bindings[SPACE] = replace(binding, applied=applied)
    assert told(world.plan()) == ["write wiki-space/body:iot: first_page"]
    world.apply()
    assert told(world.plan()) == NOTHING


def test_a_space_that_people_made_gets_no_first_page() -> None:
    world = World(capabilities=capabilities(spaces=True))
    world.put(body("iot", "Sensorik"), person("p1", "Erika Muster", "iot!"))
    world.server.add(Kind.WIKI_SPACE, "PG Sensorik", open=False)
    part = world.apply()
    assert [line for line in told(part) if "wiki-space" in line and "first_page" in line] == NOTHING
    assert SPACE in world.bindings
    assert about(world, Kind.WIKI_SPACE) == NOTHING


def test_a_category_is_made_only_where_its_groups_and_the_one_above_are(world: World) -> None:
    above = world.remote_id(common_id("project"))
    world.server.remove(Kind.FORUM_CATEGORY, above)
    world.put(body("neu", "Neu"))
    assert about(world, Kind.FORUM_CATEGORY) == NOTHING
    assert ("body:neu", "planning.waits_for_groups") in noticed(world.plan())
