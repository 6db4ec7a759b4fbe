"""What the next run makes of steps whose outcome was never learnt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from provisioner.model.bindings import Binding, Ties
from provisioner.model.inventory import UNKNOWN, Complete, Completeness, Inventory, Remote, Unknown
from provisioner.model.resources import FieldName, Kind, ResourceId, Value, marker_of
from provisioner.state import Entry, Settlement, StepState


def settle(
    entries: Iterable[Entry], inventory: Inventory, ties: Ties, canonical_name: Callable[[Kind, str], str]
) -> list[Settlement]:
    """Decide on each open step of one target what can be decided. Pure; entries that are not in the answer wait on.

    A creation: its object is there and nobody's: FOUND, with the object to tie. All objects of the kind were listed,
    and it is not among them or is somebody else's (`is_somebody_elses`): ABSENT. Where the product lists none, a
    creation waits for a ranger. An erasure whose object is gone: DONE. Anything
    else that may be repeated is SUPERSEDED when its object was read: the inventory is newer. Steps that must not be
    repeated are DONE where every field that they were to write is seen to be so; else they wait until the like is done
    to that object again (it looks before it writes), or for a ranger.

    To be called with the server's lock held, on an inventory read and ties loaded since: else a step in hand of
    another process would be taken for one that was left behind. ``ties``: all of them, also where the plan is about
    a few things alone.
    """
    settling = _Settling(inventory, ties, canonical_name)
    decided = ((entry, settling.decide(entry)) for entry in entries)
    return [
        found if isinstance(found, Settlement) else Settlement(entry, found)
        for entry, found in decided
        if found is not None
    ]


def is_somebody_elses(remote: Remote, fields: Mapping[FieldName, Value]) -> bool:
    """Whether an account under the name of one that was to be made with ``fields`` is another person's.

    Whoever wants what we give to somebody may take their name before our request arrives: their account has another
    login, or none, or another address. What was not read, or is not there yet, tells nothing.
    """
    login, email = fields.get("login_id"), fields.get("email")
    has_login, has_email = remote.fields.get("login_id", UNKNOWN), remote.fields.get("email", UNKNOWN)
    if isinstance(login, str) and not isinstance(has_login, Unknown) and has_login != login:
        return True
    return isinstance(email, str) and isinstance(has_email, str) and has_email.lower() != email.lower()


def settled(ties: Ties, settlements: Sequence[Settlement]) -> Ties:
    """The ties as they will be once ``settlements`` are written down."""
    if not settlements:
        return ties
    bindings, pending = dict(ties.bindings), dict(ties.pending or {})
    for made in settlements:
        resource, remote = made.entry.resource, made.remote
        pending.pop(resource, None)
        if remote is not None:
            bindings[resource] = Binding(resource, remote.remote_id, remote.name, remote.fingerprint, {})
        elif made.erased:
            bindings.pop(resource, None)
    return replace(ties, bindings=bindings, pending=pending)


class _Settling:
    def __init__(self, inventory: Inventory, ties: Ties, canonical_name: Callable[[Kind, str], str]) -> None:
        self._inventory = inventory
        self._canonical_name = canonical_name
        self._tied: set[ResourceId] = set(ties.bindings)
        self._taken = {(str(binding.id.kind), binding.remote_id) for binding in ties.bindings.values()}
        self._taken |= ties.foreign
        self._by_name: dict[Kind, dict[str, list[Remote]]] = {}

    def decide(self, entry: Entry) -> Settlement | StepState | None:
        """None: nothing can be said."""
        if entry.creates:
            return self._creation(entry)
        if not entry.repeatable:
            return StepState.DONE if self._is_seen(entry) else None
        if not self._was_read(entry):
            return None
        there = entry.remote_id in self._inventory.of(entry.resource.kind).objects
        return StepState.DONE if entry.effects.erased and not there else StepState.SUPERSEDED

    def _creation(self, entry: Entry) -> Settlement | StepState | None:
        if entry.resource in self._tied:
            return StepState.FOUND
        kind = entry.resource.kind
        if self._inventory.of(kind).unlisted:
            return None
        alike = self._named(kind).get(self._canonical_name(kind, entry.name), [])
        found = [remote for remote in alike if remote.may_be_called(entry.name)]
        free = [remote for remote in found if not self._is_taken(remote, kind)]
        free = [remote for remote in free if not is_somebody_elses(remote, entry.effects.fields)]
        marker = marker_of(entry.resource)
        candidates = [remote for remote in free if remote.marker == marker]
        if not candidates and marker not in entry.effects.fields.values():  # else ours would carry the mark
            candidates = [remote for remote in free if not remote.marker]
        if len(candidates) == 1:
            remote = candidates[0]
            self._taken.add((str(kind), remote.remote_id))
            self._tied.add(entry.resource)
            return Settlement(entry, StepState.FOUND, remote)
        if not candidates and (found or _speaks_of(self._inventory.of(kind).completeness, {entry.resource.key})):
            return StepState.ABSENT
        return None

    def _named(self, kind: Kind) -> dict[str, list[Remote]]:
        if kind not in self._by_name:
            by_name = self._by_name[kind] = {}
            for remote in self._inventory.of(kind).objects.values():
                by_name.setdefault(self._canonical_name(kind, remote.name), []).append(remote)
        return self._by_name[kind]

    def _is_taken(self, remote: Remote, kind: Kind) -> bool:
        ours = kind is Kind.ACCOUNT and remote.remote_id == self._inventory.own_account
        return ours or (str(kind), remote.remote_id) in self._taken

    def _is_seen(self, entry: Entry) -> bool:
        """Whether all that a step was to make true is true; of edges, and of what is never read back, nothing tells."""
        effects = entry.effects
        remote = self._inventory.of(entry.resource.kind).objects.get(entry.remote_id or "")
        if remote is None or not effects.fields or effects.joins or effects.leaves or effects.erased:
            return False
        return all(remote.fields.get(name, UNKNOWN) == value for name, value in effects.fields.items())

    def _was_read(self, entry: Entry) -> bool:
        """Whether the inventory tells how the object is now, and its members where the step was about these."""
        kind, remote_id = entry.resource.kind, entry.remote_id or ""
        observation = self._inventory.of(kind)
        if remote_id not in observation.objects:
            return _speaks_of(observation.completeness, {entry.resource.key})
        edges = (*entry.effects.joins, *entry.effects.leaves)
        members = {member for seats, member in edges if seats.container == entry.resource}
        if not members:
            return True
        roster = self._inventory.rosters.get((kind, remote_id))
        return roster is not None and _speaks_of(roster.completeness, members)


def _speaks_of(completeness: Completeness, keys: set[str]) -> bool:
    """Whether all is known about these, by reading everything or by looking for them."""
    if not isinstance(completeness, Complete):
        return False
    return completeness.scope.only is None or completeness.scope.only >= keys
