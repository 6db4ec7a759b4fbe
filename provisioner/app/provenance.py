"""Who somebody is in sources of identities, and where each field of theirs is from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from policies.membership import affiliations_today
from provisioner.model.enrolments import Enrolments
from provisioner.model.registry import Body, Origin, Person, Registry
from provisioner.model.sources import PERSON_FIELDS, PersonField
from provisioner.model.text import Text
from provisioner.model.words import field_word

_Field = PersonField | Literal["organisation"]
_FIELDS: Final[tuple[_Field, ...]] = (*PERSON_FIELDS, "organisation")


@dataclass(frozen=True, slots=True)
class Taken:
    """One field's value and where it is from."""

    field: _Field
    value: str | date
    origin: Origin

    @property
    def where(self) -> str:
        """ "people/bretten.yaml:12", or a source's name."""
        return f"{self.origin.file}:{self.origin.line}" if self.origin.line else self.origin.file


def taken(person: Person) -> tuple[Taken, ...]:
    """Every field of somebody whom sources know; of others it all stands in one entry, and nothing is to be told."""
    origin = person.origin
    if origin is None or (origin.line and not person.provenance):
        return ()
    return tuple(
        Taken(field, value, person.provenance.get(field, origin))
        for field in _FIELDS
        if (value := _value(person, field))
    )


def _value(person: Person, field: _Field) -> str | date | None:
    match field:
        case "joined":
            return person.period.since
        case "leaves":
            return person.period.until
        case "organisation":
            return ", ".join(stay.organisation for stay in person.affiliations if not stay.gone)
    value: str | None = getattr(person, field)
    return value


def identity_facts(person: Person, registry: Registry, today: date) -> Iterator[tuple[Text, tuple[Text, ...]]]:
    """What is so, and why: identities, origins, and which source no longer has the person."""
    for one in person.identities:
        yield Text.of("app.known_as", source=one.source, key=one.key), ()
    for one_taken in taken(person):
        word = field_word(one_taken.field)
        yield Text.of("app.field_from", field=word, origin=one_taken.where, value=one_taken.value), ()
    if person.gone_from is not None:
        still = affiliations_today(person, registry, today)
        names = ", ".join(registry.organisations[stay.organisation].name for stay in still)
        why = (Text.of("app.gone_but_elsewhere", organisations=names),) if still else ()
        yield Text.of("app.gone_from_source", source=person.gone_from), why


def told_of_person(enrolments: Enrolments, person: str) -> Iterator[Text]:
    """What was said of somebody through the service: when they came, and who ends their stay."""
    if (came := enrolments.people.get(person)) is not None:
        yield Text.of("app.came_through_service", day=came.joined)
    if (ending := enrolments.endings.get(person)) is not None:
        yield Text.of("app.leaves_through_service", day=ending.leaves, by=ending.by)


def told_of_place(enrolments: Enrolments, person: Person, body: Body) -> Iterator[Text]:
    """What was decided through the service about somebody in a body, from when on, and by whom."""
    for one in enrolments.memberships:
        if (one.person, one.body) == (person.id, body.id):
            if one.period.until is not None:
                yield Text.of("app.ended_through_service", by=one.by, day=one.period.until)
            elif one.period.since is not None:
                yield Text.of("app.placed_through_service", by=one.by, day=one.period.since)
