"""A connector on a Jitsi-Admin, real or emulated, and the few words that tests need."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from connectors.jitsiadmin.connector import JitsiAdminConnector
from connectors.jitsiadmin.emulator import KEY, MEETING_SERVER, JitsiAdminEmulator
from connectors.jitsiadmin.settings import JitsiAdminSettings
from provisioner.emulation import VirtualClock
from provisioner.model.changes import Change, ChangeClass, Create, Erase, Join, Leave, Update
from provisioner.model.inventory import Complete, Inventory, Level, Remote, Scope
from provisioner.model.ports import Clock, Interest, Wiring
from provisioner.model.resources import FieldName, Kind, Resource, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step
from provisioner.model.text import Text
from provisioner.transport.gate import WriteGate, WriteToken
from tests.support.nextcloud import CountingLedger

TARGET = "planung"
KINDS = frozenset({Kind.ACCOUNT, Kind.CONFERENCE})
WHY = Text.of("tests.why")
TOKEN = WriteToken("server", lambda: True)
DAY = "2026-02-03"
"""After the virtual clock's beginning."""
STARTS = f"{DAY}T10:00 Europe/Berlin"


def settings_of(emulator: JitsiAdminEmulator, **more: object) -> JitsiAdminSettings:
    return JitsiAdminSettings.model_validate(
        {"url": emulator.url, "password": KEY, "meeting_server": MEETING_SERVER, **more}
    )


def conference(key: str = "pg", day: str = DAY) -> ResourceId:
    return ResourceId(Kind.CONFERENCE, f"body:{key}:meeting:jf:{day}")


def person(key: str) -> ResourceId:
    return ResourceId(Kind.ACCOUNT, f"person:{key}")


def create_account(key: str, email: str = "") -> Create:
    return _create(person(key), f"user.{key}", {"email": email or f"{key}@stadt.example"})


def create_conference(
    key: str = "pg", *organisers: str, name: str = "PG Höfe 😀", starts_at: str = STARTS, minutes: int = 90
) -> Create:
    may = " ".join(f"person:{one}" for one in organisers)
    return _create(conference(key), name, {"starts_at": starts_at, "minutes": minutes, "organisers": may})


def _create(identity: ResourceId, name: str, fields: dict[FieldName, Value]) -> Create:
    wanted = Resource(identity, name, fields, WHY)
    keys = Complete(Scope(TARGET, identity.kind), Level.KEYS)
    return Create(target=TARGET, id=identity, name=name, reason=WHY, wanted=wanted, keys=keys)


def join(key: str, *people: str) -> Join:
    members = tuple(sorted(f"person:{one}" for one in people))
    return Join(target=TARGET, id=conference(key), name=key, reason=WHY, members=members)


def leave(key: str, uid: str, *people: str) -> Leave:
    return Leave(
        target=TARGET,
        id=conference(key),
        name=key,
        reason=WHY,
        members=tuple(sorted(f"person:{one}" for one in people)),
        remote_id=uid,
        edges=Complete(Scope(TARGET, Kind.CONFERENCE, uid), Level.FIELDS),
        source_complete=True,
    )


def update(identity: ResourceId, before: Remote, **after: Value) -> Update:
    fields: dict[str, object] = {**before.fields, "name": before.name}
    return Update(
        target=TARGET,
        id=identity,
        name=before.name,
        reason=WHY,
        remote_id=before.remote_id,
        before={name: fields.get(name) for name in after},  # type: ignore[misc]
        after=after,  # type: ignore[arg-type]
    )


def erase(identity: ResourceId, remote: Remote) -> Erase:
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


def traffic(emulator: JitsiAdminEmulator) -> tuple[int, int]:
    """Requests and, among them, writes, since its log was cleared."""
    return len(emulator.log.requests), len(emulator.log.writes)


class Bench:
    """A connector with an own gate, the remote ids of what was made with it, and what ties would call it."""

    def __init__(self, settings: JitsiAdminSettings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.gate = WriteGate()
        self.clock = clock or VirtualClock()
        self.ids: dict[ResourceId, str] = {}
        self.called: dict[tuple[Kind, str], str] = {}
        self.notes: list[Text] = []
        self.connector = self.opened()

    def opened(self) -> JitsiAdminConnector:
        """Another connector of the same target, which remembers nothing."""
        return JitsiAdminConnector(TARGET, self.settings, Wiring(self.gate, self.clock, CountingLedger()))

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
        if step.effects.erased:
            self.ids.pop(step.id, None)
        elif step.id not in self.ids or "name" in step.effects.fields:
            self.ids[step.id] = done.remote_id
            self.called[step.id.kind, done.remote_id] = str(step.effects.fields.get("name", step.name))
        if done.note is not None:
            self.notes.append(done.note)
        return done

    def apply(self, *changes: Change) -> list[Step]:
        steps = list(self.compile(*changes))
        for step in steps:
            self.perform(step)
        return steps

    def observe(self, kinds: Iterable[Kind] = KINDS, interest: Interest | None = None) -> Inventory:
        """With an interest in all that was made here, unless another one is given."""
        bound = frozenset((identity.kind, remote_id) for identity, remote_id in self.ids.items())
        return self.connector.observe(frozenset(kinds), interest or Interest(bound=bound, called=self.called))

    def remote(self, identity: ResourceId) -> Remote:
        return self.observe().of(identity.kind).objects[self.ids[identity]]

    def seated(self, key: str = "pg") -> set[str]:
        """Keys of those who are in a conference, as far as they were made here."""
        roster = self.observe().rosters[Kind.CONFERENCE, self.ids[conference(key)]]
        assert isinstance(roster.completeness, Complete), roster.completeness.why
        keys = {remote_id: identity.key.partition(":")[2] for identity, remote_id in self.ids.items()}
        return {keys[one] for one in roster.accounts}

    def close(self) -> None:
        self.connector.close()


def at(text: str) -> datetime:
    """An aware moment."""
    return datetime.fromisoformat(text)
