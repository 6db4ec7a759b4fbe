"""What can be wrong among entries: two of one kind that must be different, and references to nobody.

An error blocks the entry it stands in. What refers to a blocked entry waits with it: nothing is known about it for sure
(only memberships may name a blocked body: that body is left alone as a whole).
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from provisioner.model.enrolments import SOURCE
from provisioner.model.registry import Origin
from provisioner.model.text import Argument, Text
from provisioner.registry.alertchecks import check_alerting, leave_out_repeated
from provisioner.registry.checks import AnyEntry, Path, Report
from provisioner.registry.documents import ALERTING, PersonDocument
from provisioner.registry.domains import Domains, domain_of, is_rather
from provisioner.registry.mistakes import mend_word, shown
from provisioner.registry.naming import Reference, of_body, of_organisation, of_person, of_rule, of_sensor
from provisioner.registry.problems import error, warning, warning_of
from provisioner.registry.sources import Entry, SourceResult, organisations_of
from provisioner.registry.supplying import same_address

_NAMED: Final = 5
"""So many ids are named in a message about many."""
_NOBODY: Final = {
    "organisations": "registry.unknown_organisations",
    "bodies": "registry.unknown_bodies",
    "people": "registry.unknown_people",
    "sensor_models": "registry.unknown_sensor_models",
    "sensors": "registry.unknown_sensors",
}
_UNREAD: Final = {
    "organisations": "registry.unread_organisations",
    "bodies": "registry.unread_bodies",
    "people": "registry.unread_people",
    "sensor_models": "registry.unread_sensor_models",
    "sensors": "registry.unread_sensors",
}


def check_among(result: SourceResult) -> None:
    """Check the entries against each other; what is wrong is added to ``result``."""
    unread = any(problem.is_error for problem in result.problems) and not result.complete
    _check_networks(result)
    _check_unique(result)
    leave_out_repeated(result)
    _References(result).check()
    _check_domains(result)
    _check_archived(result)
    _check_leads(result)
    check_alerting(result)
    if not result.people and "people" not in result.blocked:
        result.complete = False
        if not unread:  # else they stand in what could not be read, and that is said already
            problem = error(Origin("."), Text.of("registry.nobody"), Text.of("registry.nobody_mend"))
            result.problems.append(problem)


def _check_networks(result: SourceResult) -> None:
    if not result.networks:
        if "network" not in result.blocked:
            problem = error(Origin("."), Text.of("registry.no_network"), Text.of("registry.no_network_mend"))
            result.problems.append(problem)
        result.complete = False
    networks = _in_order(result.networks)
    for entry in networks[1:]:
        Report("network", entry, result).error((), "registry.two_networks", first=str(networks[0].origin()))
        result.complete = False


def _in_order(entries: Iterable[AnyEntry]) -> list[AnyEntry]:
    return sorted(entries, key=lambda entry: ((where := entry.origin()).file, where.line, where.column))


def _check_unique(result: SourceResult) -> None:
    """Ids within a kind; addresses, identities and user ids among people."""
    for kind in ("organisations", "bodies", "people"):
        entries: list[AnyEntry] = getattr(result, kind)
        _refuse_equal(((entry.document.id, ("id",), entry) for entry in entries), kind, "registry.same_id", result)
    people = result.people
    holders: dict[str, list[Entry[PersonDocument]]] = {}
    for entry in people:
        if entry.document.email and not entry.supplied.passes_address_on:
            holders.setdefault(same_address(entry.document.email), []).append(entry)
    _tell_of_newcomers(holders.values(), result)
    domains = Domains(entry.document for entry in result.organisations)
    shared = {address: _refuse_claims(those, domains, result) for address, those in holders.items() if len(those) > 1}
    addresses: Iterable[tuple[str, Path, AnyEntry]] = (
        (address, ("email",), entry) for address, those in shared.items() for entry in those
    )
    _refuse_equal(addresses, "people", "registry.same_email", result)
    identities = (
        (f"{identity.source}: {identity.key}", ("identities", index, "key"), entry)
        for entry in people
        for index, identity in enumerate(entry.document.identities)
    )
    _refuse_equal(identities, "people", "registry.same_identity", result)
    user_ids = ((e.document.user_id.casefold(), ("user_id",), e) for e in people if e.document.user_id is not None)
    _refuse_equal(user_ids, "people", "registry.same_user_id", result)


def _tell_of_newcomers(held: Iterable[list[Entry[PersonDocument]]], result: SourceResult) -> None:
    """Whoever came by themselves and was then written into a file as somebody else: what to do about it."""
    for those in held:
        came = [entry.document.id for entry in those if entry.file == SOURCE]
        written = [entry for entry in those if entry.node is not None]
        if came and written:
            where, other = written[0].origin("email"), written[0].document.id
            result.problems.append(warning_of(where, "registry.enrolled_twice", id=came[0], other=other))


def _refuse_claims(
    holders: list[Entry[PersonDocument]], domains: Domains, result: SourceResult
) -> list[Entry[PersonDocument]]:
    """Those of ``holders`` of one address whose it may be: what another city's source claims, blocks that claim alone.

    Else each city could stop everybody's changes everywhere, by a line in its own list.
    """
    left = []
    for entry in holders:
        theirs = next((one for one in holders if is_rather(one, entry, domains)), None)
        if theirs is None:
            left.append(entry)
            continue
        value, first = shown(entry.document.email), str(theirs.origin("email"))
        Report("people", entry, result).error(("email",), "registry.same_email", value=value, first=first)
    return left


def _refuse_equal(values: Iterable[tuple[str, Path, AnyEntry]], kind: str, code: str, result: SourceResult) -> None:
    """Whoever shares what must be one's own is blocked, all of them: nobody knows whose it is."""
    first: dict[str, tuple[Path, AnyEntry]] = {}
    again: dict[str, list[tuple[Path, AnyEntry]]] = {}
    for value, path, entry in values:
        if value in first:
            again.setdefault(value, []).append((path, entry))
        else:
            first[value] = (path, entry)
    for value, others in again.items():
        holders = sorted([first[value], *others], key=lambda held: _sort_key(held[1].origin(*held[0])))
        where = str(holders[0][1].origin(*holders[0][0]))
        result.block(kind, holders[0][1].document.id)
        for path, entry in holders[1:]:
            Report(kind, entry, result).error(path, code, value=shown(value), first=where)


