"""Conversations: people come and go with their groups; who moderates is put in and taken out one by one."""

from dataclasses import replace

import pytest

from provisioner.model.changes import ChangeClass, Leave
from provisioner.model.plan import NoticeKind
from provisioner.model.resources import EdgeRole, Kind, Seats
from provisioner.planning.drift import DriftKind
from tests.support.perfect import Talk
from tests.support.planning import (
    World,
    account_id,
    administrators_id,
    capabilities,
    group_id,
    noticed,
    policy,
    room_id,
    told,
)
from tests.support.wishes import Wish

ROOM, GROUP = room_id("iot"), group_id("iot")
EVERYBODY = frozenset({"p1", "p2", "p3", "p4"})
START = Wish(folder=None, people=EVERYBODY, members=EVERYBODY - {"p4"}, moderators=frozenset({"p1", "p2"}))
NOTHING: list[str] = []


def made_of(wish: Wish = START, drift: str = "ask") -> World:
    world = World(
        wish=wish.desired(), capabilities=capabilities(rooms=True), policy=policy(on_drift={"conversation": drift})
    )
    world.server.own_account = world.server.add(Kind.ACCOUNT, "readi")
    world.apply()
    return world


@pytest.fixture
def world() -> World:
    made = made_of()
    assert told(made.plan()) == NOTHING
    assert made.drift() == []
    return made


def talk(world: World) -> Talk:
    return world.server.talks[world.remote_id(ROOM)]


def inside(world: World) -> set[str]:
    """Our people in the conversation, by their ids."""
    keys = {binding.remote_id: identity.key for identity, binding in world.bindings.items()}
    return {keys[at].removeprefix("person:") for at in talk(world).people if at in keys}


def in_room(world: World) -> list[str]:
    """The lines of a plan about the conversation."""
    return [line for line in told(world.plan()) if "conversation/" in line]


def account(world: World, person: str) -> str:
    return world.remote_id(account_id(person))


def wanting(world: World, wish: Wish) -> None:
    world.wish = wish.desired()


