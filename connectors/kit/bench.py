"""A connector on a workbench, for tests: changes as the planner makes them, steps as apply does them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from provisioner.emulation import VirtualClock
from provisioner.model.changes import (
    Adopt,
    Change,
    ChangeClass,
    Create,
    Erase,
    Join,
    Leave,
    Regrade,
    Resume,
    Suspend,
    Update,
    Write,
)
from provisioner.model.inventory import Complete, Inventory, Level, Remote, Roster, Scope
from provisioner.model.ports import Clock, Connector, Interest, Wiring
from provisioner.model.resources import EdgeRole, FieldName, Kind, LateText, Mode, Resource, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step, Verified
from provisioner.model.text import Text
from provisioner.transport.gate import WriteGate, WriteToken

TARGET: Final = "bench"
WHY: Final = Text.of("kit.on_the_bench")
_TOKEN: Final = WriteToken("server", lambda: True)


class CountingLedger:
    """Lets everything through and remembers what it was asked."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.full: list[str] = []

    def acquire(self, bucket: str, limit: int, window: float) -> None:  # noqa: ARG002 - a port's signature
        """Noted in `taken`."""
        self.taken.append(bucket)

    def exhausted(self, bucket: str, limit: int, window: float) -> None:  # noqa: ARG002 - a port's signature
        """Noted in `full`."""
        self.full.append(bucket)


@dataclass(frozen=True, slots=True)
class Performed:
    """A step and what came of it."""

    step: Step
    done: Done


