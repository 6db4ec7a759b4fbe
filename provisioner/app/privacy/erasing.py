"""Erases a person's accounts, or a body's rooms, for good: the only way that anything of ours is ever deleted.

What goes is worked out afresh under the servers' locks, and only for somebody on the last rung of the ladder, or a body
that is history and empty. A run that was cut short is finished by the same command.
"""

import unicodedata
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from provisioner.app.applying import lock_servers
from provisioner.app.carrying_out import How, Started, carry_out
from provisioner.app.connectors import Target
from provisioner.app.focus import is_named
from provisioner.app.observing import View, ties_of
from provisioner.app.planning import Planned, make_plan, with_cost
from provisioner.app.privacy.erasable import PERSON, body_subject, in_order, person_subject
from provisioner.app.privacy.personal_data import identities_of
from provisioner.app.privacy.proof import Looked, known_of, look_again
from provisioner.app.site import Inputs, Site, planning_rules
from provisioner.execution import Report
from provisioner.model.bindings import Binding
from provisioner.model.changes import Change, ChangeClass, Erase, Leave
from provisioner.model.errors import SettingsError
from provisioner.model.inventory import UNKNOWN, Complete, Remote, Unknown
from provisioner.model.plan import TargetPlan
from provisioner.model.registry import Origin, Person
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.text import Text
from provisioner.planning.draft import Draft
from provisioner.planning.sameness import reader_of
from provisioner.state import Bindings, Departures, Mirrors, Outcome, Persons


@dataclass(frozen=True, slots=True)
class Doomed:
    """One object that would be deleted."""

    target: str
    id: ResourceId
    name: str
    there: bool = True
    """False: it is gone already, and only the tie to it is left."""
    members: int = 0
    """Accounts that are in it over there, whoever put them in."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What erasing one person or body means. With ``obstacles`` it is refused."""

    id: str
    name: str
    """The words that have to be typed."""
    doomed: tuple[Doomed, ...]
    obstacles: tuple[Text, ...]
    origin: Origin | None
    """Where the entry stands that remains in the registry."""
    still_in: tuple[str, ...] = ()
    """Sources that still have the person: what is known of them there comes back when these are read."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What came of it. ``finished``: nothing of it is left, here or there.

    ``proof``: of a person, all places that were looked through again afterwards.
    """

    erasure: Erasure
    report: Report | None
    finished: bool
    proof: tuple[Looked, ...] = ()


@dataclass(frozen=True, slots=True)
class _Prepared:
    erasure: Erasure
    planned: Planned | None
    """None: nothing is tied anywhere."""
    gone: tuple[tuple[View, Binding], ...]
    """Ties whose objects are there no more."""
    identities: frozenset[tuple[str, str]] = frozenset()
    """(source, key) of a person."""
    entry: Person | None = None
    """What the registry says of a person."""


def look(site: Site, kind: str, identity: str) -> Erasure:
    """What would be deleted where, and what stands in the way. Reads, writes nothing.

    ``kind``: `PERSON` or `BODY`. Raises `SettingsError` for an id that means nothing.
    """
    with site.targets() as targets:
        return _prepare(site, targets, kind, identity).erasure


def erase(
    site: Site,
    kind: str,
    identity: str,
    confirmed: str,
    started: Started,
    how: How | None = None,
    also: Sequence[Path] = (),
) -> Erased:
    """Delete it, when ``confirmed`` is its name and nothing stands in the way; else nothing is touched.

    ``also``: files to look through afterwards, besides those that we know. Raises `SettingsError` for a wrong id or
    name, `LockTaken`, `StateBehind` and other `StateError`s; what targets do stands in the report.
    """
    with ExitStack() as stack:
        targets = stack.enter_context(site.targets())
        locks = lock_servers(site, targets, stack)
        site.ties_log.check()
        prepared = _prepare(site, targets, kind, identity)
        erasure = prepared.erasure
        if _normal(confirmed) != _normal(erasure.name):
            raise SettingsError(Text.of("lifecycle.wrong_name", id=identity, name=erasure.name, given=confirmed))
        if erasure.obstacles:
            return Erased(erasure, None, finished=False)
        known = known_of(site, targets, identity, prepared.entry) if kind == PERSON else None
        report = None
        if prepared.planned is not None:
            chosen = {part.target: list(part.changes) for part in prepared.planned.plan.targets}
            report = carry_out(site, prepared.planned, chosen, locks, started, how or How())
        finished = report is None or report.outcome is Outcome.DONE
        _bury(site, prepared.gone)
        if finished and kind == PERSON:
            finished = _forget(site, targets, identity, prepared)
        site.ties_log.keep()
        proof = () if known is None else look_again(site, targets, identity, known, also)
        return Erased(erasure, report, finished and not any(looked.fails for looked in proof), proof)


