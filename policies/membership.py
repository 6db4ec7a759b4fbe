"""Who belongs to which body: what people joined, and whom the bodies' selectors add."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar

from provisioner.model.registry import Affiliation, Body, OrganisationKind, Person, Registry, Role, Selector

Key = TypeVar("Key")


class Standing(StrEnum):
    """What a person is in the network today."""

    ACTIVE = "active"
    NOT_YET = "not-yet"
    LEFT = "left"  # the last day is over
    ORGANISATION_LEFT = "organisation-left"  # nobody of theirs is in the network any more
    GUEST_ENDED = "guest-ended"


@dataclass(slots=True)
class Belonging:
    """Ids of people in one body, and those whose written time there is over."""

    members: set[str] = field(default_factory=set)
    moderators: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)


def affiliations_today(person: Person, registry: Registry, today: date) -> list[Affiliation]:
    """The affiliations that hold, in organisations that are (still) in the network."""
    holding = []
    for affiliation in person.affiliations:
        organisation = registry.organisations.get(affiliation.organisation)
        if organisation is not None and organisation.period.holds(today) and affiliation.period.holds(today):
            holding.append(affiliation)
    return holding


def standing(person: Person, registry: Registry, today: date) -> Standing:
    """Why somebody is, or is not, in the network today."""
    period = person.period_in_network()
    if period.is_over(today):
        ended_as_guest = person.guest is not None and person.guest.until == period.until
        return Standing.GUEST_ENDED if ended_as_guest else Standing.LEFT
    if not period.holds(today):
        return Standing.NOT_YET
    if person.guest is None and person.affiliations and not affiliations_today(person, registry, today):
        if any(affiliation.period.since and affiliation.period.since > today for affiliation in person.affiliations):
            return Standing.NOT_YET
        return Standing.ORGANISATION_LEFT
    return Standing.ACTIVE


class Belongings:
    """Resolves every body's people at once; 100,000 people and 1,000,000 memberships in seconds."""

    def __init__(self, registry: Registry, today: date) -> None:
        self.registry = registry
        self.today = today
        self.standings: dict[str, Standing] = {}
        self.roles: dict[str, set[Role]] = {}
        """Every role that an active person has anywhere: network, organisation or body."""
        self._by_role: defaultdict[Role, set[str]] = defaultdict(set)
        self._by_organisation: defaultdict[str, set[str]] = defaultdict(set)
        self._by_organisation_kind: defaultdict[OrganisationKind, set[str]] = defaultdict(set)
        self._by_body_role: defaultdict[Role, set[str]] = defaultdict(set)
        self._active: set[str] = set()
        self._guests: set[str] = set()
        self._moved: set[str] = set()
        self._written: dict[str, Belonging] = {body: Belonging() for body in registry.bodies}
        for person in registry.people.values():
            self._index(person)
        self._whole: dict[str, Belonging] | None = None

    def _index(self, person: Person) -> None:
        today = self.today
        self.standings[person.id] = now = standing(person, self.registry, today)
        if now is not Standing.ACTIVE:
            return
        self._active.add(person.id)
        roles = set(person.roles)
        if person.guest is not None or Role.GUEST in roles:
            self._guests.add(person.id)
            roles.add(Role.GUEST)
        for affiliation in person.affiliations:
            if affiliation.period.is_over(today):
                self._moved.add(person.id)
        for affiliation in affiliations_today(person, self.registry, today):
            roles |= affiliation.roles
            self._by_organisation[affiliation.organisation].add(person.id)
            self._by_organisation_kind[self.registry.organisations[affiliation.organisation].kind].add(person.id)
        for role in roles:
            self._by_role[role].add(person.id)
        for membership in person.memberships:
            belonging = self._written.get(membership.body)
            if belonging is None:
                continue
            if membership.period.holds(today):
                belonging.members.add(person.id)
                roles.add(membership.role)
                self._by_body_role[membership.role].add(person.id)
                if membership.role is Role.MODERATOR:
                    belonging.moderators.add(person.id)
            elif membership.period.is_over(today):
                belonging.ended.add(person.id)
        self.roles[person.id] = roles

    def of_bodies(self) -> Mapping[str, Belonging]:
        """Body id → who belongs to it, selectors included."""
        if self._whole is None:
            self._whole = {body.id: self._with_selected(body) for body in self.registry.bodies.values()}
        return self._whole

    def of_organisation(self, organisation: str) -> set[str]:
        return self._by_organisation[organisation]

    def _with_selected(self, body: Body) -> Belonging:
        written = self._written[body.id]
        if not body.selectors:
            return written
        whole = Belonging(set(written.members), set(written.moderators), written.ended | self._moved)
        for selector in body.selectors:
            people = self.selected(selector) - (written.ended - written.members)
            whole.members |= people
            if selector.as_role is Role.MODERATOR:
                whole.moderators |= people
        return whole

    def selected(self, selector: Selector) -> set[str]:
        """Ids of the active people for whom every condition of ``selector`` holds. No condition selects nobody."""
        conditions: list[set[str]] = []
        if selector.everybody:
            conditions.append(self._active - self._guests)
        if selector.roles:
            conditions.append(_union(self._by_role, selector.roles))
        if selector.organisations:
            conditions.append(_union(self._by_organisation, selector.organisations))
        if selector.organisation_kinds:
            conditions.append(_union(self._by_organisation_kind, selector.organisation_kinds))
        if selector.body_roles:
            conditions.append(_union(self._by_body_role, selector.body_roles))
        if selector.bodies:
            known = (self._written[body].members for body in selector.bodies if body in self._written)
            conditions.append(set().union(*known))
        if not conditions:
            return set()
        return set.intersection(*conditions)


def _union(index: Mapping[Key, set[str]], keys: Iterable[Key]) -> set[str]:
    return set().union(*(index[key] for key in keys if key in index))