class TestComingAndGoing:
    def test_a_new_conversation_gets_its_group_and_its_moderators_and_nobody_else_one_by_one(self) -> None:
        world = World(wish=START.desired(), capabilities=capabilities(rooms=True))
        assert in_room(world) == [
            "create conversation/body:iot",
            "join conversation/body:iot: body:iot",
            "join conversation/body:iot: person:p1, person:p2 as moderator",
            "write conversation/body:iot: description",
        ]
        world.apply()
        assert inside(world) == {"p1", "p2", "p3"}
        assert talk(world).posted == ["Willkommen!"]

    def test_somebody_new_comes_with_the_group(self, world: World) -> None:
        wanting(world, replace(START, members=EVERYBODY))
        assert told(world.apply()) == ["join body:iot: person:p4"]
        assert inside(world) == EVERYBODY
        assert told(world.plan()) == NOTHING

    def test_a_dropped_member_goes_with_the_group_once_a_ranger_has_read_it(self, world: World) -> None:
        wanting(world, START.without("p3"))
        assert told(world.plan()) == ["leave body:iot: person:p3 (queued)"]
        world.apply(ChangeClass.AUTO)
        assert inside(world) == {"p1", "p2", "p3"}
        world.apply()
        assert inside(world) == {"p1", "p2"}

    def test_a_leaver_goes_with_the_group_unattended(self, world: World) -> None:
        wanting(world, replace(START.without("p3"), ended=frozenset({"p3"}), gone=frozenset({"p3"})))
        assert told(world.apply()) == ["suspend person:p3", "leave body:iot: person:p3"]
        assert inside(world) == {"p1", "p2"}

    def test_a_leaver_who_moderated_is_taken_out_one_by_one(self, world: World) -> None:
        wanting(world, replace(START.without("p2"), ended=frozenset({"p2"}), gone=frozenset({"p2"})))
        plan = world.apply()
        assert in_room(world) == NOTHING
        assert [line for line in told(plan) if "conversation/" in line] == [
            "leave conversation/body:iot: person:p2 as moderator",
            "leave conversation/body:iot: person:p2",
        ]
        assert inside(world) == {"p1", "p3"}
        assert told(world.plan()) == NOTHING

    def test_a_dropped_moderator_is_taken_out_once_a_ranger_has_read_it(self, world: World) -> None:
        wanting(world, START.without("p2"))
        assert in_room(world) == [
            "leave conversation/body:iot: person:p2 as moderator (queued)",
            "leave conversation/body:iot: person:p2 (queued)",
        ]

    def test_a_moderator_whose_term_ended_stays_as_a_member(self, world: World) -> None:
        wanting(world, replace(START, moderators=frozenset({"p1"}), ended=frozenset({"p2"})))
        assert in_room(world) == ["leave conversation/body:iot: person:p2 as moderator"]
        world.apply()
        assert inside(world) == {"p1", "p2", "p3"}
        assert told(world.plan()) == NOTHING

    def test_a_run_cut_between_demoting_and_taking_out_is_made_up_for(self, world: World) -> None:
        wanting(world, replace(START.without("p2"), ended=frozenset({"p2"}), gone=frozenset({"p2"})))
        part = world.plan()
        cut = next(at for at, change in enumerate(part.changes) if isinstance(change, Leave) and change.id == ROOM)
        world.apply(part=replace(part, changes=part.changes[: cut + 1]))
        assert inside(world) == {"p1", "p2", "p3"}
        assert in_room(world) == ["leave conversation/body:iot: person:p2"]
        world.apply()
        assert inside(world) == {"p1", "p3"}

    def test_a_guest_without_a_group_is_put_in_and_taken_out_one_by_one(self, world: World) -> None:
        wanting(world, replace(START, put_in=frozenset({"p4"})))
        assert told(world.apply()) == ["join conversation/body:iot: person:p4"]
        assert (inside(world), told(world.plan()), world.drift()) == (EVERYBODY, NOTHING, [])
        wanting(world, START)
        assert told(world.plan()) == ["leave conversation/body:iot: person:p4 (queued)"]
        wanting(world, replace(START, ended=frozenset({"p4"})))
        assert told(world.plan()) == ["leave conversation/body:iot: person:p4"]

    def test_a_moderator_whom_no_group_brings_is_put_in_first(self, world: World) -> None:
        wanting(world, replace(START, moderators=START.moderators | {"p4"}))
        assert in_room(world) == [
            "join conversation/body:iot: person:p4 as moderator",
            "join conversation/body:iot: person:p4",
        ]
        world.apply()
        assert (told(world.plan()), world.drift()) == (NOTHING, [])

    def test_a_group_that_should_not_be_in_it_takes_its_people_along(self, world: World) -> None:
        desired = START.desired()
        groups = Seats(ROOM, EdgeRole.MEMBER, Kind.GROUP)
        world.wish = replace(desired, edges={**desired.edges, groups: frozenset()}, through_groups={})
        assert in_room(world) == ["leave conversation/body:iot: body:iot (queued)"]
        world.apply()
        assert inside(world) == {"p1", "p2"}, "its moderators stay"
        assert told(world.plan()) == NOTHING


