"""Team folders: each group has exactly one role there; rights are raised unattended and taken away by a ranger."""

from dataclasses import replace

import pytest

from provisioner.model.changes import ChangeClass, Regrade, Update
from provisioner.model.plan import NoticeKind
from provisioner.model.resources import EdgeRole, Kind, Mode, ResourceId
from provisioner.planning.drift import DriftKind
from tests.support.planning import (
    World,
    administrators_id,
    capabilities,
    folder_id,
    group_id,
    guests_id,
    noticed,
    policy,
    told,
)
from tests.support.wishes import Wish

FOLDER, MEMBERS, LEADERS = folder_id("iot"), group_id("iot"), administrators_id("iot")
START = Wish(room=None)
NOTHING: list[str] = []


def made_of(wish: Wish = START, **rules: object) -> World:
    return World(wish=wish.desired(), capabilities=capabilities(rooms=True), policy=policy(**rules))


@pytest.fixture
def world() -> World:
    made = made_of()
    made.apply()
    assert told(made.plan()) == NOTHING
    return made


def roles(world: World) -> dict[str, EdgeRole]:
    """What each group of ours may do in the folder over there, by key."""
    keys = {binding.remote_id: identity.key for identity, binding in world.bindings.items()}
    return {keys[group]: role for group, role in world.server.folders[world.remote_id(FOLDER)].items()}


def by_hand(world: World, group: ResourceId, role: EdgeRole | None) -> None:
    """Somebody gives a group other rights over there, or takes it out."""
    inside = world.server.folders[world.remote_id(FOLDER)]
    inside.pop(world.remote_id(group), None)
    if role is not None:
        inside[world.remote_id(group)] = role


def granting(members: EdgeRole, **more: object) -> Wish:
    return replace(START, roles={MEMBERS: members, LEADERS: EdgeRole.MANAGER}, **more)  # type: ignore[arg-type]


def test_a_folder_comes_after_its_groups_and_gets_each_in_its_role() -> None:
    lines = told(made_of().plan())
    assert lines.index("create body:iot") < lines.index("create team-folder/body:iot")
    assert "join team-folder/body:iot: body:iot as writer" in lines
    assert "join team-folder/body:iot: body:iot:administrators as manager" in lines


class TestRights:
    def test_more_rights_are_given_unattended_in_one_change(self, world: World) -> None:
        world.wish = granting(EdgeRole.SHARER).desired()
        assert told(world.apply()) == ["regrade team-folder/body:iot: body:iot as sharer"]
        assert roles(world)["body:iot"] is EdgeRole.SHARER
        assert (told(world.plan()), world.drift()) == (NOTHING, [])

    def test_fewer_rights_wait_for_a_ranger(self, world: World) -> None:
        world.wish = granting(EdgeRole.READER).desired()
        assert told(world.plan()) == ["regrade team-folder/body:iot: body:iot as reader (queued)"]

    def test_rights_that_ended_by_date_are_taken_unattended(self, world: World) -> None:
        world.wish = granting(EdgeRole.READER, rights_ended=frozenset({MEMBERS})).desired()
        assert told(world.plan()) == ["regrade team-folder/body:iot: body:iot as reader"]

    def test_a_group_without_rights_any_more_leaves_once_a_ranger_has_read_it(self, world: World) -> None:
        world.wish = replace(START, roles={LEADERS: EdgeRole.MANAGER}).desired()
        assert told(world.plan()) == ["leave team-folder/body:iot: body:iot as writer (queued)"]
        world.apply()
        assert (roles(world), told(world.plan())) == ({LEADERS.key: EdgeRole.MANAGER}, NOTHING)

    def test_from_a_partial_read_nobody_gets_other_rights(self, world: World) -> None:
        world.server.partial_rosters = {world.remote_id(FOLDER)}
        world.wish = granting(EdgeRole.READER).desired()
        plan = world.plan()
        assert (told(plan), noticed(plan)) == (NOTHING, [("body:iot", "test.odd")])

    def test_an_incomplete_registry_changes_no_rights(self, world: World) -> None:
        world.wish = granting(EdgeRole.MANAGER, complete=False).desired()
        plan = world.plan()
        assert (told(plan), noticed(plan)) == (NOTHING, [("body:iot", "planning.registry_incomplete")])

    def test_a_guests_group_comes_with_its_first_guest(self, world: World) -> None:
        world.wish = replace(
            START, guests=frozenset({"p2"}), roles={**START.roles, guests_id("iot"): EdgeRole.READER}
        ).desired()
        assert "join team-folder/body:iot: body:iot:guests as reader" in told(world.apply())
        assert told(world.plan()) == NOTHING


