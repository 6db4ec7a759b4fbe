"""What every kind of object is to the connector: a room with the same doors. The connector itself only dispatches."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, Protocol

from connectors.batch import Batch
from connectors.keycloak.token import Bearer
from provisioner.model.inventory import Observation, Reading, Remote, Roster, Unknown
from provisioner.model.ports import Interest, Resolve, Sought
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text
from provisioner.model.words import field_word

Rosters = Mapping[tuple[Kind, str], Roster]


class Stage(IntEnum):
    """When a step comes. Within a stage: room by room, in the order in which the room gave them."""

    CONTAINERS = 1  # groups and roles
    ACCOUNTS = 2  # with the groups that they come into
    LINKS = 3
    JOINS = 4
    UPDATES = 5
    LEAVES = 6
    SWITCHES = 7  # updates that suspend: groups are left first
    ERASURES = 8


class Staged(NamedTuple):
    """A step and when it comes."""

    stage: Stage
    step: Step


@dataclass(slots=True)
class Look:
    """One observation under way."""

    kinds: frozenset[Kind]
    interest: Interest
    bearer: Bearer
    """Who we are and what we may do."""
    parent: Mapping[str, object] | None
    """The group below which all of ours are, as just read; None: not found."""
    why_no_parent: Text | None = None

    def sought(self, kind: Kind) -> tuple[Sought, ...]:
        """The few resources of a kind that a narrow look asks for (``interest.only``)."""
        return tuple(one for one in self.interest.only or () if one.id.kind is kind)

    def asks_for_members_of(self, remote: Remote, kind: Kind) -> bool:
        """Whether anybody will ask who is in this container."""
        interest = self.interest
        wanted = any((kind, name) in interest.names for name in (remote.name, remote.marker) if name)
        return interest.everybody or wanted or (kind, remote.remote_id) in interest.bound


class Room(Protocol):
    """One kind of object in one realm. Not shared between threads; makes no request before it is asked to."""

    kind: Kind
    operations: frozenset[str]
    """The `Step.operation` of its steps; unique over all rooms."""

    @property
    def fields(self) -> Mapping[FieldName, Mode]:
        """The fields of the kind, and what can be done with each."""
        ...

    def objection(self, name: str) -> Text | None:
        """Why an object of this name is not made; pure."""
        ...

    def canonical_name(self, name: str) -> str:
        """Two names with the same one are one object over there; pure."""
        ...

    def canonical(self, field: FieldName, value: Value) -> Value:
        """The form in which the server gives a value back; pure."""
        ...

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """All of the kind, or with ``look.interest.only`` no more than these; and the rosters of containers.

        What could not be read whole is Partial with its reason. Raises `TargetError`; the connector makes it Partial.
        """
        ...

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """The fewest writes that make the changes of this kind true. Pure: no request, no clock."""
        ...

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """Read the step's object afresh, typed, and hold it against what the step expects. Raises `TargetError`."""
        ...

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write, or few that together may be repeated. Raises `OutcomeUnknown` when it may have happened."""
        ...

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """Is it there, by its marker or exactly this name? Raises `TargetError`."""
        ...

    def forget(self) -> None:
        """Drop what was read for a step: the next `verify` asks the server."""
        ...


def known(before: Mapping[FieldName, Value | Unknown], names: frozenset[FieldName]) -> dict[FieldName, Value]:
    """The part of a state that a fresh read can be held against."""
    return {name: value for name, value in before.items() if name in names and not isinstance(value, Unknown)}


def held_against(step: Step, remote: Remote | None) -> Verified | Moved:
    """What a fresh read says about the fields that the step expects; None: the server says that there is no such."""
    if remote is None:
        return Moved(Text.of("keycloak.gone", name=step.name))
    for field, expected in (step.expects or {}).items():
        if remote.fields.get(field) != expected:
            return Moved(Text.of("keycloak.field_moved", name=step.name, field=field_word(field)))
    return Verified(remote)