def _normal(name: str) -> str:
    """However a keyboard puts an ä together, and whatever spaces came along."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def _bury(site: Site, gone: Sequence[tuple[View, Binding]]) -> None:
    """Somebody else deleted these, or we did and never heard of it: tombstone, then the tie."""
    bindings, now = Bindings(site.database), site.clock.now()
    for view, binding in gone:
        if view.capabilities is not None:
            name = view.capabilities.canonical_name(binding.id.kind, binding.name)
            bindings.retire(view.target.server, binding.id.kind, name, now)
        bindings.release(site.network, view.target.name, binding.id)


def _forget(site: Site, targets: Sequence[Target], person: str, prepared: _Prepared) -> bool:
    """What the database still knows of somebody who has no account any more; whether nothing of it is left."""
    account = ResourceId(Kind.ACCOUNT, f"{PERSON}:{person}")
    for target in targets:
        Bindings(site.database).release(site.network, target.name, account)  # one that was borrowed, and its edges
    Departures(site.database).forget(site.network, person)
    names = () if prepared.entry is None else (prepared.entry.display_name, prepared.entry.email)
    return Persons(site.database).scrub(site.network, person, prepared.identities, names).kept == 0


def _prepare(site: Site, targets: Sequence[Target], kind: str, identity: str) -> _Prepared:
    inputs, key = site.inputs(), f"{kind}:{identity}"
    ties = ties_of(site, targets)
    tied = {name: [one for one in known.bindings if is_named(one.key, {key})] for name, known in ties.items()}
    find = person_subject if kind == PERSON else body_subject
    subject = find(site, inputs, targets, identity, ties)
    identities, still_in = _in_sources(site, inputs, identity) if kind == PERSON else (frozenset[tuple[str, str]](), ())
    entry = inputs.loaded.registry.people.get(identity) if kind == PERSON else None
    obstacles, doomed, gone = list(subject.obstacles), list[Doomed](), list[tuple[View, Binding]]()
    if not any(tied.values()):
        erasure = Erasure(identity, subject.name, (), tuple(obstacles), subject.origin, still_in)
        return _Prepared(erasure, None, (), identities, entry)
    planned = make_plan(site, targets, in_turns=False)
    parts: list[TargetPlan] = []
    for part in planned.plan.targets:
        view, changes = planned.views[part.target], list[Change]()
        if tied[part.target]:
            obstacles += [why for why in (_unread(view), view.behind) if why is not None]
        if view.inventory is not None:
            changes += _leaves_of(ResourceId(Kind.ACCOUNT, key), part)
            for binding in in_order(view.known, key):
                found = _examine(site, view, inputs, binding)
                if isinstance(found, Text):
                    obstacles.append(found)
                    continue
                there = found is not None
                doomed.append(Doomed(part.target, binding.id, binding.name, there, _members(view, binding)))
                if found is not None:
                    changes.append(found)
                else:
                    gone.append((view, binding))
        parts.append(with_cost(replace(part, changes=tuple(changes), notices=()), view))
    plan = replace(planned.plan, targets=tuple(parts), refusals=())
    erasure = Erasure(identity, subject.name, tuple(doomed), tuple(obstacles), subject.origin, still_in)
    return _Prepared(erasure, replace(planned, plan=plan), tuple(gone), identities, entry)


def _in_sources(site: Site, inputs: Inputs, person: str) -> tuple[frozenset[tuple[str, str]], tuple[str, ...]]:
    """Who the person is in sources, and which of these still have them."""
    identities = identities_of(site, person, inputs.loaded.registry.people.get(person))
    here = identities.intersection(Mirrors(site.database).keys(site.network, here=True))
    return identities, tuple(sorted({source for source, _ in here}))


def _unread(view: View) -> Text | None:
    """Why this target could not be read at all."""
    if view.error is None:
        return None
    return Text.of("lifecycle.target_unread", target=view.target.name, why=view.error.text)


def _leaves_of(account: ResourceId, part: TargetPlan) -> list[Change]:
    """What the plan takes this account out of."""
    return [
        replace(change, members=(account.key,))
        for change in part.changes
        if isinstance(change, Leave) and change.member is account.kind and account.key in change.members
    ]


def _examine(site: Site, view: View, inputs: Inputs, binding: Binding) -> Erase | Text | None:
    """The change that deletes one object; None: it is gone already; or what stands in the way."""
    if view.inventory is None or view.capabilities is None:
        return Text.of("lifecycle.object_unread", target=view.target.name, name=binding.name)
    draft = Draft(view.desired, view.inventory, view.known, view.capabilities, planning_rules(inputs.policy))
    evidence, target = draft.evidence_about(binding.id), view.target.name
    if not isinstance(evidence, Complete):
        return Text.of("lifecycle.object_unread", target=target, name=binding.name)
    if binding.remote_id not in view.inventory.of(binding.id.kind).objects:
        return None
    remote = draft.bound(binding.id, binding)
    if remote is None:
        why = draft.notices[-1].why
        return Text.of("lifecycle.object_untouchable", target=target, name=binding.name, why=why)
    if binding.id.kind is Kind.ACCOUNT and (used := _in_use(site, view, remote)) is not None:
        return used
    return Erase(
        target=target,
        id=binding.id,
        name=remote.name,
        reason=Text.of("lifecycle.erased_by_name"),
        change_class=ChangeClass.NAMED,
        remote_id=remote.remote_id,
        fingerprint=remote.fingerprint,
        keys=evidence,
    )


def _in_use(site: Site, view: View, account: Remote) -> Text | None:
    """Whether somebody may still log in with it, here or for another network."""
    target = view.target
    enabled = reader_of(view.inventory.of(Kind.ACCOUNT))(account, "enabled") if view.inventory is not None else UNKNOWN
    if enabled is True:
        return Text.of("lifecycle.switched_on", target=target.name, name=account.name)
    if isinstance(enabled, Unknown):
        return Text.of("lifecycle.object_unread", target=target.name, name=account.name)
    borrowers = Bindings(site.database).borrowers(site.network, target.server, account.remote_id)
    if borrowers:
        networks = ", ".join(sorted(borrowers))
        return Text.of("lifecycle.lent", target=target.name, name=account.name, networks=networks)
    return None


def _members(view: View, binding: Binding) -> int:
    """Accounts that were seen in it, in whatever role."""
    roster = None if view.inventory is None else view.inventory.rosters.get((binding.id.kind, binding.remote_id))
    if roster is None:
        return 0
    return len({member for (_, kind), members in roster.members.items() if kind is Kind.ACCOUNT for member in members})
