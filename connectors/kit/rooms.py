"""What every kind of object is to a connector: a room with the same doors.

A room knows one kind: its fields and names, how it is observed, which writes make a change true (pure), how one is
verified and performed, and how an object is looked up. `connectors.kit.connector.RoomConnector` shows the way to them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Generic, NamedTuple, TypeVar

from connectors.kit.batch import Batch
from provisioner.model.errors import Uncertain
from provisioner.model.inventory import Complete, Epoch, Observation, Reading, Remote, Roster, Scope, Unknown
from provisioner.model.ports import Interest, Resolve, Sought
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text
from provisioner.model.words import field_word

Rosters = Mapping[tuple[Kind, str], Roster]
"""By kind and remote id of the container."""


class Stage(IntEnum):
    """When a step comes. Within a stage: room by room, in the order in which the room gave them."""

    CONTAINERS = 1  # of accounts: groups, roles, lists
    ACCOUNTS = 2  # with what they come into at once
    LINKS = 3  # by which accounts are tied to a login
    JOINS = 4  # accounts into groups
    PLACES = 5  # what groups are let into (folders, conversations, categories), made whole, and who comes in besides
    UPDATES = 6  # fields that differ, and roles that change
    LEAVES = 7
    SWITCHES = 8  # who is suspended, and who comes back: groups are left first
    TEXTS = 9  # late texts; they come in a `compile` of their own, once all that they link to exists
    ERASURES = 10  # in the reverse order of the rooms: what holds others goes before these


class Staged(NamedTuple):
    """A step and when it comes."""

    stage: Stage
    step: Step


@dataclass(slots=True)
class Look:
    """One observation under way. Rooms look in their order and may note here what others, or the inventory, need.

    A product that has more to note makes a subclass (``@dataclass(slots=True, kw_only=True)``).
    """

    kinds: frozenset[Kind]
    interest: Interest
    own_account: str | None = None
    """Remote id of our technical account, where the product tells: never a subject."""
    epoch: Epoch | None = None
    revisions: dict[tuple[Kind, str], str] = field(default_factory=dict)
    """See `provisioner.model.inventory.Inventory`."""
    inside: dict[tuple[Kind, str], tuple[Remote, ...]] = field(default_factory=dict)

    def sought(self, kind: Kind) -> tuple[Sought, ...]:
        """The few resources of a kind that a narrow look asks for (``interest.only``)."""
        return tuple(one for one in self.interest.only or () if one.id.kind is kind)

    def scope(self, target: str, kind: Kind) -> Scope:
        """How far an observation of a kind reaches: everything, or the few that are sought."""
        narrow = self.interest.only is not None
        return Scope(target, kind, only=frozenset(one.id.key for one in self.sought(kind)) if narrow else None)

    def has_turn(self, remote: Remote, kind: Kind) -> bool:
        """Whether this container is read itself: somebody asks who is in it, and it is not left to a later run."""
        return (kind, remote.remote_id) not in self.interest.skip and self.asks_for_members_of(remote, kind)

    def tied(self, kind: Kind) -> frozenset[str]:
        """Remote ids of all of a kind that are ours."""
        return frozenset(remote_id for one, remote_id in self.interest.bound if one is kind)

    def few(self, target: str, kind: Kind, find: Callable[[Sought], Remote | None]) -> Observation:
        """The observation of a narrow look at what is kept one by one: ``find`` brings what is sought, or None."""
        sought = self.sought(kind)
        found = [remote for one in sought if (remote := find(one)) is not None]
        return Observation(Complete(self.scope(target, kind)), {remote.remote_id: remote for remote in found})

    def asks_for_members_of(self, remote: Remote, kind: Kind) -> bool:
        """Whether anybody will ask who is in this container."""
        interest = self.interest
        wanted = any((kind, name) in interest.names for name in (remote.name, remote.marker) if name)
        return interest.everybody or wanted or (kind, remote.remote_id) in interest.bound


L_contra = TypeVar("L_contra", bound=Look, contravariant=True)


class Room(ABC, Generic[L_contra]):
    """One kind of object in one target; of the product's own kind of `Look`.

    Not shared between threads; makes no request before it is asked to. What a kind has nothing to say about need not
    be overridden: names that are taken as they are, no address, nothing to forget.
    """

    kind: Kind
    operations: frozenset[str]
    """The `Step.operation` of its steps; unique over all rooms, since `verify` and `perform` are given by it."""
    sharing: frozenset[str] = frozenset()
    """Operations, also of other rooms, that leave what this room read for a step right (or correct it), so that the
    next `verify` may use it again. At every other step, and at every failure, the connector makes it `forget`."""

    @property
    @abstractmethod
    def fields(self) -> Mapping[FieldName, Mode]:
        """The fields of the kind, and what can be done with each."""

    def objection(self, name: str) -> Text | None:  # noqa: ARG002 - products look at it
        """Why we make no object of this name (it would be refused, or something else be made); pure."""
        return None

    def canonical_name(self, name: str) -> str:
        """Two names with the same one are one object over there; pure."""
        return name

    def canonical(self, field: FieldName, value: Value) -> Value:  # noqa: ARG002 - products look at it
        """The form in which the server gives a value back, so that a wish is compared in it; pure."""
        return value

    def address(self, remote_id: str, name: str) -> str | None:  # noqa: ARG002 - products look at it
        """Where people open it (a whole URL); None: nowhere; pure. See `Capabilities.address`."""
        return None

    @abstractmethod
    def observe(self, look: L_contra) -> tuple[Observation, Rosters]:
        """All of the kind, or with ``look.interest.only`` no more than these; and the rosters of containers.

        What could not be read whole is Partial with its reason. A `TargetError` out of here becomes one by the
        connector, and the other rooms go on; `LoginRefused` ends the observation.
        Completeness after a narrow look: ``Scope(..., only=keys)`` of what was sought; of a container's edges, when
        only some members were asked about, their keys.
        """

    @abstractmethod
    def compile(self, batch: Batch) -> Iterator[Staged]:
        """The fewest writes that make the changes of this kind (``batch.of(kind)``) true. Pure: no request, no clock.

        One step a write that matters. A step about an object that this batch creates has ``remote_id=None`` too,
        and is not the creating one because it comes after it; it does not name its own object in ``refers``.
        ``effects`` say what the step made true, ``changes`` the digests of the changes that it belongs to.
        """

    @abstractmethod
    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """Read the step's object afresh, typed, and hold it against ``expects`` and ``expects_edge``.

        Called only for steps that expect something (``expects={}``: that it is there); see `held_against`.
        A subclass of `Verified` can carry what was read to `perform`. Raises `TargetError`.
        """

    @abstractmethod
    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write (or few that together may be repeated). ``verified`` is given exactly when something is expected.

        Raises `OutcomeUnknown` when the write may have happened, else the fitting `TargetError`.
        """

    @abstractmethod
    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """After a creation whose outcome is unknown: is it there, by its marker or its name? Raises `TargetError`."""

    def forget(self) -> None:
        """Drop what was read for a step: the next `verify` asks the server."""


