"""Compares who is in a container with who should be: who joins, who leaves, and who may decide it."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from provisioner.model.changes import ChangeClass
from provisioner.model.resources import Desired
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


def drift_class(rule: OnDrift) -> ChangeClass | None:
    """The class of a change that takes drift back; None: it is kept."""
    return {OnDrift.ASK: ChangeClass.QUEUED, OnDrift.REVERT: ChangeClass.AUTO, OnDrift.KEEP: None}[rule]


def compare(
    container: str,
    desired: Desired,
    present: Set[str],
    observed: Set[str],
    applied: Set[str],
    rule: OnDrift,
    accounts: Mapping[str, ChangeClass],
) -> RosterDifferences:
    """Differences of one container, all in account keys.

    ``present``: accounts that exist or will after this plan; ``observed``: ours that are in it; ``applied``: those
    we last put or saw there; ``accounts``: class of the change that first makes an account ours, where it is not yet.
    """
    wanted = desired.edges.get(container, NOBODY)
    missing = (wanted & present) - observed - desired.blocked
    extra = observed - wanted - desired.blocked
    if not missing and not extra:
        return RosterDifferences((), ())
    on_drift = drift_class(rule)
    joins: list[Parting] = []
    leaves: list[Parting] = []
    taken_out = frozenset(missing & applied)
    waiting = frozenset(key for key in missing if accounts.get(key) is ChangeClass.QUEUED) if accounts else NOBODY
    _add(joins, waiting, "joined", ChangeClass.QUEUED)
    _add(joins, missing - taken_out - waiting, "joined", ChangeClass.AUTO)
    if on_drift is not None:
        _add(joins, taken_out - waiting, "taken_out", on_drift)
    ended = extra & (desired.ended.get(container, NOBODY) | desired.gone)
    dropped = (extra - ended) & applied
    put_in = frozenset(extra - ended - applied)
    _add(leaves, ended, "ended", ChangeClass.AUTO)
    _add(leaves, dropped, "dropped", ChangeClass.QUEUED)
    if on_drift is not None:
        _add(leaves, put_in, "put_in", on_drift)
    return RosterDifferences(
        tuple(joins),
        tuple(leaves),
        kept_missing=taken_out - waiting if on_drift is None else NOBODY,
        kept_extra=put_in if on_drift is None else NOBODY,
    )


def _add(parties: list[Parting], members: Set[str], cause: str, change_class: ChangeClass) -> None:
    if members:
        parties.append(Parting(frozenset(members), cause, change_class))
