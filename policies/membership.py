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
    VANISHED = "vanished"  # the source that decides about it no longer has them, and no date was written


@dataclass(slots=True)
class Belonging:
    """Ids of people in one body, and those whose written time there is over."""

    members: set[str] = field(default_factory=set)
    """Everybody who is in it, moderators and guests included."""
    moderators: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    guests: set[str] = field(default_factory=set)
    """Those of the members who are guests in it: by their role here, or in the network as a whole. Who moderates is
    no guest."""


@dataclass(slots=True)
class _Index:
    """Ids of people by what a selector can ask for."""

    roles: defaultdict[Role, set[str]] = field(default_factory=lambda: defaultdict(set))
    organisations: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    kinds: defaultdict[OrganisationKind, set[str]] = field(default_factory=lambda: defaultdict(set))
    body_roles: defaultdict[Role, set[str]] = field(default_factory=lambda: defaultdict(set))


def affiliations_today(person: Person, registry: Registry, today: date) -> list[Affiliation]:
    """The affiliations that hold, in organisations that are (still) in the network and still have the person."""
    holding = []
    for affiliation in person.affiliations:
        organisation = registry.organisations.get(affiliation.organisation)
        if affiliation.gone or organisation is None:
            continue
        if organisation.period.holds(today) and affiliation.period.holds(today):
            holding.append(affiliation)
    return holding


def standing(person: Person, registry: Registry, today: date) -> Standing:
    """Why somebody is, or is not, in the network today."""
    return _standing(person, today, affiliations_today(person, registry, today))


def _standing(person: Person, today: date, holding: list[Affiliation]) -> Standing:
    period = person.period_in_network()
    if period.is_over(today):
        ended_as_guest = person.guest is not None and person.guest.until == period.until
        return Standing.GUEST_ENDED if ended_as_guest else Standing.LEFT
    if person.gone_from is not None and not holding and not _over_by_date(person, today):
        return Standing.VANISHED
    if not period.holds(today):
        return Standing.NOT_YET
    if person.guest is None and person.affiliations and not holding:
        if any(affiliation.period.since and affiliation.period.since > today for affiliation in person.affiliations):
            return Standing.NOT_YET
        return Standing.ORGANISATION_LEFT
    return Standing.ACTIVE


def _over_by_date(person: Person, today: date) -> bool:
    """Whether a written date had ended already what a source no longer has."""
    gone = [affiliation for affiliation in person.affiliations if affiliation.gone]
    return bool(gone) and all(affiliation.period.is_over(today) for affiliation in gone)


