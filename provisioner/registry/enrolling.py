"""How what was decided through the service becomes a part of the registry. Pure.

In two steps. People and bodies are entries like those of the files, so that all checks are made with them; where the
files have an entry of the same id, it counts, and only what it leaves out is filled. Places in bodies and last days are
laid over the registry once it is built: that takes milliseconds, and is done again after every join.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from pydantic import ValidationError

from provisioner.model.enrolments import SOURCE, EnrolledBody, EnrolledMembership, EnrolledPerson, Enrolments
from provisioner.model.registry import Membership, Origin, Period, Registry
from provisioner.model.sources import Supply
from provisioner.registry.building import build_body, build_person
from provisioner.registry.checks import check_alone
from provisioner.registry.documents import BodyDocument, PersonDocument
from provisioner.registry.problems import Problem, warning_of
from provisioner.registry.references import check_among
from provisioner.registry.sources import Entry, SourceResult, Supplied
from provisioner.registry.supplying import same_address, same_name

_WHERE: Final = Origin(SOURCE)


def add_enrolled(result: SourceResult, enrolments: Enrolments) -> None:
    """Bring people and bodies into what the files say. Who can't be brought in for sure is blocked, and told of."""
    written = {entry.document.id: index for index, entry in enumerate(result.people)}
    organisations = {entry.document.id for entry in result.organisations}
    unread = {same_address(one.email) for one in result.malformed if one.email}
    nowhere = Counter[str]()
    for person in enrolments.people.values():
        if result.is_blocked("people", person.id):
            continue
        if person.id in written:
            result.people[written[person.id]] = _filled(result.people[written[person.id]], person)
        elif same_address(person.email) in unread:
            result.block("people", person.id)
            result.problems.append(warning_of(_WHERE, "registry.enrolled_unread", id=person.id))
        elif person.organisation in organisations or result.is_blocked("organisations", person.organisation):
            result.people.append(Entry(_document(person), SOURCE))
        else:
            result.block("people", person.id)
            nowhere[person.organisation] += 1
    for organisation, count in sorted(nowhere.items()):
        arguments: dict[str, Any] = {"organisation": organisation, "count": count}
        result.problems.append(warning_of(_WHERE, "registry.enrolled_organisation", **arguments))
    bodies = {entry.document.id for entry in result.bodies}
    for body in enrolments.bodies.values():
        if body.id in bodies or result.is_blocked("bodies", body.id):
            continue
        try:
            result.bodies.append(Entry(BodyDocument.model_validate(dict(body.fields)), SOURCE))
        except ValidationError:  # made by another version
            result.block("bodies", body.id)
            result.problems.append(warning_of(_WHERE, "registry.enrolled_body_unreadable", body=body.id))


def _document(person: EnrolledPerson) -> PersonDocument:
    return PersonDocument.model_validate(
        {
            "id": person.id,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "email": person.email,
            "organisation": person.organisation,
            "language": person.language,
            "joined": person.joined,
        }
    )


def _filled(entry: Entry[PersonDocument], person: EnrolledPerson) -> Entry[PersonDocument]:
    """The files' entry, with what it leaves out."""
    document, fields = entry.document, dict[str, Any]()
    for name in ("given_name", "family_name", "email", "language", "joined"):
        if name not in document.model_fields_set and getattr(person, name) is not None:
            fields[name] = getattr(person, name)
    if document.organisation is None and not document.affiliations and document.guest is None:
        fields["organisation"] = person.organisation
    taken = dict.fromkeys(fields, _WHERE)
    # What is taken counts as written, so that no source takes its place where the files' word would stand.
    filled = document.model_copy(update=fields)
    return Entry(filled, entry.file, entry.node, Supplied(taken={**entry.supplied.taken, **taken}))


