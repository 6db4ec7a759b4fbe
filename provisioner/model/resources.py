"""What should exist in a target: resources, their fields and the edges between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

from provisioner.model.text import Text


class Kind(StrEnum):
    """The closed vocabulary of resource types. A connector declares which of them its product has."""

    ACCOUNT = "account"
    GROUP = "group"


FieldName = Literal[
    "name",  # the id that people see over there: user id, group id, uid, cn
    "display_name",
    "given_name",
    "family_name",
    "email",  # compared in lower case
    "quota",  # bytes; None: the target's default; -3: unlimited (Nextcloud's own number)
    "language",  # two letters
    "organisation",  # the name people read, not our id
    "description",
    "enabled",  # bool; only accounts
]
"""The closed vocabulary of fields."""

Value = str | int | bool | None


class ResourceId(NamedTuple):
    """A resource's id in the registry's words: what should exist, not how a target calls it.

    Keys are ``person:<id>``, ``body:<id>``, ``body:<id>:administrators``, ``organisation:<id>``.
    """

    kind: Kind
    key: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.key}"


class Mode(StrEnum):
    """What a connector can do with a field."""

    MANAGED = "managed"  # read, compared, written
    CREATE_ONLY = "create-only"  # written once; later differences are nobody's drift
    WRITE_ONLY = "write-only"  # can't be read back: written when the wish changed since the last apply


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing that should exist. ``fields`` without "name": that is ``name``."""

    id: ResourceId
    name: str
    fields: Mapping[FieldName, Value]
    reason: Text
    needs: tuple[ResourceId, ...] = ()
    created_by_us: bool = True
    """False when the login, not we, makes such objects (an account that appears at the first login)."""


@dataclass(frozen=True, slots=True)
class Desired:
    """All that a network's registry and policy want. One for all targets; each takes the kinds it has.

    ``edges`` and ``ended`` map a container's key to the keys of accounts: who should be in it, and whose
    membership ended by a written date (so that it may be taken away without asking).
    Keys are shared strings; a set of them costs what a set of integers costs.
    """

    resources: Mapping[ResourceId, Resource] = field(default_factory=dict)
    edges: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ended: Mapping[str, frozenset[str]] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()
    """Containers that shall have nobody any more (the moderators' groups of archived bodies)."""
    gone: frozenset[str] = frozenset()
    """Keys of accounts whose people left the network on a written date: ended everywhere."""
    complete: bool = True
    """False when the registry could not be read whole: then nothing may be taken away."""
    blocked: frozenset[str] = frozenset()
    """Keys of resources about which nothing is known for sure; they are left exactly as they are."""
    unmanaged: frozenset[str] = frozenset()
    """Keys of resources that policy leaves alone on purpose, whatever they were before."""
    login_writes: frozenset[str] = frozenset()
    """Containers whose edges the login writes, not we: they are read and never changed."""
