"""What can be wrong with one entry though its shape is right: dates, roles, contradictions."""

import zoneinfo
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import Final

from provisioner.model.registry import Role
from provisioner.model.text import Argument, Text
from provisioner.registry.documents import (
    AffiliationDocument,
    BodyDocument,
    MembershipDocument,
    NetworkDocument,
    OrganisationDocument,
    PersonDocument,
)
from provisioner.registry.meetings import Flaw, flaws
from provisioner.registry.mistakes import mend_word, shown
from provisioner.registry.mountpoints import is_safe, is_syncable
from provisioner.registry.problems import error, warning
from provisioner.registry.ruledocuments import RuleDocument
from provisioner.registry.rules import rule_flaws
from provisioner.registry.sensordocuments import SensorDocument, SensorModelDocument
from provisioner.registry.sensors import model_flaws, sensor_flaws
from provisioner.registry.sources import Entry, SourceResult, home_of

NETWORK_ROLES: Final = frozenset({Role.RANGER, Role.GUEST})
"""Roles in the network as a whole. ``guest`` goes with the guest section."""
ORGANISATION_ROLES: Final = frozenset({Role.COORDINATOR, Role.CITY_ADMINISTRATOR, Role.DIGITAL_GUIDE, Role.STUDENT})
BODY_ROLES: Final = frozenset({Role.MEMBER, Role.MODERATOR, Role.GUEST})

Path = tuple[str | int, ...]
AnyEntry = (
    Entry[NetworkDocument]
    | Entry[OrganisationDocument]
    | Entry[BodyDocument]
    | Entry[PersonDocument]
    | Entry[SensorModelDocument]
    | Entry[SensorDocument]
    | Entry[RuleDocument]
)


class Report:
    """Collects the problems of one entry and blocks it with the first error."""

    def __init__(self, kind: str, entry: AnyEntry, result: SourceResult) -> None:
        self._kind = kind
        self._entry = entry
        self._result = result

    def error(self, path: Path, code: str, mend: Text | None = None, **arguments: Argument) -> None:
        """The entry can't be used. ``mend`` defaults to the text ``<code>_mend``."""
        what, mend = _texts(code, mend, arguments)
        self._result.problems.append(error(self._entry.origin(*path), what, mend))
        self._result.block(self._kind, self._entry.document.id)

    def warning(self, path: Path, code: str, mend: Text | None = None, **arguments: Argument) -> None:
        """The entry is used all the same."""
        what, mend = _texts(code, mend, arguments)
        self._result.problems.append(warning(self._entry.origin(*path), what, mend))

    def tell(self, flaws: Iterable[Flaw], *below: str) -> None:
        """All of them, each at its place below ``below``."""
        for flaw in flaws:
            tell = self.error if flaw.is_error else self.warning
            tell((*below, *flaw.path), flaw.code, None, **flaw.arguments)


def _texts(code: str, mend: Text | None, arguments: dict[str, Argument]) -> tuple[Text, Text]:
    return Text.of(code, **arguments), mend or Text.of(f"{code}_mend", **arguments)


def check_alone(result: SourceResult) -> None:
    """Check every entry by itself; what is wrong is added to ``result``."""
    for network in result.networks:
        _check_network(network.document, Report("network", network, result))
    for organisation in result.organisations:
        document = organisation.document
        _check_order(document.joined, document.leaves, ("leaves",), Report("organisations", organisation, result))
    for body in result.bodies:
        _check_body(body.document, Report("bodies", body, result))
    for person in result.people:
        _check_person(person, Report("people", person, result))
    for model in result.sensor_models:
        Report("sensor_models", model, result).tell(model_flaws(model.document))
    for sensor in result.sensors:
        Report("sensors", sensor, result).tell(sensor_flaws(sensor.document))
    for rule in result.rules:
        Report("rules", rule, result).tell(rule_flaws(rule.document))


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _check_network(network: NetworkDocument, report: Report) -> None:
    known = _time_zones()
    if known and network.time_zone not in known:  # a system without tzdata knows none
        words = mend_word(network.time_zone, known)
        report.error(("time_zone",), "registry.unknown_time_zone", words, value=shown(network.time_zone))


def _check_order(since: date | None, until: date | None, path: Path, report: Report) -> None:
    if since is not None and until is not None and until < since:
        report.error(path, "registry.backwards", since=since, until=until)


