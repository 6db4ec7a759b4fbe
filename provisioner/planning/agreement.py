"""Where wish and reality agree although we never wrote it: noted, so that it is no drift tomorrow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from provisioner.model.bindings import Binding, Ties
from provisioner.model.inventory import NOBODY, Complete, Inventory, Remote, Roster, Unknown
from provisioner.model.ports import Capabilities
from provisioner.model.resources import (
    Desired,
    Edge,
    EdgeRole,
    FieldName,
    Kind,
    Mode,
    Resource,
    ResourceId,
    Seats,
    Value,
)
from provisioner.planning.draft import is_orphan
from provisioner.planning.rosters import GRADED, SORTS
from provisioner.planning.sameness import is_replaced, our_keys, reader_of


@dataclass(slots=True)
class Agreement:
    """What the database should take for applied, though no step did it."""

    fields: dict[ResourceId, dict[FieldName, Value]] = field(default_factory=dict)
    joined: list[Edge] = field(default_factory=list)
    left: list[Edge] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.fields or self.joined or self.left)


def agreement(
    desired: Desired,
    inventory: Inventory,
    ties: Ties,
    capabilities: Capabilities,
    address: Callable[[ResourceId], str | None] | None = None,
) -> Agreement:
    """Compare the last apply with what is both wanted and there. Pure; only what is bound is looked at.

    ``address``: where people open a resource, so that texts with links are compared, too; None: they are not.
    """
    found = Agreement()
    _agree_on_fields(found, desired, inventory, ties, capabilities, address)
    _agree_on_edges(found, desired, inventory, ties)
    return found


def _agree_on_fields(
    found: Agreement,
    desired: Desired,
    inventory: Inventory,
    ties: Ties,
    capabilities: Capabilities,
    address: Callable[[ResourceId], str | None] | None,
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
        if remote is None or is_replaced(binding, remote):
            continue
        if wanted is None:
            read = reader_of(inventory.of(kind))
            if desired.complete and is_orphan(identity, desired) and _is_taken_away(binding, read(remote, "email")):
                found.fields[identity] = {"email": None}
            continue
        wishes = wanted.fields if address is None or not wanted.late else _with_late(wanted, address)
        applied, agreed = binding.applied, dict[FieldName, Value]()
        for name in managed[kind]:
            if name == "name":
                if applied.get("name", binding.name) != remote.name and _is_called(wanted, remote, capabilities):
                    agreed["name"] = remote.name
            elif name in wishes and name in remote.fields:
                seen = remote.fields[name]
                # Most were applied as they are seen: asked first, since it is the cheaper question.
                if applied.get(name, ...) != seen and canonical(kind, name, wishes[name]) == seen:
                    agreed[name] = seen
        if agreed:
            found.fields[identity] = agreed


def _is_taken_away(binding: Binding, email: Value | Unknown) -> bool:
    """Whether there is no address any more: a successor who was given it needs it, and the registry wants none."""
    return bool(binding.applied.get("email")) and email in (None, "")


def _is_called(wanted: Resource, remote: Remote, capabilities: Capabilities) -> bool:
    canonical = capabilities.canonical_name
    return canonical(wanted.id.kind, wanted.name) == canonical(wanted.id.kind, remote.name)


def _with_late(wanted: Resource, address: Callable[[ResourceId], str | None]) -> Mapping[FieldName, Value]:
    return {**wanted.fields, **{name: text.written(address) for name, text in wanted.late.items()}}


def _agree_on_edges(found: Agreement, desired: Desired, inventory: Inventory, ties: Ties) -> None:
    keys = {kind: our_keys(inventory, ties, kind) for kind in (Kind.ACCOUNT, Kind.GROUP)}
    known = {kind: frozenset(ours.values()) for kind, ours in keys.items()}
    for identity, binding in ties.bindings.items():
        if identity.kind is Kind.ACCOUNT or identity in desired.login_writes:
            continue  # what the login writes is none of ours, however much it agrees
        roster = inventory.rosters.get((identity.kind, binding.remote_id))
        if roster is not None:
            _Agreed(identity, roster, desired, ties, keys, known).note(found)


@dataclass(frozen=True, slots=True)
class _Agreed:
    """The edges of one container."""

    id: ResourceId
    roster: Roster
    desired: Desired
    ties: Ties
    keys: Mapping[Kind, Mapping[str, str]]
    known: Mapping[Kind, frozenset[str]]

    def note(self, found: Agreement) -> None:
        for role, member in SORTS[self.id.kind]:
            self._note(found, Seats(self.id, role, member))

    def _note(self, found: Agreement, seats: Seats) -> None:
        wanted, applied = self.desired.edges.get(seats, NOBODY), self.ties.edges.get(seats, NOBODY)
        if not wanted and not applied:
            return
        present = self._there(seats.role, seats.member)
        if self.id.kind is Kind.CONVERSATION and seats.member is Kind.ACCOUNT:
            present |= self._there(EdgeRole.MODERATOR, Kind.ACCOUNT) if seats.role is EdgeRole.MEMBER else NOBODY
        found.joined += [Edge(seats, member) for member in sorted((present & wanted) - applied)]
        evidence = self.roster.completeness
        if not isinstance(evidence, Complete):
            return
        spoken_of = applied if evidence.scope.only is None else applied & evidence.scope.only
        left = (spoken_of & self.known[seats.member]) - present - wanted
        if left and self.id.kind in GRADED and self.id not in self.ties.unsettled:
            left -= self._regraded(seats)
        found.left += [Edge(seats, member) for member in sorted(left)]

    def _there(self, role: EdgeRole, member: Kind) -> set[str]:
        keys = self.keys[member]
        return {keys[at] for at in self.roster.of(role, member) if at in keys}

    def _regraded(self, seats: Seats) -> set[str]:
        """Members who have, or should have, another role than the one that we gave them, and not both alike.

        What we gave is kept in mind until theirs is what it should be: else nobody could tell who changed it. Where a
        step of ours was cut short everybody can: we did, and what it took is no longer there.
        """
        open_questions = set[str]()
        for role, member in SORTS[self.id.kind]:
            if role is not seats.role:
                there = self._there(role, member)
                open_questions |= there ^ self.desired.edges.get(Seats(self.id, role, member), NOBODY)
        return open_questions
