"""A connector on a realm of Keycloak, real or emulated, and the few words that tests need to make changes with it."""

from collections.abc import Iterable, Sequence

from connectors.keycloak.connector import KeycloakConnector
from connectors.keycloak.settings import KeycloakSettings
from provisioner.emulation import VirtualClock
from provisioner.model.changes import Change, ChangeClass, Create, Erase, Join, Leave, Resume, Suspend, Update
from provisioner.model.inventory import Complete, Inventory, Level, Present, Remote, Scope
from provisioner.model.ports import EVERYTHING, Clock, Interest, Wiring
from provisioner.model.resources import FieldName, Kind, Resource, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step
from provisioner.model.text import Text
from provisioner.transport.gate import WriteGate, WriteToken
from provisioner.transport.ledger import MemoryRates, RateLedger

TARGET = "login"
WHY = Text.of("tests.why")
ALL = frozenset({Kind.ACCOUNT, Kind.GROUP, Kind.ROLE})
TOKEN = WriteToken("server", lambda: True)


def group(key: str) -> ResourceId:
    return ResourceId(Kind.GROUP, f"body:{key}")


def person(key: str) -> ResourceId:
    return ResourceId(Kind.ACCOUNT, f"person:{key}")


def role(key: str) -> ResourceId:
    return ResourceId(Kind.ROLE, f"role:{key}")


def create(identity: ResourceId, name: str, **fields: Value) -> Create:
    wanted = Resource(identity, name, dict(fields), WHY)  # type: ignore[arg-type]
    keys = Complete(Scope(TARGET, identity.kind), Level.KEYS)
    return Create(target=TARGET, id=identity, name=name, reason=WHY, wanted=wanted, keys=keys)


def join(container: ResourceId, *people: str, name: str = "") -> Join:
    members = tuple(sorted(f"person:{one}" for one in people))
    return Join(target=TARGET, id=container, name=name or container.key, reason=WHY, members=members)


def leave(container: ResourceId, remote_id: str, *people: str) -> Leave:
    return Leave(
        target=TARGET,
        id=container,
        name=container.key,
        reason=WHY,
        members=tuple(sorted(f"person:{one}" for one in people)),
        remote_id=remote_id,
        edges=Complete(Scope(TARGET, container.kind, remote_id), Level.FIELDS),
        source_complete=True,
    )


def update(identity: ResourceId, before: Remote, **after: Value) -> Update:
    seen: dict[FieldName, Value] = {name: before.fields.get(name) for name in after}  # type: ignore[index,misc,arg-type]
    return Update(
        target=TARGET,
        id=identity,
        name=before.name,
        reason=WHY,
        remote_id=before.remote_id,
        before=seen,
        after=after,  # type: ignore[arg-type]
    )


def suspend(key: str, remote_id: str) -> Suspend:
    return Suspend(target=TARGET, id=person(key), name=key, reason=WHY, remote_id=remote_id)


def resume(key: str, remote_id: str) -> Resume:
    return Resume(target=TARGET, id=person(key), name=key, reason=WHY, remote_id=remote_id)


def erase(identity: ResourceId, remote_id: str, name: str = "") -> Erase:
    return Erase(
        target=TARGET,
        id=identity,
        name=name or identity.key,
        reason=WHY,
        change_class=ChangeClass.NAMED,
        remote_id=remote_id,
        fingerprint=remote_id,
        keys=Complete(Scope(TARGET, identity.kind), Level.KEYS),
    )


class Bench:
    """A connector with an own gate, and the remote ids of what was made with it."""

    def __init__(self, settings: KeycloakSettings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or VirtualClock()
        self.gate = WriteGate()
        ledger = RateLedger(MemoryRates(), "server", settings.user, self.clock)
        self.connector = KeycloakConnector(TARGET, settings, Wiring(self.gate, self.clock, ledger))
        self.ids: dict[ResourceId, str] = {}
        self.names: dict[ResourceId, str] = {}

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
        if step.creates and step.id not in self.ids:
            self.ids[step.id] = done.remote_id
            self.names[step.id] = step.name
        return done

    def apply(self, *changes: Change) -> list[Step]:
        steps = list(self.compile(*changes))
        for step in steps:
            self.perform(step)
        return steps

    def present(self, identity: ResourceId) -> Present:
        found = self.connector.look_up(identity, self.names[identity])
        assert isinstance(found, Present), found
        return found

    def read(self, identity: ResourceId) -> Remote:
        return self.present(identity).remote

    def observe(self, kinds: Iterable[Kind] = ALL, interest: Interest = EVERYTHING) -> Inventory:
        return self.connector.observe(frozenset(kinds), interest)

    def close(self) -> None:
        self.connector.close()
