"""Every guard: by count, by share, above a floor, over seven days; and the words that let one plan through."""

from dataclasses import replace

import pytest

from policies.document import Policy
from provisioner.model.plan import NoticeKind, Refusal
from provisioner.model.registry import Period
from provisioner.model.resources import EdgeRole, Kind
from provisioner.model.steps import Cost
from provisioner.planning.guards import Recent
from tests.support.planning import (
    YESTERDAY,
    World,
    account_id,
    administrators_id,
    body,
    capabilities,
    digest_of,
    folder_id,
    group_id,
    in_group,
    noticed,
    person,
    policy,
    registry,
    room_id,
)
from tests.support.wishes import Wish


def guarded(**guards: object) -> Policy:
    """Nothing is refused but by these guards."""
    loose = {"count": 10_000, "share": 1.0, "floor": 10_000}
    names = ("suspensions", "removed_edges", "updates", "lost_objects", "members_lost_by_one_group")
    return policy(guards={**dict.fromkeys(names, loose), "administrators_left": 0, **guards})


def world_of(count: int, *bodies: str, guards: Policy) -> World:
    made = World(
        registry(
            *(person(f"p{n}", f"Nr {n}x", *bodies) for n in range(count)), *(body(name.rstrip("!")) for name in bodies)
        ),
        policy=guards,
    )
    made.apply()
    return made


def only(refusals: tuple[Refusal, ...]) -> Refusal:
    (refusal,) = refusals
    return refusal


class TestSuspensions:
    def leavers(self, leaving: int, of: int, **limit: object) -> World:
        made = world_of(of, guards=guarded(suspensions=limit))
        made.put(*(replace(made.registry.people[f"p{n}"], period=Period(until=YESTERDAY)) for n in range(leaving)))
        return made

    def test_more_than_the_count_are_refused_with_their_names(self) -> None:
        assert self.leavers(2, 10, count=2, share=1.0).refusals() == ()
        refusal = only(self.leavers(3, 10, count=2, share=1.0).refusals())
        assert (refusal.guard, refusal.count, refusal.limit) == ("suspensions", 3, 2)
        assert refusal.objects == ("nr.0x", "nr.1x", "nr.2x")
        assert refusal.why.arguments == {"count": 3, "limit": 2, "target": "cloud"}

    def test_more_than_the_share_are_refused_though_the_count_allows_them(self) -> None:
        assert only(self.leavers(3, 10, count=100, share=0.2, floor=0).refusals()).limit == 2

    def test_up_to_the_floor_the_share_does_not_count(self) -> None:
        assert self.leavers(3, 4, count=100, share=0.01, floor=3).refusals() == ()

    def test_the_last_seven_days_count_in(self) -> None:
        made = self.leavers(1, 10, count=3, share=1.0)
        assert made.refusals(Recent(suspensions=2)) == ()
        assert only(made.refusals(Recent(suspensions=3))).count == 4

    def test_what_was_done_before_refuses_no_plan_that_suspends_nobody(self) -> None:
        made = world_of(3, guards=guarded(suspensions={"count": 0}))
        assert made.refusals(Recent(suspensions=99)) == ()