class Bench:
    """A connector with a gate of its own, and the remote ids of what was made with it."""

    def __init__(self, open_connector: Callable[[str, Wiring], Connector], clock: Clock | None = None) -> None:
        """``open_connector``: (target's name, wiring) → connector."""
        self.clock = clock or VirtualClock()
        self.gate = WriteGate()
        self.ledger = CountingLedger()
        self.connector = open_connector(TARGET, Wiring(self.gate, self.clock, self.ledger))
        self.ids: dict[ResourceId, str] = {}
        self.called: dict[tuple[Kind, str], str] = {}
        """What ties would call what was made here: by kind and remote id."""

    # --- changes -----------------------------------------------------------------------------------------------

    def create(
        self,
        identity: ResourceId,
        name: str,
        fields: Mapping[FieldName, Value],
        late: Mapping[FieldName, LateText] | None = None,
    ) -> Create:
        """A new object; ``fields`` without its name."""
        wanted = Resource(identity, name, fields, WHY, late=late or {})
        keys = Complete(Scope(TARGET, identity.kind), Level.KEYS)
        return Create(target=TARGET, id=identity, name=name, reason=WHY, wanted=wanted, keys=keys)

    def adopt(self, identity: ResourceId, remote: Remote) -> Adopt:
        """Tie an object that exists over there."""
        return Adopt(target=TARGET, id=identity, name=remote.name, reason=WHY, remote=remote)

    def update(self, identity: ResourceId, before: Remote, after: Mapping[FieldName, Value]) -> Update:
        """``after`` may hold "name"; what was there is taken from ``before``."""
        seen = {one: before.name if one == "name" else before.fields.get(one) for one in after}
        return Update(
            target=TARGET,
            id=identity,
            name=before.name,
            reason=WHY,
            remote_id=before.remote_id,
            before=seen,
            after=after,
        )

    def write(self, identity: ResourceId, before: Remote, field: FieldName, text: str) -> Write:
        """A late text, as it shall be."""
        lines = LateText(tuple((line,) for line in text.split("\n")))
        return Write(
            target=TARGET,
            id=identity,
            name=before.name,
            reason=WHY,
            field=field,
            text=lines,
            before=before.fields.get(field),
            written=text,
            remote_id=before.remote_id,
        )

    def suspend(self, identity: ResourceId, remote: Remote) -> Suspend:
        """Nobody logs in with it any more."""
        return Suspend(target=TARGET, id=identity, name=remote.name, reason=WHY, remote_id=remote.remote_id)

    def resume(self, identity: ResourceId, remote: Remote) -> Resume:
        """Somebody logs in with it again."""
        return Resume(target=TARGET, id=identity, name=remote.name, reason=WHY, remote_id=remote.remote_id)

    def join(self, container: ResourceId, name: str, *members: ResourceId, role: EdgeRole = EdgeRole.MEMBER) -> Join:
        """Members of one kind, into one role."""
        keys, kind = self._members(members)
        return Join(target=TARGET, id=container, name=name, reason=WHY, members=keys, role=role, member=kind)

    def leave(self, container: ResourceId, name: str, *members: ResourceId, role: EdgeRole = EdgeRole.MEMBER) -> Leave:
        """Members of one kind, out of one role. The container is known (`ids`)."""
        keys, kind = self._members(members)
        return Leave(
            target=TARGET,
            id=container,
            name=name,
            reason=WHY,
            members=keys,
            role=role,
            member=kind,
            remote_id=self.ids[container],
            edges=Complete(Scope(TARGET, container.kind, self.ids[container])),
            source_complete=True,
        )

    def regrade(
        self, container: ResourceId, name: str, *members: ResourceId, before: EdgeRole, role: EdgeRole
    ) -> Regrade:
        """Members of one kind, from one role to another."""
        keys, kind = self._members(members)
        return Regrade(
            target=TARGET,
            id=container,
            name=name,
            reason=WHY,
            members=keys,
            before=before,
            role=role,
            member=kind,
            remote_id=self.ids[container],
            edges=Complete(Scope(TARGET, container.kind, self.ids[container])),
            source_complete=True,
        )

    def erase(self, identity: ResourceId, remote: Remote) -> Erase:
        """Delete it for good."""
        return Erase(
            target=TARGET,
            id=identity,
            name=remote.name,
            reason=WHY,
            change_class=ChangeClass.NAMED,
            remote_id=remote.remote_id,
            fingerprint=remote.fingerprint,
            keys=Complete(Scope(TARGET, identity.kind), Level.KEYS),
        )

    # --- as apply does it --------------------------------------------------------------------------------------

    def resolve(self, identity: ResourceId) -> str:
        """The remote id of what was made or adopted here. Raises `KeyError`."""
        return self.ids[identity]

    def compile(self, *changes: Change) -> Sequence[Step]:
        """The steps; what is adopted is known from here on."""
        steps = self.connector.compile(changes, self.resolve)
        self.ids |= {change.id: change.remote.remote_id for change in changes if isinstance(change, Adopt)}
        return steps

    def perform(self, step: Step) -> Done:
        """One step, verified where it expects something. Raises `AssertionError` for one that moved."""
        verified: Verified | None = None
        if step.expects is not None or step.expects_edge is not None:
            found = self.connector.verify(step, self.resolve)
            if isinstance(found, Moved):
                raise AssertionError(f"{step.operation} of {step.name}: {found.why}")
            verified = found
        with self.gate.opened(_TOKEN):
            done = self.connector.perform(step, verified, self.resolve)
        if step.creates:
            self.ids.setdefault(step.id, done.remote_id)
        if step.creates or "name" in step.effects.fields:
            self.called[step.id.kind, done.remote_id] = str(step.effects.fields.get("name", step.name))
        if step.effects.erased:
            self.ids.pop(step.id, None)
        return done

    def apply(self, *changes: Change) -> list[Performed]:
        """All steps of these changes, one after the other."""
        return [Performed(step, self.perform(step)) for step in self.compile(*changes)]

    # --- looking -----------------------------------------------------------------------------------------------

    def observe(self, kinds: Collection[Kind] | None = None, interest: Interest | None = None) -> Inventory:
        """All kinds unless some are named, with an interest in all that was made here unless another is given."""
        bound = frozenset((identity.kind, remote_id) for identity, remote_id in self.ids.items())
        keys = {(identity.kind, remote_id): identity.key for identity, remote_id in self.ids.items()}
        usual = Interest(bound=bound, keys=keys, called=self.called)
        return self.connector.observe(kinds or self.kinds, interest or usual)

    @property
    def kinds(self) -> frozenset[Kind]:
        """All that the target can hold."""
        return frozenset(self.connector.capabilities().fields)

    def managed(self, kind: Kind) -> frozenset[FieldName]:
        """The fields of a kind that are read and compared."""
        modes = self.connector.capabilities().fields[kind]
        return frozenset(name for name, mode in modes.items() if mode is Mode.MANAGED)

    def remote(self, identity: ResourceId) -> Remote:
        """As a fresh observation of all has it. Raises `KeyError` for what it does not hold."""
        return self.observe().of(identity.kind).objects[self.ids[identity]]

    def roster(self, container: ResourceId) -> Roster:
        """Who is in it. Raises `KeyError` where the observation does not say."""
        return self.observe().rosters[container.kind, self.ids[container]]

    def seated(self, container: ResourceId, role: EdgeRole, member: Kind) -> frozenset[str]:
        """Keys of those who are in this role, as far as they were made here; others by their remote ids."""
        keys = {remote_id: identity.key for identity, remote_id in self.ids.items() if identity.kind is member}
        return frozenset(keys.get(one, one) for one in self.roster(container).of(role, member))

    def close(self) -> None:
        """Close the connector."""
        self.connector.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @staticmethod
    def _members(members: Sequence[ResourceId]) -> tuple[tuple[str, ...], Kind]:
        (kind,) = {member.kind for member in members}
        return tuple(sorted(member.key for member in members)), kind
