"""A target that lives in memory (or in a file, for processes that get killed), and a connector for it."""

import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioner.model.bindings import Ties
from provisioner.model.changes import Change
from provisioner.model.inventory import (
    Absent,
    Complete,
    Epoch,
    Inventory,
    Level,
    Observation,
    Present,
    Reading,
    Remote,
    Roster,
    Scope,
)
from provisioner.model.ports import EVERYTHING, Capabilities, Finding, Interest, Resolve
from provisioner.model.resources import Edge, Kind, ResourceId, Seats
from provisioner.model.steps import Done, Effects, Moved, Step, Verified
from provisioner.model.text import Text
from provisioner.transport.gate import WriteGate

T = "cloud"

Fault = Callable[[], None]


def group(key: str) -> ResourceId:
    return ResourceId(Kind.GROUP, f"body:{key}")


def person(key: str) -> ResourceId:
    return ResourceId(Kind.ACCOUNT, f"person:{key}")


def create(resource: ResourceId, groups: Sequence[ResourceId] = (), **options: Any) -> Step:
    """A creation; an account's groups are fused into it."""
    name = resource.key.partition(":")[2]
    options.setdefault(
        "effects", Effects({"display_name": name}, joins=tuple(Edge(Seats(g), resource.key) for g in groups))
    )
    payload = {"groups": [g.key for g in groups], "display_name": name}
    return Step(T, "create", resource, name, ("c" * 64,), payload=payload, refers=tuple(groups), **options)


def update(resource: ResourceId, old: str, new: str, **options: Any) -> Step:
    name = resource.key.partition(":")[2]
    options.setdefault("effects", Effects({"display_name": new}))
    options.setdefault("expects", {"display_name": old})
    return Step(
        T, "update", resource, name, ("u" * 64,), remote_id=f"r-{name}", payload={"display_name": new}, **options
    )


def leave(container: ResourceId, account: ResourceId, **options: Any) -> Step:
    name = container.key.partition(":")[2]
    return Step(
        T,
        "leave",
        container,
        name,
        ("l" * 64,),
        remote_id=f"r-{name}",
        payload={"account": account.key},
        effects=Effects(leaves=(Edge(Seats(container), account.key),)),
        expects_edge=Edge(Seats(container), account.key),
        **options,
    )


def erase(resource: ResourceId, **options: Any) -> Step:
    name = resource.key.partition(":")[2]
    effects = Effects({"name": name.lower()}, erased=True)
    return Step(T, "erase", resource, name, ("e" * 64,), f"r-{name}", effects=effects, expects={}, **options)


def post(resource: ResourceId, message: str, **options: Any) -> Step:
    """What can't be taken back: looked for before it is written, and never simply repeated."""
    name = resource.key.partition(":")[2]
    options = {"effects": Effects({"first_message": message}), "expects": {}, "repeatable": False, **options}
    return Step(T, "post", resource, name, ("p" * 64,), f"r-{name}", payload={"message": message}, **options)


