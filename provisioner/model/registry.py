"""The registry: who and what should be. Read from files and other sources, merged, checked; then only looked at.

Everything is immutable and refers to other things by id. Dates are whole days in the network's time zone;
``until`` is the last day on which a thing still holds, ``since`` the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from provisioner.model.alerts import Rule
from provisioner.model.origin import Origin as Origin
from provisioner.model.sensors import Sensor, SensorModel


class OrganisationKind(StrEnum):
    CITY = "city"
    UTILITY = "utility"
    AGENCY = "agency"


class BodyKind(StrEnum):
    PLENUM = "plenum"
    STEERING = "steering"
    PROJECT = "project"
    CIRCLE = "circle"
    RANGERS = "rangers"


class Role(StrEnum):
    """What a person is in the network, an organisation or a body."""

    RANGER = "ranger"
    COORDINATOR = "coordinator"
    CITY_ADMINISTRATOR = "city-administrator"
    MODERATOR = "moderator"
    MEMBER = "member"
    DIGITAL_GUIDE = "digital-guide"
    STUDENT = "student"
    GUEST = "guest"


class JoinMode(StrEnum):
    OPEN = "open"
    APPROVAL = "approval"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Period:
    """From ``since`` to ``until``, both included; an open end is None."""

    since: date | None = None
    until: date | None = None

    def holds(self, today: date) -> bool:
        return (self.since is None or self.since <= today) and (self.until is None or today <= self.until)

    def is_over(self, today: date) -> bool:
        return self.until is not None and self.until < today


ALWAYS = Period()


@dataclass(frozen=True, slots=True)
class Organisation:
    id: str
    name: str
    kind: OrganisationKind
    domains: tuple[str, ...] = ()
    part_of: str | None = None
    """The city that a utility belongs to."""
    period: Period = ALWAYS
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as one source knows it: ``key`` is immutable there (a login id, an objectGUID, an entryUUID)."""

    source: str
    key: str


@dataclass(frozen=True, slots=True)
class Membership:
    """A person in a body, as written in the registry; selectors of the body add others."""

    body: str
    role: Role = Role.MEMBER
    period: Period = ALWAYS


@dataclass(frozen=True, slots=True)
class Affiliation:
    """A person in an organisation, with what it is there. Moving to another city ends one and begins one."""

    organisation: str
    roles: frozenset[Role] = frozenset()
    period: Period = ALWAYS
    gone: bool = False
    """The source that decides about it no longer has this person: it does not hold, though no date ended it."""


@dataclass(frozen=True, slots=True)
class Guest:
    sponsor: str
    """Id of the person who answers for the guest."""
    until: date


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the network. ``id`` is opaque and never changes; everything else may."""

    id: str
    given_name: str
    family_name: str
    email: str
    affiliations: tuple[Affiliation, ...] = ()
    roles: frozenset[Role] = frozenset()
    """Roles in the network as a whole."""
    memberships: tuple[Membership, ...] = ()
    identities: tuple[Identity, ...] = ()
    user_id: str | None = None
    """A user id fixed by hand; else the policy makes one."""
    language: str | None = None
    period: Period = ALWAYS
    absences: tuple[Period, ...] = ()
    guest: Guest | None = None
    gone_from: str | None = None
    """A source that decides about the person's being here and no longer has them, or has them switched off. They may
    still be somewhere else: see `Affiliation.gone`."""
    origin: Origin | None = None
    provenance: Mapping[str, Origin] = field(default_factory=dict, hash=False)
    """Where a field that does not come from ``origin`` was taken from, by the field's name in the files."""

    @property
    def display_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    def period_in_network(self) -> Period:
        """A guest's end is an end of the whole stay."""
        if self.guest is None:
            return self.period
        ends = [day for day in (self.period.until, self.guest.until) if day is not None]
        return Period(self.period.since, min(ends))


@dataclass(frozen=True, slots=True)
class Selector:
    """Which people a body has besides those who joined: all conditions given must hold.

    ``everybody`` alone selects all but guests.
    """

    roles: frozenset[Role] = frozenset()
    organisations: frozenset[str] = frozenset()
    organisation_kinds: frozenset[OrganisationKind] = frozenset()
    bodies: frozenset[str] = frozenset()
    """Members of these bodies (of their written memberships, not of their selectors: no circles)."""
    body_roles: frozenset[Role] = frozenset()
    """Anybody who has one of these roles in any body, e.g. all moderators."""
    everybody: bool = False
    as_role: Role = Role.MEMBER


