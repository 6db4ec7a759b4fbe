"""Texts that link things to each other: where everything is, over all targets, before a run and in the middle of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from provisioner.app.connectors import Target
from provisioner.app.observing import View, everywhere, remote_ids, ties_of
from provisioner.app.site import Site
from provisioner.execution import Report, Then
from provisioner.model.bindings import Binding, Ties
from provisioner.model.changes import Change, Create, Join, Write
from provisioner.model.plan import TargetPlan
from provisioner.model.ports import Capabilities
from provisioner.model.resources import Desired, Kind, Mode, ResourceId
from provisioner.model.steps import Step
from provisioner.planning.late import IDENTIFIERS, addresses_after

Found = Mapping[ResourceId, str]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where people open what is tied, by target in the order of the settings."""

    by_target: Mapping[str, Found]

    def seen_from(self, target: str) -> Callable[[ResourceId], str | None]:
        """What a text in ``target`` links to: the thing beside it before its like somewhere else."""
        known = [self.by_target.get(target, {}), *self.by_target.values()]
        return lambda identity: next((found[identity] for found in known if identity in found), None)


@dataclass(frozen=True, slots=True)
class Texts:
    """What one target gets once all else is done. ``ties`` count as bound what the run adopts."""

    view: View
    ties: Ties
    writes: Sequence[Write]
    makings: Sequence[Change] = ()
    """Of accounts that can be tied to the login as they are made, and never later: these, and what they come into."""


def wait_for_login(changes: Sequence[Change], capabilities: Capabilities) -> list[Change]:
    """Those of `Texts.makings`: whose id at the login is not known before the login's own steps are done."""
    modes = capabilities.fields.get(Kind.ACCOUNT, {})
    with_it = {name for name in IDENTIFIERS if modes.get(name) is Mode.CREATE_ONLY}
    makings: list[Change] = [
        change for change in changes if isinstance(change, Create) and with_it & change.wanted.late.keys()
    ]
    made = {change.id.key for change in makings}
    return makings + [
        change
        for change in changes
        if isinstance(change, Join) and change.member is Kind.ACCOUNT and made.intersection(change.members)
    ]


def gather(site: Site, views: Mapping[str, View], parts: Iterable[TargetPlan]) -> Addresses:
    """Where everything will be after this plan, also in targets that are no part of it. Asks no target.

    Raises `SettingsError` for another target with wrong settings: without it nobody knows what its links are.
    """
    kinds = frozenset[Kind]().union(*(_linked_kinds(view.desired) for view in views.values()))
    if not kinds:
        return Addresses({})
    found: dict[str, Found] = {}
    with everywhere(site, [view.target for view in views.values()]) as opened:
        others = [target for target in opened if target.name not in views]
        found |= _where_tied(others, ties_of(site, others), kinds)
    for part in parts:
        view = views[part.target]
        capabilities = _capabilities(view)
        found[part.target] = addresses_after(part, _linked(view.known, kinds), capabilities, view.inventory)
    return Addresses({name: found[name] for name in site.target_names()})


def tied_addresses(site: Site, targets: Sequence[Target], known: Mapping[str, Ties]) -> Addresses:
    """Where everything is that is tied by now, also in targets that are not among ``targets``. Asks no target.

    ``known``: the ties of ``targets``. Raises `SettingsError`.
    """
    with everywhere(site, targets) as opened:
        ties = {**ties_of(site, [target for target in opened if target.name not in known]), **known}
        return Addresses(_where_tied(opened, ties, frozenset(Kind)))


def _where_tied(targets: Iterable[Target], ties: Mapping[str, Ties], kinds: frozenset[Kind]) -> dict[str, Found]:
    return {
        target.name: addresses_after(
            TargetPlan(target.name), _linked(ties[target.name], kinds), target.connector.capabilities()
        )
        for target in targets
    }


