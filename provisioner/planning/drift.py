"""Drift: what somebody changed over there since the last apply, whatever the registry says by now."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from provisioner.model.bindings import Ties
from provisioner.model.inventory import Complete, Inventory, Unknown
from provisioner.model.ports import Capabilities
from provisioner.model.resources import FieldName, Kind, Mode, ResourceId, Seats, Value
from provisioner.planning.sameness import is_replaced, our_accounts, reader_of


class DriftKind(StrEnum):
    FIELD = "field"  # a managed field has another value
    ADDED = "added"  # an account of ours was put into a container
    REMOVED = "removed"  # an account of ours was taken out of a container
    LOST = "lost"  # the object is gone, or another one stands in its place


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that changed. ``field``, ``before`` and ``now`` belong to FIELD, ``account`` to the edges."""

    kind: DriftKind
    target: str
    id: ResourceId
    name: str
    field: FieldName | None = None
    before: Value = None
    now: Value = None
    account: str | None = None


def drift_of(
    inventory: Inventory, ties: Ties, capabilities: Capabilities, login_writes: frozenset[ResourceId] = frozenset()
) -> Iterator[Drift]:
    """Everything that differs between the last apply and now. Unknown fields and partial reads never do. Pure.

    ``login_writes``: the containers whose members are the login's business (`Desired.login_writes`).
    """
    account_keys = our_accounts(inventory, ties)
    readers = {kind: reader_of(inventory.of(kind)) for kind in Kind}
    for identity, binding in ties.bindings.items():
        observation = inventory.of(identity.kind)
        remote = observation.objects.get(binding.remote_id)
        if remote is None or is_replaced(binding, remote):
            if remote is not None or isinstance(observation.completeness, Complete):
                yield Drift(DriftKind.LOST, inventory.target, identity, binding.name)
            continue
        managed = capabilities.fields.get(identity.kind, {})
        for name, before in binding.applied.items():
            now = remote.name if name == "name" else readers[identity.kind](remote, name)
            if managed.get(name) is Mode.MANAGED and now != before and not isinstance(now, Unknown):
                yield Drift(DriftKind.FIELD, inventory.target, identity, remote.name, name, before, now)
        if identity.kind is not Kind.ACCOUNT and identity not in login_writes:
            yield from _of_roster(identity, remote.remote_id, remote.name, inventory, ties, account_keys)


def _of_roster(
    identity: ResourceId,
    remote_id: str,
    name: str,
    inventory: Inventory,
    ties: Ties,
    account_keys: dict[str, str],
) -> Iterator[Drift]:
    roster = inventory.rosters.get((identity.kind, remote_id))
    if roster is None:
        return
    applied = ties.edges.get(Seats(identity), frozenset())
    now = {account_keys[member] for member in roster.accounts if member in account_keys}
    for account in sorted(now - applied):
        yield Drift(DriftKind.ADDED, inventory.target, identity, name, account=account)
    if isinstance(roster.completeness, Complete):
        for account in sorted(applied.intersection(account_keys.values()) - now):  # of a lost account, LOST says it all
            yield Drift(DriftKind.REMOVED, inventory.target, identity, name, account=account)
