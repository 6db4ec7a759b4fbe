"""Kinds of which several may be called alike, and whose product lists none: a planner's conferences."""

from dataclasses import replace

from provisioner.model.bindings import Binding, Ties
from provisioner.model.changes import Create, Update
from provisioner.model.inventory import Complete, Inventory, Observation, Remote, Scope
from provisioner.model.plan import NoticeKind, TargetPlan
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, Kind, Mode, Resource, ResourceId
from provisioner.model.rules import PlanningRules
from provisioner.model.text import Text
from provisioner.planning.planner import plan_target

WHY = Text.of("tests.why")
FIELDS = {Kind.CONFERENCE: {"name": Mode.MANAGED, "starts_at": Mode.MANAGED}}
ALIKE = Capabilities(fields=FIELDS, alike=frozenset({Kind.CONFERENCE}))  # type: ignore[arg-type]
FIRST, SECOND = (ResourceId(Kind.CONFERENCE, f"body:pg:meeting:jf:2026-02-{day}") for day in ("03", "17"))


def wanted(identity: ResourceId, name: str = "Jour fixe") -> Resource:
    return Resource(identity, name, {"starts_at": "2026-02-03T10:00 Europe/Berlin"}, WHY)


def plan(
    *resources: Resource, there: tuple[Remote, ...] = (), ties: Ties | None = None, can: Capabilities = ALIKE
) -> TargetPlan:
    objects = {remote.remote_id: remote for remote in there}
    observation = Observation(Complete(Scope("planung", Kind.CONFERENCE)), objects, unlisted=True)
    desired = Desired({one.id: one for one in resources})
    inventory = Inventory("planung", {Kind.CONFERENCE: observation})
    return plan_target(desired, inventory, ties or Ties({}, {}), can, PlanningRules())


def remote(identity: str, name: str = "Jour fixe") -> Remote:
    return Remote(identity, name, {"starts_at": "2026-02-03T10:00 Europe/Berlin"})


def tied(identity: ResourceId, remote_id: str, name: str = "Jour fixe") -> Ties:
    return Ties({identity: Binding(identity, remote_id, name, "", {})}, {})


def test_several_of_one_name_are_all_made() -> None:
    changes = plan(wanted(FIRST), wanted(SECOND)).changes
    assert [(type(one), one.id) for one in changes] == [(Create, FIRST), (Create, SECOND)]


def test_where_names_are_told_apart_by_they_are_disputed() -> None:
    part = plan(wanted(FIRST), wanted(SECOND), can=replace(ALIKE, alike=frozenset()))
    assert part.changes == ()
    assert [notice.kind for notice in part.notices] == [NoticeKind.DISPUTED, NoticeKind.DISPUTED]


def test_the_name_of_one_that_is_ours_is_free_for_the_next() -> None:
    part = plan(wanted(FIRST), wanted(SECOND), there=(remote("a"),), ties=tied(FIRST, "a"))
    assert [(type(one), one.id) for one in part.changes] == [(Create, SECOND)]


def test_nobody_s_of_that_name_is_not_taken_for_ours() -> None:
    part = plan(wanted(FIRST), there=(remote("somebody's"),))
    assert [type(one) for one in part.changes] == [Create]


def test_one_is_renamed_as_another_is_called() -> None:
    there = (remote("a", "Treffen"), remote("b"))
    both = Ties({**tied(FIRST, "a", "Treffen").bindings, **tied(SECOND, "b").bindings}, {})
    (change,) = plan(wanted(FIRST), wanted(SECOND), there=there, ties=both).changes
    assert isinstance(change, Update)
    assert (change.id, change.after) == (FIRST, {"name": "Jour fixe"})


def test_a_name_that_was_erased_may_be_given_again() -> None:
    erased = Ties({}, {}, retired_names=frozenset({("conference", "Jour fixe")}))
    assert len(plan(wanted(FIRST), ties=erased).changes) == 1


def test_one_that_may_exist_waits_and_says_what_a_ranger_has_to_do() -> None:
    part = plan(wanted(FIRST), ties=Ties({}, {}, pending={FIRST: "Jour fixe"}))
    assert part.changes == ()
    (notice,) = part.notices
    assert (notice.kind, notice.why.code) == (NoticeKind.WAITING, "planning.outcome_for_ranger")
    assert notice.why.arguments["id"] == FIRST.key
