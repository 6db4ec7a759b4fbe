"""The lasting tie between what the registry means and what a target holds."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from provisioner.model.changes import Adopt
from provisioner.model.inventory import Unknown
from provisioner.model.resources import FieldName, Mode, ResourceId, Seats, Value


@dataclass(frozen=True, slots=True)
class Binding:
    """``id`` here is ``remote_id`` over there; ``applied`` is what we last made true (or saw when adopting)."""

    id: ResourceId
    remote_id: str
    name: str
    fingerprint: str
    applied: Mapping[FieldName, Value]


def adopted(change: Adopt, modes: Mapping[FieldName, Mode]) -> Binding:
    """The tie of an object that stood there already. ``modes``: what its target can do with fields of its kind.

    What was observed of managed fields counts as applied. So does what is written only once, with no value: nothing
    is posted or laid out in what people made themselves.
    """
    remote = change.remote
    applied: dict[FieldName, Value] = {name: None for name, mode in modes.items() if mode is Mode.ONCE}
    for name, value in remote.fields.items():
        if modes.get(name) is Mode.MANAGED and not isinstance(value, Unknown):
            applied[name] = value
    return Binding(change.id, remote.remote_id, remote.name, remote.fingerprint, applied)


@dataclass(frozen=True, slots=True)
class Ties:
    """All that the database knows about one target of one network, as the planner needs it.

    ``edges``: the members that we put or saw in containers, as of the last apply.
    ``foreign``: remote ids on that server which another network owns; never touched, only their edges.
    ``retired_names``: (kind, canonical name) pairs that must never be used again. Only ever asked with ``in``: the
    database keeps keyed hashes of them, not the names.
    ``borrowed``: accounts that another network owns and whose memberships in our groups we manage; nothing was applied.
    ``pending``: creations whose outcome was never learnt (name by id): the object, if it is there now, is ours.
    """

    bindings: Mapping[ResourceId, Binding]
    edges: Mapping[Seats, frozenset[str]]
    foreign: frozenset[tuple[str, str]] = frozenset()
    retired_names: Container[tuple[str, str]] = frozenset()
    pending: Mapping[ResourceId, str] | None = None
    borrowed: Mapping[ResourceId, Binding] = field(default_factory=dict)
    assumed: Mapping[ResourceId, Binding] = field(default_factory=dict)
    """Of a plan about a few things alone: accounts and groups of ours that were not looked at and count as there."""
    unsettled: frozenset[ResourceId] = frozenset()
    """Objects on which a step of ours was cut short: what differs there may be its doing and is nobody's drift."""
