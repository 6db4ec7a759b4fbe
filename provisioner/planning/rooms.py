"""The accounts in a conversation: moderators one by one; the others come and go with their groups.

Observed on Nextcloud Talk 22: whoever leaves a group leaves the conversations that the group is in, and so do all when
the group is taken out; but not those who moderate there, and nobody when the group itself is deleted.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from provisioner.model.changes import ChangeClass
from provisioner.model.inventory import NOBODY, Complete, Inventory, Roster
from provisioner.model.resources import EdgeRole, Kind, ResourceId, Seats
from provisioner.planning.rosters import Case, Differences, compare_missing, compare_seats, compare_unwanted

Going = Mapping[str, Mapping[ChangeClass, Set[str]]]
"""Group key → the accounts that this plan takes out of it, by class."""


@dataclass(frozen=True, slots=True)
class Following:
    """Accounts in a conversation that are there, or go, with a group."""

    going: Mapping[ChangeClass, Set[str]]
    """They leave with a group, or leave a group, by a change of this class."""
    staying: Set[str]
    """A group that stays holds them."""
    whole: bool
    """False: of some group in it nobody knows who belongs to it."""


def compare_room(case: Case, groups: Differences, inventory: Inventory, going: Going) -> Differences:
    """Differences of the accounts. ``groups``: those of its groups, in this plan."""
    moderator, account = EdgeRole.MODERATOR, Kind.ACCOUNT
    leaders, plain = case.wanted(moderator, account), case.wanted(EdgeRole.MEMBER, account)
    through = case.desired.through_groups.get(case.id, NOBODY)
    leading = case.now(moderator, account)
    inside = leading | case.now(EdgeRole.MEMBER, account)
    extra = inside - leaders - plain - through
    over = extra & (case.desired.gone | _ended_inside(case)) if extra else NOBODY
    found = compare_seats(case, moderator, account, over)
    applied = case.applied(moderator, account) | case.applied(EdgeRole.MEMBER, account)
    missing = ((leaders | plain) - through - inside) & case.members[account].present
    if missing:
        found += compare_missing(case, missing, applied, EdgeRole.MEMBER, account)
    for move in [move for move in found.moves if move.before is moderator]:
        out = move.members & extra  # else they stay, as a plain member
        found.moves += case.moving(out, move.cause, move.change_class, account, before=EdgeRole.MEMBER)
    if extra - leading:
        found += _plain_leaves(case, extra - leading, over, applied, _following(case, groups, inventory, going))
    return found


def _ended_inside(case: Case) -> Set[str]:
    """Whose time in the conversation ended, or in a group that brought them."""
    roles = (EdgeRole.MEMBER, EdgeRole.MODERATOR)
    return NOBODY.union(
        *(case.ended(role, Kind.ACCOUNT) for role in roles),
        *(case.desired.ended.get(group, NOBODY) for group in _its_groups(case)),
    )


def _its_groups(case: Case) -> list[Seats]:
    """The groups that are in it, should be, or were: be they there or deleted by hand."""
    keys = case.wanted(EdgeRole.MEMBER, Kind.GROUP) | case.applied(EdgeRole.MEMBER, Kind.GROUP)
    return [Seats(ResourceId(Kind.GROUP, key)) for key in sorted(keys)]


def _plain_leaves(case: Case, extra: Set[str], over: Set[str], applied: Set[str], following: Following) -> Differences:
    """Of those who should not be in it and do not moderate: whom nobody else takes out."""
    account, member = Kind.ACCOUNT, EdgeRole.MEMBER
    at_once = following.going.get(ChangeClass.AUTO, NOBODY)
    later = following.going.get(ChangeClass.QUEUED, NOBODY)
    found = Differences()
    for move in case.moving((extra & over) - at_once, "ended", ChangeClass.AUTO, account, before=member):
        if move.change_class is ChangeClass.AUTO:
            found.moves.append(move)
        else:
            found.moves += case.moving(move.members - later, "ended", ChangeClass.QUEUED, account, before=member)
    others = extra - over - at_once - later - following.staying
    brought = NOBODY.union(*(case.ties.edges.get(group, NOBODY) for group in _its_groups(case)))
    known = applied | brought
    if not following.whole:
        others &= known  # who can tell by which group the rest came?
    found += compare_unwanted(case, others, known, member, account)
    return found


def _following(case: Case, groups: Differences, inventory: Inventory, going: Going) -> Following:
    group_keys, account_keys = case.members[Kind.GROUP].keys, case.members[Kind.ACCOUNT].keys
    leaving = {key: move.change_class for move in groups.moves if move.role is None for key in move.members}
    gone: dict[ChangeClass, set[str]] = {change_class: set() for change_class in ChangeClass}
    staying: set[str] = set()
    whole = True  # every group's members are known
    there = case.roster.of(EdgeRole.MEMBER, Kind.GROUP) if case.roster is not None else NOBODY
    for remote_id in there:
        roster: Roster | None = inventory.rosters.get((Kind.GROUP, remote_id))
        whole = whole and roster is not None and isinstance(roster.completeness, Complete)
        people = {account_keys[at] for at in roster.accounts if at in account_keys} if roster is not None else set()
        key = group_keys.get(remote_id)
        if key in leaving:
            gone[leaving[key]] |= people
            continue
        out: set[str] = set()
        for change_class, members in going.get(key, {}).items() if key is not None else ():
            gone[change_class] |= members
            out |= members
        staying |= people - out
    return Following({change_class: members - staying for change_class, members in gone.items()}, staying, whole)