@dataclass(frozen=True, slots=True)
class MovedMeeting:
    """One meeting of a series that takes place at another time."""

    day: date
    """The day on which it would have taken place."""
    to: datetime
    """Local time, without a zone."""


@dataclass(frozen=True, slots=True)
class MeetingSeries:
    """A meeting, or a series of them. Times are local, in the network's time zone, and carry no zone."""

    id: str
    """Unique in its body; never changes."""
    first: datetime
    """The first one begins here."""
    minutes: int = 90
    title: str | None = None
    """None: the body's name."""
    rule: str | None = None
    """RFC 5545 recurrence rule without its end, e.g. ``FREQ=WEEKLY;INTERVAL=2``; None: once."""
    until: date | None = None
    """The last day on which one may begin."""
    further: tuple[datetime, ...] = ()
    """Single meetings besides."""
    cancelled: tuple[date, ...] = ()
    moved: tuple[MovedMeeting, ...] = ()
    on_holidays: bool = False
    """Whether it takes place on public holidays, too."""


@dataclass(frozen=True, slots=True)
class Meetings:
    """When a body meets: dates for calendars, or only how many times a year (for people to read)."""

    times_a_year: int | None = None
    series: tuple[MeetingSeries, ...] = ()


@dataclass(frozen=True, slots=True)
class BodyOverrides:
    """What one body does differently from the policy. Guards and protected accounts are never its business."""

    group_name: str | None = None
    administrators_group_name: str | None = None
    member_quota: str | None = None
    group_id: str | None = None
    """The id that its group has over there, letter by letter; names are then only what people read."""
    administrators_group_id: str | None = None
    administrators_group: bool = True
    """False: it has none, whatever the policy says."""
    folder_name: str | None = None
    """Its folder's whole mount point, letter by letter."""
    folder_quota: str | None = None
    folder_members: str | None = None
    """What its members' group may do in its folder: reader, writer, sharer or manager; so for the next two."""
    folder_moderators: str | None = None
    folder_guests: str | None = None
    conversation_name: str | None = None
    """Letter by letter."""
    folder: bool = True
    """False: it has none, whatever the policy says."""
    conversation: bool = True
    """The same for its chat."""
    mailing_list: bool = True
    mailing_list_name: str | None = None
    """What stands before the @ of its list."""
    forum: bool = True
    """False: it has no forum category, whatever the policy says."""
    forum_name: str | None = None
    """Letter by letter."""
    forum_open: bool | None = None
    """Whether everybody who logs in there reads its category; None: as the policy says."""
    wiki: bool = True
    """The same for its wiki space."""
    wiki_name: str | None = None
    wiki_open: bool | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """Any group of people that gets rooms."""

    id: str
    name: str
    kind: BodyKind
    purpose: str = ""
    lead: str | None = None
    """Id of the lead organisation."""
    join: JoinMode = JoinMode.APPROVAL
    selectors: tuple[Selector, ...] = ()
    meetings: Meetings | None = None
    archived_on: date | None = None
    overrides: BodyOverrides = BodyOverrides()
    origin: Origin | None = None

    def is_archived(self, today: date) -> bool:
        return self.archived_on is not None and self.archived_on <= today


@dataclass(frozen=True, slots=True)
class Registry:
    """One network, merged from all its sources and without contradictions."""

    network: str
    name: str
    language: str = "de"
    time_zone: str = "Europe/Berlin"
    organisations: Mapping[str, Organisation] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    bodies: Mapping[str, Body] = field(default_factory=dict)
    sensor_models: Mapping[str, SensorModel] = field(default_factory=dict)
    sensors: Mapping[str, Sensor] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    """What alerts come of. None of these three takes part in any plan."""
    alerting_complete: bool = True
    """False when sensors, models or rules may be missing: then no open alert is over because its rule is not here."""
    alerting_blocked: frozenset[str] = frozenset()
    """``sensors/<id>``, ``rules/<id>``, ``sensor_models/<id>`` of malformed entries: not here, and not gone either."""
    complete: bool = True
    """False when a source could not be read whole: then nothing may be concluded from somebody's absence."""
    blocked: frozenset[str] = frozenset()
    """Ids whose entries are malformed or wait for a decision: they are neither changed nor taken for absent."""
