"""Where wish and reality agree although we never wrote it: noted, so that it is no drift tomorrow."""

from dataclasses import dataclass, field

from provisioner.model.bindings import Ties
from provisioner.model.inventory import Complete, Inventory
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, Edge, FieldName, Kind, Mode, ResourceId, Seats, Value
from provisioner.planning.sameness import is_replaced, our_accounts


@dataclass(slots=True)
class Agreement:
    """What the database should take for applied, though no step did it. Pairs are (container key, account key)."""

    fields: dict[ResourceId, dict[FieldName, Value]] = field(default_factory=dict)
    joined: list[Edge] = field(default_factory=list)
    left: list[Edge] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.fields or self.joined or self.left)


def agreement(desired: Desired, inventory: Inventory, ties: Ties, capabilities: Capabilities) -> Agreement:
    """Compare the last apply with what is both wanted and there. Pure; only what is bound is looked at."""
    found = Agreement()
    _agree_on_fields(found, desired, inventory, ties, capabilities)
    _agree_on_edges(found, desired, inventory, ties)
    return found


def _agree_on_fields(
    found: Agreement, desired: Desired, inventory: Inventory, ties: Ties, capabilities: Capabilities
) -> None:
    canonical = capabilities.canonical
    managed: dict[Kind, list[FieldName]] = {
        kind: [name for name, mode in modes.items() if mode is Mode.MANAGED]
        for kind, modes in capabilities.fields.items()
    }
    objects = {kind: inventory.of(kind).objects for kind in managed}
    for identity, binding in ties.bindings.items():
        kind = identity.kind
        wanted = desired.resources.get(identity)
        remote = objects[kind].get(binding.remote_id) if kind in objects else None
        if wanted is None or remote is None or is_replaced(binding, remote):
            continue
        applied, agreed = binding.applied, dict[FieldName, Value]()
        for name in managed[kind]:
            if name in wanted.fields and name in remote.fields:
                seen = remote.fields[name]
                # Most were applied as they are seen: asked first, since it is the cheaper question.
                if applied.get(name, ...) != seen and canonical(kind, name, wanted.fields[name]) == seen:
                    agreed[name] = seen
        if agreed:
            found.fields[identity] = agreed


def _agree_on_edges(found: Agreement, desired: Desired, inventory: Inventory, ties: Ties) -> None:
    accounts = our_accounts(inventory, ties)
    known = frozenset(accounts.values())
    for identity, binding in ties.bindings.items():
        seats = Seats(identity)
        if identity.kind is Kind.ACCOUNT or identity in desired.login_writes:
            continue  # what the login writes is none of ours, however much it agrees
        roster = inventory.rosters.get((identity.kind, binding.remote_id))
        if roster is None:
            continue
        wanted, applied = desired.edges.get(seats, frozenset()), ties.edges.get(seats, frozenset())
        present = {accounts[member] for member in roster.accounts if member in accounts}
        found.joined += [Edge(seats, account) for account in sorted((present & wanted) - applied)]
        if isinstance(roster.completeness, Complete):
            found.left += [Edge(seats, account) for account in sorted((applied & known) - present - wanted)]
