"""Somebody whom a source no longer has: nothing is taken away before a ranger has read it, and all comes back."""

from dataclasses import replace

import pytest

from provisioner.model.changes import ChangeClass, Join, Leave, Resume, Suspend
from provisioner.model.registry import Affiliation, Membership, Period, Role, Selector
from tests.support.planning import (
    TODAY,
    TOMORROW,
    YESTERDAY,
    World,
    account_id,
    administrators_id,
    body,
    city,
    group_id,
    person,
)

HERE = person("p1", "Erika Muster", "iot", email="e@bretten.example")
GONE = replace(HERE, affiliations=(Affiliation("bretten", gone=True),), gone_from="bretten-ad")


@pytest.fixture
def world() -> World:
    world = World()
    world.put(HERE, person("p2", "Otto Orth", "iot!"), city("rastatt"), body("iot"))
    world.put(body("staff", selectors=(Selector(organisations=frozenset({"bretten"})),)))
    world.apply()
    return world


def test_suspension_and_leaves_wait_for_a_ranger(world: World) -> None:
    world.put(GONE)
    changes = world.plan().changes
    assert {(type(change), change.change_class) for change in changes} == {
        (Suspend, ChangeClass.QUEUED),
        (Leave, ChangeClass.QUEUED),
    }
    assert {change.id for change in changes} == {account_id("p1"), group_id("iot"), group_id("staff")}
    world.apply(ChangeClass.AUTO)
    assert world.remote(account_id("p1")).fields["enabled"] is True
    assert "person:p1" in world.keys_in(group_id("iot"))


def test_who_comes_back_is_resumed_by_itself(world: World) -> None:
    world.put(GONE)
    world.apply()
    assert world.remote(account_id("p1")).fields["enabled"] is False
    assert world.plan().changes == ()
    world.put(HERE)
    assert {(type(change), change.change_class) for change in world.plan().changes} == {
        (Resume, ChangeClass.AUTO),
        (Join, ChangeClass.AUTO),
    }
    world.apply(ChangeClass.AUTO)
    assert "person:p1" in world.keys_in(group_id("iot"))


def test_of_an_incomplete_registry_nothing_is_concluded(world: World) -> None:
    world.put(GONE)
    world.registry = replace(world.registry, complete=False)
    assert world.plan().changes == ()


def test_whoever_never_had_an_account_gets_none(world: World) -> None:
    world.put(replace(GONE, id="p9", email="nine@bretten.example"))
    assert world.plan().changes == ()


@pytest.mark.parametrize("leaves", [YESTERDAY, TODAY])
def test_a_written_last_day_takes_away_unattended_once_it_is_over(world: World, leaves: object) -> None:
    world.put(replace(GONE, period=Period(None, leaves)))  # type: ignore[arg-type]
    classes = {change.change_class for change in world.plan().changes}
    assert classes == {ChangeClass.AUTO if leaves == YESTERDAY else ChangeClass.QUEUED}


@pytest.mark.parametrize(
    "others",
    [(), (Affiliation("rastatt", period=Period(until=YESTERDAY)),), (Affiliation("rastatt", period=Period(TOMORROW)),)],
)
def test_what_is_written_of_another_city_makes_it_no_ending_by_date(
    world: World, others: tuple[Affiliation, ...]
) -> None:
    world.put(replace(GONE, affiliations=(*GONE.affiliations, *others)))
    assert {change.change_class for change in world.plan().changes} == {ChangeClass.QUEUED}


def test_somebody_still_in_another_city_loses_only_what_the_first_gave_and_only_by_a_ranger(world: World) -> None:
    world.put(replace(GONE, affiliations=(*GONE.affiliations, Affiliation("rastatt"))))
    removals = [change for change in world.plan().changes if isinstance(change, Leave | Suspend)]
    assert [(type(one), one.id, one.change_class) for one in removals] == [
        (Leave, group_id("staff"), ChangeClass.QUEUED)
    ]


def test_the_successor_with_the_same_address_gets_an_account_of_their_own(world: World) -> None:
    moderator = replace(GONE, memberships=(Membership("iot", Role.MODERATOR),), roles=frozenset({Role.RANGER}))
    world.put(moderator, person("p-new", "Erika Muster", email="e@bretten.example"))
    world.apply(ChangeClass.AUTO)
    new, old = world.remote(account_id("p-new")), world.remote(account_id("p1"))
    assert new.remote_id != old.remote_id
    assert new.name != old.name, "though even their names are the same"
    assert "person:p-new" not in world.keys_in(group_id("iot")) | world.keys_in(administrators_id("iot"))
