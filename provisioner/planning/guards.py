"""Guards: rules that refuse a plan before the first write, over this plan and the last seven days together."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from provisioner.model.bindings import Ties
from provisioner.model.changes import Adopt, Change, ChangeClass, Leave, Regrade, Suspend, Update
from provisioner.model.inventory import NOBODY, Inventory, Roster
from provisioner.model.plan import NoticeKind, Refusal, TargetPlan
from provisioner.model.resources import Desired, Kind, ResourceId, Seats
from provisioner.model.rules import GuardRules, Limit
from provisioner.model.text import Text
from provisioner.planning.grades import is_raise
from provisioner.planning.sameness import our_keys
from provisioner.planning.succession import Knowledge, is_led, leaders_left

_NONE: Final[Mapping[Kind, int]] = {}
_NOBODY: Final[Mapping[Seats, int]] = {}


@dataclass(frozen=True, slots=True)
class Recent:
    """What was done to one target in the last seven days, also what a ranger let through by its word."""

    suspensions: int = 0
    removed_edges: int = 0
    updates: Mapping[Kind, int] = field(default_factory=lambda: _NONE)
    members_lost: Mapping[Seats, int] = field(default_factory=lambda: _NOBODY)


@dataclass(frozen=True, slots=True)
class GuardInput:
    """All that the guards look at for one target."""

    plan: TargetPlan
    ties: Ties
    inventory: Inventory
    recent: Recent = field(default_factory=Recent)


def refusals(
    inputs: Iterable[GuardInput],
    desired: Desired,
    rules: GuardRules,
    plan_digest: str,
    allowed: frozenset[str],
    approved: Container[str] = NOBODY,
) -> tuple[Refusal, ...]:
    """Every guard that says no and whose word is not among ``allowed``. Pure.

    ``approved``: digests of the changes that a ranger read and that are to be made together with the unattended ones.
    Only the guard of the moderators asks for it: what waits locks nobody out. The others look at all that waits, too.

    A word holds for the plan of this digest alone: ``guard:target:the digest's first eight characters``. What is lost
    is no change and so not in that digest: the word for it covers the lost objects as well.
    """
    found: list[Refusal] = []
    for given in inputs:
        found += _Guards(given, desired, rules, plan_digest, approved).refused()
    return tuple(refusal for refusal in found if refusal.word not in allowed)


class _Guards:
    """All guards over one target's part of the plan."""

    def __init__(
        self, given: GuardInput, desired: Desired, rules: GuardRules, plan_digest: str, approved: Container[str]
    ) -> None:
        self._given = given
        self._plan, self._ties = given.plan, given.ties
        self._desired = desired
        self._rules = rules
        self._plan_digest, self._word_end = plan_digest, plan_digest[:8]
        self._approved = approved
        self._found: list[Refusal] = []
        self._names = {change.id: change.name for change in given.plan.changes if isinstance(change, Leave | Regrade)}
        self._suspended = [change for change in given.plan.changes if isinstance(change, Suspend)]
        self._leaves: defaultdict[Seats, list[Leave]] = defaultdict(list)
        for change in given.plan.changes:
            if isinstance(change, Leave) and not change.id.is_common:  # who leaves the body itself is counted there
                self._leaves[change.seats].append(change)
        self._lowered = [
            change
            for change in given.plan.changes
            if isinstance(change, Regrade)
            and not is_raise(change.before, change.role)
            and change.id not in given.ties.unsettled  # else a step of ours that was cut short gave them too much
        ]

    def refused(self) -> list[Refusal]:
        self._guard_sources()
        self._guard_suspensions()
        self._guard_edges()
        self._guard_updates()
        self._guard_lost_objects()
        for group, leaves in self._leaves.items():
            self._guard_members(group, leaves)
        self._guard_administrators()
        mails, limit = self._plan.cost.mails, self._rules.mails
        if mails > limit:
            self._refuse("mails", mails, limit, ())
        return self._found

    def _refuse(
        self, guard: str, count: int, limit: int, objects: Iterable[str], word_end: str = "", **arguments: str
    ) -> None:
        target = self._plan.target
        self._found.append(
            Refusal(
                guard=guard,
                target=target,
                why=Text.of(f"planning.guard_{guard}", count=count, limit=limit, target=target, **arguments),
                count=count,
                limit=limit,
                objects=tuple(sorted(objects)),
                word=":".join((guard, target, word_end or self._word_end)),
            )
        )

    def _bound(self, kind: Kind | None = None) -> int:
        """How many objects are ours, those included that this plan adopts."""
        tied = sum(1 for identity in self._ties.bindings if kind in (None, identity.kind))
        return tied + sum(
            1 for change in self._plan.changes if isinstance(change, Adopt) and kind in (None, change.id.kind)
        )

    def _guard_sources(self) -> None:
        """A registry in which nobody is active is most likely one that was not really read."""
        removals = [change.name for leaves in self._leaves.values() for change in leaves]
        removals += [change.name for change in (*self._lowered, *self._suspended)]
        wanted = self._desired.resources.values()
        if removals and not any(
            resource.id.kind is Kind.ACCOUNT and resource.fields.get("enabled") is not False for resource in wanted
        ):
            self._refuse("empty_source", len(removals), 0, removals)

    def _guard_suspensions(self) -> None:
        planned, recent = len(self._suspended), self._given.recent.suspensions
        if (limit := _over(self._rules.suspensions, planned, recent, self._bound(Kind.ACCOUNT))) is not None:
            self._refuse("suspensions", planned + recent, limit, (change.name for change in self._suspended))

    def _guard_edges(self) -> None:
        """Memberships that end, and rights in a folder that become fewer."""
        removed = self._removed()
        planned, recent = sum(removed.values()), self._given.recent.removed_edges
        known = sum(len(members) for members in self._ties.edges.values())
        if (limit := _over(self._rules.removed_edges, planned, recent, known + recent)) is not None:
            lines = [f"{self._names[container]} (-{count})" for container, count in removed.items()]
            self._refuse("removed_edges", planned + recent, limit, lines)

    def _removed(self) -> dict[ResourceId, int]:
        """How many lose something in a container. Who moderated it and leaves it for good counts once."""
        removed: Counter[ResourceId] = Counter()
        for group, leaves in self._leaves.items():
            if group.container.kind is not Kind.CONVERSATION:
                removed[group.container] += sum(len(change.members) for change in leaves)
        for room in {group.container for group in self._leaves if group.container.kind is Kind.CONVERSATION}:
            going = [change for group, leaves in self._leaves.items() if group.container == room for change in leaves]
            removed[room] = len({member for change in going for member in change.members})
        for change in self._lowered:
            removed[change.id] += len(change.members)
        return removed

    def _guard_updates(self) -> None:
        for kind in Kind:
            names = {
                change.id: change.name
                for change in self._plan.changes
                if isinstance(change, Update) and change.id.kind is kind
            }
            recent = self._given.recent.updates.get(kind, 0)
            if (limit := _over(self._rules.updates, len(names), recent, self._bound(kind))) is not None:
                self._refuse(f"{kind.replace('-', '_')}_updates", len(names) + recent, limit, names.values())

    def _guard_lost_objects(self) -> None:
        lost = [notice for notice in self._plan.notices if notice.kind is NoticeKind.LOST]
        if (limit := _over(self._rules.lost_objects, len(lost), 0, self._bound())) is not None:
            covered = "\n".join([self._plan_digest, *sorted(f"{notice.id}\t{notice.name}" for notice in lost)])
            word_end = hashlib.sha256(covered.encode()).hexdigest()[:8]
            self._refuse("lost_objects", len(lost), limit, (notice.name for notice in lost), word_end)

    def _guard_members(self, group: Seats, leaves: Sequence[Leave]) -> None:
        members = {member for change in leaves for member in change.members}
        recent = self._given.recent.members_lost.get(group, 0)
        roster = self._roster(leaves[0])
        known = len(roster.of(group.role, group.member)) if roster is not None else len(self._ties.edges.get(group, ()))
        limit = _over(self._rules.members_lost_by_one_group, len(members), recent, known + recent)
        if limit is not None:
            self._refuse("members_lost", len(members) + recent, limit, members, group=leaves[0].name)

    def _roster(self, change: Leave) -> Roster | None:
        return self._given.inventory.rosters.get((change.id.kind, change.remote_id))

    def _guard_administrators(self) -> None:
        """What happens unattended, or was approved together with it, locks no body out."""
        groups = {group: leaves for group, leaves in self._leaves.items() if is_led(group, self._desired)}
        going = {group: [change for change in leaves if self._happens(change)] for group, leaves in groups.items()}
        if not any(going.values()):
            return
        accounts = our_keys(self._given.inventory, self._ties, Kind.ACCOUNT)
        accounts |= {
            change.remote.remote_id: change.id.key
            for change in self._plan.changes
            if isinstance(change, Adopt) and change.id.kind is Kind.ACCOUNT
        }
        knowledge = Knowledge(self._desired, self._given.inventory, self._ties, accounts)
        least = self._rules.administrators_left
        for leaves in going.values():
            left = leaders_left(leaves, self._plan.changes, knowledge, self._happens) if leaves else least
            if left < least:
                members = {member for change in leaves for member in change.members}
                self._refuse("administrators_left", left, least, members, group=leaves[0].name)

    def _happens(self, change: Change) -> bool:
        return change.change_class is ChangeClass.AUTO or change.digest() in self._approved


def _over(limit: Limit, planned: int, recent: int, total: int) -> int | None:
    """The limit that ``planned`` changes pass, or None. What only the past did never refuses a plan without any."""
    if planned == 0:
        return None
    count = planned + recent
    if count > limit.count:
        return limit.count
    by_share = max(limit.floor, int(limit.share * total))
    return by_share if count > by_share else None