def known(before: Mapping[FieldName, Value | Unknown], names: frozenset[FieldName]) -> dict[FieldName, Value]:
    """The part of a state that a fresh read can be held against: for ``Step.expects``."""
    return {name: value for name, value in before.items() if name in names and not isinstance(value, Unknown)}


def held_against(
    step: Step, remote: Remote | None, product: str, *, unknown_may_differ: bool = False
) -> Verified | Moved:
    """What a fresh read says about the fields that the step expects; None: the server says that there is no such.

    ``name`` is the object's name where it is not among its fields. What can't be read any more has moved, unless
    ``unknown_may_differ``: for products in which our own write that was cut short makes it unreadable.
    """
    if remote is None:
        return Moved(Text.of("kit.gone", name=step.name, product=product))
    for each, expected in (step.expects or {}).items():
        seen = remote.name if each == "name" and "name" not in remote.fields else remote.fields.get(each)
        if seen != expected and not (unknown_may_differ and isinstance(seen, Unknown)):
            return Moved(Text.of("kit.field_moved", name=step.name, field=field_word(each), product=product))
    return Verified(remote)


V = TypeVar("V", bound=Verified)


def fresh(step: Step, verified: Verified | None, sort: type[V]) -> V:
    """What the product's `Room.verify` read for this step. Raises `Uncertain` where that is something else."""
    if not isinstance(verified, sort):
        raise Uncertain(Text.of("kit.not_verified", name=step.name))
    return verified


def erased_already(step: Step, product: str) -> Done:
    """What came of an erasure whose object was gone before."""
    return Done(step.remote_id or "", note=Text.of("kit.erased_already", name=step.name, product=product))
