"""From checked documents to the model's registry: what is blocked is left out, what was written short is spelt out."""

import unicodedata
from collections.abc import Mapping
from datetime import date

from provisioner.model.registry import (
    ALWAYS,
    Affiliation,
    Body,
    BodyOverrides,
    Guest,
    Identity,
    Membership,
    Organisation,
    Period,
    Person,
    Registry,
    Role,
    Selector,
)
from provisioner.registry.checks import NETWORK_ROLES, AnyEntry
from provisioner.registry.documents import (
    ALERTING,
    BodyDocument,
    OrganisationDocument,
    PersonDocument,
    SelectorDocument,
)
from provisioner.registry.meetings import build_meetings
from provisioner.registry.rules import build_rule
from provisioner.registry.sensors import build_model, build_sensor
from provisioner.registry.sources import Entry, SourceResult, Supplied, home_of

_OF_NO_PLAN = frozenset({"network", *ALERTING})
_NO_ROLES: frozenset[Role] = frozenset()


def build(result: SourceResult) -> Registry:
    """The registry of all entries that are not blocked, sorted by id."""
    organisations = {
        entry.document.id: _organisation(entry)
        for entry in sorted(result.organisations, key=_id)
        if not result.is_blocked("organisations", entry.document.id)
    }
    people = {
        entry.document.id: build_person(entry, organisations)
        for entry in sorted(result.people, key=_id)
        if not result.is_blocked("people", entry.document.id)
    }
    bodies = {
        entry.document.id: build_body(entry)
        for entry in sorted(result.bodies, key=_id)
        if not result.is_blocked("bodies", entry.document.id)
    }
    network = result.networks[0].document if len(result.networks) == 1 else None
    return Registry(
        network=network.id if network else "",
        name=_text(network.name) if network else "",
        language=network.language if network else "de",
        time_zone=network.time_zone if network else "Europe/Berlin",
        organisations=organisations,
        people=people,
        bodies=bodies,
        sensor_models={
            one.document.id: build_model(one.document, one.origin())
            for one in sorted(result.sensor_models, key=_id)
            if not result.is_blocked("sensor_models", one.document.id)
        },
        sensors={
            one.document.id: build_sensor(one.document, one.origin())
            for one in sorted(result.sensors, key=_id)
            if not result.is_blocked("sensors", one.document.id)
        },
        rules={
            one.document.id: build_rule(one.document, one.origin())
            for one in sorted(result.rules, key=_id)
            if not result.is_blocked("rules", one.document.id)
        },
        alerting_complete=not result.may_miss("rules"),
        alerting_blocked=frozenset(f"{kind}/{one}" for kind in ALERTING for one in result.blocked.get(kind, ())),
        complete=result.complete,
        blocked=frozenset().union(*(ids for kind, ids in result.blocked.items() if kind not in _OF_NO_PLAN)),
    )


def _id(entry: AnyEntry) -> str:
    return entry.document.id


