"""Who joins and who leaves, and what was changed by hand over there."""

from dataclasses import replace

import pytest

from policies.document import Policy
from provisioner.model.changes import ChangeClass
from provisioner.model.inventory import Roster
from provisioner.model.plan import NoticeKind
from provisioner.model.registry import Affiliation, Membership, Period, Role, Selector
from provisioner.model.resources import Kind
from tests.support.planning import (
    YESTERDAY,
    World,
    account_id,
    administrators_id,
    body,
    city,
    group_id,
    in_group,
    noticed,
    person,
    policy,
    registry,
    told,
)

ERIKA, OTTO = person("p1", "Erika Muster", "iot!"), person("p2", "Otto Beispiel", "iot")
IOT = body("iot", "Sensorik")
NOTHING: list[str] = []


def drifting(group: str = "ask", account: str = "ask") -> Policy:
    return policy(on_drift={"group": group, "account": account})


@pytest.fixture
def world() -> World:
    made = World(registry(ERIKA, OTTO, IOT))
    made.apply()
    assert told(made.plan()) == NOTHING
    return made


class TestJoiningAndLeaving:
    def test_a_new_membership_joins_unattended(self, world: World) -> None:
        world.put(person("p2", "Otto Beispiel", "iot!"))
        assert told(world.plan()) == ["join body:iot:administrators: person:p2"]

    def test_a_membership_that_vanished_leaves_once_a_ranger_has_read_it(self, world: World) -> None:
        world.put(person("p2", "Otto Beispiel"))
        assert told(world.plan()) == ["leave body:iot: person:p2 (queued)"]

    def test_a_membership_that_ended_on_a_date_leaves_unattended(self, world: World) -> None:
        world.put(person("p2", "Otto Beispiel", memberships=(Membership("iot", period=Period(until=YESTERDAY)),)))
        assert told(world.plan()) == ["leave body:iot: person:p2"]

    def test_a_moderator_whose_term_ended_stays_a_member(self, world: World) -> None:
        over = Membership("iot", Role.MODERATOR, Period(until=YESTERDAY))
        world.put(person("p2", "Otto Beispiel", "iot!"))
        world.apply()
        world.put(person("p1", "Erika Muster", memberships=(over, Membership("iot"))))
        assert told(world.plan()) == ["leave body:iot:administrators: person:p1"]

    def test_somebody_who_moved_leaves_a_citys_body_unattended(self, world: World) -> None:
        world.put(body("b", selectors=(Selector(organisations=frozenset({"bretten"})),)), city("rastatt"))
        world.apply()
        moved = (Affiliation("bretten", period=Period(until=YESTERDAY)), Affiliation("rastatt"))
        world.put(replace(OTTO, affiliations=moved))
        assert "leave body:b: person:p2" in told(world.plan())

    def test_a_deleted_body_is_emptied_once_a_ranger_has_read_it_and_its_groups_stay(self, world: World) -> None:
        world.drop("iot")
        plan = world.plan()
        assert told(plan) == [
            "leave body:iot: person:p1, person:p2 (queued)",
            "leave body:iot:administrators: person:p1 (queued)",
        ]
        assert noticed(plan, NoticeKind.ORPHAN) == [
            ("body:iot", "planning.orphaned_container"),
            ("body:iot:administrators", "planning.orphaned_container"),
        ]

    def test_whatever_the_drift_rule_a_deleted_body_is_never_emptied_unattended(self, world: World) -> None:
        world.put(person("p3", "Ida Muster"))
        world.policy = drifting("revert")
        world.apply()
        world.members(group_id("iot")).add(world.remote_id(account_id("p3")))
        world.drop("iot")
        assert [change.change_class for change in world.plan().changes] == [ChangeClass.QUEUED] * 3

    def test_a_body_that_is_no_longer_managed_is_left_as_it_is(self, world: World) -> None:
        world.policy = policy(managed=[])
        world.put(person("p2", "Otto Beispiel"))
        assert told(world.plan()) == NOTHING

    def test_an_archived_body_keeps_its_readers_and_loses_its_administration(self, world: World) -> None:
        world.put(replace(IOT, archived_on=YESTERDAY))
        assert told(world.plan())[-1] == "leave body:iot:administrators: person:p1"
        world.apply()
        assert world.keys_in(group_id("iot")) == {"person:p1", "person:p2"}

    def test_foreign_members_of_our_group_stay(self, world: World) -> None:
        foreign = world.server.add(Kind.ACCOUNT, "somebody")
        world.members(group_id("iot")).add(foreign)
        world.drop("iot")
        world.apply()
        assert world.members(group_id("iot")) == {foreign}

    def test_memberships_that_the_login_writes_are_only_read(self, world: World) -> None:
        world.policy = policy(groups={"members_written_by": "login"}, on_drift={"group": "revert"})
        world.put(person("p1", "Erika Muster"), person("p3", "Ida Muster", "iot"))
        world.members(group_id("iot")).clear()
        assert told(world.plan()) == ["create person:p3"]
        assert world.drift() == []

    def test_a_group_that_the_login_fills_is_not_emptied_when_its_body_is_deleted(self, world: World) -> None:
        world.policy = policy(groups={"members_written_by": "login"}, on_drift={"group": "revert"})
        world.drop("iot")
        assert told(world.plan()) == NOTHING

    def test_a_group_that_a_directory_keeps_is_told_not_filled(self, world: World) -> None:
        remote_id = world.remote_id(group_id("iot"))
        world.server.objects[Kind.GROUP][remote_id] = replace(world.remote(group_id("iot")), writable=frozenset())
        world.put(person("p2", "Otto Beispiel"), person("p3", "Ida Muster", "iot"))
        plan = world.plan()
        assert told(plan) == ["create person:p3"]
        assert noticed(plan) == [("body:iot", "planning.members_unwritable")]

    def test_a_selected_member_whose_written_membership_ended_stays_out(self, world: World) -> None:
        world.put(body("all", selectors=(Selector(everybody=True),)))
        world.apply()
        over = Membership("all", period=Period(until=YESTERDAY))
        world.put(replace(OTTO, memberships=(*OTTO.memberships, over)))
        assert told(world.plan()) == ["leave body:all: person:p2"]


