"""What every kind of object is to the connector: a room with the same doors. The connector itself only dispatches.

A room knows one kind: its fields and names, how it is observed, which writes make a change true (pure), how one is
verified and performed, and how an object is looked up. It registers in the tuple in `connectors.nextcloud.connector`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import IntEnum
from typing import NamedTuple, Protocol

from connectors.batch import Batch
from connectors.nextcloud.accounts.shape import Own
from provisioner.model.inventory import Observation, Reading, Remote, Roster
from provisioner.model.ports import Interest, Resolve, Sought
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text
from provisioner.model.words import field_word

Rosters = Mapping[tuple[Kind, str], Roster]


class Stage(IntEnum):
    """When a step comes. Within a stage: room by room, in the order in which the room gave them."""

    GROUPS = 1
    ACCOUNTS = 2
    JOINS = 3  # accounts into groups
    FOLDERS = 4  # what is created with all that makes it whole, and which groups are let in
    CONVERSATIONS = 5
    CALENDARS = 6  # with who is let in, then what is in them
    UPDATES = 7  # fields that differ, and roles that change
    LEAVES = 8
    SWITCHES = 9  # who is suspended, and who comes back
    TEXTS = 10  # late texts; they come in a `compile` of their own, once all that they link to exists
    ERASURES = 11  # in the reverse order of the rooms: what holds others goes before these


class Staged(NamedTuple):
    """A step and when it comes."""

    stage: Stage
    step: Step


@dataclass(slots=True)
class Look:
    """One observation under way. Rooms look in the order of the tuple and may note here what others need."""

    kinds: frozenset[Kind]
    interest: Interest
    own: Own
    """Our technical account: never a subject."""
    groups_of: Mapping[str, frozenset[str]] | None = None
    """The groups that each account is in, once the accounts' room read them (of all it was asked about, that is all
    there are, or `sought`); None: not known of all of these."""

    calendars: Mapping[str, str] | None = None
    """Of the calendars that were looked at, once their room read them: address → revision; None: not known."""
    revisions: dict[tuple[Kind, str], str] = dataclass_field(default_factory=dict)
    """See `provisioner.model.inventory.Inventory`."""
    inside: dict[tuple[Kind, str], tuple[Remote, ...]] = dataclass_field(default_factory=dict)

    def sought(self, kind: Kind) -> tuple[Sought, ...]:
        """The few resources of a kind that a narrow look asks for (``interest.only``)."""
        return tuple(one for one in self.interest.only or () if one.id.kind is kind)


class Room(Protocol):
    """One kind of object in one target. Not shared between threads; makes no request before it is asked to."""

    kind: Kind
    app: str | None
    """The app that it needs, as the server's capabilities call it; without it the room is not asked to observe."""
    operations: frozenset[str]
    """The `Step.operation` of its steps; unique over all rooms, since `verify` and `perform` are given by it."""
    sharing: frozenset[str]
    """Those among them before which `verify` may use what it read for the step before (see `fresh`): all that
    ``perform`` changed in it was corrected. Every other step, and every failure, makes the connector `forget`."""

    @property
    def fields(self) -> Mapping[FieldName, Mode]:
        """The fields of the kind, and what can be done with each."""
        ...

    def objection(self, name: str) -> Text | None:
        """Why we don't make an object of this name (the server would refuse it, or make something else); pure."""
        ...

    def canonical_name(self, name: str) -> str:
        """Two names with the same one are one object over there; pure."""
        ...

    def canonical(self, field: FieldName, value: Value) -> Value:
        """The form in which the server gives a value back, so that a wish is compared in it; pure."""
        ...

    def address(self, remote_id: str, name: str) -> str | None:
        """Where people open it (a whole URL); None: nowhere; pure."""
        ...

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """All of the kind, or with ``look.interest.only`` no more than these; and the rosters of the containers.

        What could not be read whole is Partial with its reason. A `TargetError` out of here becomes one by the
        connector, and the other rooms go on; `LoginRefused` ends the observation.
        Completeness after a narrow look: ``Scope(..., only=keys)`` of what was sought; of a container's edges, when
        only some members were asked about, their keys.
        """
        ...

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """The fewest writes that make the changes of this kind true. Pure: no request, no clock.

        One step a write that matters. A step about an object that this batch creates has ``remote_id=None`` too,
        and is not the creating one because it comes after it; it does not name its own object in ``refers``.
        ``effects`` say what the step made true, ``changes`` the digests of the changes that it belongs to.
        """
        ...

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """Read the step's object afresh, typed, and hold it against ``expects`` and ``expects_edge``.

        Called only for steps that expect something (``expects={}``: that it is there). Raises `TargetError`.
        """
        ...

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """One write (or few that together may be repeated). ``verified`` is given exactly when something is expected.

        Raises `OutcomeUnknown` when the write may have happened, else the fitting `TargetError`.
        """
        ...

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """After a creation whose outcome is unknown: is it there, by its marker or its name? Raises `TargetError`."""
        ...

    def forget(self) -> None:
        """Drop what was read for a step: the next `verify` asks the server."""
        ...


def held_against(step: Step, remote: Remote | None) -> Verified | Moved:
    """What a fresh read says about the fields that the step expects; None: the server says that there is no such."""
    if remote is None:
        return Moved(Text.of("nextcloud.gone", name=step.name))
    for field, expected in (step.expects or {}).items():
        if remote.fields.get(field) != expected:
            return Moved(Text.of("nextcloud.field_moved", name=step.name, field=field_word(field)))
    return Verified(remote)
