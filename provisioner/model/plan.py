"""A plan: the changes of every target, what stands in their way, and what they cost. Data, not action."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from provisioner.model.bindings import Binding
from provisioner.model.changes import Change, ChangeClass
from provisioner.model.resources import ResourceId
from provisioner.model.steps import Cost
from provisioner.model.text import Text


class NoticeKind(StrEnum):
    """Why something that one might expect is not in the plan."""

    LOST = "lost"  # bound, but gone or replaced over there
    DISPUTED = "disputed"  # two candidates, or a name that somebody else has
    PARTIAL = "partial"  # could not be read whole
    BLOCKED = "blocked"  # malformed in the registry, or a name the target refuses
    ORPHAN = "orphan"  # ours, but no longer in the registry: emptied, never deleted
    KEPT = "kept"  # changed over there, and policy keeps it
    FOREIGN = "foreign"  # not ours: left alone, but for its memberships in groups of ours
    WAITING = "waiting"  # made by the login, not by us; or an outcome not yet known
    RESTING = "resting"  # not looked at this time: its turn comes in one of the next runs
    AGE = "age"  # this database, or the target, was put back to an earlier time
    UNWRITABLE = "unwritable"  # this object's backend does not let us write the field
    SUCCESSOR = "successor"  # the last who leads a body would go: somebody else has to be named first


@dataclass(frozen=True, slots=True)
class Notice:
    kind: NoticeKind
    target: str
    id: ResourceId | None
    name: str
    why: Text


@dataclass(frozen=True, slots=True)
class Refusal:
    """A guard that says no. ``word`` is what `readi apply --allow` takes to let this one plan through."""

    guard: str
    target: str
    why: Text
    count: int
    limit: int
    objects: tuple[str, ...]
    word: str


@dataclass(frozen=True, slots=True)
class TargetPlan:
    target: str
    changes: tuple[Change, ...] = ()
    notices: tuple[Notice, ...] = ()
    cost: Cost = Cost()
    minutes: float = 0.0
    """About how long its rate limits will make it take, with the reading before it."""
    error: Text | None = None
    """The target could not be observed at all; its changes are unknown, not none."""
    borrowed: Mapping[ResourceId, Binding] = field(default_factory=dict)
    """Accounts of another network whose memberships this plan manages."""


@dataclass(frozen=True, slots=True)
class Plan:
    network: str
    registry_digest: str
    policy_digest: str
    targets: tuple[TargetPlan, ...]
    refusals: tuple[Refusal, ...] = ()

    def changes(self, *classes: ChangeClass) -> Iterator[Change]:
        """The changes of these classes (none named: of all), target by target."""
        for target in self.targets:
            for change in target.changes:
                if not classes or change.change_class in classes:
                    yield change

    def is_empty(self) -> bool:
        return not any(target.changes for target in self.targets)

    def digest(self) -> str:
        """sha256 over registry, policy and every change with the state that it relies on."""
        parts = sorted(change.digest() for change in self.changes())
        text = "\n".join([self.network, self.registry_digest, self.policy_digest, *parts])
        return hashlib.sha256(text.encode()).hexdigest()
