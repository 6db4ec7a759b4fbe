"""What the planner has to be told by policy: which changes need a reader, and which plans are refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from provisioner.model.changes import Verb
from provisioner.model.resources import Kind


class OnDrift(StrEnum):
    """What becomes of something that was changed over there."""

    ASK = "ask"  # taken back once a ranger has approved it
    KEEP = "keep"  # shown, left as it is
    REVERT = "revert"  # taken back unattended


@dataclass(frozen=True, slots=True)
class Limit:
    """A plan is refused when it holds more than ``count`` such changes, or more than ``share`` of what there is.

    Either refuses; the share counts only above ``floor`` changes, so that one leaver of four does not.
    """

    count: int
    share: float
    floor: int = 5


@dataclass(frozen=True, slots=True)
class GuardRules:
    """Limits a kind and target, over one plan and over a rolling seven days."""

    suspensions: Limit = Limit(count=20, share=0.05)
    removed_edges: Limit = Limit(count=50, share=0.10)
    updates: Limit = Limit(count=500, share=0.50, floor=50)
    lost_objects: Limit = Limit(count=10, share=0.05)
    members_lost_by_one_group: Limit = Limit(count=20, share=0.34)
    mails: int = 25
    administrators_left: int = 1
    """Every group of administrators that has any keeps at least so many."""


@dataclass(frozen=True, slots=True)
class PlanningRules:
    on_drift: Mapping[Kind, OnDrift] = field(default_factory=dict)
    guards: GuardRules = GuardRules()
    protected_accounts: frozenset[str] = frozenset()
    """Names (in lower case) over there that are never a subject: "admin" and the like."""
    protected_groups: frozenset[str] = frozenset()
    queued: frozenset[Verb] = frozenset()
    """Kinds of change that wait for a ranger even where they would run unattended. Nothing is ever loosened."""