class Belongings:
    """Resolves every body's people at once; 100,000 people and 1,000,000 memberships in seconds."""

    def __init__(self, registry: Registry, today: date) -> None:
        self.registry = registry
        self.today = today
        self.standings: dict[str, Standing] = {}
        self.roles: dict[str, set[Role]] = {}
        """Every role that an active person has anywhere: network, organisation or body."""
        self.homes: dict[str, str] = {}
        """Active person → the id of the organisation that comes first."""
        self.uncertain: set[str] = set()
        """People of an organisation that could not be read: whether they are still here, nobody knows."""
        self._now, self._past = _Index(), _Index()
        self._active: set[str] = set()
        self._guests: set[str] = set()
        """Guests of the network as a whole."""
        # What people joined in a malformed body still counts: it must not cost them a role or a place elsewhere.
        self._written = {body: Belonging() for body in (*registry.bodies, *registry.blocked)}
        self._archived = {body.id for body in registry.bodies.values() if body.is_archived(today)}
        for person in registry.people.values():
            self._enter(person)
        self._whole = {body.id: self._with_selected(body) for body in registry.bodies.values()}

    def _enter(self, person: Person) -> None:
        today, organisations, identity = self.today, self.registry.organisations, person.id
        holding = affiliations_today(person, self.registry, today)
        self.standings[identity] = now = _standing(person, today, holding)
        for affiliation in person.affiliations:
            organisation = organisations.get(affiliation.organisation)
            if affiliation.period.is_over(today):
                _note(self._past, identity, affiliation, organisation.kind if organisation else None)
            elif organisation is None:
                self.uncertain.add(identity)
        if now is not Standing.ACTIVE:
            return
        self._active.add(identity)
        roles = set(person.roles)
        if person.guest is not None or Role.GUEST in roles:
            self._guests.add(identity)
            roles.add(Role.GUEST)
        if holding:
            self.homes[identity] = holding[0].organisation
        for affiliation in holding:
            roles |= affiliation.roles
            _note(self._now, identity, affiliation, organisations[affiliation.organisation].kind)
        for role in roles:
            self._now.roles[role].add(identity)
        self._enter_memberships(person, roles)
        self.roles[identity] = roles

    def _enter_memberships(self, person: Person, roles: set[Role]) -> None:
        today, identity, written = self.today, person.id, self._written
        is_guest = identity in self._guests
        here: set[Role] = set()
        for membership in person.memberships:
            body, role, period = membership.body, membership.role, membership.period
            belonging = written.get(body)
            if belonging is None:
                continue
            if period.holds(today):
                belonging.members.add(identity)
                if role is Role.MODERATOR:
                    belonging.moderators.add(identity)
                elif is_guest or role is Role.GUEST:
                    belonging.guests.add(identity)
                if body in self._archived:  # still a reader there, but nobody moderates an archive
                    self._past.body_roles[role].add(identity)
                    role = Role.MEMBER
                here.add(role)
            elif period.is_over(today):
                belonging.ended.add(identity)
                self._past.body_roles[role].add(identity)
        for role in here:
            self._now.body_roles[role].add(identity)
        roles |= here

    def is_guest(self, person: str) -> bool:
        """Whether an active person is a guest of the network as a whole, and not only in some body."""
        return person in self._guests

    def of_bodies(self) -> Mapping[str, Belonging]:
        """Body id → who belongs to it, selectors included."""
        return self._whole

    def of_organisation(self, organisation: str) -> set[str]:
        """Ids of the active people who belong to it."""
        return self._now.organisations[organisation]

    def left_organisation(self, organisation: str) -> set[str]:
        """Ids of the people whose written time in it is over."""
        return self._past.organisations[organisation]

    def _with_selected(self, body: Body) -> Belonging:
        written = self._written[body.id]
        if not body.selectors:
            return written
        whole = Belonging(set(written.members), set(written.moderators), set(written.ended))
        as_members: set[str] = set()
        as_guests: set[str] = set()
        for selector in body.selectors:
            people = self.selected(selector) - (written.ended - written.members)
            whole.members |= people
            whole.ended |= self._parted(selector)
            if selector.as_role is Role.MODERATOR:
                whole.moderators |= people
            elif selector.as_role is Role.GUEST:
                as_guests |= people
            else:
                as_members |= people
            for person in people:
                self.roles[person].add(selector.as_role)
        # What is written about somebody counts more than what selects them; of two selectors the one that gives more.
        selected = as_guests - as_members - written.members
        whole.guests = (written.guests | selected | (self._guests & whole.members)) - whole.moderators
        return whole

    def selected(self, selector: Selector) -> set[str]:
        """Ids of the active people for whom every condition of ``selector`` holds. No condition selects nobody."""
        conditions: list[set[str]] = []
        if selector.everybody:
            conditions.append(self._active - self._guests)
        if selector.roles:
            conditions.append(_union(self._now.roles, selector.roles))
        if selector.organisations:
            conditions.append(_union(self._now.organisations, selector.organisations))
        if selector.organisation_kinds:
            conditions.append(_union(self._now.kinds, selector.organisation_kinds))
        if selector.body_roles:
            conditions.append(_union(self._now.body_roles, selector.body_roles))
        if selector.bodies:
            known = (self._written[body].members for body in selector.bodies if body in self._written)
            conditions.append(set().union(*known))
        if not conditions:
            return set()
        return set.intersection(*conditions)

    def _parted(self, selector: Selector) -> set[str]:
        """Ids of those who may have met ``selector`` until a written date: a move, the end of a membership."""
        past = self._past
        ended = (self._written[body].ended for body in selector.bodies if body in self._written)
        return set().union(
            _union(past.roles, selector.roles),
            _union(past.organisations, selector.organisations),
            _union(past.kinds, selector.organisation_kinds),
            _union(past.body_roles, selector.body_roles),
            *ended,
        )


def _note(index: _Index, person: str, affiliation: Affiliation, kind: OrganisationKind | None) -> None:
    index.organisations[affiliation.organisation].add(person)
    for role in affiliation.roles:
        index.roles[role].add(person)
    if kind is not None:
        index.kinds[kind].add(person)


def _union(index: Mapping[Key, set[str]], keys: Iterable[Key]) -> set[str]:
    return set().union(*(index[key] for key in keys if key in index))
