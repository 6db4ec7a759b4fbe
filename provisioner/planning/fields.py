"""Compares one object's fields three ways: what is wanted, what is there, what we last made true."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from provisioner.model.bindings import Binding
from provisioner.model.inventory import Observation, Remote, Unknown
from provisioner.model.ports import Capabilities
from provisioner.model.resources import FieldName, Kind, Mode, Resource, Value
from provisioner.model.text import Text
from provisioner.model.words import field_word
from provisioner.planning.sameness import reader_of

Differing = dict[FieldName, tuple[Value | Unknown, Value]]
"""Field → (observed, wanted)."""

_UNLIMITED: Final = -3
_NOTHING: Final[Mapping[FieldName, Value]] = {}


@dataclass(slots=True)
class FieldDifferences:
    """Fields that differ, by who changed them."""

    by_registry: Differing = field(default_factory=dict)
    """The wish changed since the last apply."""
    by_drift: Differing = field(default_factory=dict)
    """Somebody changed it over there since the last apply."""
    unwritable: list[FieldName] = field(default_factory=list)
    """Different, but this very object's backend does not let us write it."""

    def __contains__(self, name: object) -> bool:
        return name in self.by_registry or name in self.by_drift

    def drop(self, name: FieldName) -> None:
        """Leave this field as it is."""
        self.by_registry.pop(name, None)
        self.by_drift.pop(name, None)

    def drop_losses(self) -> bool:
        """Leave only what takes nothing from anybody. True when something was dropped."""
        dropped = False
        for fields in (self.by_registry, self.by_drift):
            for name in [name for name, (seen, wish) in fields.items() if _takes_away(name, seen, wish)]:
                del fields[name]
                dropped = True
        return dropped


class FieldComparer:
    """Compares the objects of one kind in one target."""

    def __init__(self, kind: Kind, capabilities: Capabilities, observation: Observation) -> None:
        self._kind = kind
        self._canonical = capabilities.canonical
        self._canonical_name = capabilities.canonical_name
        self._read = reader_of(observation)
        modes = capabilities.fields.get(kind, {})
        self._has_names = modes.get("name") is Mode.MANAGED
        self._managed = [name for name, mode in modes.items() if mode is Mode.MANAGED and name != "name"]
        self._write_only = [name for name, mode in modes.items() if mode is Mode.WRITE_ONLY]
        self._once = [name for name, mode in modes.items() if mode is Mode.ONCE]

    def compare(
        self, wanted: Resource, remote: Remote, binding: Binding | None, *, settled: bool = True
    ) -> FieldDifferences | None:
        """What differs, or None. A field that is Unknown over there, or not wished for, never does.

        ``binding`` tells what was last made true; None when nothing was. ``settled`` is False when a step of ours on
        it was cut short: then nobody else need have changed what differs.
        """
        differing = self._differing(wanted, remote)
        written = self._to_write(wanted, binding)
        if not differing and not written:
            return None
        applied = binding.applied if binding is not None else _NOTHING
        found = FieldDifferences()
        for name, (seen, wish) in differing.items():
            if remote.writable is not None and name not in remote.writable:
                found.unwritable.append(name)
            elif not settled or self._was(name, binding, applied) in (seen, _Never):
                found.by_registry[name] = (seen, wish)
            else:
                found.by_drift[name] = (seen, wish)
        for name, wish in written.items():
            if remote.writable is None or name in remote.writable:
                found.by_registry[name] = (applied.get(name), wish)
            else:
                found.unwritable.append(name)
        return found

    def _differing(self, wanted: Resource, remote: Remote) -> Differing:
        differing: Differing = {}
        if self._has_names and wanted.name != remote.name and not self._is_same_name(wanted.name, remote.name):
            differing["name"] = (remote.name, wanted.name)
        wishes = wanted.fields
        for name in self._managed:
            if name in wishes:
                wish = self._canonical(self._kind, name, wishes[name])
                seen = self._read(remote, name)
                if seen != wish and not isinstance(seen, Unknown):
                    differing[name] = (seen, wish)
        return differing

    def _is_same_name(self, one: str, other: str) -> bool:
        return self._canonical_name(self._kind, one) == self._canonical_name(self._kind, other)

    def _was(self, name: FieldName, binding: Binding | None, applied: Mapping[FieldName, Value]) -> object:
        """What was last made true, in the form in which the product would give it back; `_Never` when nothing was."""
        if name in applied:
            return self._canonical(self._kind, name, applied[name])
        return binding.name if name == "name" and binding is not None else _Never

    def _to_write(self, wanted: Resource, binding: Binding | None) -> Mapping[FieldName, Value]:
        """Fields that can't be read back: the wish changed since it was last written, or its one time never came.

        What is adopted had its one time before us.
        """
        if not self._write_only and not self._once:
            return _NOTHING
        applied = binding.applied if binding is not None else _NOTHING
        written: dict[FieldName, Value] = {}
        if binding is not None:
            for name in self._once:
                if name not in applied and wanted.fields.get(name) is not None:
                    written[name] = self._canonical(self._kind, name, wanted.fields[name])
        for name in self._write_only:
            if name in wanted.fields:
                wish = self._canonical(self._kind, name, wanted.fields[name])
                if name not in applied or self._canonical(self._kind, name, applied[name]) != wish:
                    written[name] = wish
        return written


class _Never:
    """Stands for what was never applied; None is a value."""


def unwritable(kind: Kind, name: FieldName, remote: Remote) -> Text:
    """Why a difference stays: it is the account's backend that decides, or the conversation's own moderators."""
    if kind is Kind.CONVERSATION:
        return Text.of("planning.unwritable_room", field=field_word(name))
    return Text.of("planning.unwritable", field=field_word(name), backend=remote.backend)


def _takes_away(name: FieldName, seen: Value | Unknown, wish: Value) -> bool:
    """Whether writing ``wish`` could cost somebody something: access, room, a value."""
    if name == "quota":
        more = isinstance(seen, int) and isinstance(wish, int) and 0 <= seen <= wish
        return wish != _UNLIMITED and not more
    return wish is None or name == "advanced_permissions" or wish is _CLOSED.get(name)


_CLOSED: Final[Mapping[FieldName, bool]] = {"enabled": False, "listed": False, "read_only": True, "lobby": True}
"""The values that shut somebody out."""
