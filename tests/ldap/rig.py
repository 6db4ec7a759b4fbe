"""What the tests of the LDAP connector stand on: directories of several makes, and a small apply."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.ldap.connector import LdapConnector
from connectors.ldap.emulator import LdapEmulator
from connectors.ldap.settings import LdapSettings
from provisioner.emulation import VirtualClock
from provisioner.model.changes import Change, Create, Join, Leave, Resume, Suspend, Update
from provisioner.model.inventory import Complete, Level, Scope
from provisioner.model.ports import Wiring
from provisioner.model.resources import Kind, Resource, ResourceId, Value
from provisioner.model.steps import Moved, Step, Verified
from provisioner.model.text import Text
from provisioner.transport.directory import ldap3
from provisioner.transport.gate import WriteGate, WriteToken
from tests.support.slapd import ADMIN, BASE, PASSWORD, TECHNICAL, Slapd

WHY = Text.of("test.because")


@dataclass(frozen=True)
class Lacks:
    """What the directory keeps from the technical account, or can't do."""

    hidden_attributes: tuple[str, ...] = ()
    hidden_people: bool = False
    """People's entries are not shown, their branch is."""
    hidden_branch: bool = False
    """Nothing at or below the people's branch is shown."""
    no_writing: bool = False
    size_limit: int | None = None
    """Most entries in one answer; with ``page_limit`` even over pages."""
    page_limit: bool = False
    no_member_of: bool = False
    no_refint: bool = False


NOTHING = Lacks()


@dataclass
class Server:
    url: str
    base: str = BASE
    user: str = TECHNICAL
    password: str = PASSWORD
    admin_user: str = ADMIN
    admin_password: str = PASSWORD
    emulator: LdapEmulator | None = None

    @property
    def people(self) -> str:
        return f"ou=people,{self.base}"

    @property
    def groups(self) -> str:
        return f"ou=groups,{self.base}"

    def settings(self, **more: Any) -> LdapSettings:
        given = {"url": self.url, "user": self.user, "password": self.password, "base": self.base, "page_size": 5}
        return LdapSettings(**{**given, **more})

    @contextmanager
    def admin(self) -> Iterator[Any]:
        """A plain ldap3 connection that may do everything."""
        server = ldap3.Server(self.url, get_info=ldap3.NONE)
        connection = ldap3.Connection(
            server, self.admin_user, self.admin_password, check_names=False, return_empty_attributes=False
        )
        assert connection.bind(), connection.result
        try:
            yield connection
        finally:
            connection.unbind()

    def do(self, method: str, *arguments: Any) -> None:
        """One operation of the administrator's, which must succeed."""
        with self.admin() as connection:
            getattr(connection, method)(*arguments)
            assert connection.result["result"] == 0, connection.result

    def add_person(self, uid: str, **attributes: Any) -> str:
        name = f"uid={uid},{self.people}"
        values = {"objectClass": "inetOrgPerson", "uid": uid, "cn": uid, "sn": uid, **attributes}
        self.do("add", name, None, values)
        return name

    def add_group(self, cn: str, members: Sequence[str], **attributes: Any) -> str:
        name = f"cn={cn},{self.groups}"
        self.do("add", name, None, {"objectClass": "groupOfNames", "cn": cn, "member": list(members), **attributes})
        return name

    def entries(self, branch: str, condition: str = "(objectClass=*)", *more: str) -> dict[str, dict[str, list[bytes]]]:
        """By name all entries below a branch with their values."""
        with self.admin() as connection:
            connection.search(branch, condition, ldap3.LEVEL, attributes=["*", *more], paged_size=1000)
            assert connection.result["result"] == 0, connection.result
            return {entry["dn"]: dict(entry["raw_attributes"]) for entry in connection.response}

    def wipe(self) -> None:
        for branch in (self.groups, self.people):
            for name in self.entries(branch):
                self.do("delete", name)


