"""A plan about one body brings along what its category stands below and what lists it; one about a person does not."""

from dataclasses import replace

import pytest

from provisioner.app.focus import Focused, is_named, narrow, seen
from provisioner.model.resources import Kind, ResourceId
from provisioner.planning.planner import plan_target
from tests.support.planning import (
    World,
    account_id,
    body,
    capabilities,
    category_id,
    common_id,
    group_id,
    noticed,
    person,
    space_id,
    told,
)

INDEX = ResourceId(Kind.WIKI_PAGE, "bodies:index")
KINDS = capabilities(spaces=True).fields.keys()


@pytest.fixture
def world() -> World:
    """A body and a person are new, and somebody tampered with what these have nothing to do with."""
    made = World(capabilities=capabilities(spaces=True))
    made.put(body("iot", "Sensorik"), body("lora", "LoRaWAN"), person("p1", "Erika Muster", "iot!", "lora"))
    made.apply()
    made.server.edit(Kind.FORUM_CATEGORY, made.remote_id(category_id("iot")), description="Anders")
    made.put(body("neu", "Neu"), person("p2", "Otto Beispiel", "iot", "neu!"))
    return made


def focused(world: World, *only: str) -> Focused:
    return narrow(frozenset(only), world.registry, world.desired(), world.ties, KINDS)


def looked_at(found: Focused) -> set[ResourceId]:
    assert found.interest.only is not None
    return {sought.id for sought in found.interest.only if sought.id.kind is not Kind.ACCOUNT}


def plan(world: World, *only: str) -> list[str]:
    found = focused(world, *only)
    desired, ties, inventory = seen(found, world.server.inventory())
    part = plan_target(desired, inventory, ties, world.capabilities, world.rules)
    assert [notice for notice in noticed(part) if notice[1] == "planning.waits_for_groups"] == []
    return told(part)


def test_of_a_new_body_the_common_category_and_the_index_are_planned_too(world: World) -> None:
    found = looked_at(focused(world, "neu"))
    assert {common_id("project"), INDEX, category_id("neu"), space_id("neu"), group_id("neu")} <= found
    assert not {category_id("iot"), category_id("lora"), space_id("iot"), group_id("iot")} & found
    assert [line for line in plan(world, "neu") if "forum-category" in line] == [
        "create forum-category/body:neu",
        "join forum-category/bodies:project: body:neu, body:neu:administrators as reader",
        "join forum-category/body:neu: body:neu as writer",
        "join forum-category/body:neu: body:neu:administrators as manager",
    ]


def test_the_first_body_of_its_kind_brings_the_category_above_it() -> None:
    made = World(capabilities=capabilities(spaces=True))
    made.put(body("neu", "Neu"), person("p2", "Otto Beispiel", "neu!"))
    assert "create forum-category/bodies:project" in plan(made, "body:neu")


def test_an_archived_body_brings_the_archive(world: World) -> None:
    iot = world.registry.bodies["iot"]
    world.put(replace(iot, archived_on=world.today))
    assert "create forum-category/bodies:archive" in plan(world, "iot")


def test_of_somebody_new_no_category_is_read(world: World) -> None:
    found = looked_at(focused(world, "p2"))
    assert not {one for one in found if one.kind in (Kind.FORUM_CATEGORY, Kind.WIKI_SPACE, Kind.WIKI_PAGE)}
    assert plan(world, "p2") == [f"create {account_id('p2').key}", "join body:iot: person:p2"]


def test_what_all_bodies_share_is_named_as_a_whole() -> None:
    assert is_named("bodies:project", frozenset({"bodies:project"}))
    assert not is_named("bodies:project", frozenset({"project"}))
    assert not is_named("bodies:archive", frozenset({"archive", "body:archive"}))
