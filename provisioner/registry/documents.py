"""The shapes of the registry's files. The reference in docs/ and the JSON Schema for editors are made from them.

Only shapes: whether dates run backwards or an id refers to nobody is checked in `provisioner.registry.checks`.
"""

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from provisioner.model.registry import JoinMode, Role
from provisioner.registry.meetingdocuments import MeetingsDocument
from provisioner.registry.ruledocuments import RuleDocument
from provisioner.registry.sensordocuments import SensorDocument, SensorModelDocument
from provisioner.registry.shapes import (
    AnyBodyKind,
    AnyJoinMode,
    AnyOrganisationKind,
    AnyRole,
    Day,
    Document,
    Domain,
    Email,
    FolderQuota,
    FolderRole,
    Id,
    Language,
    ListName,
    MaybeEmptyName,
    Name,
    Purpose,
    Quota,
    UserId,
)


class NetworkDocument(Document):
    """The network itself; exactly one in all files."""

    id: Id = Field(description="Short name of the network, e.g. `redi`. It never changes.")
    name: Name = Field(description="What people call it.")
    language: Language = Field("de", description="Language of those who set none of their own: two letters.")
    time_zone: str = Field(
        "Europe/Berlin", description="IANA name of the time zone in which days begin and end.", max_length=64
    )


class OrganisationDocument(Document):
    """A city, a utility or an agency that takes part."""

    id: Id = Field(description="Lasting short name, e.g. `bretten`: small letters, digits and hyphens.")
    name: Name = Field(description="What people read, e.g. `Stadt Bretten`.")
    kind: AnyOrganisationKind = Field(description="What it is.")
    domains: list[Domain] = Field(
        default_factory=list,
        description="Domains of its e-mail addresses. An address elsewhere gives a warning, guests excepted.",
    )
    part_of: Id | None = Field(None, description="The city that a utility belongs to: its id.")
    joined: Day | None = Field(None, description="First day in the network.")
    leaves: Day | None = Field(
        None, description="Last day in the network. On the day after, its people's affiliations are over."
    )


class SelectorDocument(Document):
    """Who belongs to a body without being written into it. All conditions of one selector must hold."""

    everybody: bool = Field(False, description="Everybody but guests. Stands alone.")
    roles: list[AnyRole] = Field(
        default_factory=list, description="Who has one of these roles in the network or in an organisation."
    )
    organisations: list[Id] = Field(default_factory=list, description="Who is in one of these organisations.")
    organisation_kinds: list[AnyOrganisationKind] = Field(
        default_factory=list, description="Who is in an organisation of one of these kinds."
    )
    bodies: list[Id] = Field(
        default_factory=list, description="Who is written into one of these bodies. Their selectors do not count."
    )
    body_roles: list[AnyRole] = Field(
        default_factory=list, description="Who has one of these roles in any body, e.g. `moderator`."
    )
    as_role: AnyRole = Field(Role.MEMBER, description="Role that they have in this body.")


class OverridesDocument(Document):
    """What this body does differently from the policy."""

    group_name: Name | None = Field(None, description="Name of its group, instead of the policy's.")
    administrators_group_name: Name | None = Field(None, description="Name of its moderators' group.")
    group_id: Name | None = Field(
        None,
        description="The id that its group already has over there, letter by letter, where the policy would make "
        "another one of the name. `readi import` writes it.",
    )
    administrators_group_id: Name | None = Field(None, description="The same for its moderators' group.")
    administrators_group: bool = Field(True, description="`false`: it has no moderators' group.")
    member_quota: Quota | None = Field(
        None, description="Storage of its members, e.g. `5 GB`, `unlimited` or `default`."
    )
    folder: bool = Field(True, description="`false`: it has no team folder.")
    folder_name: Name | None = Field(
        None,
        description="The whole mount point of its folder, letter by letter, e.g. `Projekte 2019/Sensorik`, instead of "
        "the policy's. It then no longer follows `name`.",
    )
    folder_quota: FolderQuota | None = Field(
        None, description="Room in its folder, e.g. `50 GB`, `unlimited`, or `keep`: never compared or changed."
    )
    folder_members: FolderRole | None = Field(
        None,
        description="What its members' group may do in its folder, instead of the policy's word: `reader`, `writer`, "
        "`sharer` or `manager`. `readi import` writes what stands.",
    )
    folder_moderators: FolderRole | None = Field(None, description="The same for its moderators' group.")
    folder_guests: FolderRole | None = Field(None, description="The same for its guests' group.")
    conversation: bool = Field(True, description="`false`: it has no chat.")
    conversation_name: Name | None = Field(
        None, description="What its chat is called, letter by letter, instead of the policy's name."
    )
    mailing_list: bool = Field(True, description="`false`: it has no mailing list.")
    mailing_list_name: ListName | None = Field(
        None, description="What stands before the @ of its mailing list, instead of the policy's name."
    )
    forum: bool = Field(True, description="`false`: it has no forum category.")
    forum_name: Name | None = Field(
        None, description="What its forum category is called, letter by letter, instead of the policy's name."
    )
    forum_open: bool | None = Field(
        None,
        description="Whether everybody who logs in to the forum reads its category, instead of the policy's word. "
        "Strangers never do.",
    )
    wiki: bool = Field(True, description="`false`: it has no wiki space.")
    wiki_name: Name | None = Field(
        None,
        description="What its wiki space is called, letter by letter, instead of the policy's name. Pages keep their "
        "addresses.",
    )
    wiki_open: bool | None = Field(None, description="The same as `forum_open` for its wiki space.")