def slapd(folder: Path, lacks: Lacks = NOTHING, **more: Any) -> Slapd:
    """A real server with these shortcomings."""
    hidden = [f'access to dn.subtree="ou=people,{BASE}" attrs={name} by * none' for name in lacks.hidden_attributes]
    if lacks.hidden_people:
        hidden.append(f'access to dn.one="ou=people,{BASE}" by * none')
    if lacks.hidden_branch:
        hidden.append(f'access to dn.subtree="ou=people,{BASE}" by * none')
    if lacks.no_writing:
        hidden.append(f'access to * by dn.exact="{TECHNICAL}" read by anonymous auth by * none')
    limits = ""
    if lacks.size_limit is not None:
        # Without prtotal slapd's limit counts over all pages together (observed on OpenLDAP 2.5).
        over_pages = "" if lacks.page_limit else "size.prtotal=unlimited"
        limits = f'limits dn.exact="{TECHNICAL}" size={lacks.size_limit} {over_pages}\n'
    overlays = tuple(name for name, gone in (("memberof", lacks.no_member_of), ("refint", lacks.no_refint)) if not gone)
    return Slapd(folder, access="".join(f"{line}\n" for line in hidden), limits=limits, overlays=overlays, **more)


def emulated(emulator: LdapEmulator, lacks: Lacks = NOTHING) -> Server:
    """The emulator with these shortcomings."""
    rights = emulator.rights
    rights.hidden_attributes = frozenset(name.lower() for name in lacks.hidden_attributes)
    rights.hidden_people, rights.hidden_branch = lacks.hidden_people, lacks.hidden_branch
    rights.write = not lacks.no_writing
    rights.size_limit = lacks.size_limit
    rights.total_limit = lacks.size_limit if lacks.page_limit else None
    emulator.tree.member_of, emulator.tree.refint = not lacks.no_member_of, not lacks.no_refint
    ours, theirs = emulator.credentials, emulator.administrator
    return Server(
        emulator.url, emulator.base, ours["user"], ours["password"], theirs["user"], theirs["password"], emulator
    )


class Ledger:
    """Directories limit no rates."""

    def acquire(self, bucket: str, limit: int, window: float) -> None:
        raise AssertionError("a directory has no rate limit")

    def exhausted(self, bucket: str, limit: int, window: float) -> None:
        raise AssertionError("a directory has no rate limit")


