"""What a target was observed to hold, and how sure we are of it.

Certainty is a type: `Complete` can only come from a connector that read a scope to its end. The planner can't
construct a creation or a removal without one (see `provisioner.model.changes`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from provisioner.model.resources import EdgeRole, FieldName, Kind, Value
from provisioner.model.text import Text


class Level(IntEnum):
    """How much of a scope is known."""

    KEYS = 1  # which objects exist
    FIELDS = 2  # and what their fields and edges are


NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Epoch:
    """How far the database had come that last changed a target: a database behind it must not write."""

    database: str
    """By which a database and its copies are known (`Ties` are kept under it); opaque."""
    number: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What a statement of completeness is about: all objects of a kind, or the edges of one container."""

    target: str
    kind: Kind
    container: str | None = None
    """Remote id of the container whose edges are meant; None: the objects themselves."""
    only: frozenset[str] | None = None
    """Keys of the few resources that were looked for (of a container's edges: of the members); None: all of them."""


@dataclass(frozen=True, slots=True)
class Complete:
    """The scope was read to its end, by a typed answer, with nothing odd about it."""

    scope: Scope
    level: Level = Level.FIELDS


@dataclass(frozen=True, slots=True)
class Partial:
    """Something is missing or odd. Updates of what was read are still allowed; absence means nothing."""

    scope: Scope
    why: Text


Completeness = Complete | Partial


class Unknown:
    """The value of a field that exists but could not be read. Never compared, never changed."""

    _instance: "Unknown | None" = None

    def __new__(cls) -> "Unknown":
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Remote:
    """One object as a target holds it.

    ``remote_id`` is the target's own lasting id (Nextcloud: the user id; LDAP: entryUUID), ``fingerprint``
    something that changes when the object was deleted and made again under that id ("" where nothing tells).
    """

    remote_id: str
    name: str
    fields: Mapping[FieldName, Value | Unknown]
    fingerprint: str = ""
    writable: frozenset[FieldName] | None = None
    """The fields that can be written on this very object (its backend may allow fewer); None: as declared."""
    backend: str = ""
    marker: str = ""
    """The mark of ours that was found in it (see `provisioner.model.resources.marker_of`); "" for none."""
    exact: bool = False
    """Its name is compared letter by letter, whatever names have in common over there (see `Capabilities`)."""

    def may_be_called(self, name: str) -> bool:
        """Whether somebody who asks for this name, which is the same in its canonical form, means this one."""
        return not self.exact or self.name == name


@dataclass(frozen=True, slots=True)
class Observation:
    """All objects of one kind in a target, by remote id."""

    completeness: Completeness
    objects: Mapping[str, Remote] = field(default_factory=dict)
    unlisted: bool = False
    """The product tells of nobody's objects but of those that are asked for by their id: that something is not among
    these says nothing of what a lost answer may have made, and only a ranger can look."""


@dataclass(frozen=True, slots=True)
class Roster:
    """The edges of one container: remote ids of its members, by their role and kind."""

    completeness: Completeness
    members: Mapping[tuple[EdgeRole, Kind], frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of_accounts(cls, completeness: Completeness, members: frozenset[str] = NOBODY) -> "Roster":
        """Of a container in which accounts are plain members and nothing else is."""
        return cls(completeness, {(EdgeRole.MEMBER, Kind.ACCOUNT): members})

    def of(self, role: EdgeRole, kind: Kind) -> frozenset[str]:
        """The members of this kind in this role."""
        return self.members.get((role, kind), NOBODY)

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts that are plain members."""
        return self.of(EdgeRole.MEMBER, Kind.ACCOUNT)


@dataclass(frozen=True, slots=True)
class Inventory:
    """What one target was observed to hold."""

    target: str
    observations: Mapping[Kind, Observation] = field(default_factory=dict)
    rosters: Mapping[tuple[Kind, str], Roster] = field(default_factory=dict)
    """By kind and remote id of the container."""
    own_account: str | None = None
    """Remote id of our own technical account there: never a subject of any change."""
    epoch: "Epoch | None" = None
    """What the last run left there about itself; None where nothing is, or the product has no room for it."""
    revisions: Mapping[tuple[Kind, str], str] = field(default_factory=dict)
    """By (kind, remote id) of a container that was read whole: what the product says as long as nothing in it changes.
    Whoever keeps it, with the objects, spares the next reading (see `provisioner.model.ports.Known`)."""
    inside: Mapping[tuple[Kind, str], tuple[Remote, ...]] = field(default_factory=dict)
    """What was in those containers."""
    resting: frozenset[tuple[Kind, str]] = frozenset()
    """(kind, remote id) of containers without a roster since it was not their turn (see `Interest.skip`)."""

    def of(self, kind: Kind) -> Observation:
        """The observation of a kind; a kind that was not read is Partial, never empty."""
        found = self.observations.get(kind)
        if found is not None:
            return found
        return Observation(Partial(Scope(self.target, kind), Text.of("model.not_observed", kind=str(kind))))


@dataclass(frozen=True, slots=True)
class Present:
    """A fresh, typed read of one object that exists."""

    remote: Remote
    edges: frozenset[str] | None = None
    """A container's members, or an account's containers, where the same answer tells them."""


@dataclass(frozen=True, slots=True)
class Absent:
    """The product itself said, in its own typed way, that there is no such object. A bare 404 does not."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """No statement about that object is possible."""

    why: Text


Reading = Present | Absent | Unreadable
