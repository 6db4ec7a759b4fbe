"""Who may be one human twice: shown, confirmed in the registry's files, or told apart for good.

A ranger may decide about everybody; a city's administrator about entries of the city's own sources, and confirm only
what concerns no other organisation, no ranger, no guest and nobody who could not be read: whose entry is linked brings
name and address along.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from policies.desire import person_key
from policies.membership import Standing, affiliations_today, standing
from provisioner.app.explaining import ties_by_target
from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.registry import Registry, Role
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.text import Text
from provisioner.registry.editing import Edit, link_person
from provisioner.registry.linking import Proposal
from provisioner.registry.loading import Loaded
from provisioner.registry.mistakes import mend_word
from provisioner.registry.problems import Problem
from provisioner.state import Apart


@dataclass(frozen=True, slots=True)
class Link:
    """A proposal, and the targets in which the person has an account of ours already."""

    proposal: Proposal
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToldApart:
    """What was noted, and what the registry now finds wrong and did not before."""

    proposal: Proposal
    errors: tuple[Problem, ...] = ()


def links_of(site: Site) -> tuple[Link, ...]:
    """Everything that waits for a decision. Asks no source and no target. Raises `SettingsError`, `StateError`."""
    proposals = site.read_registry().proposals
    ties = ties_by_target(site) if proposals else {}
    found = []
    for proposal in proposals:
        account = ResourceId(Kind.ACCOUNT, person_key(proposal.person))
        found.append(Link(proposal, tuple(name for name, known in ties.items() if account in known.bindings)))
    return tuple(found)


def confirm(site: Site, link: str, by: str) -> Edit:
    """Both are one human: written into the person's entry in the files.

    Raises `SettingsError` for an id that means nothing and somebody who may not decide it, `EditRefused`, `StateError`.
    """
    loaded = site.read_registry()
    proposal = _find(loaded, link)
    _check_may_decide(site, loaded.registry, proposal, by, confirms=True)
    return link_person(site.files(), proposal.person, proposal.identities)


def reject(site: Site, link: str, by: str) -> ToldApart:
    """They are two humans: noted, with who said so and when, and never asked again. Raises as `confirm`."""
    before = site.read_registry()
    proposal = _find(before, link)
    _check_may_decide(site, before.registry, proposal, by, confirms=False)
    today = site.today(before.registry.time_zone)
    Apart(site.database).note(site.network, proposal.source, proposal.key, proposal.person, by, today)
    after = site.read_registry()
    return ToldApart(proposal, tuple(problem for problem in after.errors if problem not in before.errors))


def _find(loaded: Loaded, link: str) -> Proposal:
    found = [proposal for proposal in loaded.proposals if proposal.id == link.strip().lower()]
    if len(found) > 1:  # somebody looked for a key that gives this id
        raise SettingsError(Text.of("app.two_such_links", id=link))
    if not found:
        raise SettingsError(Text.of("app.no_such_link", id=link))
    return found[0]


def _check_may_decide(site: Site, registry: Registry, proposal: Proposal, by: str, *, confirms: bool) -> None:
    """Raise `SettingsError` unless ``by`` may say this, today."""
    today = site.today(registry.time_zone)
    person = registry.people.get(by)
    if person is None:
        raise SettingsError(Text.of("app.decided_by_nobody", id=by, mend=mend_word(by, registry.people)))
    if standing(person, registry, today) is not Standing.ACTIVE:
        raise SettingsError(Text.of("app.decided_by_leaver", id=by, name=person.display_name))
    if Role.RANGER in person.roles:
        return
    administers = {
        stay.organisation
        for stay in affiliations_today(person, registry, today)
        if Role.CITY_ADMINISTRATOR in stay.roles
    }
    concerned = proposal.organisations if confirms else frozenset({proposal.organisation})
    if concerned <= administers and not (confirms and _is_more(registry, proposal)):
        return
    names = ", ".join(_names(registry, concerned))
    raise SettingsError(Text.of("app.may_not_decide", id=by, name=person.display_name, organisations=names))


def _is_more(registry: Registry, proposal: Proposal) -> bool:
    """Whether the person is, or may be, more than one of the city's people: a ranger, or a guest of the network."""
    if proposal.is_brought:
        return False
    linked = registry.people.get(proposal.person)
    return linked is None or linked.guest is not None or bool(linked.roles)


def _names(registry: Registry, organisations: Iterable[str]) -> list[str]:
    known = registry.organisations
    return sorted(known[one].name if one in known else one for one in organisations)
