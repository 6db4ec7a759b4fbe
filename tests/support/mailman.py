"""A connector on a Mailman, real or emulated, the few words that tests need, and somebody who tampers with it."""

from collections.abc import Iterable, Sequence
from typing import Any

import requests

from connectors.mailman.connector import MailmanConnector
from connectors.mailman.emulator import MailmanEmulator
from connectors.mailman.settings import MailmanSettings
from provisioner.emulation import VirtualClock
from provisioner.model.changes import Adopt, Change, ChangeClass, Create, Erase, Join, Leave, Update
from provisioner.model.inventory import Complete, Inventory, Level, Remote, Scope
from provisioner.model.ports import Clock, Interest, Wiring
from provisioner.model.resources import EdgeRole, FieldName, Kind, Resource, ResourceId, Value
from provisioner.model.steps import Done, Moved, Step
from provisioner.model.text import Text
from provisioner.transport.gate import WriteGate, WriteToken
from tests.support.nextcloud import CountingLedger

TARGET = "lists"
WHY = Text.of("tests.why")
BOTH = frozenset({Kind.ACCOUNT, Kind.MAILING_LIST})
TOKEN = WriteToken("server", lambda: True)
MEMBER, OWNER = EdgeRole.MEMBER, EdgeRole.MODERATOR


def mailing_list(key: str) -> ResourceId:
    return ResourceId(Kind.MAILING_LIST, f"body:{key}")


def person(key: str) -> ResourceId:
    return ResourceId(Kind.ACCOUNT, f"person:{key}")


def create_account(key: str, email: str, display_name: str = "") -> Create:
    fields: dict[FieldName, Value] = {"email": email, "display_name": display_name or key.capitalize()}
    return _create(person(key), f"user.{key}", fields)


def create_list(key: str, name: str = "", **fields: Value) -> Create:
    given: dict[FieldName, Value] = {"display_name": key, "description": "", "listed": False, "read_only": False}
    return _create(mailing_list(key), name or key, {**given, "language": "de", **fields})  # type: ignore[dict-item]


def _create(identity: ResourceId, name: str, fields: dict[FieldName, Value]) -> Create:
    wanted = Resource(identity, name, fields, WHY)
    keys = Complete(Scope(TARGET, identity.kind), Level.KEYS)
    return Create(target=TARGET, id=identity, name=name, reason=WHY, wanted=wanted, keys=keys)


def join(key: str, *people: str, role: EdgeRole = MEMBER) -> Join:
    members = tuple(sorted(f"person:{one}" for one in people))
    return Join(target=TARGET, id=mailing_list(key), name=key, reason=WHY, members=members, role=role)


def leave(key: str, list_id: str, *people: str, role: EdgeRole = MEMBER) -> Leave:
    return Leave(
        target=TARGET,
        id=mailing_list(key),
        name=key,
        reason=WHY,
        members=tuple(sorted(f"person:{one}" for one in people)),
        remote_id=list_id,
        edges=Complete(Scope(TARGET, Kind.MAILING_LIST, list_id), Level.FIELDS),
        source_complete=True,
        role=role,
    )


def update(identity: ResourceId, before: Remote, **after: Value) -> Update:
    seen = {name: before.fields.get(name) for name in after}  # type: ignore[call-overload]
    return Update(
        target=TARGET,
        id=identity,
        name=before.name,
        reason=WHY,
        remote_id=before.remote_id,
        before=seen,
        after=after,  # type: ignore[arg-type]
    )


def adopt(identity: ResourceId, remote: Remote) -> Adopt:
    return Adopt(target=TARGET, id=identity, name=remote.name, reason=WHY, remote=remote)


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


def traffic(emulator: MailmanEmulator) -> tuple[int, int]:
    """Requests and, among them, writes, since its log was cleared."""
    return len(emulator.log.requests), len(emulator.log.writes)


class Bench:
    """A connector with an own gate, and the remote ids of what was made with it."""

    def __init__(self, settings: MailmanSettings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.gate = WriteGate()
        wiring = Wiring(self.gate, clock or VirtualClock(), CountingLedger())
        self.connector = MailmanConnector(TARGET, settings, wiring)
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
            self.ids.setdefault(step.id, done.remote_id)
        return done

    def apply(self, *changes: Change) -> list[Step]:
        steps = list(self.compile(*changes))
        for step in steps:
            self.perform(step)
        return steps

    def observe(self, kinds: Iterable[Kind] = BOTH, interest: Interest | None = None) -> Inventory:
        """With an interest in all that was made here, unless another one is given."""
        bound = frozenset((identity.kind, remote_id) for identity, remote_id in self.ids.items())
        return self.connector.observe(frozenset(kinds), interest or Interest(bound=bound))

    def remote(self, identity: ResourceId) -> Remote:
        return self.observe().of(identity.kind).objects[self.ids[identity]]

    def seated(self, key: str, role: EdgeRole = MEMBER) -> set[str]:
        """Keys of those who are in this role of a list, as far as they were made here."""
        roster = self.observe().rosters[Kind.MAILING_LIST, self.ids[mailing_list(key)]]
        assert isinstance(roster.completeness, Complete), roster.completeness.why
        keys = {remote_id: identity.key.partition(":")[2] for identity, remote_id in self.ids.items()}
        return {keys.get(user, user) for user in roster.of(role, Kind.ACCOUNT)}

    def close(self) -> None:
        self.connector.close()


class Tamperer:
    """Somebody with the password who does things by hand."""

    def __init__(self, settings: MailmanSettings) -> None:
        self._url = f"{settings.url}/3.1"
        self._auth = (settings.user, settings.secret().get_secret_value())

    def do(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer's body; a refusal is an error of the test."""
        answer = self.ask(method, path, body)
        assert answer.ok, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.text else answer.headers.get("Location", "").rpartition("/")[2]

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, f"{self._url}{path}", json=body, auth=self._auth, timeout=60)

    def subscribe(self, list_id: str, email: str, **more: Any) -> str:
        silent = {"pre_verified": True, "pre_confirmed": True, "pre_approved": True, "send_welcome_message": False}
        return str(self.do("POST", "/members", {"list_id": list_id, "subscriber": email, **silent, **more}))

    def config(self, list_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.do("GET", f"/lists/{list_id}/config")
        return found

    def emails(self, list_id: str, role: str = "member") -> list[str]:
        entries = self.do("GET", f"/lists/{list_id}/roster/{role}").get("entries", [])
        return [str(entry["email"]) for entry in entries]