class TestEdges:
    def test_removed_memberships_are_counted_one_by_one_over_all_groups(self) -> None:
        made = world_of(4, "a", "b", guards=guarded(removed_edges={"count": 7, "share": 1.0}))
        made.drop("a", "b")
        refusal = only(made.refusals())
        assert (refusal.guard, refusal.count, refusal.objects) == ("removed_edges", 8, ("PG_A (-4)", "PG_B (-4)"))

    def test_they_are_refused_by_share_and_over_seven_days(self) -> None:
        made = world_of(10, "a", guards=guarded(removed_edges={"count": 100, "share": 0.2, "floor": 0}))
        made.put(person("p0", "Nr 0x"), person("p1", "Nr 1x"))
        assert made.refusals() == ()
        assert only(made.refusals(Recent(removed_edges=1))).limit == 2

    def test_one_group_may_not_lose_too_many(self) -> None:
        limit = {"count": 100, "share": 0.34, "floor": 2}
        made = world_of(9, "a", guards=guarded(members_lost_by_one_group=limit))
        made.put(*(person(f"p{n}", f"Nr {n}x") for n in range(3)))
        assert made.refusals() == ()
        assert made.refusals(Recent(members_lost={in_group("body:b"): 5})) == ()
        refusal = only(made.refusals(Recent(members_lost={in_group("body:a"): 2})))
        assert (refusal.guard, refusal.count, refusal.objects) == (
            "members_lost",
            5,
            ("person:p0", "person:p1", "person:p2"),
        )
        assert refusal.why.arguments["group"] == "PG_A"

    def test_who_leaves_one_group_for_two_causes_is_counted_together(self) -> None:
        made = world_of(6, "a", guards=guarded(members_lost_by_one_group={"count": 3, "share": 1.0}))
        made.put(*(replace(made.registry.people[f"p{n}"], period=Period(until=YESTERDAY)) for n in range(2)))
        made.put(person("p2", "Nr 2x"), person("p3", "Nr 3x"))
        assert only(made.refusals()).count == 4


NONE_AT_ALL = {"count": 0, "share": 1.0}


class TestRooms:
    def made(self, **guards: object) -> World:
        made = World(wish=Wish().desired(), capabilities=capabilities(rooms=True), policy=guarded(**guards))
        made.apply()
        return made

    def test_rights_taken_away_count_as_removed_and_rights_given_do_not(self) -> None:
        made = self.made(removed_edges=NONE_AT_ALL)
        made.wish = replace(Wish(), roles={group_id("iot"): EdgeRole.SHARER}).desired()
        made.apply()
        assert made.refusals() == ()
        made.wish = replace(Wish(), roles={group_id("iot"): EdgeRole.READER}).desired()
        refusal = only(made.refusals())
        assert (refusal.guard, refusal.objects) == ("removed_edges", ("Projektgruppen/Sensorik (-1)",))

    def test_rights_that_a_step_of_ours_gave_too_much_of_are_taken_back_uncounted(self) -> None:
        made = self.made(removed_edges=NONE_AT_ALL)
        made.wish = replace(Wish(), roles={**Wish().roles, group_id("iot"): EdgeRole.READER}).desired()
        assert only(made.refusals()).guard == "removed_edges"
        made.unsettled = frozenset({folder_id("iot")})
        assert made.refusals() == ()

    def test_who_moderated_and_leaves_counts_once_in_the_conversation(self) -> None:
        made = self.made(removed_edges={"count": 2, "share": 1.0})
        made.wish = Wish().without("p1").desired()
        refusal = only(made.refusals())
        assert refusal.objects == ("PG Sensorik (-1)", "g-body:iot (-1)", "g-body:iot:administrators (-1)")

    def test_folders_and_conversations_are_counted_each_by_themselves(self) -> None:
        made = self.made(updates=NONE_AT_ALL)
        made.wish = replace(Wish(), folder="Archiv/Sensorik", room="Archiv Sensorik").desired()
        guards = [refusal.guard for refusal in made.refusals()]
        assert guards == ["team_folder_updates", "conversation_updates"]

    def test_one_conversation_may_not_lose_too_many(self) -> None:
        wish = Wish(put_in=frozenset({"p3", "p4"}), people=frozenset({"p1", "p2", "p3", "p4"}))
        made = self.made(members_lost_by_one_group={"count": 1, "share": 1.0})
        made.wish = wish.desired()
        made.apply()
        made.wish = replace(wish, put_in=frozenset()).desired()
        refusal = only(made.refusals())
        assert (refusal.guard, refusal.count, refusal.why.arguments["group"]) == ("members_lost", 2, "PG Sensorik")

    def test_lost_folders_and_conversations_are_counted(self) -> None:
        made = self.made(lost_objects=NONE_AT_ALL)
        made.server.remove(Kind.CONVERSATION, made.remote_id(room_id("iot")))
        assert only(made.refusals()).objects == ("PG Sensorik",)