class Newcomers:
    """Brings in people and bodies that are new since everything was read, where they concern nobody else."""

    def __init__(
        self,
        result: SourceResult,
        written: Iterable[str],
        supplies: Sequence[Supply],
        enrolments: Enrolments,
        *,
        files_whole: bool,
    ) -> None:
        """``result``: everything, checked; ``written``: the addresses in it before sources had their say."""
        self.files_whole = files_whole
        """Whether everything that stands in the files could be read."""
        self._enrolments = enrolments
        self._networks, self._organisations = result.networks, result.organisations
        self._blocked = set(result.blocked.get("organisations", ()))
        self._is_empty = not result.people
        self._ids = {
            "people": {entry.document.id for entry in result.people} | result.blocked.get("people", set()),
            "bodies": {entry.document.id for entry in result.bodies} | result.blocked.get("bodies", set()),
        }
        self._missed = {str(problem.what.arguments.get("id")) for problem in result.problems}
        supplied = [kept.person.fields for supply in supplies for kept in supply.people.values()]
        self._addresses = {same_address(entry.document.email) for entry in result.people}
        self._addresses |= {same_address(address) for address in written}
        self._addresses |= {same_address(one.email) for one in result.malformed}
        self._addresses |= {same_address(str(fields.get("email") or "")) for fields in supplied}
        self._names = {same_name(*one.name) for one in result.malformed}
        self._names |= {
            same_name(str(fields.get("given_name") or ""), str(fields.get("family_name") or "")) for fields in supplied
        }

    def knows_address(self, address: str) -> bool:
        """Whether anybody has it: also people of malformed entries, and those whom sources have."""
        return same_address(address) in self._addresses

    def brought_into(self, registry: Registry, enrolments: Enrolments) -> Registry | None:
        """The registry with all of ``enrolments``' people and bodies. None: only reading everything tells."""
        before = self._enrolments
        if before.people.keys() - enrolments.people.keys() or before.bodies.keys() - enrolments.bodies.keys():
            return None
        people = {key: one for key, one in enrolments.people.items() if before.people.get(key) != one}
        bodies = {key: one for key, one in enrolments.bodies.items() if before.bodies.get(key) != one}
        if not people and not bodies:
            return registry
        return self._with(registry, people, bodies) if self._are_apart(people, bodies) else None

    def _are_apart(self, people: Mapping[str, EnrolledPerson], bodies: Mapping[str, EnrolledBody]) -> bool:
        """Whether nobody else is concerned."""
        if people and self._is_empty:  # then a problem goes away
            return False
        if not (self._ids["people"] | self._missed).isdisjoint(people):
            return False
        if not (self._ids["bodies"] | self._missed).isdisjoint(bodies):
            return False
        return not any(
            same_address(one.email) in self._addresses or same_name(one.given_name, one.family_name) in self._names
            for one in people.values()
        )

    def _with(
        self, registry: Registry, people: Mapping[str, EnrolledPerson], bodies: Mapping[str, EnrolledBody]
    ) -> Registry | None:
        """Only what passes all checks at once is brought in here."""
        result = SourceResult(networks=list(self._networks), organisations=list(self._organisations))
        result.blocked["organisations"] = set(self._blocked)
        add_enrolled(result, Enrolments(people=people, bodies=bodies))
        check_alone(result)
        check_among(result)
        own = {one.document.id for one in result.people} | {one.document.id for one in result.bodies}
        wrong = any(problem.where.file == SOURCE for problem in result.problems)
        if wrong or own != people.keys() | bodies.keys() or result.blocked.keys() & {"people", "bodies"}:
            return None
        built = {one.document.id: build_person(one, registry.organisations) for one in result.people}
        made = {one.document.id: build_body(one) for one in result.bodies}
        return replace(
            registry,
            people=dict(sorted({**registry.people, **built}.items())) if built else registry.people,
            bodies=dict(sorted({**registry.bodies, **made}.items())) if made else registry.bodies,
        )


