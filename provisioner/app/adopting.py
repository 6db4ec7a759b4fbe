"""Ties what exists already to the registry once a ranger decided: shown first, then exactly that. Writes to no target.

What was adopted and differs is an update of the next plan.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from provisioner.app.applying import lock_servers
from provisioner.app.carrying_out import How, Started, carry_out
from provisioner.app.connectors import Target
from provisioner.app.focus import is_named
from provisioner.app.observing import View
from provisioner.app.planning import UNDECIDED, Decisions, Planned, make_plan, unread
from provisioner.app.site import Site
from provisioner.execution import Report, leave_epoch
from provisioner.model.changes import Adopt
from provisioner.model.errors import SettingsError
from provisioner.model.inventory import Remote, Unknown
from provisioner.model.plan import NoticeKind
from provisioner.model.resources import FieldName, Kind, ResourceId, Value
from provisioner.model.text import Text
from provisioner.planning.fields import FieldComparer
from provisioner.state import Epochs


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something over there that is very likely meant."""

    change: Adopt
    differs: Mapping[FieldName, tuple[Value | Unknown, Value]]
    """Field → (there, wanted): what the next plan would change."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """Something wanted whose object over there only a person can tell."""

    target: str
    id: ResourceId
    name: str
    why: Text
    candidates: tuple[Remote, ...]
    """Nobody's, and of the same name, address or mark."""