@dataclass
class Rig:
    """A connector with an apply that does each step the way execution does."""

    settings: LdapSettings
    writing: bool = True
    bound: dict[ResourceId, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate = WriteGate()
        self.connector = LdapConnector("verzeichnis", self.settings, Wiring(self.gate, VirtualClock(), Ledger()))

    def resolve(self, resource: ResourceId) -> str:
        return self.bound[resource]

    def compile(self, *changes: Change) -> Sequence[Step]:
        return self.connector.compile(changes, self.resolve)

    def apply(self, *changes: Change) -> list[Step]:
        """Compile, verify and perform; the steps that were done."""
        done = []
        for step in self.compile(*changes):
            if self.run(step):
                done.append(step)
        return done

    def run(self, step: Step, between: Callable[[], None] | None = None) -> bool:
        token = WriteToken("test", lambda: True)
        verified = None
        if step.expects is not None or step.expects_edge is not None:
            reading = self.connector.verify(step, self.resolve)
            if isinstance(reading, Moved):
                self.moved.append(reading)
                return False
            verified = reading
        if between is not None:
            between()
        with self.gate.opened(token):
            done = self.connector.perform(step, verified, self.resolve)
        self.bound[step.id] = done.remote_id
        return True

    def verified(self, step: Step) -> Verified | None:
        """What a fresh read says of a step that wants one; it must not have moved."""
        if step.expects is None:
            return None
        reading = self.connector.verify(step, self.resolve)
        assert isinstance(reading, Verified), reading.why
        return reading

    def people(self) -> dict[str, Mapping[str, Any]]:
        """What is observed of people: name → fields."""
        found = self.connector.observe([Kind.ACCOUNT]).of(Kind.ACCOUNT)
        return {remote.name: remote.fields for remote in found.objects.values()}

    def rosters(self) -> dict[str, set[str]]:
        """Group name → names of its members (a distinguished name for strangers)."""
        inventory = self.connector.observe([Kind.ACCOUNT, Kind.GROUP])
        people = inventory.of(Kind.ACCOUNT).objects
        groups = inventory.of(Kind.GROUP).objects
        return {
            groups[group].name: {people[member].name if member in people else member for member in roster.accounts}
            for (_, group), roster in inventory.rosters.items()
        }

    def close(self) -> None:
        self.connector.close()


def settled(read: Callable[[], object], expected: object) -> None:
    """Read until it is so: slapd's refint works after the answer. Bounded by a number of reads, not by a clock."""
    for _ in range(2000):
        if read() == expected:
            return
    assert read() == expected


def person_id(key: str) -> ResourceId:
    return ResourceId(Kind.ACCOUNT, f"person:{key}")


def body_id(key: str) -> ResourceId:
    return ResourceId(Kind.GROUP, f"body:{key}")


def create(resource: ResourceId, name: str, /, **fields: Value) -> Create:
    wanted = Resource(resource, name, fields, WHY)  # type: ignore[arg-type]
    keys = Complete(Scope("verzeichnis", resource.kind))
    return Create(target="verzeichnis", id=resource, name=name, reason=WHY, wanted=wanted, keys=keys)


def anna(key: str = "anna", **more: Value) -> Create:
    fields: dict[str, Value] = {
        "display_name": "Anna Beispiel",
        "given_name": "Anna",
        "family_name": "Beispiel",
        "email": f"{key}@stadt.example",
        "language": "de",
        "organisation": "Stadt Beispiel",
        "enabled": True,
    }
    return create(person_id(key), key, **{**fields, **more})


def update(rig: Rig, resource: ResourceId, name: str, /, **fields: tuple[Value, Value]) -> Update:
    return Update(
        target="verzeichnis",
        id=resource,
        name=name,
        reason=WHY,
        remote_id=rig.bound[resource],
        before={key: pair[0] for key, pair in fields.items()},  # type: ignore[misc]
        after={key: pair[1] for key, pair in fields.items()},  # type: ignore[misc]
    )


def suspend(rig: Rig, key: str) -> Suspend:
    return Suspend(target="verzeichnis", id=person_id(key), name=key, reason=WHY, remote_id=rig.bound[person_id(key)])


def resume(rig: Rig, key: str) -> Resume:
    return Resume(target="verzeichnis", id=person_id(key), name=key, reason=WHY, remote_id=rig.bound[person_id(key)])


def join(body: str, *members: str) -> Join:
    keys = tuple(sorted(f"person:{member}" for member in members))
    return Join(target="verzeichnis", id=body_id(body), name=body, reason=WHY, members=keys)


def leave(rig: Rig, body: str, *members: str) -> Leave:
    remote = rig.bound[body_id(body)]
    return Leave(
        target="verzeichnis",
        id=body_id(body),
        name=body,
        reason=WHY,
        members=tuple(sorted(f"person:{member}" for member in members)),
        remote_id=remote,
        edges=Complete(Scope("verzeichnis", Kind.GROUP, remote), Level.FIELDS),
        source_complete=True,
    )


def live() -> Server | None:
    """A directory given by environment; tests work in a branch of their own below READI_LIVE_LDAP_BASE."""
    url = os.environ.get("READI_LIVE_LDAP_URL")
    if not url:
        return None
    user, password = os.environ["READI_LIVE_LDAP_USER"], os.environ["READI_LIVE_LDAP_PASSWORD"]
    base = f"ou=readi-contract,{os.environ['READI_LIVE_LDAP_BASE']}"
    return Server(url, base, user, password, user, password)