def write_texts(site: Site, before: Addresses, views: Iterable[View], texts: Sequence[Texts]) -> Then:
    """The second stage of a run: what `provisioner.execution.execute` asks once everything else is done.

    The links are those of that moment: of what was made, renamed and adopted by then in all targets.
    """
    read = list(views)
    kinds = frozenset(link.kind for each in texts for write in each.writes for link in write.text.links())
    kinds |= {Kind.ACCOUNT} if any(each.makings for each in texts) else frozenset()

    def then(report: Report) -> Mapping[str, Sequence[Step]]:
        found = dict(before.by_target)
        for name, ties in ties_of(site, [view.target for view in read]).items():
            view = next(view for view in read if view.target.name == name)
            found[name] = addresses_after(TargetPlan(name), _called_so(_linked(ties, kinds), view), _capabilities(view))
        made = {target.target: target.made for target in report.targets}
        where = Addresses(found)
        return {each.view.target.name: list(_steps(each, made.get(each.view.target.name, {}), where)) for each in texts}

    return then


def _steps(texts: Texts, made: Mapping[ResourceId, str], where: Addresses) -> Iterator[Step]:
    """What could not be made has no remote id: its step is tried by nobody, and said to be left out."""
    view, capabilities = texts.view, _capabilities(texts.view)
    address = where.seen_from(view.target.name)
    yield from _making_steps(texts, made, address)
    changes: list[Write] = []
    for write in texts.writes:
        text = write.text.written(address)
        same = (capabilities.canonical(write.id.kind, write.field, text) or None) == (write.before or None)
        if not text and write.field in IDENTIFIERS:
            continue  # whose it is shows in a later run
        if write.remote_id is None or not same:
            changes.append(replace(write, written=text))
    bound = {**remote_ids(texts.ties), **made}
    for step in view.target.connector.compile(changes, lambda identity: bound.get(identity, "")):
        yield replace(step, remote_id=step.remote_id or None)


def _making_steps(
    texts: Texts, made: Mapping[ResourceId, str], address: Callable[[ResourceId], str | None]
) -> Iterator[Step]:
    """Whose id is not known after all is left to the connector, which says why it makes no account of theirs."""
    bound = {**remote_ids(texts.ties), **made}
    changes: list[Change] = []
    planned: dict[str, str] = {}
    for change in texts.makings:
        if isinstance(change, Create):
            late = {name: text.written(address) for name, text in change.wanted.late.items() if name in IDENTIFIERS}
            known = {name: text for name, text in late.items() if text}
            made_so = replace(change, wanted=replace(change.wanted, fields={**change.wanted.fields, **known}))
            planned[made_so.digest()] = change.digest()
            changes.append(made_so)
        elif change.id in bound:
            changes.append(change)
    for step in texts.view.target.connector.compile(changes, bound.__getitem__) if changes else ():
        yield replace(step, changes=tuple(planned.get(digest, digest) for digest in step.changes))


def _called_so(ties: Ties, view: View) -> Ties:
    """With the names that things have over there, also where somebody renamed them, and this run did not."""
    if view.inventory is None:
        return ties
    bindings: dict[ResourceId, Binding] = {}
    for identity, binding in ties.bindings.items():
        remote, old = view.inventory.of(identity.kind).objects.get(binding.remote_id), view.known.bindings.get(identity)
        untouched = remote is not None and old is not None and old.name == binding.name
        bindings[identity] = replace(binding, name=remote.name) if remote is not None and untouched else binding
    return replace(ties, bindings=bindings)


def _linked_kinds(desired: Desired) -> frozenset[Kind]:
    """The kinds that some text wants to link to."""
    texts = (text for resource in desired.resources.values() for text in resource.late.values())
    return frozenset(link.kind for text in texts for link in text.links())


def _linked(ties: Ties, kinds: frozenset[Kind]) -> Ties:
    return replace(ties, bindings={one: binding for one, binding in ties.bindings.items() if one.kind in kinds})


def _capabilities(view: View) -> Capabilities:
    return view.capabilities or view.target.connector.capabilities()