class TestAdoptedTogether:
    def test_everything_about_an_adopted_account_waits_with_its_adoption(self) -> None:
        made = World(registry(ERIKA, IOT, body("b")), policy=drifting("revert"))
        made.drop("p1")
        made.apply()
        account = made.server.add(Kind.ACCOUNT, "erika.muster", email="p1@bretten.example")
        made.members(group_id("b")).add(account)
        made.put(ERIKA)
        plan = made.plan()
        assert {change.change_class for change in plan.changes} == {ChangeClass.QUEUED}
        assert "leave body:b: person:p1 (queued)" in told(plan)
        assert "join body:iot: person:p1 (queued)" in told(plan)
        made.apply(ChangeClass.AUTO)
        assert made.members(group_id("b")) == {account}

    def test_even_a_written_end_does_not_touch_an_account_before_its_adoption(self) -> None:
        made = World(registry(IOT))
        made.apply()
        account = made.server.add(Kind.ACCOUNT, "erika.muster", email="p1@bretten.example")
        made.members(group_id("iot")).add(account)
        made.put(replace(ERIKA, period=Period(until=YESTERDAY)))
        assert told(made.plan())[-1] == "leave body:iot: person:p1 (queued)"

    def test_a_group_adopted_with_its_members_keeps_them_and_what_it_lacks_waits(self) -> None:
        made = World(registry(ERIKA, OTTO, IOT))
        erika = made.server.add(Kind.ACCOUNT, "erika.muster", email="p1@bretten.example")
        group = made.server.add(Kind.GROUP, "PG_Sensorik", display_name="PG_Sensorik")
        made.server.members[group] = {erika, made.server.add(Kind.ACCOUNT, "somebody")}
        lines = told(made.plan())
        assert "join body:iot: person:p2 (queued)" in lines
        assert not any(line.startswith("leave") for line in lines)
        made.apply()
        assert told(made.plan()) == NOTHING
        assert len(made.members(group_id("iot"))) == 3

    def test_a_member_found_there_already_counts_as_ours_from_the_next_apply_on(self) -> None:
        made = World(registry(ERIKA, IOT), policy=drifting("keep"))
        erika = made.server.add(Kind.ACCOUNT, "erika.muster", email="p1@bretten.example")
        group = made.server.add(Kind.GROUP, "PG_Sensorik", display_name="PG_Sensorik")
        made.server.members[group] = {erika}
        made.apply()
        made.put(person("p1", "Erika Muster"))
        assert told(made.plan()) == [
            "leave body:iot: person:p1 (queued)",
            "leave body:iot:administrators: person:p1 (queued)",
        ]