class TestDrift:
    @pytest.mark.parametrize(("rule", "ending"), [("ask", " (queued)"), ("revert", ""), ("keep", None)])
    @pytest.mark.parametrize("role", [EdgeRole.READER, EdgeRole.MANAGER, EdgeRole.OTHER])
    def test_rights_changed_over_there_are_treated_by_the_rule(
        self, role: EdgeRole, rule: str, ending: str | None
    ) -> None:
        world = made_of(on_drift={"folder": rule})
        world.apply()
        by_hand(world, MEMBERS, role)
        plan = world.plan()
        if ending is None:
            assert (told(plan), noticed(plan)) == (NOTHING, [("body:iot", "planning.kept_rights")])
        else:
            assert told(plan) == [f"regrade team-folder/body:iot: body:iot as writer{ending}"]

    def test_who_changed_what_is_told_as_one_role_less_and_one_more(self, world: World) -> None:
        by_hand(world, MEMBERS, EdgeRole.READER)
        found = {(drift.kind, drift.edge.seats.role, drift.account) for drift in world.drift() if drift.edge}
        assert found == {
            (DriftKind.REMOVED, EdgeRole.WRITER, "body:iot"),
            (DriftKind.ADDED, EdgeRole.READER, "body:iot"),
        }

    def test_what_was_changed_by_hand_stays_drift_after_an_unattended_run(self, world: World) -> None:
        by_hand(world, MEMBERS, EdgeRole.READER)
        world.wish = granting(EdgeRole.SHARER).desired()
        world.apply(ChangeClass.AUTO)
        assert told(world.plan()) == ["regrade team-folder/body:iot: body:iot as sharer (queued)"]

    def test_what_was_changed_alike_here_and_there_is_agreed(self, world: World) -> None:
        by_hand(world, MEMBERS, EdgeRole.SHARER)
        world.wish = granting(EdgeRole.SHARER).desired()
        assert told(world.apply()) == NOTHING
        assert world.drift() == []

    def test_a_group_taken_out_or_put_in_by_hand_is_treated_by_the_rule(self, world: World) -> None:
        by_hand(world, MEMBERS, None)
        assert told(world.plan()) == ["join team-folder/body:iot: body:iot as writer (queued)"]

    def test_where_a_step_was_cut_short_the_difference_is_ours(self, world: World) -> None:
        by_hand(world, MEMBERS, EdgeRole.SHARER)
        world.unsettled = frozenset({FOLDER})
        assert world.drift() == []
        assert told(world.plan()) == ["regrade team-folder/body:iot: body:iot as writer"]

    @pytest.mark.parametrize("wish", [granting(EdgeRole.SHARER), replace(START, roles={LEADERS: EdgeRole.MANAGER})])
    def test_rights_that_a_cut_step_took_in_part_are_no_drift_once_the_rest_is_done(
        self, world: World, wish: Wish
    ) -> None:
        by_hand(world, MEMBERS, EdgeRole.OTHER)
        world.unsettled = frozenset({FOLDER})
        world.wish = wish.desired()
        world.apply()
        assert (told(world.plan()), world.drift()) == (NOTHING, [])

    def test_a_quota_changed_by_hand_is_drift_and_one_of_a_cut_step_is_not(self, world: World) -> None:
        world.server.edit(Kind.TEAM_FOLDER, world.remote_id(FOLDER), quota=1)
        assert told(world.plan()) == ["update team-folder/body:iot: quota=5 (queued)"]
        world.unsettled = frozenset({FOLDER})
        assert told(world.plan()) == ["update team-folder/body:iot: quota=5"]

    def test_foreign_groups_in_our_folder_stay(self, world: World) -> None:
        stranger = world.server.add(Kind.GROUP, "Others")
        world.server.folders[world.remote_id(FOLDER)][stranger] = EdgeRole.WRITER
        assert (told(world.plan()), world.drift()) == (NOTHING, [])


