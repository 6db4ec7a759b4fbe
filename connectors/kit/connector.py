"""A whole connector over rooms: it only shows the way to them."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Generic, Protocol, TypeVar

from connectors.kit.batch import Batch
from connectors.kit.rooms import Look, Room, Rosters, Stage
from provisioner.model.changes import Change
from provisioner.model.errors import LoginRefused, Permanent, TargetError, Uncertain
from provisioner.model.inventory import Epoch, Inventory, Observation, Partial, Reading, Roster, Scope
from provisioner.model.ports import EVERYTHING, Capabilities, Finding, Interest, Resolve
from provisioner.model.resources import FieldName, Kind, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text


class Closes(Protocol):
    """Something with connections, such as a client."""

    def close(self) -> None:
        """Close the connections. Idempotent."""
        ...


L = TypeVar("L", bound=Look)


class RoomConnector(ABC, Generic[L]):
    """A target as the core sees it (`provisioner.model.ports.Connector`): a room a kind.

    A product says its name, makes its rooms and hands them over with the clients that have to be closed; it overrides
    `begin` and `examine`, and `capabilities`, `why_not` and `leave_epoch` where it has more to say:

        class BoardConnector(RoomConnector[Look]):
            product = "Notice board"

            def __init__(self, target: str, settings: BoardSettings, wiring: Wiring) -> None:
                client = Client(settings, wiring)
                super().__init__(target, (GroupRoom(target, client), BoardRoom(target, client)), client)
    """

    product: ClassVar[str]
    """What people call it."""

    def __init__(self, target: str, rooms: Sequence[Room[L]], *clients: Closes) -> None:
        """``rooms`` in the order in which they look and compile: what is put into others before these."""
        self.target = target
        self.rooms: Mapping[Kind, Room[L]] = {room.kind: room for room in rooms}
        self._clients = clients
        self._performing = {operation: room for room in rooms for operation in room.operations}
        self._is_verified = False
        """Something was read for a step that was not performed since."""

    def capabilities(self) -> Capabilities:
        """What the rooms say. A product with more to say: ``replace(super().capabilities(), unique_emails=True)``."""
        return Capabilities(
            fields={kind: room.fields for kind, room in self.rooms.items()},
            canonical_name=self._canonical_name,
            objection=self._objection,
            canonical=self._canonical,
            address=self._address,
        )

    @abstractmethod
    def examine(self) -> Iterator[Finding]:
        """What doctor asks. Never writes, never raises `TargetError`; see `connectors.kit.doctor.examination`."""

    @abstractmethod
    def begin(self, kinds: frozenset[Kind], interest: Interest) -> L:
        """An observation begins: ask what all rooms need to know (who we are, which version) and note it.

        For products of which nothing needs to be known: ``return Look(kinds, interest)``. What it raises ends the
        observation.
        """

    def why_not(self, room: Room[L], look: L) -> Text | None:  # noqa: ARG002 - products look at it
        """Why a room is not even asked to observe (e.g. an app of the product is missing); None: it is."""
        return None

    def observe(self, kinds: Collection[Kind], interest: Interest = EVERYTHING) -> Inventory:
        """All of these kinds.

        Raises `LoginRefused`, or whatever kept even the first request (`begin`) from being answered; later failures
        make what they hit Partial.
        """
        look = self.begin(frozenset(kinds), interest)
        observations: dict[Kind, Observation] = {}
        rosters: dict[tuple[Kind, str], Roster] = {}
        for kind, room in self.rooms.items():
            if kind in kinds:
                observations[kind], seen = self._look_into(room, look)
                rosters |= seen
        return Inventory(self.target, observations, rosters, look.own_account, look.epoch, look.revisions, look.inside)

    def compile(self, changes: Sequence[Change], resolve: Resolve) -> Sequence[Step]:
        """The fewest writes, in the order of `connectors.kit.rooms.Stage`. Pure.

        Raises `KeyError` for an account or group that nobody knows.
        """
        batch = Batch(changes, resolve)
        staged = [(number, one) for number, room in enumerate(self.rooms.values()) for one in room.compile(batch)]
        staged.sort(key=lambda one: (one[1].stage, -one[0] if one[1].stage is Stage.ERASURES else one[0]))
        return [self._in_canonical_form(one.step) for _, one in staged]

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        """Read the step's object afresh, typed, and hold it against what the plan saw. Raises `TargetError`."""
        room = self._room_of(step)
        # Whoever asks twice before a write wants to know anew.
        self._forget(None if self._is_verified else step)
        self._is_verified = True
        return room.verify(step, resolve)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        """Do it. Raises `OutcomeUnknown` when the write may have happened, else the fitting `TargetError`.

        `Uncertain` for a step that expects something and was not verified.
        """
        room = self._room_of(step)
        if verified is None and (step.expects is not None or step.expects_edge is not None):
            raise Uncertain(Text.of("kit.not_verified", name=step.name))
        self._forget(step)
        try:
            done = room.perform(step, verified, resolve)
        except BaseException:
            self._forget()
            raise
        self._is_verified = False
        return done

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        """Does it exist, by its marker or exactly this name? Raises `TargetError` when that can't be known."""
        return self.rooms[identity.kind].look_up(identity, name)

    def leave_epoch(self, epoch: Epoch) -> None:
        """Nothing, unless a product has a place that is ours alone and that nobody sees (then `begin` reads it)."""

    def close(self) -> None:
        """Close the connections. Idempotent."""
        for client in self._clients:
            client.close()

    def _look_into(self, room: Room[L], look: L) -> tuple[Observation, Rosters]:
        """What a room sees; whatever keeps it from seeing is its own trouble, unless nobody is let in any more."""
        why = self.why_not(room, look)
        if why is None:
            try:
                return room.observe(look)
            except LoginRefused:
                raise
            except TargetError as error:
                why = error.text
        return Observation(Partial(Scope(self.target, room.kind), why)), {}

    def _in_canonical_form(self, step: Step) -> Step:
        """With the name of what is erased, which is never used again, as names are compared."""
        if not step.effects.erased:
            return step
        fields = step.effects.fields
        name = self._canonical_name(step.id.kind, str(fields.get("name", step.name)))
        return replace(step, effects=replace(step.effects, fields={**fields, "name": name}))

    def _room_of(self, step: Step) -> Room[L]:
        room = self._performing.get(step.operation)
        if room is None:
            raise Permanent(Text.of("kit.unknown_operation", operation=step.operation))
        return room

    def _forget(self, step: Step | None = None) -> None:
        """Let go of what was read for earlier steps; ``step`` may still use what is shared with it."""
        for room in self.rooms.values():
            if step is None or step.operation not in room.sharing:
                room.forget()

    def _canonical_name(self, kind: Kind, name: str) -> str:
        return self.rooms[kind].canonical_name(name) if kind in self.rooms else name

    def _objection(self, kind: Kind, name: str) -> Text | None:
        return self.rooms[kind].objection(name) if kind in self.rooms else None

    def _canonical(self, kind: Kind, field: FieldName, value: Value) -> Value:
        return self.rooms[kind].canonical(field, value) if kind in self.rooms else value

    def _address(self, kind: Kind, remote_id: str, name: str) -> str | None:
        return self.rooms[kind].address(remote_id, name) if kind in self.rooms else None
