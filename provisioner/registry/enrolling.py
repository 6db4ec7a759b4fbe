"""How what was decided through the service becomes a part of the registry. Pure.

In two steps. People and bodies are entries like those of the files, so that all checks are made with them; where the
files have an entry of the same id, it counts, and only what it leaves out is filled. Places in bodies and last days are
laid over the registry once it is built: that takes milliseconds, and is done again after every join.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from pydantic import ValidationError

from provisioner.model.enrolments import SOURCE, EnrolledMembership, EnrolledPerson, Enrolments
from provisioner.model.registry import Affiliation, Membership, Origin, Period, Person, Registry
from provisioner.model.text import Text
from provisioner.registry.documents import BodyDocument, PersonDocument
from provisioner.registry.problems import Problem, warning
from provisioner.registry.sources import Entry, SourceResult, Supplied


def add_enrolled(result: SourceResult, enrolments: Enrolments) -> None:
    """Bring people and bodies into what the files say."""
    written = {entry.document.id: index for index, entry in enumerate(result.people)}
    for person in enrolments.people.values():
        if result.is_blocked("people", person.id):
            continue
        if person.id in written:
            result.people[written[person.id]] = _filled(result.people[written[person.id]], person)
        else:
            result.people.append(Entry(_document(person), SOURCE))
    bodies = {entry.document.id for entry in result.bodies}
    for body in enrolments.bodies.values():
        if body.id in bodies or result.is_blocked("bodies", body.id):
            continue
        try:
            result.bodies.append(Entry(BodyDocument.model_validate(dict(body.fields)), SOURCE))
        except ValidationError:  # made by another version
            result.block("bodies", body.id)
            result.problems.append(_problem("registry.enrolled_body_unreadable", body=body.id))


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
    taken = dict.fromkeys(fields, Origin(SOURCE))
    filled = document.model_copy(update=fields)
    return Entry(filled, entry.file, entry.node, Supplied(taken={**entry.supplied.taken, **taken}))


def placed(registry: Registry, enrolments: Enrolments) -> tuple[Registry, tuple[Problem, ...]]:
    """The registry with places and last days, and with whoever came since it was built."""
    if not (enrolments.people or enrolments.memberships or enrolments.endings):
        return registry, ()
    people, problems = dict(registry.people), list[Problem]()
    for person in enrolments.people.values():
        if person.id not in people and person.id not in registry.blocked:
            people[person.id] = _person(person)
    places = defaultdict[str, list[EnrolledMembership]](list)
    for membership in enrolments.memberships:
        if membership.body in registry.bodies:
            places[membership.person].append(membership)
        elif membership.body not in registry.blocked and registry.complete:
            problems.append(_problem("registry.enrolled_nowhere", body=membership.body))
    for identity in places.keys() | enrolments.endings.keys():
        if identity not in people:
            continue
        found = people[identity]
        found = replace(found, memberships=_memberships(found.memberships, places.get(identity, ())))
        if (ending := enrolments.endings.get(identity)) is not None:
            found = replace(found, period=_until(found.period, ending.leaves))
        people[identity] = found
    return replace(registry, people=people), tuple(dict.fromkeys(problems))


def _person(person: EnrolledPerson) -> Person:
    return Person(
        id=person.id,
        given_name=person.given_name,
        family_name=person.family_name,
        email=person.email,
        affiliations=(Affiliation(person.organisation),),
        language=person.language,
        period=Period(since=person.joined),
        origin=Origin(SOURCE),
    )


def _memberships(written: tuple[Membership, ...], decided: Iterable[EnrolledMembership]) -> tuple[Membership, ...]:
    """What is written, as far as nothing else was decided, and what was decided."""
    last: Mapping[str, EnrolledMembership] = {one.body: one for one in decided}
    kept: list[Membership] = []
    for membership in written:
        decision = last.get(membership.body)
        if decision is None or decision.period.until is None or _begins_after(membership.period, decision.period.until):
            kept.append(membership)
        elif membership.period.since is None or membership.period.since <= decision.period.until:
            kept.append(replace(membership, period=_until(membership.period, decision.period.until)))
    for decision in last.values():
        if decision.period.until is None or (decision.period.since or date.min) <= decision.period.until:
            kept.append(Membership(decision.body, decision.role, decision.period))
    return tuple(kept)


def _begins_after(period: Period, day: date) -> bool:
    return period.since is not None and period.since > day


def _until(period: Period, day: date) -> Period:
    return replace(period, until=day if period.until is None else min(period.until, day))


def struck(day: date) -> Period:
    """The period of a membership that no longer holds on ``day``."""
    return Period(until=day - timedelta(days=1))


def _problem(code: str, **arguments: str) -> Problem:
    return warning(Origin(SOURCE), Text.of(code, **arguments), Text.of(f"{code}_mend", **arguments))