class TestUpdates:
    def test_accounts_and_groups_are_counted_each_by_themselves(self) -> None:
        made = world_of(3, "a", "b", guards=guarded(updates={"count": 3, "share": 1.0}))
        made.put(*(person(f"p{n}", f"Neu {n}x", "a", "b") for n in range(3)))
        made.put(body("a", "X"))
        assert made.refusals() == ()
        made.put(body("b", "Y"))
        refusal = only(made.refusals())
        assert (refusal.guard, refusal.count) == ("group_updates", 4)
        assert refusal.objects == ("PG_A", "PG_A-Administratoren", "PG_B", "PG_B-Administratoren")

    def test_they_are_refused_by_share_and_over_seven_days(self) -> None:
        made = world_of(10, guards=guarded(updates={"count": 100, "share": 0.2, "floor": 1}))
        made.put(person("p0", "Neu 0x"), person("p1", "Neu 1x"))
        assert made.refusals(Recent(updates={Kind.GROUP: 50})) == ()
        assert only(made.refusals(Recent(updates={Kind.ACCOUNT: 1}))).guard == "account_updates"

    def test_an_object_that_changes_for_two_causes_counts_once(self) -> None:
        made = world_of(1, guards=guarded(updates={"count": 1, "share": 1.0}))
        made.server.edit(Kind.ACCOUNT, made.remote_id(account_id("p0")), email="x@y.example")
        made.put(person("p0", "Neu 0x"))
        assert len(made.plan().changes) == 2
        assert made.refusals() == ()


class TestLostObjects:
    def test_too_many_lost_objects_refuse_even_a_plan_that_changes_nothing(self) -> None:
        made = world_of(10, guards=guarded(lost_objects={"count": 100, "share": 0.2, "floor": 0}))
        for number in range(3):
            made.server.remove(Kind.ACCOUNT, made.remote_id(account_id(f"p{number}")))
        refusal = only(made.refusals())
        assert (refusal.guard, refusal.count, refusal.limit) == ("lost_objects", 3, 2)

    def test_the_word_lets_only_these_lost_objects_through(self) -> None:
        made = world_of(10, guards=guarded(lost_objects={"count": 0, "share": 1.0}))
        made.server.remove(Kind.ACCOUNT, made.remote_id(account_id("p0")))
        word = only(made.refusals()).word
        assert made.refusals(allowed=[word]) == ()
        made.server.remove(Kind.ACCOUNT, made.remote_id(account_id("p1")))
        assert only(made.refusals(allowed=[word])).count == 2

    def test_by_count_too(self) -> None:
        made = world_of(10, guards=guarded(lost_objects={"count": 0, "share": 1.0}))
        made.server.remake(Kind.ACCOUNT, made.remote_id(account_id("p0")))
        assert only(made.refusals()).objects == ("nr.0x",)


