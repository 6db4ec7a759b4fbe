"""A whole installation in a temporary folder, on an emulated Nextcloud, driven by the command line itself."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from connectors.nextcloud.emulation.folders.state import Folder
from connectors.nextcloud.emulation.talk.state import Room
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.cli.context import Context
from provisioner.cli.main import run
from provisioner.emulation import VirtualClock
from provisioner.model.ports import Clock
from provisioner.service.logs import OURS
from provisioner.sources.types import SourceType
from provisioner.state import Database

SERVICE = ("readi-provisioner", "emulated-Service-1")
LONG_AGO = "2020-01-31"
"""Before any test's today, on whatever clock."""
ROOT = Path(__file__).parents[2]

Snapshot = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ran:
    """What one command did."""

    code: int
    out: str
    err: str

    def __iter__(self) -> Any:
        return iter((self.code, self.out, self.err))

    @property
    def json(self) -> Any:
        """The last line of standard output, parsed."""
        return json.loads(self.out.splitlines()[-1])

    @property
    def all(self) -> str:
        """Everything that was said."""
        return self.out + self.err


def run_cli(
    arguments: Iterable[object], clock: Clock | None = None, sources: Mapping[str, SourceType] | None = None
) -> Ran:
    """One command in this process. ``sources``: kinds of sources besides those that are installed."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err), _loggers_as_before():
        context = Context(clock=clock) if clock is not None else Context()
        context.source_types = {**context.source_types, **(sources or {})}
        code = run([str(argument) for argument in arguments], context)
    return Ran(code, out.getvalue(), err.getvalue())


@contextmanager
def _loggers_as_before() -> Iterator[None]:
    """A command has the process for itself, and a test goes on behind it: it would read no log line any more."""
    before = [(one, list(one.handlers), one.level, one.propagate) for one in map(logging.getLogger, OURS)]
    try:
        yield
    finally:
        for one, handlers, level, propagate in before:
            one.handlers, one.propagate = handlers, propagate
            one.setLevel(level)


def person(given: str, *bodies: object, **more: object) -> dict[str, Any]:
    """A person's entry: "Anna" is p-anna, Anna Muster, anna@bretten.example."""
    identity = given.lower()
    return {
        "id": f"p-{identity}",
        "given_name": given,
        "family_name": "Muster",
        "email": f"{identity}@bretten.example",
        "organisation": "bretten",
        "bodies": list(bodies),
        **more,
    }


def body(identity: str, name: str, **more: object) -> dict[str, Any]:
    """A project group's entry."""
    return {"id": identity, "name": name, "kind": "project", **more}


@dataclass
class Wish:
    """One network's registry, policy and targets; written by `Installation.write`."""

    network: str = "redi"
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
    targets: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    cities: dict[str, str] = field(default_factory=lambda: {"bretten": "Stadt Bretten"})
    """Names by id; mail of "bretten" is at bretten.example."""
    more: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Further documents of the registry, by the name of their file."""

    def add(self, *entries: Mapping[str, Any]) -> None:
        """People and bodies, told apart by their fields."""
        for entry in entries:
            (self.people if "given_name" in entry else self.bodies)[entry["id"]] = dict(entry)

    def write(self, folder: Path) -> None:
        """The registry's files below ``folder``/registry, the policy beside it."""
        registry = folder / "registry"
        (registry / "people").mkdir(parents=True, exist_ok=True)
        cities = [
            {"id": one, "name": name, "kind": "city", "domains": [f"{one}.example"]}
            for one, name in self.cities.items()
        ]
        documents: dict[str, Any] = {
            "network.yaml": {"network": {"id": self.network, "name": self.network}},
            "organisations.yaml": {"organisations": cities},
            "bodies.yaml": {"bodies": list(self.bodies.values())},
            "people/all.yaml": {"people": list(self.people.values())},
            **self.more,
        }
        for name, document in documents.items():
            (registry / name).write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), "utf-8")
        (folder / "policy.yaml").write_text(yaml.safe_dump(self.policy), encoding="utf-8")