def _sort_key(where: Origin) -> tuple[str, int, int]:
    return where.file, where.line, where.column


class _References:
    """Finds references to nobody, and makes wait what refers to something malformed."""

    def __init__(self, result: SourceResult) -> None:
        self.result = result
        self.ids: dict[str, set[str]] = {
            "organisations": {entry.document.id for entry in result.organisations},
            "bodies": {entry.document.id for entry in result.bodies},
            "people": {entry.document.id for entry in result.people},
            "sensor_models": {entry.document.id for entry in result.sensor_models},
            "sensors": {entry.document.id for entry in result.sensors},
        }
        self.unread: dict[tuple[str, str], list[Reference]] = {}
        self.waiting: dict[tuple[str, str], list[Reference]] = {}

    def check(self) -> None:
        """Report what refers to nobody, then let wait what must."""
        for reference in self._all():
            known = reference.target in self.ids[reference.target_kind]
            if not known and not self.result.is_blocked(reference.target_kind, reference.target):
                self._nobody(reference)
        self._report_unread()
        while self._wait():
            pass
        self._report_waiting()

    def _all(self) -> Iterator[Reference]:
        for organisation in self.result.organisations:
            yield from of_organisation(organisation)
        for person in self.result.people:
            yield from of_person(person)
        for body in self.result.bodies:
            yield from of_body(body)
        for sensor in self.result.sensors:
            yield from of_sensor(sensor)
        for rule in self.result.rules:
            yield from of_rule(rule)

    def _nobody(self, reference: Reference) -> None:
        if self.result.may_miss(reference.target_kind):
            if reference.may_dangle and reference.kind in ALERTING:
                return  # whoever else is told should be
            # It may stand in what could not be read: one message for all who name it.
            self.unread.setdefault((reference.target_kind, reference.target), []).append(reference)
            return
        report = Report(reference.kind, reference.entry, self.result)
        mend = mend_word(reference.target, self.ids[reference.target_kind])
        report.error(reference.path, _NOBODY[reference.target_kind], mend, id=reference.target)

    def _report_unread(self) -> None:
        for (kind, target), references in self.unread.items():
            origins = sorted((r.entry.origin(*r.path) for r in references), key=_sort_key)
            code = _UNREAD[kind]
            arguments: dict[str, Argument] = {"id": target, "count": len(references)}
            problem = error(origins[0], Text.of(code, **arguments), Text.of("registry.unread_mend", **arguments))
            self.result.problems.append(problem)
            for reference in references:
                self.result.block(reference.kind, reference.entry.document.id)

    def _wait(self) -> bool:
        """One round; True when somebody new has to wait."""
        blocked = self.result.blocked
        if not blocked:
            return False
        again = False
        for reference in self._all():
            if reference.may_dangle or reference.target not in blocked.get(reference.target_kind, ()):
                continue
            if not self.result.is_blocked(reference.kind, reference.entry.document.id):
                self.result.block(reference.kind, reference.entry.document.id)
                self.waiting.setdefault((reference.target_kind, reference.target), []).append(reference)
                again = True
        return again

    def _report_waiting(self) -> None:
        for (kind, target), references in self.waiting.items():
            origins = sorted((r.entry.origin(*r.path) for r in references), key=_sort_key)
            names = sorted({r.entry.document.id for r in references})
            shortened = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
            code = "registry.sensors_waiting" if kind in ALERTING else "registry.waiting"
            self.result.problems.append(warning_of(origins[0], code, id=target, count=len(names), names=shortened))