class BodyDocument(Document):
    """Any group of people that gets rooms: plenum, steering group, project group, circle, rangers."""

    id: Id = Field(description="Lasting short name, e.g. `pg-sensorik`. Never changes, not even when `name` does.")
    name: Name = Field(description="What people read. May change at any time: rooms are renamed in place.")
    kind: AnyBodyKind = Field(description="What it is.")
    purpose: Purpose = Field("", description="One or two sentences for people who wonder whether to join.")
    lead: Id | None = Field(None, description="Id of the organisation that sets the rhythm.")
    join: AnyJoinMode = Field(
        JoinMode.APPROVAL,
        description="`open`: anybody in the network may join. `approval`: moderators agree. `closed`: by invitation.",
    )
    members: list[SelectorDocument] = Field(
        default_factory=list, description="Who belongs to it besides those who are written into it."
    )
    meetings: MeetingsDocument | None = Field(None, description="When it meets.")
    archived: Day | None = Field(None, description="First day on which it is no longer active. Nothing is deleted.")
    overrides: OverridesDocument | None = Field(None, description="What it does differently from the policy.")


class AffiliationDocument(Document):
    """A person in an organisation for some time."""

    organisation: Id = Field(description="Id of the organisation.")
    roles: list[AnyRole] = Field(
        default_factory=list,
        description="Roles there: `coordinator`, `city-administrator`, `digital-guide`, `student`.",
    )
    since: Day | None = Field(None, description="First day.")
    until: Day | None = Field(None, description="Last day.")


class MembershipDocument(Document):
    """A person in a body for some time."""

    id: Id = Field(description="Id of the body.")
    role: AnyRole = Field(Role.MEMBER, description="`member`, `moderator` or `guest`.")
    since: Day | None = Field(None, description="First day.")
    until: Day | None = Field(None, description="Last day.")


class IdentityDocument(Document):
    """The person as one source of identities knows it."""

    source: Id = Field(description="Name of the source, e.g. `keycloak`.")
    key: Name = Field(description="What never changes there: a login id, an entryUUID. Digits alone need quotes.")


class AbsenceDocument(Document):
    """A time in which nothing is taken away because somebody does not show up."""

    since: Day = Field(description="First day of the absence.")
    until: Day | None = Field(None, description="Last day, where it is known.")


class GuestDocument(Document):
    """Somebody from outside, for a while."""

    sponsor: Id = Field(description="Id of the person who answers for the guest.")
    until: Day = Field(description="Last day. A guest without an end is refused.")


def _membership(value: Any) -> Any:
    """``pg-sensorik`` is short for ``{id: pg-sensorik}``."""
    return {"id": value} if isinstance(value, str) else value


class PersonDocument(Document):
    """Somebody in the network."""

    id: Id = Field(description="Opaque, e.g. `p-7k3m9x2c`; `readi person add` makes one. Never changes.")
    given_name: MaybeEmptyName = Field(
        "", description='Given name; `""` for people with one name only. May be left out where a source supplies it.'
    )
    family_name: Name = Field("", description="Family name. May be left out where a source supplies it.")
    email: Email = Field(
        "", description="E-mail address; two people never share one. May be left out where a source supplies it."
    )
    organisation: Id | None = Field(
        None, description="Short for one affiliation without dates. Either this or `affiliations`."
    )
    affiliations: list[AffiliationDocument] = Field(
        default_factory=list, description="Organisations, one after another or at once, with dates."
    )
    roles: list[AnyRole] = Field(
        default_factory=list,
        description="Roles in the network (`ranger`) and, beside `organisation`, roles there (`coordinator`, "
        "`city-administrator`, `digital-guide`, `student`).",
    )
    bodies: list[
        Annotated[MembershipDocument, BeforeValidator(_membership, json_schema_input_type=Id | MembershipDocument)]
    ] = Field(default_factory=list, description="Bodies joined: ids, or mappings with `role` and dates.")
    identities: list[IdentityDocument] = Field(
        default_factory=list,
        description="The same person in sources of identities; `readi links confirm` writes them. Of a source that the "
        "settings name the person is that entry, and nobody else is.",
    )
    user_id: UserId | None = Field(None, description="A user id fixed by hand. Without it the policy makes one.")
    language: Language | None = Field(None, description="Two letters; without it the network's.")
    joined: Day | None = Field(None, description="First day in the network.")
    leaves: Day | None = Field(None, description="Last day in the network: on the day after, access ends.")
    absences: list[AbsenceDocument] = Field(default_factory=list, description="Parental leave, illness and the like.")
    guest: GuestDocument | None = Field(None, description="Only for guests: who answers for them, and until when.")


class FileDocument(Document):
    """One file of the registry. Each may hold any of these, and the order of files makes no difference."""

    network: NetworkDocument | None = Field(None, description="The network itself; in one file only.")
    organisations: list[OrganisationDocument] | None = Field(None, description="Cities, utilities, agencies.")
    bodies: list[BodyDocument] | None = Field(None, description="Everything that gets rooms.")
    people: list[PersonDocument] | None = Field(None, description="Everybody. Keep these files out of git.")
    sensor_models: list[SensorModelDocument] | None = Field(None, description="Products, and what they measure.")
    sensors: list[SensorDocument] | None = Field(None, description="What measures something somewhere.")
    rules: list[RuleDocument] | None = Field(None, description="What makes an alert, and who is told.")


ALERTING: Final = ("sensor_models", "sensors", "rules")
"""Sections that no plan comes of: what is wrong in one never keeps any account or room from being changed."""
