"""A step is one write to a target, compiled from changes; it is what the journal records."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from provisioner.model.inventory import Remote
from provisioner.model.resources import Edge, FieldName, ResourceId, Value
from provisioner.model.text import Text

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step, or a plan, will cost, known before the first write."""

    requests: int = 0
    mails: int = 0
    """Mails that the target itself sends to people because of it."""
    limited: Mapping[str, int] = field(default_factory=dict)
    """Writes that a rate limit of the target counts, by the limit's name."""

    def __add__(self, other: "Cost") -> "Cost":
        limited = dict(self.limited)
        for name, count in other.limited.items():
            limited[name] = limited.get(name, 0) + count
        return Cost(self.requests + other.requests, self.mails + other.mails, limited)


@dataclass(frozen=True, slots=True)
class Effects:
    """What is true once the step is done; written to the database together with its outcome."""

    fields: Mapping[FieldName, Value] = field(default_factory=dict)
    joins: tuple[Edge, ...] = ()
    """Edges that now exist."""
    leaves: tuple[Edge, ...] = ()
    """Edges that no longer exist."""
    erased: bool = False
    """The object is gone for good: its tie becomes a tombstone."""


@dataclass(frozen=True, slots=True)
class Step:
    """One write.

    ``payload`` is journalled as it is, so it holds no secret. Ids of objects that only come into being in the same
    plan stand in ``refers`` and are resolved by the ``resolve`` that `Connector.perform` is given.
    """

    target: str
    operation: str
    """The connector's own word, e.g. "create-account"."""
    id: ResourceId
    name: str
    changes: tuple[str, ...]
    """Digests of the changes that it makes true, wholly or in part."""
    remote_id: str | None = None
    """None: the object does not exist yet; this step creates it."""
    payload: Mapping[str, Json] = field(default_factory=dict)
    refers: tuple[ResourceId, ...] = ()
    """Resources whose remote ids it needs; those among them that this plan creates must be done first."""
    after: tuple[ResourceId, ...] = ()
    """Resources whose steps, if this plan has any, come first, done or not (groups are left before suspension)."""
    effects: Effects = Effects()
    expects: Mapping[FieldName, Value] | None = None
    """Managed fields as the plan saw them. Not None: the object is read again before this step is performed."""
    expects_edge: Edge | None = None
    """The membership that must still be there for this step to be performed."""
    repeatable: bool = True
    """Doing it twice ends in the same state and tells nobody twice."""
    cost: Cost = Cost(requests=1)

    @property
    def creates(self) -> bool:
        return self.remote_id is None


@dataclass(frozen=True, slots=True)
class Verified:
    """A fresh, typed read found the object as the step expects it."""

    remote: Remote | None


@dataclass(frozen=True, slots=True)
class Moved:
    """The object is not (or no longer) as the plan saw it; the step must not be performed."""

    why: Text


@dataclass(frozen=True, slots=True)
class Done:
    """A step's write happened. For a creation: what the new object is called over there."""

    remote_id: str
    fingerprint: str = ""
    note: Text | None = None
    missed: tuple[Edge, ...] = ()
    """Of the step's ``effects.joins`` those that did not come about after all, although the write happened."""