class Installation:
    """Settings, registries and state in one folder, and the emulator that its targets are on."""

    def __init__(self, folder: Path, cloud: NextcloudEmulator) -> None:
        self.folder = folder
        self.cloud = cloud
        self.wish = Wish()
        self.wish.targets["cloud"] = self.target()
        self.networks: dict[str, Wish] = {"redi": self.wish}
        self.state = "state/readi.db"
        self.more_settings: dict[str, Any] = {}
        self.more_network: dict[str, Any] = {}
        """Other settings of each network."""
        self.source_types: dict[str, SourceType] = {}
        """Kinds of sources besides those that are installed."""
        self.ran: list[Ran] = []
        """Every command that was run, for tests that read all that was ever said."""

    @property
    def clock(self) -> Clock:
        return self.cloud.clock

    @property
    def settings(self) -> Path:
        return self.folder / "settings.yaml"

    @property
    def database(self) -> Path:
        return self.folder / self.state

    def target(self, **more: object) -> dict[str, Any]:
        """A target's section that leads to the emulator. Without welcome mails, whose guard would refuse much."""
        plain = {"connector": "nextcloud", "url": self.cloud.url, "user": SERVICE[0], "password": SERVICE[1]}
        return {**plain, "welcome_mail": False, **more}

    def write(self) -> None:
        """Write all files as they are wished for now."""
        networks = {}
        for name, wish in self.networks.items():
            wish.write(self.folder / name)
            networks[name] = {
                "registry": f"{name}/registry",
                "policy": f"{name}/policy.yaml",
                "targets": wish.targets,
                "sources": wish.sources,
                **self.more_network,
            }
        text = yaml.safe_dump({"state": self.state, **self.more_settings, "networks": networks})
        self.settings.touch(mode=0o600)
        self.settings.write_text(text, encoding="utf-8")

    def run(self, *arguments: object, write: bool = True) -> Ran:
        """One command in this process, on the emulator's clock, after the files were written anew."""
        if write:
            self.write()
        ran = run_cli(["--settings", self.settings, "--lang", "en", *arguments], self.clock, self.source_types)
        self.ran.append(ran)
        return ran

    def plan(self) -> dict[str, Any]:
        """What `readi plan --json` says."""
        plan: dict[str, Any] = self.run("plan", "--json").json
        return plan

    def apply(self) -> Ran:
        """`readi apply --yes`, which must end well."""
        ran = self.run("apply", "--yes")
        assert ran.code == 0, ran.all
        return ran

    def child(self, *arguments: object) -> "subprocess.Popen[str]":
        """One command in a process of its own, on real time."""
        self.write()
        return subprocess.Popen(
            [sys.executable, "-m", "provisioner", "--settings", self.settings, "--lang", "en", *map(str, arguments)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def writes(self) -> list[tuple[str, str]]:
        """(method, path) of every write since the log was cleared."""
        return [
            (entry.method, urlsplit(entry.path).path.removeprefix("/ocs/v2.php/cloud"))
            for entry in self.cloud.log.writes
        ]

    def open_entries(self) -> int:
        """How many journalled steps have no known outcome."""
        with Database.open(self.database) as database, database.reading() as connection:
            found = connection.exec_driver_sql("SELECT count(*) FROM step WHERE state IN ('intent', 'unknown')")
            return int(found.scalar_one())


def snapshot(cloud: NextcloudEmulator) -> Snapshot:
    """All that the server holds, save passwords and what logging in leaves behind.

    Ids that the server drew and its own address stand nowhere in it: two servers that hold the same are equal.
    """
    with cloud.lock:
        rooms = [room for room in cloud.world.talk.rooms.values() if not room.object_type and room.type in (2, 3)]
        plain = partial(_without_ids, cloud.url, {room.token: room.name for room in rooms})
        return {
            "users": {
                user.id: (user.name, user.email, user.enabled, user.quota, user.language, tuple(sorted(user.groups)))
                for user in cloud.users.values()
            },
            "groups": {group.id: group.display_name for group in cloud.groups.values()},
            "folders": sorted(
                (
                    folder.mount_point,
                    folder.quota,
                    folder.acl,
                    tuple(sorted(folder.groups.items())),
                    tuple(sorted(folder.managers)),
                    tuple(sorted((node.name, plain((node.content or b"").decode())) for node in folder.tree.walk())),
                )
                for folder in cloud.world.folders.all.values()
            ),
            "rooms": sorted(
                (
                    room.name,
                    plain(room.description),
                    (room.type, room.read_only, room.listable, room.lobby),
                    tuple(sorted((one.kind, one.actor, one.type) for one in room.attendees)),
                    tuple(room.comments),
                )
                for room in rooms
            ),
        }


def _without_ids(url: str, tokens: Mapping[str, str], text: str) -> str:
    text = text.replace(url, "")
    for token, name in tokens.items():
        text = text.replace(token, name)
    return text


@dataclass(frozen=True, slots=True)
class Held:
    """A copy of all that a server holds, to fill another one with: see `fill`."""

    content: Snapshot
    folders: dict[int, Folder]
    rooms: dict[str, Room]


def held(cloud: NextcloudEmulator) -> Held:
    """What a server holds now."""
    content = snapshot(cloud)
    with cloud.lock:
        return Held(content, deepcopy(cloud.world.folders.all), deepcopy(cloud.world.talk.rooms))


def fill(cloud: NextcloudEmulator, copy: Held) -> None:
    """Make an emulator hold what another held: what of it it has not yet, under the same ids."""
    with cloud.lock:
        for identity, shown in copy.content["groups"].items():
            if identity not in cloud.groups:
                cloud.accounts.add_group(identity, shown)
        for identity, (name, email, enabled, quota, language, groups) in copy.content["users"].items():
            if identity not in cloud.users:
                cloud.accounts.add_user(
                    identity, "", name, email, groups, enabled=enabled, quota=quota, language=language
                )
        folders, talk = cloud.world.folders, cloud.world.talk
        folders.all = {**deepcopy(copy.folders), **folders.all}
        talk.rooms = {**deepcopy(copy.rooms), **talk.rooms}
        numbers = [number for room in talk.rooms.values() for number in _numbers(room)]
        folders._next = max([0, *folders.all]) + 1
        beyond = max([0, *numbers]) + 1
        talk._room_ids, talk._attendee_ids, talk._message_ids = count(beyond), count(beyond), count(beyond)


def _numbers(room: Room) -> Iterator[int]:
    yield room.id
    yield from (one.id for one in room.attendees)
    yield from (said.id for said in room.messages)


def new_cloud(clock: Clock | None = None, **more: Any) -> NextcloudEmulator:
    """A Nextcloud whose service account has the rights that README advises; not yet started."""
    return NextcloudEmulator(clock=clock or VirtualClock(), **{"service": SERVICE, **more})