class TestPartialRosters:
    def test_a_roster_that_was_not_read_moves_nobody(self, world: World) -> None:
        world.server.members.pop(world.remote_id(group_id("iot")))
        world.put(person("p2", "Otto Beispiel"))
        plan = world.plan()
        assert told(plan) == NOTHING
        assert noticed(plan) == [("body:iot", "planning.no_roster")]

    def test_from_a_partial_roster_nobody_leaves_and_who_is_missing_is_no_drift(self, world: World) -> None:
        group = world.remote_id(group_id("iot"))
        world.server.partial_rosters = {group}
        world.server.members[group] = {world.remote_id(account_id("p1"))}
        world.put(person("p1", "Erika Muster"), person("p3", "Ida Muster", "iot"))
        plan = world.plan()
        assert told(plan) == [
            "create person:p3",
            "join body:iot: person:p3",
            "leave body:iot:administrators: person:p1 (queued)",
        ]
        assert noticed(plan) == [("body:iot", "test.odd")]
        assert [entry.account for entry in world.drift()] == []

    def test_a_partial_list_of_groups_still_lets_people_join_what_was_read(self, world: World) -> None:
        world.server.partial = {Kind.GROUP}
        world.put(person("p3", "Ida Muster", "iot"))
        assert told(world.plan()) == ["create person:p3", "join body:iot: person:p3"]

    def test_an_account_that_was_not_read_neither_joins_nor_leaves(self, world: World) -> None:
        world.server.partial, world.server.unread = {Kind.ACCOUNT}, {world.remote_id(account_id("p2"))}
        world.put(person("p2", "Otto Beispiel", "iot!"))
        assert told(world.plan()) == NOTHING
        assert world.drift() == []
        world.put(person("p2", "Otto Beispiel"))
        world.apply()
        world.server.partial, world.server.unread = set(), set()
        assert told(world.plan()) == ["leave body:iot: person:p2 (queued)"]

    def test_an_incomplete_registry_lets_people_join_and_nobody_leave(self, world: World) -> None:
        world.put(person("p2", "Otto Beispiel"), person("p1", "Erika Muster", "iot"), person("p3", "Ida Muster", "iot"))
        world.registry = replace(world.registry, complete=False)
        plan = world.plan()
        assert told(plan) == ["create person:p3", "join body:iot: person:p3"]
        assert ("body:iot", "planning.registry_incomplete") in noticed(plan)