class TestObjects:
    def test_a_body_that_is_gone_leaves_its_folder_where_it_is(self, world: World) -> None:
        world.wish = replace(START, folder=None).desired()
        plan = world.apply()
        assert told(plan) == [
            "leave team-folder/body:iot: body:iot as writer (queued)",
            "leave team-folder/body:iot: body:iot:administrators as manager (queued)",
        ]
        assert noticed(plan, NoticeKind.ORPHAN) == [("body:iot", "planning.orphaned_container")]
        assert world.remote(FOLDER).name == "Projektgruppen/Sensorik"
        assert told(world.plan()) == NOTHING

    def test_a_folder_moves_in_place_unless_somebody_has_that_name(self, world: World) -> None:
        world.wish = replace(START, folder="Archiv/Sensorik").desired()
        assert "update team-folder/body:iot: name=Archiv/Sensorik" in told(world.plan())
        world.server.add(Kind.TEAM_FOLDER, "Archiv/Sensorik")
        plan = world.plan()
        assert (told(plan), noticed(plan)) == (NOTHING, [("body:iot", "planning.room_name_taken")])

    def test_the_layout_is_made_once_and_made_up_for_when_it_never_was(self, world: World) -> None:
        binding = world.bindings[FOLDER]
        assert binding.applied["layout"] == "Protokolle"
        world.bindings[FOLDER] = replace(binding, applied={**binding.applied, "layout": "Something else"})
        assert told(world.plan()) == NOTHING
        del world.bindings[FOLDER].applied["layout"]  # type: ignore[attr-defined]
        assert told(world.plan()) == ["update team-folder/body:iot: layout=Protokolle"]

    def test_an_adopted_folder_keeps_what_people_made_of_it(self) -> None:
        world = made_of()
        folder = world.server.add(Kind.TEAM_FOLDER, "Projektgruppen/Sensorik", quota=5, advanced_permissions=True)
        plan = world.plan()
        assert "adopt team-folder/body:iot (queued)" in told(plan)
        assert not any(isinstance(change, Update) for change in plan.changes)
        world.apply()
        assert (world.remote_id(FOLDER), world.bindings[FOLDER].applied["layout"]) == (folder, None)
        assert told(world.plan()) == NOTHING

    def test_odd_rights_in_an_adopted_folder_are_read_with_the_adoption(self) -> None:
        world = made_of(Wish(room=None, folder=None), on_drift={"folder": "keep"})
        world.apply()
        folder = world.server.add(Kind.TEAM_FOLDER, "Projektgruppen/Sensorik", quota=5, advanced_permissions=True)
        world.server.folders[folder][world.remote_id(MEMBERS)] = EdgeRole.OTHER
        world.wish = START.desired()
        regraded = [change for change in world.plan().changes if isinstance(change, Regrade)]
        assert [(change.before, change.change_class) for change in regraded] == [(EdgeRole.OTHER, ChangeClass.QUEUED)]

    def test_a_folder_that_is_lost_is_not_made_again(self, world: World) -> None:
        world.server.remove(Kind.TEAM_FOLDER, world.remote_id(FOLDER))
        plan = world.plan()
        assert (told(plan), noticed(plan)) == (NOTHING, [("body:iot", "planning.lost")])

    def test_a_target_without_folders_gets_none(self) -> None:
        world = World(wish=START.desired(), capabilities=capabilities())
        assert not any("team-folder" in line for line in told(world.plan()))
        assert capabilities(rooms=True).fields[Kind.TEAM_FOLDER]["layout"] is Mode.ONCE

    def test_what_shuts_nobody_out_is_still_changed_by_an_incomplete_registry(self, world: World) -> None:
        desired = replace(START, complete=False).desired()
        wanted = desired.resources[FOLDER]
        fields = {**wanted.fields, "quota": 9, "advanced_permissions": False}
        world.wish = replace(desired, resources={**desired.resources, FOLDER: replace(wanted, fields=fields)})
        plan = world.plan()
        assert told(plan) == ["update team-folder/body:iot: quota=9"]
        assert noticed(plan) == [("body:iot", "planning.registry_incomplete")]


def test_a_right_that_somebody_took_and_policy_lets_be_stays_taken_when_another_is_wanted() -> None:
    world = made_of(on_drift={"folder": "keep"})
    world.apply()
    by_hand(world, MEMBERS, None)
    world.wish = granting(EdgeRole.READER).desired()
    world.apply()
    assert told(world.plan()) == NOTHING
    assert MEMBERS.key not in roles(world)
