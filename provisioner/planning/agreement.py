"""Where wish and reality agree although we never wrote it: noted, so that it is no drift tomorrow."""

from dataclasses import dataclass, field

from provisioner.model.bindings import Ties
from provisioner.model.inventory import Complete, Inventory
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, FieldName, Kind, Mode, ResourceId, Value


@dataclass(slots=True)
class Agreement:
    """What the database should take for applied, though no step did it. Pairs are (container key, account key)."""

    fields: dict[ResourceId, dict[FieldName, Value]] = field(default_factory=dict)
    joined: list[tuple[str, str]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.fields or self.joined or self.left)


def agreement(desired: Desired, inventory: Inventory, ties: Ties, capabilities: Capabilities) -> Agreement:
    """Compare the last apply with what is both wanted and there. Pure; only what is bound is looked at."""
    found = Agreement()
    account_keys: dict[str, str] = {}
    for identity, binding in ties.bindings.items():
        if identity.kind is Kind.ACCOUNT:
            account_keys[binding.remote_id] = identity.key
        wanted = desired.resources.get(identity)
        remote = inventory.of(identity.kind).objects.get(binding.remote_id)
        if wanted is None or remote is None or remote.fingerprint != binding.fingerprint:
            continue
        agreed: dict[FieldName, Value] = {}
        for name, mode in capabilities.fields.get(identity.kind, {}).items():
            if mode is not Mode.MANAGED or name not in wanted.fields:
                continue
            wish = capabilities.canonical(identity.kind, name, wanted.fields[name])
            if remote.fields.get(name) == wish and binding.applied.get(name, ...) != wish:
                agreed[name] = wish
        if agreed:
            found.fields[identity] = agreed
    for identity, binding in ties.bindings.items():
        roster = inventory.rosters.get(binding.remote_id) if identity.kind is not Kind.ACCOUNT else None
        if roster is None or not isinstance(roster.completeness, Complete):
            continue
        wanted_members = desired.edges.get(identity.key, frozenset())
        applied = ties.edges.get(identity.key, frozenset())
        present = {account_keys[member] for member in roster.members if member in account_keys}
        found.joined += [(identity.key, account) for account in (present & wanted_members) - applied]
        found.left += [(identity.key, account) for account in applied - present - wanted_members]
    return found