class TestDrift:
    @pytest.mark.parametrize(
        ("rule", "ending"), [("ask", " (queued)"), ("revert", ""), ("keep", None)], ids=["ask", "revert", "keep"]
    )
    def test_who_was_taken_out_or_put_in_over_there_is_treated_by_the_rule(
        self, world: World, rule: str, ending: str | None
    ) -> None:
        world.put(person("p3", "Ida Muster"))
        world.policy = drifting(rule)
        world.apply()
        world.server.members[world.remote_id(group_id("iot"))] = {
            world.remote_id(account_id("p1")),
            world.remote_id(account_id("p3")),
        }
        plan = world.plan()
        if ending is None:
            assert told(plan) == NOTHING
            assert noticed(plan) == [("body:iot", "planning.kept_missing"), ("body:iot", "planning.kept_extra")]
        else:
            assert told(plan) == [f"leave body:iot: person:p3{ending}", f"join body:iot: person:p2{ending}"]

    @pytest.mark.parametrize(
        ("rule", "ending"), [("ask", " (queued)"), ("revert", ""), ("keep", None)], ids=["ask", "revert", "keep"]
    )
    def test_fields_changed_over_there_are_treated_by_the_rule(
        self, world: World, rule: str, ending: str | None
    ) -> None:
        world.policy = drifting(account=rule)
        world.server.edit(Kind.ACCOUNT, world.remote_id(account_id("p1")), email="x@y.example", enabled=False)
        plan = world.plan()
        if ending is None:
            assert told(plan) == NOTHING
            assert noticed(plan) == [("person:p1", "planning.kept")]
        else:
            assert told(plan) == [f"update person:p1: email=p1@bretten.example{ending}", f"resume person:p1{ending}"]

    def test_what_changed_here_and_there_goes_its_own_way_each(self, world: World) -> None:
        world.server.edit(Kind.ACCOUNT, world.remote_id(account_id("p1")), email="x@y.example")
        world.put(replace(ERIKA, family_name="Neu"))
        assert told(world.plan()) == [
            "update person:p1: display_name=Erika Neu",
            "update person:p1: email=p1@bretten.example (queued)",
        ]

    def test_what_was_changed_alike_here_and_there_is_agreed_and_no_drift_later(self, world: World) -> None:
        world.server.edit(Kind.ACCOUNT, world.remote_id(account_id("p1")), display_name="Erika Neu")
        world.put(replace(ERIKA, family_name="Neu"))
        assert told(world.apply()) == NOTHING
        assert world.drift() == []
        world.put(replace(ERIKA, family_name="Neuer"))
        assert told(world.plan()) == ["update person:p1: display_name=Erika Neuer"]

    def test_who_left_alike_here_and_there_may_join_again_unattended(self, world: World) -> None:
        world.members(group_id("iot")).discard(world.remote_id(account_id("p2")))
        world.put(person("p2", "Otto Beispiel"))
        world.apply()
        world.put(OTTO)
        assert told(world.plan()) == ["join body:iot: person:p2"]

    def test_drift_is_listed_whatever_the_registry_says_by_now(self, world: World) -> None:
        world.server.edit(Kind.ACCOUNT, world.remote_id(account_id("p1")), email="x@y.example")
        world.members(administrators_id("iot")).add(world.remote_id(account_id("p2")))
        world.members(group_id("iot")).discard(world.remote_id(account_id("p1")))
        world.drop("p1", "p2", "iot")
        found = {(drift.kind.value, drift.id.key, drift.field or drift.account) for drift in world.drift()}
        assert found == {
            ("field", "person:p1", "email"),
            ("added", "body:iot:administrators", "person:p2"),
            ("removed", "body:iot", "person:p1"),
        }

    def test_a_lost_account_is_one_drift_and_not_one_for_each_of_its_groups(self, world: World) -> None:
        world.server.remove(Kind.ACCOUNT, world.remote_id(account_id("p1")))
        world.server.remake(Kind.GROUP, world.remote_id(administrators_id("iot")))
        assert [(drift.kind.value, drift.id.key) for drift in world.drift()] == [
            ("lost", "body:iot:administrators"),
            ("lost", "person:p1"),
        ]

    def test_a_missing_roster_is_no_drift_and_agrees_with_nothing(self, world: World) -> None:
        world.server.members.pop(world.remote_id(group_id("iot")))
        world.apply()
        assert world.drift() == []
        assert world.edges[in_group("body:iot")] == {"person:p1", "person:p2"}

    def test_a_roster_holds_ids_of_accounts(self, world: World) -> None:
        roster = world.server.inventory().rosters[Kind.GROUP, world.remote_id(group_id("iot"))]
        assert isinstance(roster, Roster)
        assert roster.accounts == {world.remote_id(account_id("p1")), world.remote_id(account_id("p2"))}