def _check_roles(roles: Iterable[Role], fitting: frozenset[Role], path: Path, report: Report) -> None:
    for index, role in enumerate(roles):
        if role not in fitting:
            words = ", ".join(sorted(fitting))
            at = (*path, index) if path[-1] != "role" else path
            report.error(at, "registry.role_elsewhere", role=str(role), fitting=words)


def _check_body(body: BodyDocument, report: Report) -> None:
    if body.overrides is not None and (name := body.overrides.folder_name) is not None:
        if not is_safe(name):
            report.error(("overrides", "folder_name"), "registry.unsafe_folder_name", value=shown(name))
        elif not is_syncable(name):
            report.warning(("overrides", "folder_name"), "registry.unsyncable_folder_name", value=shown(name))
    report.tell(flaws(body.meetings) if body.meetings is not None else (), "meetings")
    for index, selector in enumerate(body.members):
        path: Path = ("members", index)
        conditions = (
            selector.roles,
            selector.organisations,
            selector.organisation_kinds,
            selector.bodies,
            selector.body_roles,
        )
        if selector.everybody and any(conditions):
            report.error(path, "registry.everybody_alone")
        if not selector.everybody and not any(conditions):
            report.error(path, "registry.empty_selector")
        if body.id in selector.bodies:
            report.error((*path, "bodies"), "registry.selects_itself")
        _check_roles(selector.roles, NETWORK_ROLES | ORGANISATION_ROLES, (*path, "roles"), report)
        _check_roles(selector.body_roles, BODY_ROLES, (*path, "body_roles"), report)
        _check_roles([selector.as_role], BODY_ROLES, (*path, "as_role", "role"), report)


def _check_person(entry: Entry[PersonDocument], report: Report) -> None:
    person = entry.document
    for field in _unnamed(entry):
        report.error((), "registry.unnamed", field=field)
    _check_order(person.joined, person.leaves, ("leaves",), report)
    if person.organisation is not None and person.affiliations:
        report.error(("organisation",), "registry.two_forms")
    if person.organisation is None and not person.affiliations and person.guest is None and not entry.supplied.stays:
        report.error((), "registry.no_organisation")
    fitting = NETWORK_ROLES | ORGANISATION_ROLES if home_of(entry) is not None else NETWORK_ROLES
    _check_roles(person.roles, fitting, ("roles",), report)
    for index, affiliation in enumerate(person.affiliations):
        _check_order(affiliation.since, affiliation.until, ("affiliations", index, "until"), report)
        _check_roles(affiliation.roles, ORGANISATION_ROLES, ("affiliations", index, "roles"), report)
    for index, membership in enumerate(person.bodies):
        _check_order(membership.since, membership.until, ("bodies", index, "until"), report)
        _check_roles([membership.role], BODY_ROLES, ("bodies", index, "role"), report)
    for index, absence in enumerate(person.absences):
        _check_order(absence.since, absence.until, ("absences", index, "until"), report)
    if len(person.bodies) > 1:
        _check_overlaps([(m.id, m) for m in person.bodies], "bodies", report)
    if len(person.affiliations) > 1:
        _check_overlaps([(a.organisation, a) for a in person.affiliations], "affiliations", report)
    _check_guest(person, report)


def _unnamed(entry: Entry[PersonDocument]) -> Iterator[str]:
    """Fields that neither the files nor a source tell. Whoever has one name only has it as the family name."""
    person = entry.document
    is_told = "given_name" in person.model_fields_set or "family_name" in entry.supplied.taken or entry.node is None
    if not is_told:
        yield "given_name"
    if not person.family_name:
        yield "family_name"
    if not person.email:
        yield "email"


def _check_guest(person: PersonDocument, report: Report) -> None:
    if person.guest is None:
        if Role.GUEST in person.roles:
            report.error(("roles", person.roles.index(Role.GUEST)), "registry.guest_without_section")
        return
    _check_order(person.joined, person.guest.until, ("guest", "until"), report)
    if person.guest.sponsor == person.id:
        report.error(("guest", "sponsor"), "registry.own_sponsor")


def _check_overlaps(
    stays: list[tuple[str, AffiliationDocument | MembershipDocument]], field: str, report: Report
) -> None:
    """The same thing twice at one time is a slip: which of the two roles would hold?"""
    seen: dict[str, list[tuple[date, date]]] = {}
    for index, (name, stay) in enumerate(stays):
        period = (stay.since or date.min, stay.until or date.max)
        if any(period[0] <= until and since <= period[1] for since, until in seen.get(name, ())):
            report.error((field, index), "registry.twice_at_once", id=name)
        seen.setdefault(name, []).append(period)