class TestByHand:
    @pytest.mark.parametrize(("drift", "ending"), [("ask", " (queued)"), ("revert", ""), ("keep", None)])
    def test_somebody_put_in_by_hand_is_treated_by_the_rule(self, drift: str, ending: str | None) -> None:
        world = made_of(drift=drift)
        talk(world).people.add(account(world, "p4"))
        assert [(item.kind, item.account) for item in world.drift()] == [(DriftKind.ADDED, "person:p4")]
        plan = world.plan()
        if ending is None:
            assert (told(plan), noticed(plan)) == (NOTHING, [("body:iot", "planning.kept_extra")])
        else:
            assert told(plan) == [f"leave conversation/body:iot: person:p4{ending}"]

    @pytest.mark.parametrize("drift", ["ask", "revert", "keep"])
    def test_whoever_was_put_in_by_hand_and_left_the_network_is_taken_out(self, drift: str) -> None:
        world = made_of(drift=drift)
        talk(world).people.add(account(world, "p4"))
        wanting(world, replace(START, gone=frozenset({"p4"})))
        assert "leave conversation/body:iot: person:p4" in told(world.plan())

    @pytest.mark.parametrize(("drift", "ending"), [("ask", " (queued)"), ("revert", ""), ("keep", None)])
    def test_promoted_or_demoted_by_hand_is_treated_by_the_rule(self, drift: str, ending: str | None) -> None:
        world = made_of(drift=drift)
        talk(world).moderators.discard(account(world, "p2"))
        talk(world).moderators.add(account(world, "p3"))
        plan = world.plan()
        if ending is None:
            assert told(plan) == NOTHING
            assert noticed(plan) == [("body:iot", "planning.kept_missing"), ("body:iot", "planning.kept_extra")]
        else:
            assert told(plan) == [
                f"leave conversation/body:iot: person:p3 as moderator{ending}",
                f"join conversation/body:iot: person:p2 as moderator{ending}",
            ]

    def test_a_member_taken_out_by_hand_is_not_put_back_one_by_one(self, world: World) -> None:
        talk(world).people.discard(account(world, "p3"))
        assert (told(world.plan()), world.drift()) == (NOTHING, [])

    def test_people_whom_somebody_elses_group_brings_are_that_groups_affair(self, world: World) -> None:
        others = world.server.add(Kind.GROUP, "Others")
        world.server.members[others] = {account(world, "p4")}
        world.server.join(world.remote_id(ROOM), others)
        assert inside(world) == EVERYBODY
        assert (told(world.plan()), world.drift()) == (NOTHING, [])
        wanting(world, replace(START, gone=frozenset({"p4"})))
        assert "leave conversation/body:iot: person:p4" in told(world.plan()), "but not of those who left the network"

    def test_while_a_group_in_it_can_not_be_read_nobody_counts_as_put_in(self, world: World) -> None:
        others = world.server.add(Kind.GROUP, "Others")
        world.server.join(world.remote_id(ROOM), others)
        talk(world).people.add(account(world, "p4"))
        world.server.partial_rosters = {others}
        assert told(world.plan()) == NOTHING

    def test_a_group_deleted_by_hand_leaves_no_ended_member_in_it(self, world: World) -> None:
        world.server.remove(Kind.GROUP, world.remote_id(GROUP))
        assert inside(world) == {"p1", "p2", "p3"}
        assert (told(world.plan()), noticed(world.plan())) == (NOTHING, [("body:iot", "planning.lost")])
        wanting(world, replace(START.without("p3"), ended=frozenset({"p3"})))
        assert told(world.apply()) == ["leave conversation/body:iot: person:p3"]
        assert inside(world) == {"p1", "p2"}
        assert told(world.plan()) == NOTHING

    @pytest.mark.parametrize("drift", ["ask", "keep"])
    def test_nor_one_that_was_dropped_once_a_ranger_has_read_it(self, drift: str) -> None:
        world = made_of(drift=drift)
        world.server.remove(Kind.GROUP, world.remote_id(GROUP))
        wanting(world, START.without("p3"))
        assert told(world.plan()) == ["leave conversation/body:iot: person:p3 (queued)"]

    def test_what_is_there_after_a_step_was_cut_short_is_nobodys_drift(self) -> None:
        world = made_of(drift="keep")
        talk(world).people.add(account(world, "p4"))
        talk(world).moderators.discard(account(world, "p2"))
        world.unsettled = frozenset({ROOM})
        assert world.drift() == []
        assert told(world.plan()) == [
            "leave conversation/body:iot: person:p4 (queued)",
            "join conversation/body:iot: person:p2 as moderator",
        ]


class TestLeftAlone:
    def test_strangers_and_our_own_account_are_never_touched(self, world: World) -> None:
        stranger = world.server.add(Kind.ACCOUNT, "somebody")
        talk(world).people.add(stranger)
        talk(world).moderators.add(stranger)
        own = world.server.own_account
        assert own in talk(world).moderators
        assert (told(world.plan()), world.drift()) == (NOTHING, [])
        wanting(world, replace(START, room=None))
        world.apply()
        assert talk(world).people == {stranger, own}

    def test_a_conversation_of_no_body_any_more_is_left_by_all_of_ours_and_stays(self, world: World) -> None:
        wanting(world, replace(START, room=None))
        plan = world.plan()
        assert told(plan) == [
            "leave conversation/body:iot: body:iot (queued)",
            "leave conversation/body:iot: person:p1, person:p2 as moderator (queued)",
            "leave conversation/body:iot: person:p1, person:p2 (queued)",
        ]
        assert noticed(plan) == [("body:iot", "planning.orphaned_container")]
        world.apply()
        assert (inside(world), told(world.plan())) == (set(), NOTHING)

    def test_from_a_partial_read_nobody_leaves_it(self, world: World) -> None:
        world.server.partial_rosters = {world.remote_id(ROOM)}
        wanting(world, replace(START.without("p2"), ended=frozenset({"p2"})))
        assert (in_room(world), noticed(world.plan())) == (NOTHING, [("body:iot", "test.odd")])

    def test_a_person_about_whom_nothing_is_known_stays(self, world: World) -> None:
        desired = START.without("p2").desired()
        world.wish = replace(desired, blocked=frozenset({"person:p2"}))
        assert in_room(world) == NOTHING

    def test_a_lost_conversation_is_not_made_twice_and_found_again_when_we_are_asked_in(self, world: World) -> None:
        room = world.remote_id(ROOM)
        remote, people = world.server.objects[Kind.CONVERSATION].pop(room), world.server.talks.pop(room)
        plan = world.plan()
        assert (told(plan), noticed(plan)) == (NOTHING, [("body:iot", "planning.lost")])
        world.server.objects[Kind.CONVERSATION][room], world.server.talks[room] = remote, people
        assert (told(world.plan()), noticed(world.plan())) == (NOTHING, [])


