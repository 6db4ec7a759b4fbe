"""Drift: what somebody changed over there since the last apply, whatever the registry says by now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from provisioner.model.bindings import Ties
from provisioner.model.inventory import NOBODY, Complete, Inventory, Remote, Roster, Unknown
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Edge, EdgeRole, FieldName, Kind, Mode, ResourceId, Seats, Value
from provisioner.planning.rosters import SORTS
from provisioner.planning.sameness import is_replaced, our_keys, reader_of


class DriftKind(StrEnum):
    FIELD = "field"  # a managed field has another value
    ADDED = "added"  # an account or group of ours was put into a container, or into a role there
    REMOVED = "removed"  # an account or group of ours was taken out of a container, or out of a role there
    LOST = "lost"  # the object is gone, or another one stands in its place


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that changed. ``field``, ``before`` and ``now`` belong to FIELD, ``edge`` to ADDED and REMOVED.

    A member of a folder whose rights were changed was removed from one role and added to another.
    """

    kind: DriftKind
    target: str
    id: ResourceId
    name: str
    field: FieldName | None = None
    before: Value = None
    now: Value = None
    edge: Edge | None = None

    @property
    def account(self) -> str | None:
        """Key of the member, be it an account or a group."""
        return self.edge.member if self.edge is not None else None


def drift_of(
    inventory: Inventory, ties: Ties, capabilities: Capabilities, login_writes: frozenset[ResourceId] = frozenset()
) -> Iterator[Drift]:
    """Everything that differs between the last apply and now. Unknown fields and partial reads never do. Pure.

    ``login_writes``: the containers whose members are the login's business (`Desired.login_writes`). What a step of
    ours that was cut short left behind (`Ties.unsettled`) is nobody's drift.
    """
    keys = {kind: our_keys(inventory, ties, kind) for kind in (Kind.ACCOUNT, Kind.GROUP)}
    readers = {kind: reader_of(inventory.of(kind)) for kind in Kind}
    for identity, binding in ties.bindings.items():
        observation = inventory.of(identity.kind)
        remote = observation.objects.get(binding.remote_id)
        if remote is None or is_replaced(binding, remote):
            evidence = observation.completeness
            looked_for = isinstance(evidence, Complete) and (
                evidence.scope.only is None or identity.key in evidence.scope.only
            )
            if remote is not None or looked_for:
                yield Drift(DriftKind.LOST, inventory.target, identity, binding.name)
            continue
        if identity in ties.unsettled:
            continue
        managed = capabilities.fields.get(identity.kind, {})
        for name, before in binding.applied.items():
            now = remote.name if name == "name" else readers[identity.kind](remote, name)
            if managed.get(name) is Mode.MANAGED and now != before and not isinstance(now, Unknown):
                yield Drift(DriftKind.FIELD, inventory.target, identity, remote.name, name, before, now)
        if identity.kind is not Kind.ACCOUNT and identity not in login_writes:
            yield from _of_roster(identity, remote, inventory, ties, keys)


def _of_roster(
    identity: ResourceId,
    remote: Remote,
    inventory: Inventory,
    ties: Ties,
    keys: Mapping[Kind, Mapping[str, str]],
) -> Iterator[Drift]:
    roster = inventory.rosters.get((identity.kind, remote.remote_id))
    if roster is None:
        return
    for role, member in SORTS[identity.kind]:
        seats, ours = Seats(identity, role, member), keys[member]
        applied = ties.edges.get(seats, NOBODY)
        now = {ours[at] for at in roster.of(role, member) if at in ours}
        added = now - applied
        if identity.kind is Kind.CONVERSATION and (role, member) == (EdgeRole.MEMBER, Kind.ACCOUNT):
            moderators = Seats(identity, EdgeRole.MODERATOR, Kind.ACCOUNT)
            added -= ties.edges.get(moderators, NOBODY) | _brought(identity, roster, inventory, ties, ours)
            now |= {ours[at] for at in roster.of(EdgeRole.MODERATOR, Kind.ACCOUNT) if at in ours}
        for key in sorted(added):
            yield Drift(DriftKind.ADDED, inventory.target, identity, remote.name, edge=Edge(seats, key))
        if isinstance(roster.completeness, Complete):
            only = roster.completeness.scope.only
            gone = applied.intersection(ours.values()) - now  # of a lost account, LOST says it all
            for key in sorted(gone if only is None else gone & only):
                yield Drift(DriftKind.REMOVED, inventory.target, identity, remote.name, edge=Edge(seats, key))


def _brought(
    room: ResourceId, roster: Roster, inventory: Inventory, ties: Ties, accounts: Mapping[str, str]
) -> frozenset[str]:
    """The accounts that came into a conversation with a group, be the group deleted by now."""
    of_groups = (inventory.rosters.get((Kind.GROUP, at)) for at in roster.of(EdgeRole.MEMBER, Kind.GROUP))
    there = {accounts[at] for group in of_groups if group is not None for at in group.accounts if at in accounts}
    groups = ties.edges.get(Seats(room, EdgeRole.MEMBER, Kind.GROUP), NOBODY)
    return NOBODY.union(there, *(ties.edges.get(Seats(ResourceId(Kind.GROUP, key)), NOBODY) for key in groups))
