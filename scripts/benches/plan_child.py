"""Policy and plan alone, in memory and in a fresh process: prints seconds of CPU and this process' own peak.

What is measured: desired state, plan, the plan's digest, guards. What is only prepared: registry, inventory, ties.
"""

import gc
import json
import sys
import time
from datetime import UTC, datetime
from typing import TypeVar

from policies.desire import Assigned, desire
from policies.document import Policy
from provisioner.app.planning import assigned_of
from provisioner.app.site import planning_rules
from provisioner.model.bindings import Binding, Ties
from provisioner.model.inventory import Complete, Inventory, Observation, Remote, Roster, Scope
from provisioner.model.plan import Plan
from provisioner.model.ports import Capabilities
from provisioner.model.registry import Registry
from provisioner.model.resources import Desired, EdgeRole, FieldName, Kind, Resource, ResourceId, Value
from provisioner.planning.guards import GuardInput, refusals
from provisioner.planning.late import addresses_after, with_late_texts
from provisioner.planning.planner import plan_target
from scripts.benches.memory import peak
from scripts.benches.offline import capabilities as offline
from tests.support.networks import build_registry, held

TARGET = "cloud"
V = TypeVar("V")


def main() -> None:
    """Arguments: people, bodies, edges, "unchanged" or "first"."""
    people, bodies, edges, first = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "first"
    registry = build_registry(people, bodies, edges)
    capabilities = offline(target=TARGET)
    today = datetime.now(UTC).date()
    nothing = Desired()
    there = nothing if first else held(desire(registry, Policy(), today), capabilities)
    inventory, ties = observed(there, capabilities), bound(there, capabilities)
    floor = bare_floor(registry, inventory)
    del there, nothing
    gc.collect()
    prepared = peak()
    before = time.process_time()
    desired = desire(registry, Policy(), today, Assigned() if first else assigned_of([(capabilities, ties)]))
    wanted = time.process_time()
    rules = planning_rules(Policy())
    part = plan_target(desired, inventory, ties, capabilities, rules)
    address = addresses_after(part, ties, capabilities, inventory).get
    part = with_late_texts(part, desired, inventory, ties, capabilities, rules, address)
    planned = time.process_time()
    plan = Plan(registry.network, "", "", (part,))
    refused = refusals([GuardInput(part, ties, inventory)], desired, rules.guards, plan.digest(), frozenset())
    after = time.process_time()
    result = {
        "cpu": after - before,
        "policy": wanted - before,
        "plan": planned - wanted,
        "guards": after - planned,
        "floor": floor,
        "before": prepared,
        "peak": peak(),
        "changes": len(part.changes),
        "refusals": len(refused),
        "edges": sum(map(len, desired.edges.values())),
    }
    print(json.dumps(result))


def observed(there: Desired, capabilities: Capabilities) -> Inventory:
    """A server that holds exactly this. Each text is a string of its own, as if it had come over the wire."""
    objects: dict[Kind, dict[str, Remote]] = {kind: {} for kind in capabilities.fields}
    for resource in there.resources.values():
        kind = resource.id.kind
        fields: dict[FieldName, Value] = {"name": resource.name, **_applied(resource, there, capabilities)}
        objects[kind][resource.name] = Remote(resource.name, resource.name, fields, "Database")
    names = {identity: resource.name for identity, resource in there.resources.items()}
    members: dict[ResourceId, dict[tuple[EdgeRole, Kind], frozenset[str]]] = {}
    for seats, keys in there.edges.items():
        seated = members.setdefault(seats.container, {})
        seated[seats.role, seats.member] = frozenset(names[ResourceId(seats.member, key)] for key in keys)
    for room, people in there.through_groups.items():
        plain = frozenset(names[ResourceId(Kind.ACCOUNT, key)] for key in people)
        moderators = members[room].get((EdgeRole.MODERATOR, Kind.ACCOUNT), frozenset())
        members[room][EdgeRole.MEMBER, Kind.ACCOUNT] = plain - moderators
    rosters = {
        (identity.kind, names[identity]): Roster(Complete(Scope(TARGET, identity.kind, names[identity])), seated)
        for identity, seated in members.items()
    }
    found = {kind: Observation(Complete(Scope(TARGET, kind)), seen) for kind, seen in objects.items()}
    return Inventory(TARGET, found, rosters, "readi")


def _applied(resource: Resource, there: Desired, capabilities: Capabilities) -> dict[FieldName, Value]:
    """All that was made true of it, as the server gives it back."""

    def address(identity: ResourceId) -> str | None:
        if identity not in there.resources:  # on another server: its texts lead nowhere from here
            return None
        return capabilities.address(identity.kind, there.resources[identity].name, there.resources[identity].name)

    kind, late = resource.id.kind, {name: text.written(address) for name, text in resource.late.items()}
    wanted = {**resource.fields, **late}
    return {
        name: _own(capabilities.canonical(kind, name, wanted[name]))
        for name in capabilities.fields[kind]
        if name in wanted
    }


def _own(value: V) -> V:
    return value.encode().decode() if isinstance(value, str) else value  # type: ignore[return-value]


def bound(there: Desired, capabilities: Capabilities) -> Ties:
    """What the database knows after that was made."""
    bindings: dict[ResourceId, Binding] = {}
    for identity, resource in there.resources.items():
        if identity.kind not in capabilities.fields:
            continue
        applied = _applied(resource, there, capabilities)
        bindings[identity] = Binding(identity, resource.name, resource.name, "Database", applied)
    keys = {key: _own(key) for key in {member for members in there.edges.values() for member in members}}
    # Sets of their own and strings of their own, one for each account: as they come out of the database.
    edges = {seats: frozenset([keys[member] for member in members]) for seats, members in there.edges.items()}
    return Ties(bindings, edges)


def bare_floor(registry: Registry, inventory: Inventory) -> float:
    """Seconds of CPU of a loop that only builds and compares plain dicts and sets: no rules, no reasons, no plan."""
    started = time.process_time()
    wanted = {person.id: (person.display_name, person.email, "de", True) for person in registry.people.values()}
    members: dict[str, set[str]] = {}
    for person in registry.people.values():
        for membership in person.memberships:
            members.setdefault(membership.body, set()).add(person.id)
    there = {
        remote.remote_id: (remote.fields["display_name"], remote.fields["email"], remote.fields["language"], True)
        for remote in inventory.of(Kind.ACCOUNT).objects.values()
    }
    differing = [identity for identity, fields in wanted.items() if there.get(identity) != fields]
    rosters = {container: set(roster.accounts) for (_, container), roster in inventory.rosters.items()}
    differing += [body for body, people in members.items() if people != rosters.get(body)]
    return time.process_time() - started if differing else 0.0


if __name__ == "__main__":
    main()
