"""An address that another account of ours still has: nothing is taken over, and nobody's run fails for it."""

from dataclasses import replace

import pytest

from provisioner.model.resources import Kind
from provisioner.planning.agreement import agreement
from tests.support.planning import World, account_id, capabilities, noticed, person, told

OLD, NEW = person("old", "Erika Muster", email="erika@bretten.example"), person("new", "Erika Muster")
KEPT = ("person:new", "planning.address_kept")


@pytest.fixture
def world() -> World:
    """Erika was there, went, and her successor got her address."""
    made = World(capabilities=replace(capabilities(), unique_emails=True))
    made.put(OLD)
    made.apply()
    made.drop("old")
    made.put(replace(NEW, email="Erika@bretten.example"))
    return made


def about_new(world: World) -> list[str]:
    return [line for line in told(world.plan()) if "person:new" in line]


def test_a_successor_waits_until_the_address_is_free(world: World) -> None:
    assert (about_new(world), KEPT in noticed(world.plan())) == ([], True)
    remote = world.remote(account_id("old"))
    world.server.objects[Kind.ACCOUNT][remote.remote_id] = replace(remote, fields={**remote.fields, "email": None})
    assert about_new(world)[0].startswith("create")
    assert KEPT not in noticed(world.plan())
    agreed = agreement(world.desired(), world.server.inventory(), world.ties, world.capabilities)
    assert agreed.fields == {account_id("old"): {"email": None}}, "that it was taken away is no drift"


def test_where_addresses_need_not_differ_nobody_waits(world: World) -> None:
    world.capabilities = capabilities()
    assert about_new(world)[0].startswith("create")


def test_the_account_of_somebody_who_was_not_looked_at_is_taken_over_by_nobody(world: World) -> None:
    for able in (world.capabilities, capabilities()):
        world.capabilities = able
        world.assumed, bindings = dict(world.bindings), world.bindings
        world.bindings = {}
        assert not any("adopt" in line for line in told(world.plan()))
        world.bindings, world.assumed = bindings, {}


def test_of_somebody_who_is_there_all_but_the_address_is_changed(world: World) -> None:
    world.put(NEW)
    world.apply()
    world.put(replace(NEW, email="erika@bretten.example", family_name="Neu"))
    (change,) = (change for change in world.plan().changes if change.id == account_id("new"))
    assert "email" not in getattr(change, "after", {"email": ""})
    assert KEPT in noticed(world.plan())


def test_whoever_gives_the_address_up_in_the_same_plan_keeps_nobody_waiting(world: World) -> None:
    world.put(replace(OLD, email="erika.alt@bretten.example"))
    assert about_new(world)[0].startswith("create")
