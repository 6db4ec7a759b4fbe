"""What is drawn up from a target before it is written: entries of the registry, and what is left out of it."""

from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from provisioner.model.inventory import Remote
from provisioner.model.registry import BodyKind, JoinMode, Role
from provisioner.model.resources import Kind
from provisioner.model.text import Text
from provisioner.registry.shapes import Document

_OVERRIDES: Final = (
    "group_name",
    "group_id",
    "administrators_group_name",
    "administrators_group_id",
    "administrators_group",
    "folder",
    "folder_name",
    "folder_quota",
    "folder_members",
    "folder_moderators",
    "conversation",
    "conversation_name",
    "mailing_list",
    "mailing_list_name",
    "forum",
    "forum_name",
    "forum_open",
    "wiki",
    "wiki_name",
    "wiki_open",
)


TITLES: Final = {
    "app.cockpit_nameless": Text.of("app.cockpit_nameless_title"),
    "app.cockpit_role_address": Text.of("app.cockpit_role_address_title"),
    "app.cockpit_same_group": Text.of("app.cockpit_same_group_title"),
    "app.import_disabled": Text.of("app.import_disabled_title"),
    "app.import_empty": Text.of("app.import_empty_title"),
    "app.import_no_body": Text.of("app.import_no_body_title"),
    "app.import_no_email": Text.of("app.import_no_email_title"),
    "app.import_nobody_of_them": Text.of("app.import_nobody_of_them_title"),
    "app.import_organisation_group": Text.of("app.import_organisation_group_title"),
    "app.import_other_network": Text.of("app.import_other_network_title"),
    "app.import_own": Text.of("app.import_own_title"),
    "app.import_private_address": Text.of("app.import_private_address_title"),
    "app.import_protected": Text.of("app.import_protected_title"),
    "app.import_role": Text.of("app.import_role_title"),
    "app.import_same_email": Text.of("app.import_same_email_title"),
    "app.import_same_id": Text.of("app.import_same_id_title"),
    "app.import_two_rooms": Text.of("app.import_two_rooms_title"),
    "app.import_unfit": Text.of("app.import_unfit_title"),
    "app.import_unwritable_room": Text.of("app.import_unwritable_room_title"),
    "app.import_unread": Text.of("app.import_unread_title"),
}
"""Code of a reason for which something is left out → the heading over all that are left out for it."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something over there that the registry will not know, and that is left alone for that reason."""

    kind: Kind
    name: str
    """What it is called over there."""
    shown: str
    why: Text
    guest: "DrawnPerson | None" = None
    """Somebody who could be a guest: only an organisation is missing."""


@dataclass(slots=True)
class DrawnPerson:
    id: str
    account: str
    """Remote id of the account; an address where no account is known."""
    user_id: str | None
    """None: which account is meant is found by the address."""
    given_name: str
    family_name: str
    email: str
    language: str | None
    organisation_name: str
    """What the account itself says; may be empty."""
    organisation: str = ""
    memberships: dict[str, bool] = field(default_factory=dict)
    """Body id → whether the person moderates it."""
    roles: list[Role] = field(default_factory=list)
    """In the network or in the organisation."""
    note: Text | None = None
    """Something about the entry that whoever looks it over should know."""

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2].lower()

    def fields(self, language: str) -> dict[str, Any]:
        """The entry. ``language``: the network's, which needs no mention."""
        entry: dict[str, Any] = {
            "id": self.id,
            "given_name": self.given_name,
            "family_name": self.family_name,
            "email": self.email,
        }
        if self.organisation:
            entry["organisation"] = self.organisation
        if self.user_id is not None:
            entry["user_id"] = self.user_id
        if self.language is not None and self.language != language:
            entry["language"] = self.language
        if self.roles:
            entry["roles"] = sorted(map(str, self.roles))
        if self.memberships:
            entry["bodies"] = [
                {"id": body, "role": "moderator"} if moderates else body
                for body, moderates in sorted(self.memberships.items())
            ]
        return entry

    def guest_fields(self, sponsor: str, until: str) -> dict[str, Any]:
        """The entry of somebody who could be a guest; ``sponsor`` and ``until`` are to be filled in."""
        entry = {**self.fields(""), "guest": {"sponsor": sponsor, "until": until}}
        if self.memberships:
            entry["bodies"] = [
                {"id": body, "role": "moderator" if moderates else "guest"}
                for body, moderates in sorted(self.memberships.items())
            ]
        return entry


@dataclass(frozen=True, slots=True)
class DrawnOrganisation:
    id: str
    name: str
    domain: str
    people: int
    is_named: bool
    """False: the name was made of the domain, for the accounts did not agree on one."""

    def fields(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "kind": "city", "domains": [self.domain]}


@dataclass(slots=True)
class DrawnBody:
    id: str
    name: str
    kind: BodyKind
    group: Remote | None
    """None: no group of it is known."""
    administrators: Remote | None
    members: frozenset[str]
    """Ids of people, moderators included."""
    moderators: frozenset[str]
    lead: str | None
    overrides: dict[str, Any] = field(default_factory=dict)
    rooms: dict[Kind, Remote] = field(default_factory=dict)
    """Its team folder, its conversation, its mailing list."""
    join: JoinMode = JoinMode.APPROVAL
    address: str = ""
    """Of a page about it."""

    def fields(self) -> dict[str, Any]:
        entry: dict[str, Any] = {"id": self.id, "name": self.name, "kind": str(self.kind)}
        if self.lead is not None:
            entry["lead"] = self.lead
        entry["join"] = str(self.join)
        if self.overrides:
            entry["overrides"] = {name: self.overrides[name] for name in _OVERRIDES if name in self.overrides}
        return entry


@dataclass(frozen=True, slots=True)
class Remark:
    """What does not fit a registry, or was decided on the way: one sentence, and all whom or what it is about."""

    what: Text
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole first registry, not yet written."""

    language: str
    organisations: tuple[DrawnOrganisation, ...]
    bodies: tuple[DrawnBody, ...]
    people: tuple[DrawnPerson, ...]
    left_out: tuple[LeftOut, ...]
    remarks: tuple[Remark, ...] = ()


def unfit_field(model: type[Document], fields: dict[str, Any]) -> str | None:
    """The first field that the registry would not take as it is, or None."""
    try:
        document = model.model_validate(fields)
    except ValidationError as fault:
        return ".".join(str(part) for part in fault.errors(include_url=False, include_input=False)[0]["loc"])
    return next((name for name, value in fields.items() if _is_text(value) and getattr(document, name) != value), None)


def _is_text(value: object) -> bool:
    """Texts are taken without the spaces around them, and an id that loses some is another id."""
    return type(value) is str