def _text(text: str) -> str:
    """Composed letters: macOS writes "ü" as two characters, and two spellings of one name are none."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _organisation(entry: Entry[OrganisationDocument]) -> Organisation:
    document = entry.document
    return Organisation(
        id=document.id,
        name=_text(document.name),
        kind=document.kind,
        domains=tuple(sorted(domain.lower() for domain in document.domains)),
        part_of=document.part_of,
        period=_period(document.joined, document.leaves),
        origin=entry.origin(),
    )


def build_person(entry: Entry[PersonDocument], organisations: Mapping[str, Organisation]) -> Person:
    """One person; the organisations that the entry names are among ``organisations``."""
    document = entry.document
    roles = frozenset(document.roles) if document.roles else _NO_ROLES
    network_roles = roles & NETWORK_ROLES
    guest = None
    if document.guest is not None:
        guest = Guest(document.guest.sponsor, document.guest.until)
        network_roles |= {Role.GUEST}
    return Person(
        id=document.id,
        given_name=_text(document.given_name),
        family_name=_text(document.family_name),
        email=_text(document.email),
        affiliations=_affiliations(entry, roles - NETWORK_ROLES, organisations),
        roles=network_roles,
        memberships=_memberships(document),
        identities=tuple(
            Identity(source, key) for source, key in sorted((one.source, one.key) for one in document.identities)
        ),
        user_id=document.user_id,
        language=document.language,
        period=_period(document.joined, document.leaves),
        absences=tuple(
            sorted((Period(one.since, one.until) for one in document.absences), key=lambda period: str(period.since))
        ),
        guest=guest,
        gone_from=entry.supplied.gone_from,
        origin=entry.origin(),
        provenance=entry.supplied.taken,
    )


def _affiliations(
    entry: Entry[PersonDocument], roles: frozenset[Role], organisations: Mapping[str, Organisation]
) -> tuple[Affiliation, ...]:
    """An affiliation lasts at most as long as its organisation is in the network."""
    document, supplied = entry.document, entry.supplied
    if document.organisation is not None and not supplied.stays:
        return (_affiliation(document.organisation, roles, ALWAYS, organisations, supplied),)
    affiliations = [
        _affiliation(
            one.organisation,
            frozenset(one.roles) if one.roles else _NO_ROLES,
            _period(one.since, one.until),
            organisations,
            supplied,
        )
        for one in document.affiliations
    ]
    home = home_of(entry)
    named = () if document.organisation is None else (document.organisation,)
    for organisation in (*named, *supplied.stays):
        here = roles if organisation == home else _NO_ROLES
        affiliations.append(_affiliation(organisation, here, ALWAYS, organisations, supplied))
    return tuple(sorted(affiliations, key=lambda one: (str(one.period.since or ""), one.organisation)))


def _affiliation(
    organisation: str,
    roles: frozenset[Role],
    period: Period,
    organisations: Mapping[str, Organisation],
    supplied: Supplied,
) -> Affiliation:
    within = _within(period, organisations[organisation].period)
    if organisation in supplied.periods:
        within = _within(within, supplied.periods[organisation])
    return Affiliation(organisation, roles, within, organisation in supplied.gone)


def _memberships(document: PersonDocument) -> tuple[Membership, ...]:
    memberships = [Membership(one.id, one.role, _period(one.since, one.until)) for one in document.bodies]
    if len(memberships) > 1:
        memberships.sort(key=lambda one: (one.body, str(one.period.since or "")))
    return tuple(memberships)


def build_body(entry: Entry[BodyDocument]) -> Body:
    """One body."""
    document = entry.document
    overrides = document.overrides
    return Body(
        id=document.id,
        name=_text(document.name),
        kind=document.kind,
        purpose=_text(document.purpose),
        lead=document.lead,
        join=document.join,
        selectors=tuple(_selector(selector) for selector in document.members),
        meetings=build_meetings(document.meetings) if document.meetings else None,
        archived_on=document.archived,
        overrides=BodyOverrides(**dict(overrides)) if overrides else BodyOverrides(),
        origin=entry.origin(),
    )


def _selector(document: SelectorDocument) -> Selector:
    return Selector(
        roles=frozenset(document.roles),
        organisations=frozenset(document.organisations),
        organisation_kinds=frozenset(document.organisation_kinds),
        bodies=frozenset(document.bodies),
        body_roles=frozenset(document.body_roles),
        everybody=document.everybody,
        as_role=document.as_role,
    )


def _period(since: date | None, until: date | None) -> Period:
    return ALWAYS if since is None and until is None else Period(since, until)


def _within(inner: Period, outer: Period) -> Period:
    """The days that lie in both. Where there are none, it ends before it begins and never holds."""
    if outer is ALWAYS:
        return inner
    starts = [day for day in (inner.since, outer.since) if day is not None]
    ends = [day for day in (inner.until, outer.until) if day is not None]
    return Period(max(starts, default=None), min(ends, default=None))
