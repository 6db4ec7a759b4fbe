"""Whoever is the last to lead a body does not go unread: somebody else has to be named first."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from provisioner.model.bindings import Ties
from provisioner.model.changes import Change, ChangeClass, Join, Leave
from provisioner.model.inventory import NOBODY, Inventory
from provisioner.model.plan import NoticeKind
from provisioner.model.resources import Desired, Kind, ResourceId, Seats
from provisioner.model.text import Text
from provisioner.planning.draft import Draft
from provisioner.planning.edges import members_of

_LEADERS = ":administrators"


def is_led(group: Seats, desired: Desired) -> bool:
    """Whether these seats are a moderators' group that has to keep somebody: it is wanted, and its body at work."""
    identity = group.container
    leads = identity.kind is Kind.GROUP and identity.key.endswith(_LEADERS)
    return leads and group in desired.edges and identity not in desired.closed


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What tells who is in a group."""

    desired: Desired
    inventory: Inventory
    ties: Ties
    accounts: Mapping[str, str]
    """Remote id → key of all that count as there."""

    def members(self, leave: Leave) -> Set[str]:
        """Keys of the accounts in this group. Of whom a narrow read says nothing, the last apply is asked."""
        roster = self.inventory.rosters.get((leave.id.kind, leave.remote_id))
        there = roster.accounts if roster is not None else NOBODY
        seen = {self.accounts[at] for at in there if at in self.accounts}
        only = leave.edges.scope.only
        return seen if only is None else seen | (self.ties.edges.get(leave.seats, NOBODY) - only)


def leaders_left(
    leaves: Sequence[Leave],
    changes: Iterable[Change],
    knowledge: Knowledge,
    happens: Callable[[Change], bool],
) -> int:
    """How many really lead the body once those of ``changes`` that happen did. ``leaves``: of one moderators' group.

    Whoever is there without being wanted leads nobody, but for a malformed entry: about that nothing is known.
    """
    group = leaves[0].seats
    going: set[str] = set()
    coming: set[str] = set()
    for change in changes:
        if isinstance(change, Leave | Join) and change.seats == group and happens(change):
            (going if isinstance(change, Leave) else coming).update(change.members)
    desired = knowledge.desired
    staying = (knowledge.members(leaves[0]) - going) & (desired.edges.get(group, NOBODY) | desired.blocked)
    return len(staying | coming)


def hold_last_moderators(draft: Draft) -> None:
    """That a moderators' group loses its last waits for a ranger, with a notice that asks for a successor.

    Only that: who leaves the network is suspended on the day, and out of the conversation, in which our own account
    still moderates.
    """
    least = draft.rules.guards.administrators_left
    if least <= 0:
        return
    leaves: defaultdict[Seats, list[Leave]] = defaultdict(list)
    for change in draft.changes:
        if isinstance(change, Leave) and _is_unattended(change):
            leaves[change.seats].append(change)
    if not leaves:
        return
    knowledge = Knowledge(draft.desired, draft.inventory, draft.ties, members_of(Kind.ACCOUNT, draft).keys)
    held: dict[ResourceId, set[str]] = {}
    for group, going in leaves.items():
        if is_led(group, draft.desired) and leaders_left(going, draft.changes, knowledge, _is_unattended) < least:
            held[group.container] = {member for change in going for member in change.members}
            why = Text.of("planning.successor", name=draft.names[group.container])
            draft.notice(NoticeKind.SUCCESSOR, group.container, draft.names[group.container], why)
    if held:
        draft.changes = [part for change in draft.changes for part in _held(change, held)]


def _is_unattended(change: Change) -> bool:
    return change.change_class is ChangeClass.AUTO


def _held(change: Change, held: dict[ResourceId, set[str]]) -> list[Change]:
    """The same change, or its parts: what concerns those who are to stay for now waits."""
    if not _is_unattended(change):
        return [change]
    if not isinstance(change, Leave):
        return [change]
    staying = set(change.members) & held.get(change.id, set())
    parts = ((set(change.members) - staying, ChangeClass.AUTO), (staying, ChangeClass.QUEUED))
    return [
        replace(
            change,
            members=tuple(sorted(members)),
            change_class=change_class,
            reason=Text.of(change.reason.code, **{**change.reason.arguments, "count": len(members)}),
        )
        for members, change_class in parts
        if members
    ]
