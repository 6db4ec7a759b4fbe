"""Containers in which a member has exactly one role (a team folder's groups): who comes, goes, or gets another."""

from collections.abc import Mapping, Set

from provisioner.model.changes import ChangeClass
from provisioner.model.inventory import NOBODY
from provisioner.model.resources import LADDER_OF_RIGHTS, EdgeRole, Kind
from provisioner.planning.rosters import Case, Differences, compare_missing, compare_unwanted

Grades = Mapping[str, EdgeRole]
"""Member → its one role."""


def compare_grades(case: Case, member: Kind, *, adopted: bool) -> Differences:
    """Differences of all roles of a container together. ``adopted``: it becomes ours by this very plan.

    A change of role is one regrade, never a leave and a join: in between somebody would have lost everything.
    """
    wanted = {key: role for role in LADDER_OF_RIGHTS for key in case.wanted(role, member)}
    now = {key: role for role in LADDER_OF_RIGHTS for key in case.now(role, member)}
    applied = {key: role for role in LADDER_OF_RIGHTS for key in case.applied(role, member)}
    ended = NOBODY.union(*(case.ended(role, member) for role in LADDER_OF_RIGHTS))
    missing = (wanted.keys() - now.keys()) & case.members[member].present
    extra = now.keys() - wanted.keys()
    found = Differences()
    for role in LADDER_OF_RIGHTS:
        coming = {key for key in missing if wanted[key] is role}
        if coming:
            found += compare_missing(case, coming, applied.keys(), role, member)
        going = {key for key in extra if now[key] is role}
        if going:
            found.moves += case.moving(going & ended, "ended", ChangeClass.AUTO, member, before=role)
            found += compare_unwanted(case, going - ended, applied.keys(), role, member)
    differing = {key for key in wanted.keys() & now.keys() if wanted[key] is not now[key]}
    for before in LADDER_OF_RIGHTS:
        for role in LADDER_OF_RIGHTS:
            changing = {key for key in differing if now[key] is before and wanted[key] is role}
            if changing:
                found += _regraded(case, changing, before, role, member, applied, ended, adopted=adopted)
    return found


def _regraded(
    case: Case,
    members: Set[str],
    before: EdgeRole,
    role: EdgeRole,
    member: Kind,
    applied: Grades,
    ended: Set[str],
    *,
    adopted: bool,
) -> Differences:
    """Members who are ``before`` and should be ``role``.

    Whoever has the rights that we last gave (or were never given any by us) gets others because the wish changed: a
    raise runs unattended; taking rights away waits for a ranger, unless a written date ended them. Rights that are
    none of ours somebody chose with care: they are drift, but for an adoption that a ranger reads anyway.
    """
    by_wish = {
        key
        for key in members
        if not case.settled
        or (key in applied and applied[key] is before)
        or (key not in applied and (adopted or before is not EdgeRole.OTHER))
    }
    raised = is_raise(before, role)
    ours = members if not case.settled else NOBODY
    at_once = by_wish if raised else by_wish & (ended | ours)
    cause = "raised" if raised else "lowered"
    found = Differences(case.moving(at_once, cause, ChangeClass.AUTO, member, role=role, before=before))
    found.moves += case.moving(by_wish - at_once, cause, ChangeClass.QUEUED, member, role=role, before=before)
    drifted = members - by_wish
    if case.on_drift is None:
        found.keep("kept_rights", drifted)
    else:
        found.moves += case.moving(drifted, "regraded", case.on_drift, member, role=role, before=before)
    return found


def is_raise(before: EdgeRole, role: EdgeRole) -> bool:
    """Whether nobody loses anything by it."""
    return LADDER_OF_RIGHTS.index(role) > LADDER_OF_RIGHTS.index(before)
