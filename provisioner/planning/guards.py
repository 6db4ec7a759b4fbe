"""Guards: rules that refuse a plan before the first write, over this plan and the last seven days together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from provisioner.model.bindings import Ties
from provisioner.model.changes import Leave, Suspend, Update
from provisioner.model.inventory import Inventory
from provisioner.model.plan import NoticeKind, Refusal, TargetPlan
from provisioner.model.resources import Desired, Kind
from provisioner.model.rules import GuardRules, Limit
from provisioner.model.text import Text


@dataclass(frozen=True, slots=True)
class Recent:
    """What was done to one target in the last seven days, and what a ranger let through by its word."""

    suspensions: int = 0
    removed_edges: int = 0
    updates: int = 0


@dataclass(frozen=True, slots=True)
class GuardInput:
    """All that the guards look at for one target."""

    plan: TargetPlan
    ties: Ties
    inventory: Inventory
    recent: Recent = field(default_factory=Recent)


def refusals(
    inputs: Iterable[GuardInput], desired: Desired, rules: GuardRules, plan_digest: str, allowed: frozenset[str]
) -> tuple[Refusal, ...]:
    """Every guard that says no and whose word is not among ``allowed``. Pure."""
    found: list[Refusal] = []
    for given in inputs:
        found += _of_target(given, desired, rules, plan_digest)
    return tuple(refusal for refusal in found if refusal.word not in allowed)


def _of_target(given: GuardInput, desired: Desired, rules: GuardRules, plan_digest: str) -> list[Refusal]:
    plan, ties = given.plan, given.ties
    refused: list[Refusal] = []

    def refuse(guard: str, count: int, limit: int, objects: Iterable[str], **arguments: str | int) -> None:
        refused.append(
            Refusal(
                guard=guard,
                target=plan.target,
                why=Text.of(f"planning.guard_{guard}", count=count, limit=limit, target=plan.target, **arguments),
                count=count,
                limit=limit,
                objects=tuple(sorted(objects)),
                word=":".join((guard, plan.target, plan_digest[:8])),
            )
        )

    suspended = [change.name for change in plan.changes if isinstance(change, Suspend)]
    accounts = sum(1 for identity in ties.bindings if identity.kind is Kind.ACCOUNT)
    if (limit := _over(rules.suspensions, len(suspended), given.recent.suspensions, accounts)) is not None:
        refuse("suspensions", len(suspended) + given.recent.suspensions, limit, suspended)

    leaves = [change for change in plan.changes if isinstance(change, Leave)]
    removed = sum(len(change.members) for change in leaves)
    edges = sum(len(members) for members in ties.edges.values())
    if (limit := _over(rules.removed_edges, removed, given.recent.removed_edges, edges)) is not None:
        lines = [f"{change.name} (-{len(change.members)})" for change in leaves]
        refuse("removed_edges", removed + given.recent.removed_edges, limit, lines)

    updated = [change.name for change in plan.changes if isinstance(change, Update)]
    if (limit := _over(rules.updates, len(updated), given.recent.updates, len(ties.bindings))) is not None:
        refuse("updates", len(updated) + given.recent.updates, limit, updated)

    lost = [notice.name for notice in plan.notices if notice.kind is NoticeKind.LOST]
    if (limit := _over(rules.lost_objects, len(lost), 0, len(ties.bindings))) is not None:
        refuse("lost_objects", len(lost), limit, lost)

    for group, members in _leavers_by_container(leaves).items():
        before = len(ties.edges.get(group, ()))
        name = next(change.name for change in leaves if change.id.key == group)
        if (limit := _over(rules.members_lost_by_one_group, len(members), 0, before)) is not None:
            refuse("members_lost", len(members), limit, members, group=name)
        wanted = desired.edges.get(group)
        if group.endswith(":administrators") and wanted is not None and group not in desired.closed:
            if len(wanted) < rules.administrators_left:
                refuse("administrators_left", len(wanted), rules.administrators_left, members, group=name)

    if plan.cost.mails > rules.mails:
        refuse("mails", plan.cost.mails, rules.mails, ())
    return refused


def _leavers_by_container(leaves: Iterable[Leave]) -> Mapping[str, frozenset[str]]:
    leavers: dict[str, frozenset[str]] = {}
    for change in leaves:
        leavers[change.id.key] = leavers.get(change.id.key, frozenset()) | frozenset(change.members)
    return leavers


def _over(limit: Limit, planned: int, recent: int, total: int) -> int | None:
    """The limit that ``planned`` changes pass, or None. What only the past did never refuses a plan without any."""
    if planned == 0:
        return None
    count = planned + recent
    if count > limit.count:
        return limit.count
    by_share = max(limit.floor, int(limit.share * total))
    return by_share if count > by_share else None
