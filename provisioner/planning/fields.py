"""Compares one object's fields three ways: what is wanted, what is there, what we last made true."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from provisioner.model.inventory import Remote, Unknown
from provisioner.model.ports import Capabilities
from provisioner.model.resources import FieldName, Kind, Mode, Resource, Value

Differing = dict[FieldName, tuple[Value | Unknown, Value]]
"""Field → (observed, wanted)."""


@dataclass(slots=True)
class FieldDifferences:
    """Fields that differ, by who changed them."""

    by_registry: Differing = field(default_factory=dict)
    """The wish changed since the last apply."""
    by_drift: Differing = field(default_factory=dict)
    """Somebody changed it over there since the last apply."""
    unwritable: list[FieldName] = field(default_factory=list)
    """Different, but this very object's backend does not let us write it."""


class FieldComparer:
    """Compares objects of one kind in one target."""

    def __init__(self, kind: Kind, capabilities: Capabilities) -> None:
        self._kind = kind
        self._canonical = capabilities.canonical
        modes = capabilities.fields.get(kind, {})
        self._managed = [name for name, mode in modes.items() if mode is Mode.MANAGED]
        self._write_only = [name for name, mode in modes.items() if mode is Mode.WRITE_ONLY]

    def compare(self, wanted: Resource, remote: Remote, applied: Mapping[FieldName, Value]) -> FieldDifferences | None:
        """What differs, or None. A field that is Unknown over there, or not wished for, never does."""
        found: FieldDifferences | None = None
        for name in self._managed:
            if name == "name":
                wish: Value = wanted.name
                seen: Value | Unknown = remote.name
            elif name in wanted.fields:
                wish = self._canonical(self._kind, name, wanted.fields[name])
                seen = remote.fields.get(name)
            else:
                continue
            if seen == wish or isinstance(seen, Unknown):
                continue
            if found is None:
                found = FieldDifferences()
            if remote.writable is not None and name not in remote.writable:
                found.unwritable.append(name)
            elif name in applied and applied[name] != seen:
                found.by_drift[name] = (seen, wish)
            else:
                found.by_registry[name] = (seen, wish)
        for name in self._write_only:
            if name in wanted.fields and applied.get(name) != wanted.fields[name]:
                found = found or FieldDifferences()
                found.by_registry[name] = (applied.get(name), wanted.fields[name])
        return found
