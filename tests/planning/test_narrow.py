"""A plan about a few things alone: what was not looked at counts as there, and nothing is said or done about it."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from provisioner.model.inventory import Complete, Inventory, Observation, Roster, Scope
from provisioner.model.plan import NoticeKind, TargetPlan
from provisioner.model.resources import Desired, Kind, ResourceId
from provisioner.planning.agreement import agreement
from provisioner.planning.drift import drift_of
from provisioner.planning.guards import GuardInput, refusals
from provisioner.planning.planner import plan_target
from tests.support.planning import (
    TARGET,
    World,
    account_id,
    administrators_id,
    capabilities,
    folder_id,
    group_id,
    noticed,
    room_id,
    told,
)
from tests.support.wishes import Wish

START = Wish(people=frozenset({"p1", "p2", "p3"}), moderators=frozenset({"p1", "p2"}))
OF_BODY = frozenset({group_id("iot"), administrators_id("iot"), folder_id("iot"), room_id("iot")})
NOTHING: list[str] = []


@pytest.fixture
def world() -> World:
    made = World(wish=START.desired(), capabilities=capabilities(rooms=True))
    made.server.own_account = made.server.add(Kind.ACCOUNT, "readi")
    made.apply()
    return made


def narrow(world: World, looked_for: Iterable[ResourceId], members: frozenset[str] | None = None) -> Inventory:
    """What a read of these alone tells; ``members``: the keys of the members of whom it speaks."""
    looked_for, whole = frozenset(looked_for), world.server.inventory()
    ids = {(identity.kind, world.bindings[identity].remote_id) for identity in looked_for if identity in world.bindings}
    observations = {}
    for kind, observation in whole.observations.items():
        keys = frozenset(identity.key for identity in looked_for if identity.kind is kind)
        objects = {at: remote for at, remote in observation.objects.items() if (kind, at) in ids}
        observations[kind] = Observation(Complete(Scope(TARGET, kind, only=keys)), objects)
    rosters = {
        (kind, at): Roster(Complete(Scope(TARGET, kind, at, only=members)), roster.members)
        for (kind, at), roster in whole.rosters.items()
        if (kind, at) in ids
    }
    return Inventory(TARGET, observations, rosters, world.server.own_account)


def narrowed(desired: Desired, about: frozenset[ResourceId]) -> Desired:
    return replace(desired, resources={key: wanted for key, wanted in desired.resources.items() if key in about})


def plan(world: World, wish: Desired, inventory: Inventory, about: frozenset[ResourceId]) -> TargetPlan:
    ties = replace(
        world.ties,
        bindings={key: binding for key, binding in world.bindings.items() if key in about},
        assumed={key: binding for key, binding in world.bindings.items() if key not in about},
    )
    return plan_target(narrowed(wish, about), inventory, ties, world.capabilities, world.rules)


class TestOneBody:
    def test_accounts_that_were_not_looked_at_count_as_there(self, world: World) -> None:
        wish = replace(START, members=frozenset({"p1", "p3"}), ended=frozenset({"p2"}), moderators=frozenset({"p1"}))
        part = plan(world, wish.desired(), narrow(world, OF_BODY), OF_BODY)
        assert told(part) == [
            "leave body:iot: person:p2",
            "join body:iot: person:p3",
            "leave body:iot:administrators: person:p2",
            "leave conversation/body:iot: person:p2 as moderator",
            "leave conversation/body:iot: person:p2",
        ]
        assert noticed(part) == []

    def test_where_nothing_differs_nothing_is_planned_agreed_or_drift(self, world: World) -> None:
        inventory = narrow(world, OF_BODY)
        ties = replace(
            world.ties,
            bindings={key: binding for key, binding in world.bindings.items() if key in OF_BODY},
            assumed={key: binding for key, binding in world.bindings.items() if key not in OF_BODY},
        )
        wish = narrowed(START.desired(), OF_BODY)
        assert told(plan(world, START.desired(), inventory, OF_BODY)) == NOTHING
        assert not agreement(wish, inventory, ties, world.capabilities)
        assert list(drift_of(inventory, ties, world.capabilities)) == []

    def test_members_put_in_by_hand_are_known_though_their_accounts_were_not_read(self, world: World) -> None:
        world.members(group_id("iot")).add(world.remote_id(account_id("p3")))
        part = plan(world, START.desired(), narrow(world, OF_BODY), OF_BODY)
        assert told(part) == ["leave body:iot: person:p3 (queued)"]

    def test_our_own_account_and_protected_ones_are_not_assumed(self, world: World) -> None:
        world.bindings[account_id("p3")] = replace(world.bindings[account_id("p3")], name="admin")
        world.bindings[account_id("p4")] = replace(
            world.bindings[account_id("p3")], remote_id=str(world.server.own_account), name="readi"
        )
        wish = replace(START, members=START.members | {"p3", "p4"})
        assert told(plan(world, wish.desired(), narrow(world, OF_BODY), OF_BODY)) == NOTHING

    def test_of_whose_entry_is_malformed_nothing_is_taken_though_the_account_was_not_read(self, world: World) -> None:
        wish = replace(START, people=frozenset({"p2", "p3"}), moderators=frozenset({"p2"})).desired()
        wish = replace(wish, blocked=frozenset({"person:p1"}))
        assert told(plan(world, wish, narrow(world, OF_BODY), OF_BODY)) == NOTHING

    def test_groups_that_were_not_looked_at_come_into_a_folder(self, world: World) -> None:
        folder = folder_id("iot")
        world.server.folders[world.remote_id(folder)].clear()
        about = frozenset({folder})
        part = plan(world, START.desired(), narrow(world, about), about)
        assert told(part) == [
            "join team-folder/body:iot: body:iot as writer (queued)",
            "join team-folder/body:iot: body:iot:administrators as manager (queued)",
        ]

    def test_the_guards_know_those_who_were_not_looked_at(self, world: World) -> None:
        wish = replace(START, moderators=frozenset({"p1"}), ended=frozenset({"p2"})).desired()
        inventory = narrow(world, OF_BODY)
        part = plan(world, wish, inventory, OF_BODY)
        ties = replace(world.ties, assumed=world.bindings)
        assert refusals([GuardInput(part, ties, inventory)], wish, world.rules.guards, "", frozenset()) == ()


class TestOnePerson:
    ABOUT = frozenset({account_id("p2"), *OF_BODY})
    SPOKEN_OF = frozenset({"person:p2"})

    def test_nobody_else_is_moved_whatever_the_read_says_of_them(self, world: World) -> None:
        inventory = narrow(world, self.ABOUT, self.SPOKEN_OF)
        wish = replace(START, members=frozenset({"p3"}), moderators=frozenset({"p3"}), ended=START.people)
        part = plan(world, wish.desired(), inventory, self.ABOUT)
        assert told(part) == [
            "leave body:iot: person:p2",
            "leave body:iot:administrators: person:p2 (queued)",
            "leave conversation/body:iot: person:p2 as moderator",
            "leave conversation/body:iot: person:p2",
        ], "nobody who is known to be there is to stay: the successor has not come yet"

    def test_who_else_leads_is_taken_from_the_last_apply(self, world: World) -> None:
        inventory = narrow(world, self.ABOUT, self.SPOKEN_OF)
        wish = replace(START, moderators=frozenset({"p1"}), ended=frozenset({"p2"}))
        part = plan(world, wish.desired(), inventory, self.ABOUT)
        assert noticed(part, NoticeKind.SUCCESSOR) == []
        assert "leave body:iot:administrators: person:p2" in told(part)


class TestNotLookedFor:
    def test_it_is_neither_lost_nor_made_nor_taken_over(self, world: World) -> None:
        world.server.add(Kind.ACCOUNT, "p4", email="p4@bretten.example")
        wish = replace(START, people=START.people | {"p4"}).desired()
        about = frozenset({account_id("p1")})
        part = plan_target(wish, narrow(world, about), world.ties, world.capabilities, world.rules)
        assert (told(part), noticed(part, NoticeKind.LOST)) == (NOTHING, [])

    def test_what_was_looked_for_and_is_not_there_is_lost_or_made(self, world: World) -> None:
        world.server.remove(Kind.ACCOUNT, world.remote_id(account_id("p1")))
        about = frozenset({account_id("p1"), account_id("p4")})
        wish = replace(START, people=START.people | {"p4"}).desired()
        part = plan(world, wish, narrow(world, about), about)
        assert told(part) == ["create person:p4"]
        assert noticed(part) == [("person:p1", "planning.lost")]