class TestAdministratorsLeft:
    def moderated(self, *moderators: str, left: int = 1) -> World:
        made = World(
            registry(*(person(name, f"Nr {name}", "a!") for name in moderators), person("m", "Nr m", "a"), body("a")),
            policy=guarded(administrators_left=left),
        )
        made.apply()
        return made

    def test_the_last_moderator_does_not_go_without_a_successor(self) -> None:
        made = self.moderated("p1")
        made.put(person("p1", "Nr p1", "a"))
        refusal = only(made.refusals())
        assert (refusal.guard, refusal.count, refusal.objects) == ("administrators_left", 0, ("person:p1",))
        made.put(person("m", "Nr m", "a!"))
        assert made.refusals() == ()

    def test_as_many_must_stay_as_policy_says(self) -> None:
        made = self.moderated("p1", "p2", "p3", left=2)
        made.put(person("p1", "Nr p1"))
        assert made.refusals() == ()
        made.put(person("p2", "Nr p2"))
        assert only(made.refusals()).count == 1

    def test_a_successor_who_has_no_account_any_more_does_not_count(self) -> None:
        made = self.moderated("p1", "p2")
        made.server.remove(Kind.ACCOUNT, made.remote_id(account_id("p2")))
        made.put(person("p1", "Nr p1"))
        assert only(made.refusals()).count == 0

    def test_what_waits_for_a_ranger_locks_nobody_out(self) -> None:
        made = self.moderated("p1")
        made.put(person("p1", "Nr p1", "a"))
        assert made.refusals(approved=False) == ()

    def test_a_successor_who_waits_for_a_ranger_does_not_fill_the_place_of_who_goes_today(self) -> None:
        made = self.moderated("p1")
        made.server.add(Kind.ACCOUNT, "nr.new", email="new@bretten.example")
        made.put(person("new", "Nr new", "a!"))
        made.put(replace(made.registry.people["p1"], period=Period(until=YESTERDAY)))
        assert noticed(made.plan(), NoticeKind.SUCCESSOR) == [("body:a:administrators", "planning.successor")]
        assert made.refusals(approved=False) == ()
        assert made.refusals() == ()  # approved together, they change places

    def test_a_malformed_moderator_stays_and_counts(self) -> None:
        made = self.moderated("p1", "p2")
        made.drop("p2")
        made.registry = replace(made.registry, blocked=frozenset({"p2"}))
        made.put(person("p1", "Nr p1"))
        assert made.refusals() == ()

    def test_the_administration_of_an_archived_body_may_end(self) -> None:
        made = self.moderated("p1")
        made.put(body("a", archived_on=YESTERDAY))
        assert made.keys_in(administrators_id("a")) == {"person:p1"}
        assert made.refusals() == ()

    def test_a_group_of_members_may_become_empty(self) -> None:
        made = self.moderated()
        made.put(person("m", "Nr m"))
        assert made.keys_in(group_id("a")) == {"person:m"}
        assert made.refusals() == ()


class TestOthers:
    def test_too_many_mails_are_refused(self) -> None:
        made = World(registry(person("p1")), policy=guarded(mails=2))
        part = made.plan()
        assert made.refusals(part=replace(part, cost=Cost(mails=2))) == ()
        assert only(made.refusals(part=replace(part, cost=Cost(mails=3)))).guard == "mails"

    def test_a_registry_in_which_nobody_is_active_takes_nothing_away(self) -> None:
        made = world_of(2, "a", guards=guarded())
        made.drop("p0")
        assert made.refusals() == ()
        made.drop("p1")
        assert only(made.refusals()).guard == "empty_source"

    def test_a_first_sync_of_any_size_is_not_refused(self) -> None:
        people = (person(f"p{n}", f"Nr {n}x", "a") for n in range(200))
        assert World(registry(*people, body("a")), policy=Policy()).refusals() == ()


class TestWords:
    def refused(self) -> World:
        made = world_of(6, "a", guards=guarded(suspensions={"count": 1}, removed_edges={"count": 1}))
        made.put(*(replace(made.registry.people[f"p{n}"], period=Period(until=YESTERDAY)) for n in range(3)))
        return made

    def test_a_word_names_the_guard_the_target_and_the_plan(self) -> None:
        made = self.refused()
        words = [refusal.word for refusal in made.refusals()]
        digest = digest_of(made.plan())[:8]
        assert words == [f"suspensions:cloud:{digest}", f"removed_edges:cloud:{digest}"]

    def test_each_word_lets_its_own_guard_through_and_no_other(self) -> None:
        made = self.refused()
        first, second = made.refusals()
        assert made.refusals(allowed=[first.word]) == (second,)
        assert made.refusals(allowed=[first.word, second.word]) == ()

    @pytest.mark.parametrize("change", ["one more leaver", "another target state"])
    def test_a_word_does_not_hold_for_any_other_plan(self, change: str) -> None:
        made = self.refused()
        words = [refusal.word for refusal in made.refusals()]
        if change == "one more leaver":
            made.put(replace(made.registry.people["p4"], period=Period(until=YESTERDAY)))
        else:
            made.members(group_id("a")).discard(made.remote_id(account_id("p0")))
        assert len(made.refusals(allowed=words)) == 2
