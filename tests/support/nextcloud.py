"""A connector on a Nextcloud, real or emulated, and the few words that tests need to make changes with it."""

from collections.abc import Iterable, Sequence

from connectors.nextcloud.connector import NextcloudConnector
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.emulation import VirtualClock
from provisioner.model.changes import Change, ChangeClass, Create, Erase, Join, Leave, Resume, Suspend, Update
from provisioner.model.inventory import Complete, Inventory, Level, Present, Remote, Scope
from provisioner.model.ports import EVERYTHING, Clock, Interest, Wiring
from provisioner.model.resources import FieldName, Kind, Resource, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step
from provisioner.model.text import Text
from provisioner.transport.gate import WriteGate, WriteToken

TARGET = "cloud"
WHY = Text.of("tests.why")
SERVICE = ("readi-provisioner", "emulated-Service-1")
BOTH = frozenset({Kind.ACCOUNT, Kind.GROUP})
TOKEN = WriteToken("server", lambda: True)


def group(key: str) -> ResourceId:
    return ResourceId(Kind.GROUP, f"body:{key}")


def person(key: str) -> ResourceId:
    return ResourceId(Kind.ACCOUNT, f"person:{key}")


def create_group(key: str, name: str, display_name: str | None = None) -> Create:
    fields: dict[FieldName, Value] = {} if display_name is None else {"display_name": display_name}
    wanted = Resource(group(key), name, fields, WHY)
    keys = Complete(Scope(TARGET, Kind.GROUP), Level.KEYS)
    return Create(target=TARGET, id=wanted.id, name=name, reason=WHY, wanted=wanted, keys=keys)


def create_account(key: str, name: str, **fields: Value) -> Create:
    wanted = Resource(person(key), name, dict(fields), WHY)  # type: ignore[arg-type]
    keys = Complete(Scope(TARGET, Kind.ACCOUNT), Level.KEYS)
    return Create(target=TARGET, id=wanted.id, name=name, reason=WHY, wanted=wanted, keys=keys)


def join(key: str, *people: str) -> Join:
    members = tuple(sorted(f"person:{one}" for one in people))
    return Join(target=TARGET, id=group(key), name=key, reason=WHY, members=members)


def leave(key: str, remote_id: str, *people: str) -> Leave:
    edges = Complete(Scope(TARGET, Kind.GROUP, remote_id), Level.FIELDS)
    members = tuple(sorted(f"person:{one}" for one in people))
    return Leave(
        target=TARGET,
        id=group(key),
        name=key,
        reason=WHY,
        members=members,
        remote_id=remote_id,
        edges=edges,
        source_complete=True,
    )


def update(identity: ResourceId, before: Remote, **after: Value) -> Update:
    seen = {name: before.fields[name] for name in after}  # type: ignore[index]
    return Update(
        target=TARGET,
        id=identity,
        name=before.name,
        reason=WHY,
        remote_id=before.remote_id,
        before=seen,  # type: ignore[arg-type]
        after=after,  # type: ignore[arg-type]
    )


def suspend(key: str, remote_id: str) -> Suspend:
    return Suspend(target=TARGET, id=person(key), name=key, reason=WHY, remote_id=remote_id)


def resume(key: str, remote_id: str) -> Resume:
    return Resume(target=TARGET, id=person(key), name=key, reason=WHY, remote_id=remote_id)


def erase(identity: ResourceId, remote_id: str, fingerprint: str = "") -> Erase:
    return Erase(
        target=TARGET,
        id=identity,
        name=remote_id,
        reason=WHY,
        change_class=ChangeClass.NAMED,
        remote_id=remote_id,
        fingerprint=fingerprint,
        keys=Complete(Scope(TARGET, identity.kind), Level.KEYS),
    )


class CountingLedger:
    """Lets everything through and remembers what it was asked."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.full: list[str] = []

    def acquire(self, bucket: str, limit: int, window: float) -> None:
        self.taken.append(bucket)

    def exhausted(self, bucket: str, limit: int, window: float) -> None:
        self.full.append(bucket)


class Bench:
    """A connector with an own gate, and the remote ids of what was made with it."""

    def __init__(self, settings: NextcloudSettings, clock: Clock | None = None) -> None:
        self.clock = clock or VirtualClock()
        self.gate = WriteGate()
        self.ledger = CountingLedger()
        self.connector = NextcloudConnector(TARGET, settings, Wiring(self.gate, self.clock, self.ledger))
        self.ids: dict[ResourceId, str] = {}

    def compile(self, *changes: Change) -> Sequence[Step]:
        return self.connector.compile(changes, self.ids.__getitem__)

    def perform(self, step: Step) -> Done:
        """One step as apply does it; a step that moved is an error of the test."""
        verified = None
        if step.expects is not None or step.expects_edge is not None:
            verified = self.connector.verify(step, self.ids.__getitem__)
            assert not isinstance(verified, Moved), verified.why
        with self.gate.opened(TOKEN):
            done = self.connector.perform(step, verified, self.ids.__getitem__)
        if step.creates:
            self.ids[step.id] = done.remote_id
        return done

    def apply(self, *changes: Change) -> list[Step]:
        steps = list(self.compile(*changes))
        for step in steps:
            self.perform(step)
        return steps

    def read(self, identity: ResourceId) -> Remote:
        return self.present(identity).remote

    def present(self, identity: ResourceId) -> Present:
        found = self.connector.look_up(identity, self.ids[identity])
        assert isinstance(found, Present), found
        return found

    def observe(self, kinds: Iterable[Kind] = BOTH, interest: Interest = EVERYTHING) -> Inventory:
        return self.connector.observe(frozenset(kinds), interest)

    def close(self) -> None:
        self.connector.close()