class TestFirstMessage:
    def test_it_is_said_once_and_made_up_for_when_the_run_was_cut_before(self) -> None:
        world = World(wish=START.desired(), capabilities=capabilities(rooms=True))
        part = world.plan()
        world.cut_short(next(change for change in part.changes if change.id == ROOM))  # type: ignore[arg-type]
        assert "update conversation/body:iot: read_only=False, lobby=False, listed=False" in in_room(world)[0]
        world.apply()
        world.apply()
        assert talk(world).posted == ["Willkommen!"]
        assert told(world.plan()) == NOTHING

    def test_nothing_is_said_in_an_adopted_conversation(self) -> None:
        world = World(wish=START.desired(), capabilities=capabilities(rooms=True))
        world.server.add(Kind.CONVERSATION, "PG Sensorik", read_only=False, lobby=False, listed=False, description="")
        assert "adopt conversation/body:iot (queued)" in in_room(world)
        world.apply()
        assert (talk(world).posted, told(world.plan())) == ([], NOTHING)

    def test_everything_in_an_adopted_conversation_waits_with_it(self) -> None:
        world = World(wish=replace(START, room=None).desired(), capabilities=capabilities(rooms=True))
        world.apply()
        room = world.server.add(Kind.CONVERSATION, "PG Sensorik", read_only=True, description="Unser Chat")
        world.server.talks[room].people.add(account(world, "p4"))
        wanting(world, replace(START, gone=frozenset({"p4"})))
        about = [change for change in world.plan().changes if change.id == ROOM]
        assert {change.change_class for change in about} == {ChangeClass.QUEUED}
        assert "leave conversation/body:iot: person:p4 (queued)" in in_room(world)


class TestSuccession:
    LAST = replace(START, moderators=frozenset({"p1"}))

    def test_the_last_who_leads_a_body_stays_in_its_moderators_group_until_a_successor_is_named(self) -> None:
        world = made_of(self.LAST)
        left = replace(self.LAST.without("p1"), ended=frozenset({"p1"}), gone=frozenset({"p1"}))
        wanting(world, left)
        plan = world.plan()
        assert told(plan) == [
            "suspend person:p1",
            "leave body:iot: person:p1",
            "leave body:iot:administrators: person:p1 (queued)",
            "leave conversation/body:iot: person:p1 as moderator",
            "leave conversation/body:iot: person:p1",
        ]
        assert noticed(plan, NoticeKind.SUCCESSOR) == [("body:iot:administrators", "planning.successor")]
        wanting(world, replace(left, moderators=frozenset({"p2"})))
        assert not any("(queued)" in line for line in told(world.plan()))

    def test_others_who_leave_on_the_same_day_do_so_unattended(self) -> None:
        world = made_of(replace(self.LAST, put_in=frozenset({"p4"})))
        wanting(world, replace(self.LAST.without("p1"), ended=frozenset({"p1", "p4"})))
        lines = in_room(world)
        assert "leave conversation/body:iot: person:p4" in lines
        assert "leave body:iot:administrators: person:p1 (queued)" in told(world.plan())

    def test_two_who_lead_and_leave_together_are_both_asked_about(self) -> None:
        world = made_of()
        wanting(world, replace(START.without("p1", "p2"), ended=frozenset({"p1", "p2"})))
        assert "leave body:iot:administrators: person:p1, person:p2 (queued)" in told(world.plan())

    def test_what_a_ranger_approved_together_is_still_guarded(self) -> None:
        world = made_of(self.LAST)
        wanting(world, replace(self.LAST.without("p1"), ended=frozenset({"p1"})))
        assert world.refusals(approved=False) == ()
        assert [refusal.guard for refusal in world.refusals()] == ["administrators_left"]

    def test_an_archived_body_needs_nobody(self) -> None:
        world = made_of(self.LAST)
        desired = replace(self.LAST, moderators=frozenset(), ended=frozenset({"p1"})).desired()
        world.wish = replace(desired, closed=frozenset({administrators_id("iot")}))
        assert not any("(queued)" in line for line in told(world.plan()))