@dataclass(frozen=True, slots=True)
class Adoptions:
    """What there is to decide. ``unread``: targets that could not be read whole, with why."""

    planned: Planned
    candidates: tuple[Candidate, ...]
    disputes: tuple[Dispute, ...]
    unread: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a ranger names: ids, with or without their kind, and of which kinds and targets; empty: all.

    ``remote_id``: the very object that is meant; then ids, kind and target have to lead to one resource.
    """

    ids: tuple[str, ...] = ()
    kind: Kind | None = None
    targets: tuple[str, ...] = ()
    remote_id: str | None = None

    def names(self, identity: ResourceId) -> bool:
        """Whether it is about this resource."""
        named = not self.ids or is_named(identity.key, frozenset(self.ids))
        return named and self.kind in (None, identity.kind)


@dataclass(frozen=True, slots=True)
class Adopted:
    """What came of it: the objects that are tied now, and the names of those that were not found as they were shown."""

    done: tuple[Adopt, ...]
    moved: tuple[str, ...]
    report: Report | None
    taken_over: tuple[str, ...] = ()
    """Targets in which another database worked before."""


def find_adoptions(site: Site, choice: Choice) -> Adoptions:
    """What a choice is about, or everything. Reads, writes nothing.

    Raises `SettingsError` for ids that mean nothing, are tied already or resemble nothing, with why.
    """
    with site.targets(choice.targets) as targets:
        planned = make_plan(site, targets, decisions=UNDECIDED)
        if choice.remote_id is not None:
            planned = make_plan(site, targets, decisions=_decided(planned, choice))
    found = Adoptions(
        planned,
        tuple(candidate for candidate in _candidates(planned) if choice.names(candidate.change.id)),
        tuple(dispute for dispute in _disputes(planned) if choice.names(dispute.id)),
        unread(planned.plan),
    )
    if choice.ids and not found.unread:
        _check_meant(planned, found, choice)
    return found


def adopt(
    site: Site,
    wanted: Sequence[Adopt],
    choice: Choice,
    started: Started,
    how: How | None = None,
    *,
    take_over: bool = False,
) -> Adopted:
    """Tie exactly these, as far as they are still as they were shown. No target is written to.

    ``take_over``: the database that worked in these targets last, be it a newer copy of this one, is lost for good,
    and this one takes its place. That alone is written there. Raises `LockTaken`, `StateBehind` and other
    `StateError`s, and with ``take_over`` `TargetError`.
    """
    decisions = UNDECIDED
    if choice.remote_id is not None:
        decisions = {change.target: {change.id: change.remote.remote_id} for change in wanted}
    digests = {change.digest() for change in wanted}
    with ExitStack() as stack:
        targets: list[Target] = stack.enter_context(site.targets(choice.targets))
        locks = lock_servers(site, targets, stack)
        site.ties_log.check()
        planned = make_plan(site, targets, decisions=decisions)
        chosen = {
            part.target: [change for change in part.changes if change.digest() in digests]
            for part in planned.plan.targets
        }
        inherited = [view for view in planned.views.values() if view.behind is not None] if take_over else []
        views = {**planned.views, **{view.target.name: replace(view, behind=None) for view in inherited}}
        report = carry_out(site, replace(planned, views=views), chosen, locks, started, how or How())
        epochs = Epochs(site.database)
        for view in inherited:
            target, lock = view.target, locks[view.target.server]
            leave_epoch(epochs, site.network, target.name, epochs.head(), lock, target.gate, target.connector)
    done = tuple(change for changes in chosen.values() for change in changes if isinstance(change, Adopt))
    tied = {change.digest() for change in done}
    moved = tuple(change.name for change in wanted if change.digest() not in tied)
    return Adopted(done, moved, report, tuple(view.target.name for view in inherited))


def _decided(planned: Planned, choice: Choice) -> Decisions:
    """Raises `SettingsError` unless the choice leads to one resource."""
    found = [
        (name, identity)
        for name, view in planned.views.items()
        for identity in view.desired.resources
        if identity.kind in view.target.type.kinds and identity not in view.known.bindings and choice.names(identity)
    ]
    exact = [pair for pair in found if pair[1].key in choice.ids or pair[1].key.partition(":")[2] in choice.ids]
    found = exact if len(exact) == 1 else found
    if len(found) > 1:
        listed = ", ".join(f"{target}: {identity}" for target, identity in found)
        raise SettingsError(Text.of("app.adopt_which", listed=listed))
    if not found:
        _check_meant(planned, Adoptions(planned, (), (), {}), choice)
    ((target, identity),) = found
    return {target: {identity: choice.remote_id or ""}}


def _candidates(planned: Planned) -> Iterator[Candidate]:
    for change in planned.plan.changes():
        if isinstance(change, Adopt):
            yield Candidate(change, _differs(planned.views[change.target], change))


def _differs(view: View, change: Adopt) -> Mapping[FieldName, tuple[Value | Unknown, Value]]:
    wanted = view.desired.resources.get(change.id)
    if wanted is None or view.inventory is None or view.capabilities is None:
        return {}
    kind = change.id.kind
    comparer = FieldComparer(kind, view.capabilities, view.inventory.of(kind))
    found = comparer.compare(wanted, change.remote, None)
    return {} if found is None else {**found.by_registry, **found.by_drift}


def _disputes(planned: Planned) -> Iterator[Dispute]:
    for part in planned.plan.targets:
        view = planned.views[part.target]
        for notice in part.notices:
            unbound = notice.id is not None and notice.id not in view.known.bindings
            if notice.kind is NoticeKind.DISPUTED and notice.id is not None and unbound:
                yield Dispute(part.target, notice.id, notice.name, notice.why, tuple(_alike(view, notice.id)))


def _alike(view: View, identity: ResourceId) -> Iterator[Remote]:
    """What nobody owns and could be meant: by its name, its address or a mark of ours."""
    wanted = view.desired.resources.get(identity)
    if wanted is None or view.inventory is None or view.capabilities is None:
        return
    kind, canonical = identity.kind, view.capabilities.canonical_name
    owned = {binding.remote_id for one, binding in view.known.bindings.items() if one.kind is kind}
    owned |= {remote_id for foreign, remote_id in view.known.foreign if foreign == kind}
    name, email = canonical(kind, wanted.name), wanted.fields.get("email")
    for remote in view.inventory.of(kind).objects.values():
        address = remote.fields.get("email")
        same_address = isinstance(email, str) and isinstance(address, str) and email.casefold() == address.casefold()
        alike = canonical(kind, remote.name) == name or same_address or remote.marker == wanted.marker
        if alike and remote.remote_id not in owned:
            yield remote


def _check_meant(planned: Planned, found: Adoptions, choice: Choice) -> None:
    """Raise `SettingsError` for the first id of which there is nothing to decide, and say why that is so."""
    decidable = [candidate.change.id for candidate in found.candidates] + [dispute.id for dispute in found.disputes]
    for wanted in choice.ids:
        about = Choice((wanted,), choice.kind)
        if any(about.names(identity) for identity in decidable):
            continue
        for view in planned.views.values():
            tied = next((binding for one, binding in view.known.bindings.items() if about.names(one)), None)
            if tied is not None:
                raise SettingsError(Text.of("app.adopt_tied", id=wanted, target=view.target.name, name=tied.name))
        if any(about.names(one) for view in planned.views.values() for one in view.desired.resources):
            raise SettingsError(Text.of("app.adopt_nothing_alike", id=wanted))
        raise SettingsError(Text.of("app.nothing_of_that_name", id=wanted))
