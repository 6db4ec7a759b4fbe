"""The changes that lead from an inventory to what is desired: data, not action.

A creation needs complete keys of its kind; taking an edge away needs that container's complete edges and a
registry that was read whole. Without this evidence the change can't even be constructed: `Uncertain` is raised.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import msgspec

from provisioner.model.errors import Uncertain
from provisioner.model.inventory import Complete, Level, Remote, Unknown
from provisioner.model.resources import FieldName, Resource, ResourceId, Value
from provisioner.model.text import Text


class Verb(StrEnum):
    CREATE = "create"
    ADOPT = "adopt"
    UPDATE = "update"
    SUSPEND = "suspend"
    RESUME = "resume"
    JOIN = "join"
    LEAVE = "leave"


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
    """Accounts to put into the container ``id``; they may be accounts that this very plan creates."""

    verb = Verb.JOIN
    members: tuple[str, ...]
    """Sorted keys of accounts."""

    def content(self) -> dict[str, object]:
        return {**Change.content(self), "members": self.members}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave(Change):
    """Accounts to take out of the container ``id``. Only ever accounts of ours."""

    verb = Verb.LEAVE
    members: tuple[str, ...]
    remote_id: str
    edges: Complete
    source_complete: bool

    def __post_init__(self) -> None:
        _demand(self, self.edges, container=self.remote_id, level=Level.FIELDS)
        if not self.source_complete:
            raise Uncertain(Text.of("model.source_incomplete", resource=str(self.id)))

    def content(self) -> dict[str, object]:
        return {**Change.content(self), "members": self.members, "remote_id": self.remote_id}


def _demand(change: Change, evidence: object, container: str | None, level: Level) -> None:
    """Refuse evidence that is not complete, or is complete about something else."""
    fits = (
        isinstance(evidence, Complete)
        and evidence.level >= level
        and evidence.scope.target == change.target
        and evidence.scope.kind == change.id.kind
        and evidence.scope.container == container
    )
    if not fits:
        raise Uncertain(Text.of("model.no_evidence", verb=str(change.verb), resource=str(change.id)))
