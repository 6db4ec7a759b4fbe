"""Rooms of one Jitsi as the core sees them. The server keeps none of them: a room is its name, and that is the tie.

So nothing is asked and nothing is sent: what is tied exists, what is made is a name that nobody guesses.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from connectors.jitsi.doctor import examine
from connectors.jitsi.door import JitsiDoor
from connectors.jitsi.names import title
from connectors.jitsi.settings import JitsiSettings
from connectors.kit.batch import Batch, located
from connectors.kit.connector import RoomConnector
from connectors.kit.rooms import Look, Room, Rosters, Stage, Staged
from connectors.kit.steps import step_of
from provisioner.model.changes import Create, Erase, Update
from provisioner.model.inventory import UNKNOWN, Absent, Complete, Observation, Reading, Remote, Scope
from provisioner.model.ports import Capabilities, Finding, Interest, Resolve, Wiring
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId
from provisioner.model.steps import Cost, Done, Effects, Moved, Step, Verified
from provisioner.model.text import Text

CREATE: Final = "make-room"
RENAME: Final = "rename-room"
FORGET: Final = "forget-room"


class MeetingRooms(Room[Look]):
    """Rooms with a title. People reach them by the link of this service alone, so they have no address here."""

    kind = Kind.MEETING_ROOM
    operations = frozenset({CREATE, RENAME, FORGET})
    fields: dict[FieldName, Mode] = {"name": Mode.MANAGED}  # noqa: RUF012 - a room's fields

    def __init__(self, target: str, door: JitsiDoor) -> None:
        self._target = target
        self._door = door

    def objection(self, name: str) -> Text | None:
        """A room needs a title that can be shown."""
        return None if title(name) else Text.of("jitsi.nameless")

    def observe(self, look: Look) -> tuple[Observation, Rosters]:
        """No request: what is tied exists, under the title that it had when it was applied, and nothing else does."""
        called = look.interest.called
        if look.interest.only is not None:
            return look.few(
                self._target,
                self.kind,
                lambda one: (
                    None if one.remote_id is None else _room(one.remote_id, called.get((self.kind, one.remote_id)))
                ),
            ), {}
        tied = [remote_id for kind, remote_id in look.interest.bound if kind is self.kind]
        rooms = {remote_id: _room(remote_id, called.get((self.kind, remote_id))) for remote_id in tied}
        return Observation(Complete(Scope(self._target, self.kind)), rooms), {}

    def compile(self, batch: Batch) -> Iterator[Staged]:
        """One step a change, none of which costs a request."""
        for change in batch.of(self.kind):
            match change:
                case Create():
                    effects = Effects(fields={"name": change.wanted.name})
                    yield Staged(Stage.PLACES, step_of(batch, change, CREATE, effects=effects, cost=Cost()))
                case Update():
                    effects = Effects(fields=change.after)
                    yield Staged(Stage.UPDATES, step_of(batch, change, RENAME, effects=effects, cost=Cost()))
                case Erase():
                    step = step_of(batch, change, FORGET, effects=Effects(erased=True), cost=Cost())
                    yield Staged(Stage.ERASURES, step)

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:  # noqa: ARG002 - a room's door
        """There is nothing over there that could have moved."""
        return Verified(None)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:  # noqa: ARG002 - a room's door
        """Make a name; all else is done by being noted down."""
        return Done(self._door.new_room() if step.operation == CREATE else located(step, resolve))

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - a room's door
        """A creation that was cut short left nothing behind: the name was never told to anybody."""
        return Absent()


class JitsiConnector(RoomConnector[Look]):
    """A target that is a Jitsi. It keeps nothing, an epoch neither."""

    product = "Jitsi"

    def __init__(self, target: str, settings: JitsiSettings, wiring: Wiring) -> None:
        self._settings = settings
        self._wiring = wiring
        self._door = JitsiDoor(settings)
        super().__init__(target, (MeetingRooms(target, self._door),))

    def capabilities(self) -> Capabilities:
        """Rooms, of which several may have the same title."""
        return replace(super().capabilities(), alike=frozenset({Kind.MEETING_ROOM}))

    def examine(self) -> Iterator[Finding]:
        """What doctor asks: who is let in. Opens no room; never raises `TargetError`."""
        return examine(self._settings, self._door, self._wiring)

    def begin(self, kinds: frozenset[Kind], interest: Interest) -> Look:
        """Nothing is asked."""
        return Look(kinds, interest)


def _room(remote_id: str, called: str | None) -> Remote:
    return Remote(remote_id, called or "", {"name": UNKNOWN if called is None else called})