def _check_domains(result: SourceResult) -> None:
    """An address elsewhere is often a slip, or a private one; a utility may use its city's domain."""
    domains = Domains(entry.document for entry in result.organisations)
    for entry in result.people:
        person = entry.document
        if person.guest is not None:
            continue
        organisations = organisations_of(entry)
        allowed = [domains.of(organisation) for organisation in organisations]
        domain = domain_of(person.email)
        if domain and allowed and all(allowed) and not domains.holds(person.email, organisations):
            expected = ", ".join(sorted(set().union(*allowed)))
            report = Report("people", entry, result)
            report.warning(("email",), "registry.other_domain", domain=shown(domain), expected=expected)


def _check_archived(result: SourceResult) -> None:
    """One message a body, at the first person who still joins it."""
    archived = {e.document.id: e.document.archived for e in result.bodies if e.document.archived is not None}
    if not archived:
        return
    members: dict[str, list[Origin]] = {}
    for entry in result.people:
        for index, membership in enumerate(entry.document.bodies):
            day = archived.get(membership.id)
            if day is not None and (membership.until is None or membership.until >= day):
                members.setdefault(membership.id, []).append(entry.origin("bodies", index))
    for body, origins in members.items():
        what = Text.of("registry.member_of_archived", body=body, count=len(origins), archived=archived[body])
        mend = Text.of("registry.member_of_archived_mend", body=body)
        result.problems.append(warning(min(origins, key=_sort_key), what, mend))


def _check_leads(result: SourceResult) -> None:
    """A body outlives the organisation that leads it: somebody else has to lead it, before that day if possible."""
    leaving = {
        entry.document.id: (entry.document.name, entry.document.leaves)
        for entry in result.organisations
        if entry.document.leaves is not None
    }
    for body in result.bodies:
        lead, archived = body.document.lead, body.document.archived
        if lead is None or lead not in leaving:
            continue
        name, last = leaving[lead]
        if archived is None or archived > last + timedelta(days=1):
            report = Report("bodies", body, result)
            called = shown(body.document.name)
            report.warning(("lead",), "registry.lead_leaves", body=called, organisation=shown(name), last=last)