def placed(
    registry: Registry, enrolments: Enrolments, files_whole: bool = True
) -> tuple[Registry, tuple[Problem, ...]]:
    """The registry with places and last days.

    ``files_whole``: everything that stands in the files could be read. If not, a body that is not there may stand in
    the rest: whoever joined it waits, for nobody knows what they have there.
    """
    if not (enrolments.memberships or enrolments.endings):
        return registry, ()
    people, blocked, problems = dict(registry.people), set[str](), list[Problem]()
    places = defaultdict[str, list[EnrolledMembership]](list)
    for membership in enrolments.memberships:
        if membership.body in registry.bodies or membership.body in registry.blocked:
            places[membership.person].append(membership)
        elif not files_whole:
            blocked.add(membership.person)
        else:
            problems.append(warning_of(_WHERE, "registry.enrolled_nowhere", body=membership.body))
    for identity in blocked:
        people.pop(identity, None)
    for identity in places.keys() | enrolments.endings.keys():
        if identity not in people:
            continue
        found = people[identity]
        memberships, period = found.memberships, found.period
        if identity in places:
            memberships = _memberships(memberships, places[identity])
        if (ending := enrolments.endings.get(identity)) is not None:
            period = _until(period, ending.leaves)
        people[identity] = replace(found, memberships=memberships, period=period)
    laid = replace(registry, people=people, blocked=registry.blocked | blocked)
    return laid, tuple(dict.fromkeys(problems))


def _memberships(written: tuple[Membership, ...], decided: Iterable[EnrolledMembership]) -> tuple[Membership, ...]:
    """What is written, as far as nothing else was decided, and what was decided; in the order of the files' own."""
    last: Mapping[str, EnrolledMembership] = {one.body: one for one in decided}
    kept: list[Membership] = []
    for membership in written:
        decision = last.get(membership.body)
        end = None if decision is None else _end_of_written(membership, decision)
        if end is None:
            kept.append(membership)
        elif (membership.period.since or date.min) <= end:
            kept.append(replace(membership, period=_until(membership.period, end)))
    for decision in last.values():
        period = _shortened(decision.period, [one.period for one in written if one.body == decision.body])
        if period.until is not None and (period.since or date.min) > period.until:
            continue
        if not any(
            one.body == decision.body and one.role == decision.role and _covers(one.period, period) for one in kept
        ):
            kept.append(Membership(decision.body, decision.role, period))
    return tuple(sorted(kept, key=lambda one: (one.body, str(one.period.since or ""))))


def _end_of_written(written: Membership, decision: EnrolledMembership) -> date | None:
    """The last day of what is written, because of what was decided; None: it stays as it is.

    In another role it ends with the day before: who was a moderator, was struck and comes back is no moderator again.
    """
    since, until = decision.period.since, decision.period.until
    if until is not None:
        return None if _begins_after(written.period, until) else until
    if since is None or written.role is decision.role or _begins_after(written.period, since):
        return None
    return since - timedelta(days=1)


def _shortened(decided: Period, written: Iterable[Period]) -> Period:
    """A last day that the files give to the same stay counts; who came back after it is in a new one."""
    ends = [
        one.until
        for one in written
        if one.until is not None
        and (one.since or date.min) <= (decided.until or date.max)
        and (decided.since is None or one.until > decided.since or one.since == decided.since)
    ]
    return _until(decided, min(ends)) if ends else decided


def _covers(outer: Period, inner: Period) -> bool:
    begins = outer.since is None or (inner.since is not None and outer.since <= inner.since)
    return begins and (outer.until is None or (inner.until is not None and inner.until <= outer.until))


def _begins_after(period: Period, day: date) -> bool:
    return period.since is not None and period.since > day


def _until(period: Period, day: date) -> Period:
    return replace(period, until=day if period.until is None else min(period.until, day))


def struck(day: date) -> Period:
    """The period of a membership that no longer holds on ``day``."""
    return Period(until=day - timedelta(days=1))
