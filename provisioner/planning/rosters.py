"""Compares who is in a container with who should be: who joins, who leaves, and who may decide it."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from provisioner.model.changes import ChangeClass
from provisioner.model.resources import Desired, Seats
from provisioner.model.rules import OnDrift

NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Parting:
    """Account keys that join or leave a container for one cause. ``cause`` names the sentence."""

    members: frozenset[str]
    cause: str
    change_class: ChangeClass


@dataclass(frozen=True, slots=True)
class RosterDifferences:
    joins: tuple[Parting, ...]
    leaves: tuple[Parting, ...]
    kept_missing: frozenset[str] = NOBODY
    """Taken out over there; policy keeps it so."""
    kept_extra: frozenset[str] = NOBODY
    """Put in over there; policy keeps it so."""


NOTHING = RosterDifferences((), ())


@dataclass(frozen=True, slots=True)
class Seen:
    """Who is in a container, in account keys."""

    now: Set[str]
    """Accounts of ours (or that this plan adopts) that are in it."""
    applied: Set[str]
    """Those that we last put or saw there."""
    whole: bool = True
    """False: there may be more, so that absence means nothing."""


def drift_class(rule: OnDrift) -> ChangeClass | None:
    """The class of a change that takes drift back; None: it is kept."""
    return {OnDrift.ASK: ChangeClass.QUEUED, OnDrift.REVERT: ChangeClass.AUTO, OnDrift.KEEP: None}[rule]


def compare(
    seats: Seats,
    desired: Desired,
    present: Set[str],
    seen: Seen,
    rule: OnDrift,
    accounts: Mapping[str, ChangeClass],
) -> RosterDifferences:
    """Differences of one container's seats, all in account keys.

    ``present``: accounts that exist or will after this plan; ``accounts``: class of the change that first makes an
    account ours, where it is not yet. Malformed, lost and protected accounts are in neither ``present`` nor ``seen``.
    """
    wanted = desired.edges.get(seats, NOBODY)
    missing = (wanted - seen.now) & present
    extra = seen.now - wanted
    if not missing and not extra:
        return NOTHING
    on_drift = drift_class(rule)
    waiting = frozenset(key for key, change_class in accounts.items() if change_class is not ChangeClass.AUTO)
    taken_out = missing & seen.applied
    joins = _parted(missing - taken_out, "joined", ChangeClass.AUTO, waiting)
    if on_drift is not None and seen.whole:
        joins += _parted(taken_out, "taken_out", on_drift, waiting)
    ended = extra & (desired.ended.get(seats, NOBODY) | desired.gone)
    dropped = (extra - ended) & seen.applied
    put_in = extra - ended - seen.applied
    leaves = _parted(ended, "ended", ChangeClass.AUTO, waiting)
    leaves += _parted(dropped, "dropped", ChangeClass.QUEUED, waiting)
    if on_drift is not None:
        leaves += _parted(put_in, "put_in", on_drift, waiting)
    return RosterDifferences(
        joins,
        leaves,
        kept_missing=frozenset(taken_out) if on_drift is None and seen.whole else NOBODY,
        kept_extra=frozenset(put_in) if on_drift is None else NOBODY,
    )


def _parted(members: Set[str], cause: str, change_class: ChangeClass, waiting: frozenset[str]) -> tuple[Parting, ...]:
    """One parting, or two: whoever is not ours before a ranger agreed is not touched before, either."""
    held = members & waiting if waiting and change_class is ChangeClass.AUTO else NOBODY
    parts = ((members - held, change_class), (held, ChangeClass.QUEUED))
    return tuple(Parting(frozenset(part), cause, whose) for part, whose in parts if part)
