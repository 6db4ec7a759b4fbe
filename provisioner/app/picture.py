"""The registry as pages and jobs look at it: in memory, with all that they ask, never asking a target.

A picture never changes; when something was decided, the next one is made in milliseconds.
"""

import logging
import threading
import time
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from policies.document import Policy
from policies.membership import Belonging, Belongings, Standing, affiliations_today
from provisioner.app.registry_reading import Kept
from provisioner.app.site import Site
from provisioner.model.errors import ReadiError, SettingsError
from provisioner.model.registry import Body, Organisation, Person, Registry, Role
from provisioner.model.text import Text
from provisioner.registry.domains import domain_of
from provisioner.registry.enrolling import Newcomers
from provisioner.registry.fingerprint import Fingerprint, fingerprint
from provisioner.registry.linking import Proposal
from provisioner.registry.loading import Loaded
from provisioner.registry.problems import Problem
from provisioner.registry.supplying import same_address

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A body that somebody belongs to today."""

    body: Body
    role: Role
    by_rule: bool
    """By a selector of the body: nobody can leave it, or be struck."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who belongs to a body today."""

    person: Person
    role: Role
    by_rule: bool


@dataclass(frozen=True)
class Picture:
    """One network on one day. Everything else is worked out once, when it is first asked for."""

    registry: Registry
    policy: Policy
    today: date
    problems: tuple[Problem, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    digest: str = ""
    newcomers: Newcomers | None = None

    @cached_property
    def belongings(self) -> Belongings:
        """Who belongs to which body; 0.06 s at 10,000 people."""
        return Belongings(self.registry, self.today)

    def person_with(self, address: str) -> str | None:
        """Whose address it is, in whatever letters; of several people the one who is active."""
        return self._addresses.get(same_address(address))

    def is_free(self, address: str) -> bool:
        """Whether somebody new may come with this address.

        Nobody has it, not even in entries that are malformed or wait, and there are no entries that could not be read.
        """
        if self.newcomers is None:
            return self.person_with(address) is None
        known = self.newcomers.knows_address(address) or self.person_with(address) is not None
        return self.newcomers.files_whole and not known

    def places_of(self, person_id: str) -> list[Place]:
        """Where somebody belongs today, archived bodies included, by name."""
        person = self.registry.people.get(person_id)
        if person is None:
            return []
        belonging = self.belongings.of_bodies()
        return [
            Place(body, role_in(belonging[body.id], person_id), self._is_by_rule(person, body.id))
            for body in self._bodies
            if person_id in belonging[body.id].members
        ]

    def members_of(self, body_id: str) -> list[Member]:
        """Who belongs to a body today, by family name."""
        body, belonging = self.registry.bodies.get(body_id), self._of_body(body_id)
        if body is None:
            return []
        found = (self.registry.people[identity] for identity in belonging.members)
        return [
            Member(one, role_in(belonging, one.id), self._is_by_rule(one, body_id))
            for one in sorted(found, key=self._sort_key)
        ]

    def moderators_of(self, body_id: str) -> list[Person]:
        """Who moderates it today, by family name."""
        found = (self.registry.people[identity] for identity in self._of_body(body_id).moderators)
        return sorted(found, key=self._sort_key)

    def organisations_of(self, person_id: str) -> frozenset[str]:
        """Ids of the organisations that somebody is in today."""
        person = self.registry.people.get(person_id)
        if person is None:
            return frozenset()
        return frozenset(one.organisation for one in affiliations_today(person, self.registry, self.today))

    def organisation_of_address(self, address: str) -> Organisation | None:
        """Whose domain it has, of the organisations that are in the network today; a city comes before its utility."""
        return self._domains.get(domain_of(address))

    def active(self, person_id: str) -> bool:
        """Whether somebody is in the network today."""
        return self.belongings.standings.get(person_id) is Standing.ACTIVE

    @cached_property
    def _addresses(self) -> dict[str, str]:
        found = dict[str, str]()
        for person in self.registry.people.values():
            address = same_address(person.email)
            if address not in found or (not self.active(found[address]) and self.active(person.id)):
                found[address] = person.id
        return found

    @cached_property
    def _domains(self) -> dict[str, Organisation]:
        here = [one for one in self.registry.organisations.values() if one.period.holds(self.today)]
        here.sort(key=lambda one: (one.part_of is None, one.id), reverse=True)
        return {same_address(domain): one for one in reversed(here) for domain in one.domains}

    @cached_property
    def _bodies(self) -> list[Body]:
        return sorted(self.registry.bodies.values(), key=lambda one: (sorted_as(one.name), one.id))

    @cached_property
    def _keys(self) -> dict[str, tuple[str, str, str]]:
        return {}

    def _sort_key(self, person: Person) -> tuple[str, str, str]:
        if (known := self._keys.get(person.id)) is None:
            known = sorted_as(person.family_name), sorted_as(person.given_name), person.id
            self._keys[person.id] = known
        return known

    def _of_body(self, body_id: str) -> Belonging:
        return self.belongings.of_bodies().get(body_id) or Belonging()

    def _is_by_rule(self, person: Person, body_id: str) -> bool:
        return not any(one.body == body_id and one.period.holds(self.today) for one in person.memberships)


def role_in(belonging: Belonging, person_id: str) -> Role:
    """What a member of a body is in it."""
    if person_id in belonging.moderators:
        return Role.MODERATOR
    return Role.GUEST if person_id in belonging.guests else Role.MEMBER


def sorted_as(name: str) -> str:
    """A name as German lists sort it (DIN 5007-1): ä as a, ß as ss, whatever its case."""
    plain = name.casefold()
    if plain.isascii():
        return plain
    return "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter))


@dataclass(frozen=True, slots=True)
class _Made:
    """A picture, and what it was made of."""

    picture: Picture
    kept: Kept
    policy: Fingerprint
    policy_problems: tuple[Problem, ...]
    revision: int


class Pictures:
    """Always has a picture. Safe for many threads."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._made: _Made | None = None
        self._checked: tuple[_Made, int] | None = None
        """Which one was found to hold, and what the database's version was before."""
        self._reading = threading.Lock()
        """Held for as long as files are read."""
        self._laying = threading.Lock()
        """Held for milliseconds."""
        self._aside: threading.Thread | None = None
        self.readings = 0
        """How often files and sources were read whole: each time most of what is in memory is new."""

    def now(self, *, fresh: bool = False) -> Picture:
        """The registry as it is. Raises `SettingsError`, `StateError`.

        What was decided through the service is in it at once. When files or sources changed, whoever asks gets the
        picture before that while one thread reads them anew, unless ``fresh``; the same when somebody came who
        resembles somebody, so that all checks have to be made again.
        """
        made, version = self._made, self._site.version()
        if made is not None and self._was_checked(made, version) and self._is_of_today(made) and self._has_files(made):
            return made.picture
        if made is None or (fresh and not self._is_same_source(made)):
            return self._reloaded().picture
        same = self._is_same_source(made)
        if not same:
            self._reload_aside()
        if self._has_all_enrolments(made):
            self._checked = (made, version) if same and version is not None else None
            return made.picture
        with self._laying:
            made = self._made or made
            if self._has_all_enrolments(made):
                return made.picture
            again = self._laid_over(made)
            if again is not None:
                self._made = again
                return again.picture
        if fresh:
            return self._reloaded().picture
        self._reload_aside()
        return made.picture

    def wait(self) -> None:
        """Until nothing is being read aside any more."""
        if (thread := self._aside) is not None:
            thread.join()

    def _has_all_enrolments(self, made: _Made) -> bool:
        return self._is_of_today(made) and made.revision == self._site.enrolments_revision()

    def _was_checked(self, made: _Made, version: int | None) -> bool:
        """Whether nothing that the database holds can be other than it was when this one was found to hold."""
        checked = self._checked
        return checked is not None and checked[0] is made and checked[1] == version

    def _is_of_today(self, made: _Made) -> bool:
        return made.picture.today == self._site.today(made.picture.registry.time_zone)

    def _is_same_source(self, made: _Made) -> bool:
        return self._has_files(made) and self._site.reading.has_sources(made.kept)

    def _has_files(self, made: _Made) -> bool:
        reading = self._site.reading
        same_policy = made.policy.still_holds(self._site.policy_files())
        return same_policy and made.kept is reading.kept() and reading.has_files(made.kept)

    def _laid_over(self, made: _Made) -> _Made | None:
        """The same files with what was decided since."""
        enrolments = self._site.enrolments()
        loaded = made.kept.base.laid_over(enrolments)
        if loaded is None:
            return None
        return self._of(loaded, made.kept, made.picture.policy, made.policy, made.policy_problems, enrolments.revision)

    def _reloaded(self) -> _Made:
        with self._reading:
            made, site = self._made, self._site
            if made is not None and self._has_all_enrolments(made) and self._is_same_source(made):
                return made  # read by somebody else, while this one waited
            look = fingerprint(site.policy_files(), time.time_ns())
            read, enrolments = site.read_policy(), site.enrolments()
            policy = read.policy
            if policy is None and made is not None:
                policy = made.picture.policy  # the last good one, until somebody mends it
            if policy is None:
                where = next(problem.where for problem in read.problems if problem.is_error)
                raise SettingsError(Text.of("app.bad_policy"), detail=str(where))
            kept, loaded = site.reading.read_again(enrolments)
            made = self._of(loaded, kept, policy, look, read.problems, enrolments.revision)
            self._made = made
            self.readings += 1
            return made

    def _of(
        self,
        loaded: Loaded,
        kept: Kept,
        policy: Policy,
        look: Fingerprint,
        policy_problems: tuple[Problem, ...],
        revision: int,
    ) -> _Made:
        registry = loaded.registry
        problems = (*loaded.problems, *policy_problems, *self._site.misnamed(policy, loaded))
        today = self._site.today(registry.time_zone)
        newcomers = kept.base.newcomers
        picture = Picture(registry, policy, today, problems, loaded.proposals, loaded.digest, newcomers)
        return _Made(picture, kept, look, policy_problems, revision)

    def _reload_aside(self) -> None:
        if self._aside is None or not self._aside.is_alive():
            self._aside = threading.Thread(target=self._reload_logged, name="readi-registry", daemon=True)
            self._aside.start()

    def _reload_logged(self) -> None:
        try:
            self._reloaded()
        except ReadiError as error:  # the picture from before stays; whoever asks next makes another try
            _log.warning("registry not read", extra={"why": error.text.code})
