"""Rooms of one Jitsi as the core sees them. The server keeps none of them: a room is its name, and that is the tie.

So nothing is asked and nothing is sent: what is tied exists, what is made is a name that nobody guesses.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from connectors.batch import Batch
from connectors.jitsi.doctor import examine
from connectors.jitsi.door import JitsiDoor
from connectors.jitsi.names import title
from connectors.jitsi.settings import JitsiSettings
from provisioner.model.changes import Change, Create, Erase, Update
from provisioner.model.errors import Permanent
from provisioner.model.inventory import (
    UNKNOWN,
    Absent,
    Complete,
    Epoch,
    Inventory,
    Observation,
    Reading,
    Remote,
    Scope,
)
from provisioner.model.ports import EVERYTHING, Capabilities, Finding, Interest, Resolve, Wiring
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId
from provisioner.model.steps import Cost, Done, Effects, Moved, Step, Verified
from provisioner.model.text import Text

FIELDS: Final[Mapping[FieldName, Mode]] = {"name": Mode.MANAGED}
CREATE: Final = "make-room"
RENAME: Final = "rename-room"
FORGET: Final = "forget-room"


class JitsiConnector:
    """A target that is a Jitsi; see `provisioner.model.ports.Connector`."""

    def __init__(self, target: str, settings: JitsiSettings, wiring: Wiring) -> None:
        self._target = target
        self._settings = settings
        self._wiring = wiring
        self._door = JitsiDoor(settings)

    def capabilities(self) -> Capabilities:
        """Rooms with a title. People reach them by the link of this service alone, so they have no address here."""
        kind = Kind.MEETING_ROOM
        return Capabilities(fields={kind: FIELDS}, objection=_objection, alike=frozenset({kind}))

    def examine(self) -> Iterator[Finding]:
        """What doctor asks: who is let in. Opens no room; never raises `TargetError`."""
        return examine(self._settings, self._door, self._wiring)

    def observe(self, kinds: Collection[Kind], interest: Interest = EVERYTHING) -> Inventory:
        """No request: what is tied exists, under the title that it had when it was applied, and nothing else does."""
        if Kind.MEETING_ROOM not in kinds:
            return Inventory(self._target)
        kind = Kind.MEETING_ROOM
        if interest.only is None:
            only, tied = None, [remote_id for each, remote_id in interest.bound if each is kind]
        else:
            sought = [one for one in interest.only if one.id.kind is kind]
            only = frozenset(one.id.key for one in sought)
            tied = [one.remote_id for one in sought if one.remote_id is not None]
        rooms = {remote_id: _room(remote_id, interest.called.get((kind, remote_id))) for remote_id in tied}
        scope = Scope(self._target, kind, only=only)
        return Inventory(self._target, {kind: Observation(Complete(scope), rooms)})

    def compile(self, changes: Sequence[Change], resolve: Resolve) -> Sequence[Step]:
        """One step a change, none of which costs a request."""
        batch = Batch(changes, resolve)
        steps = (_step(change, batch) for change in batch.of(Kind.MEETING_ROOM))
        return [step for step in steps if step is not None]

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:  # noqa: ARG002 - the port's
        """There is nothing over there that could have moved."""
        return Verified(None)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:  # noqa: ARG002 - the port's
        """Make a name; all else is done by being noted down. Raises `Permanent` for a step of somebody else's."""
        if step.operation == CREATE:
            return Done(self._door.new_room())
        if step.operation not in (RENAME, FORGET):
            raise Permanent(Text.of("jitsi.unknown_operation", operation=step.operation))
        return Done(step.remote_id if step.remote_id is not None else resolve(step.id))

    def look_up(self, identity: ResourceId, name: str) -> Reading:  # noqa: ARG002 - the port's
        """A creation that was cut short left nothing behind: the name was never told to anybody."""
        return Absent()

    def leave_epoch(self, epoch: Epoch) -> None:
        """Nothing: Jitsi keeps nothing."""

    def close(self) -> None:
        """Nothing is open."""


def _room(remote_id: str, called: str | None) -> Remote:
    return Remote(remote_id, called or "", {"name": UNKNOWN if called is None else called})


def _objection(kind: Kind, name: str) -> Text | None:
    return None if kind is not Kind.MEETING_ROOM or title(name) else Text.of("jitsi.nameless")


def _step(change: Change, batch: Batch) -> Step | None:
    """None for what writes nothing, such as an adoption."""
    match change:
        case Create():
            operation, effects = CREATE, Effects(fields={"name": change.wanted.name})
        case Update():
            operation, effects = RENAME, Effects(fields=change.after)
        case Erase():
            operation, effects = FORGET, Effects(erased=True)
        case _:
            return None
    return Step(
        target=change.target,
        operation=operation,
        id=change.id,
        name=change.wanted.name if isinstance(change, Create) else change.name,
        changes=(batch.digest(change),),
        remote_id=batch.remote_id(change.id),
        effects=effects,
        cost=Cost(),
    )