@dataclass
class FakeServer:
    """Objects by (kind, remote id); edges by remote ids. ``log`` holds every write that happened."""

    path: Path | None = None
    objects: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    edges: set[tuple[str, str]] = field(default_factory=set)
    posted: set[tuple[str, str]] = field(default_factory=set)
    log: list[tuple[str, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.path is not None and self.path.exists():
            for line in self.path.read_text().splitlines():
                self._make_true(json.loads(line))

    def write(self, *entry: str) -> None:
        self._make_true(entry)
        if self.path is not None:
            with self.path.open("a") as file:
                file.write(json.dumps(entry) + "\n")
                file.flush()
                os.fsync(file.fileno())

    def _make_true(self, entry: Sequence[str]) -> None:
        self.log.append(tuple(entry))
        match entry:
            case ["create", kind, remote_id, display_name]:
                self.objects[kind, remote_id] = {"display_name": display_name}
            case ["update", kind, remote_id, display_name]:
                self.objects[kind, remote_id]["display_name"] = display_name
            case ["join", container, account]:
                self.edges.add((container, account))
            case ["leave", container, account]:
                self.edges.discard((container, account))
            case ["erase", kind, remote_id]:
                del self.objects[kind, remote_id]
                self.edges = {edge for edge in self.edges if remote_id not in edge}
            case ["post", remote_id, message]:
                self.posted.add((remote_id, message))
            case _:
                raise AssertionError(entry)


class FakeConnector:
    """``before`` and ``after`` the write of a name: faults, one an attempt; ``reads``: faults of verify and look-up."""

    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self.gate = WriteGate()
        self.epochs: list[Epoch] = []
        self.leaving: list[Exception] = []
        """What goes wrong when an epoch is to be left, once each."""
        self.before: dict[str, list[Fault]] = {}
        self.after: dict[str, list[Fault]] = {}
        self.reads: dict[str, list[Fault]] = {}
        self.performed: list[str] = []
        self.looked_up: list[str] = []

    def fail(self, when: str, name: str, *errors: BaseException) -> "FakeConnector":
        faults: dict[str, list[Fault]] = getattr(self, when)
        faults.setdefault(name, []).extend(_raiser(error) for error in errors)
        return self

    def capabilities(self) -> Capabilities:
        return Capabilities({})

    def examine(self) -> Iterator[Finding]:
        yield from ()

    def observe(self, kinds: Collection[Kind], interest: Interest = EVERYTHING) -> Inventory:
        observations = {}
        for kind in kinds:
            objects = {
                remote_id: Remote(remote_id, remote_id.removeprefix("r-"), {"display_name": fields["display_name"]})
                for (of, remote_id), fields in self.server.objects.items()
                if of == str(kind)
            }
            observations[kind] = Observation(Complete(Scope(T, kind), Level.FIELDS), objects)
        rosters = {
            (Kind.GROUP, container): Roster.of_accounts(
                Complete(Scope(T, Kind.GROUP, container)), frozenset(a for c, a in self.server.edges if c == container)
            )
            for kind, container in self.server.objects
            if kind == "group"
        }
        return Inventory(T, observations, rosters)

    def compile(self, changes: Sequence[Change], resolve: Resolve) -> Sequence[Step]:
        raise NotImplementedError

    def verify(self, step: Step, resolve: Resolve) -> Verified | Moved:
        _next(self.reads, step.name)
        found = self.server.objects.get((str(step.id.kind), step.remote_id or ""))
        if found is None:
            return Moved(Text.of("test.gone"))
        if any(found.get(field_name) != value for field_name, value in (step.expects or {}).items()):
            return Moved(Text.of("test.moved"))
        if step.expects_edge is not None:
            seats, member = step.expects_edge
            if (resolve(seats.container), resolve(ResourceId(seats.member, member))) not in self.server.edges:
                return Moved(Text.of("test.edge_gone"))
        return Verified(None)

    def perform(self, step: Step, verified: Verified | None, resolve: Resolve) -> Done:
        assert (verified is not None) == (step.expects is not None or step.expects_edge is not None)
        self.performed.append(step.name)
        _next(self.before, step.name)
        self.gate.check("POST")
        kind, remote_id = str(step.id.kind), step.remote_id or f"r-{step.name}"
        if step.operation == "create":
            if (kind, remote_id) in self.server.objects:
                from provisioner.model.errors import Permanent

                raise Permanent(Text.of("test.exists"))
            containers = [resolve(resource) for resource in step.refers]
            self.server.write("create", kind, remote_id, str(step.payload["display_name"]))
            for container in containers:
                self.server.write("join", container, remote_id)
        elif step.operation == "update":
            self.server.write("update", kind, remote_id, str(step.payload["display_name"]))
        elif step.operation == "erase":
            self.server.write("erase", kind, remote_id)
        elif step.operation == "post":
            message = str(step.payload["message"])
            if (remote_id, message) in self.server.posted:
                return Done(remote_id, note=Text.of("test.posted_already"))
            self.server.write("post", remote_id, message)
        else:
            self.server.write("leave", remote_id, resolve(ResourceId(Kind.ACCOUNT, str(step.payload["account"]))))
        _next(self.after, step.name)
        return Done(remote_id, fingerprint="f1" if step.creates else "")

    def look_up(self, identity: ResourceId, name: str) -> Reading:
        self.looked_up.append(name)
        _next(self.reads, name)
        fields = self.server.objects.get((str(identity.kind), f"r-{name}"))
        if fields is None:
            return Absent()
        edges = frozenset(container for container, account in self.server.edges if account == f"r-{name}")
        return Present(Remote(f"r-{name}", name, {"display_name": fields["display_name"]}, "f1"), edges)

    def leave_epoch(self, epoch: Epoch) -> None:
        if self.leaving:
            raise self.leaving.pop(0)
        self.epochs.append(epoch)

    def close(self) -> None:
        """Nothing is open."""


def _next(faults: dict[str, list[Fault]], name: str) -> None:
    if faults.get(name):
        faults[name].pop(0)()


def _raiser(error: BaseException) -> Fault:
    def fault() -> None:
        raise error

    return fault


def wanted_steps(wanted: dict[ResourceId, tuple[ResourceId, ...]], ties: Ties) -> list[Step]:
    """A small planner: create whatever isn't tied, groups first; ``wanted`` maps each resource to its groups."""
    missing = [resource for resource in wanted if resource not in ties.bindings]
    return [
        create(resource, wanted[resource])
        for resource in sorted(missing, key=lambda resource: resource.kind is Kind.ACCOUNT)
    ]
