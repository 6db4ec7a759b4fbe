"""The changes that lead from an inventory to what is desired: data, not action.

A creation needs complete keys of its kind; taking an edge away needs that container's complete edges and a
registry that was read whole. Without this evidence the change can't even be constructed: `Uncertain` is raised.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import msgspec

from provisioner.model.errors import Uncertain
from provisioner.model.inventory import Complete, Level, Remote, Unknown
from provisioner.model.resources import EdgeRole, FieldName, Kind, LateText, Resource, ResourceId, Seats, Value
from provisioner.model.text import Text


class Verb(StrEnum):
    CREATE = "create"
    ADOPT = "adopt"
    UPDATE = "update"
    SUSPEND = "suspend"
    RESUME = "resume"
    JOIN = "join"
    LEAVE = "leave"
    REGRADE = "regrade"
    WRITE = "write"
    ERASE = "erase"


class ChangeClass(StrEnum):
    """Who has to read a change before it is made."""

    AUTO = "auto"  # runs unattended
    QUEUED = "queued"  # waits as a saved plan for a ranger
    NAMED = "named"  # needs an approval that names the object


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something to make true about ``id`` in ``target``. ``name`` is what people call the object."""

    verb: ClassVar[Verb]
    target: str
    id: ResourceId
    name: str
    reason: Text
    change_class: ChangeClass = ChangeClass.AUTO

    def content(self) -> dict[str, object]:
        """What the digest covers: what is changed, and the state that it relies on. No reasons, no names of ours."""
        return {"target": self.target, "verb": str(self.verb), "kind": str(self.id.kind), "key": self.id.key}

    def digest(self) -> str:
        """sha256 in hex over `content`; the same change against the same state has the same digest."""
        return hashlib.sha256(msgspec.json.encode(self.content(), order="sorted")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Create(Change):
    verb = Verb.CREATE
    wanted: Resource
    keys: Complete
    """Proof that no object of this name exists: all of the kind were listed."""

    def __post_init__(self) -> None:
        _demand(self, self.keys, container=None, level=Level.KEYS)

    def content(self) -> dict[str, object]:
        return {**Change.content(self), "name": self.wanted.name, "after": dict(self.wanted.fields)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt(Change):
    """Tie an object that exists over there to the registry. Writes nothing to the target."""

    verb = Verb.ADOPT
    remote: Remote

    def content(self) -> dict[str, object]:
        return {**Change.content(self), "remote_id": self.remote.remote_id, "fingerprint": self.remote.fingerprint}


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(Change):
    """Fields that differ. ``before`` is what was observed, ``after`` what shall be; the same keys in both."""

    verb = Verb.UPDATE
    remote_id: str
    before: Mapping[FieldName, Value | Unknown]
    after: Mapping[FieldName, Value]
    drift: bool = False
    """True when it takes back what somebody changed over there."""

    def content(self) -> dict[str, object]:
        before = {name: None if isinstance(value, Unknown) else value for name, value in self.before.items()}
        return {**Change.content(self), "remote_id": self.remote_id, "before": before, "after": dict(self.after)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend(Change):
    """Nobody can log in with this account any more; nothing of it is deleted."""

    verb = Verb.SUSPEND
    remote_id: str

    def content(self) -> dict[str, object]:
        return {**Change.content(self), "remote_id": self.remote_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(Change):
    verb = Verb.RESUME
    remote_id: str

    def content(self) -> dict[str, object]:
        return {**Change.content(self), "remote_id": self.remote_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Change):
    """Accounts or groups to put into the container ``id``; they may be such as this very plan creates."""

    verb = Verb.JOIN
    members: tuple[str, ...]
    """Sorted keys."""
    role: EdgeRole = EdgeRole.MEMBER
    member: Kind = Kind.ACCOUNT

    @property
    def seats(self) -> Seats:
        return Seats(self.id, self.role, self.member)

    def content(self) -> dict[str, object]:
        return {**Change.content(self), **_seated(self.seats), "members": self.members}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave(Change):
    """Accounts or groups to take out of the container ``id``, or out of their role there. Only ever such of ours."""

    verb = Verb.LEAVE
    members: tuple[str, ...]
    remote_id: str
    edges: Complete
    source_complete: bool
    role: EdgeRole = EdgeRole.MEMBER
    member: Kind = Kind.ACCOUNT

    def __post_init__(self) -> None:
        _demand_removal(self, self.edges, self.remote_id, self.source_complete)

    @property
    def seats(self) -> Seats:
        return Seats(self.id, self.role, self.member)

    def content(self) -> dict[str, object]:
        return {**Change.content(self), **_seated(self.seats), "members": self.members, "remote_id": self.remote_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Regrade(Change):
    """Members who keep their place in ``id`` in another role, where a member has exactly one."""

    verb = Verb.REGRADE
    members: tuple[str, ...]
    before: EdgeRole
    role: EdgeRole
    remote_id: str
    edges: Complete
    source_complete: bool
    member: Kind = Kind.ACCOUNT

    def __post_init__(self) -> None:
        _demand_removal(self, self.edges, self.remote_id, self.source_complete)

    @property
    def seats(self) -> Seats:
        """Where they will be."""
        return Seats(self.id, self.role, self.member)

    @property
    def left(self) -> Seats:
        """Where they are now."""
        return Seats(self.id, self.before, self.member)

    def content(self) -> dict[str, object]:
        return {
            **Change.content(self),
            **_seated(self.seats),
            "before": str(self.before),
            "members": self.members,
            "remote_id": self.remote_id,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Write(Change):
    """A text with links, to be written once everything that this run creates exists.

    The digest covers the text with its links unresolved: what they lead to is known after apply.
    """

    verb = Verb.WRITE
    field: FieldName
    text: LateText
    before: Value | Unknown
    """What is there, or was last written there; None: nothing yet."""
    written: str
    """The text with the links that are known so far."""
    remote_id: str | None = None
    """None: this plan creates the object."""
    drift: bool = False

    def content(self) -> dict[str, object]:
        before = None if isinstance(self.before, Unknown) else self.before
        lines = [[str(part) for part in line] for line in self.text.lines]
        return {**Change.content(self), "field": self.field, "before": before, "lines": lines}


@dataclass(frozen=True, slots=True, kw_only=True)
class Erase(Change):
    """Delete an object of ours for good. Never planned: made by the command that names it, and approved by name."""

    verb = Verb.ERASE
    remote_id: str
    fingerprint: str
    keys: Complete
    """Proof that the target was read: all of the kind, or this very object."""

    def __post_init__(self) -> None:
        _demand(self, self.keys, container=None, level=Level.KEYS)
        if self.change_class is not ChangeClass.NAMED:
            raise Uncertain(Text.of("model.erased_unnamed", resource=str(self.id)))

    def content(self) -> dict[str, object]:
        return {**Change.content(self), "remote_id": self.remote_id, "fingerprint": self.fingerprint}


def _seated(seats: Seats) -> dict[str, object]:
    return {"role": str(seats.role), "member": str(seats.member)}


def _demand_removal(change: "Leave | Regrade", edges: object, container: str, source_complete: bool) -> None:
    """Refuse to take an edge away without its container's complete edges and a registry that was read whole."""
    _demand(change, edges, container=container, level=Level.FIELDS, about=change.members)
    if not source_complete:
        raise Uncertain(Text.of("model.source_incomplete", resource=str(change.id)))


def _demand(
    change: Change, evidence: object, container: str | None, level: Level, about: Iterable[str] | None = None
) -> None:
    """Refuse evidence that is not complete, or is complete about something else.

    ``about``: the keys that it has to speak of where it speaks of a few alone; None: the changed object's own.
    """
    keys = (change.id.key,) if about is None else about
    fits = (
        isinstance(evidence, Complete)
        and evidence.level >= level
        and evidence.scope.target == change.target
        and evidence.scope.kind == change.id.kind
        and evidence.scope.container == container
        and (evidence.scope.only is None or evidence.scope.only.issuperset(keys))
    )
    if not fits:
        raise Uncertain(Text.of("model.no_evidence", verb=str(change.verb), resource=str(change.id)))
