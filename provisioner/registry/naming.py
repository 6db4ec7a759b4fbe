"""Which entries name which others, and where."""

from collections.abc import Iterator
from typing import NamedTuple

from provisioner.registry.checks import AnyEntry, Path
from provisioner.registry.documents import BodyDocument, OrganisationDocument, PersonDocument
from provisioner.registry.ruledocuments import RuleDocument
from provisioner.registry.sensordocuments import SensorDocument
from provisioner.registry.sources import Entry


class Reference(NamedTuple):
    """``entry`` of ``kind`` names ``target`` of ``target_kind`` at ``path``."""

    kind: str
    entry: AnyEntry
    path: Path
    target_kind: str
    target: str
    may_dangle: bool = False


def of_organisation(entry: Entry[OrganisationDocument]) -> Iterator[Reference]:
    if entry.document.part_of is not None:
        yield Reference("organisations", entry, ("part_of",), "organisations", entry.document.part_of)


def of_person(entry: Entry[PersonDocument]) -> Iterator[Reference]:
    person = entry.document
    if person.organisation is not None:
        yield Reference("people", entry, ("organisation",), "organisations", person.organisation)
    for index, affiliation in enumerate(person.affiliations):
        path: Path = ("affiliations", index, "organisation")
        yield Reference("people", entry, path, "organisations", affiliation.organisation)
    for organisation in entry.supplied.stays:
        yield Reference("people", entry, ("organisation",), "organisations", organisation)
    for index, membership in enumerate(person.bodies):
        yield Reference("people", entry, ("bodies", index, "id"), "bodies", membership.id, may_dangle=True)
    if person.guest is not None:
        yield Reference("people", entry, ("guest", "sponsor"), "people", person.guest.sponsor)


def of_body(entry: Entry[BodyDocument]) -> Iterator[Reference]:
    body = entry.document
    if body.lead is not None:
        yield Reference("bodies", entry, ("lead",), "organisations", body.lead)
    for index, selector in enumerate(body.members):
        for position, organisation in enumerate(selector.organisations):
            yield Reference(
                "bodies", entry, ("members", index, "organisations", position), "organisations", organisation
            )
        for position, other in enumerate(selector.bodies):
            yield Reference("bodies", entry, ("members", index, "bodies", position), "bodies", other)


def of_sensor(entry: Entry[SensorDocument]) -> Iterator[Reference]:
    """Without its model nobody knows what it says; without a body others are told all the same."""
    sensor = entry.document
    yield Reference("sensors", entry, ("model",), "sensor_models", sensor.model)
    yield Reference("sensors", entry, ("organisation",), "organisations", sensor.organisation, may_dangle=True)
    for index, body in enumerate(sensor.tells):
        yield Reference("sensors", entry, ("tells", index), "bodies", body, may_dangle=True)


def of_rule(entry: Entry[RuleDocument]) -> Iterator[Reference]:
    """What is malformed elsewhere takes its own part out of the rule, and no more."""
    rule = entry.document
    for field, kind in (("models", "sensor_models"), ("sensors", "sensors"), ("organisations", "organisations")):
        for index, target in enumerate(getattr(rule.applies, field)):
            yield Reference("rules", entry, ("applies", field, index), kind, target, may_dangle=True)
    for index, body in enumerate(rule.tells):
        yield Reference("rules", entry, ("tells", index), "bodies", body, may_dangle=True)
    for step, escalation in enumerate(rule.escalations):
        path: Path = ("escalations", step)
        for index, body in enumerate(escalation.bodies):
            yield Reference("rules", entry, (*path, "bodies", index), "bodies", body, may_dangle=True)
        for index, person in enumerate(escalation.people):
            yield Reference("rules", entry, (*path, "people", index), "people", person, may_dangle=True)
