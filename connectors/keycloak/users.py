"""Accounts: what they look like over there, and what their realm keeps of them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from connectors.keycloak.attributes import MARK, attribute, attributes_of, marker_in
from connectors.keycloak.listing import Item, identifier_of
from provisioner.model.inventory import UNKNOWN, Remote, Unknown
from provisioner.model.resources import FieldName, Mode, Value
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {
    "name": Mode.CREATE_ONLY,
    "given_name": Mode.MANAGED,
    "family_name": Mode.MANAGED,
    "email": Mode.MANAGED,
    "enabled": Mode.MANAGED,
    "language": Mode.MANAGED,
    "organisation": Mode.MANAGED,
    "login_link": Mode.ONCE,
    "required_actions": Mode.CREATE_ONLY,
}
"""The name is the user id in other systems: it is given once."""

MANAGED: Final = frozenset(name for name, mode in FIELDS.items() if mode is Mode.MANAGED)
PROFILE: Final[Mapping[FieldName, str]] = {"email": "email", "given_name": "firstName", "family_name": "lastName"}
"""Fields that stand in the representation itself: field → key there, and attribute of the user profile."""
ATTRIBUTES: Final[Mapping[FieldName, str]] = {"language": "locale", "organisation": "organisation"}
"""Fields that stand among the attributes."""

SHORTEST, LONGEST = 3, 255
_REFUSED: Final = re.compile(r"""[<>&"'\s$%!#?§,;:*~/\\|^=\[\]{}()`\x00-\x1f\x7f]""")
"""Characters that the server refuses in a username (validator username-prohibited-characters; tried on 26.4)."""
_LETTERS: Final = re.compile(r"[^\W\d_]")
SERVICE: Final = "service-account-"


def objection(name: str) -> Text | None:
    """Why the server would refuse this username (observed with the default user profile), or why we do."""
    if not SHORTEST <= len(name) <= LONGEST:
        return Text.of("keycloak.username_length", name=name, least=SHORTEST, most=LONGEST)
    refused = _REFUSED.search(name)
    if refused is not None or not name.isprintable() or len(name.lower()) != len(name):
        return Text.of("keycloak.username_characters", name=name)
    if not all(unicodedata.name(letter, "").startswith("LATIN") for letter in _LETTERS.findall(name)):
        return Text.of("keycloak.username_letters", name=name)  # "up-username-not-idn-homograph"
    if name.lower().startswith(SERVICE):
        return Text.of("keycloak.username_service", name=name)
    return None


def canonical(field: FieldName, value: Value) -> Value:
    """The form in which the server gives a value back: addresses in lower case, nothing for what is empty."""
    if field == "enabled":
        return value is not False
    if isinstance(value, str):
        if field == "email":
            return value.strip().lower() or None
        return value or None
    return value


@dataclass(frozen=True, slots=True)
class Kept:
    """Which of our attributes this realm keeps. Others it drops without a word (201, 204)."""

    marker: bool
    language: bool
    organisation: bool

    def keeps(self, field: FieldName) -> bool:
        """Whether a field that stands among the attributes is kept."""
        return self.language if field == "language" else self.organisation


class Evidence:
    """What is known of a realm's user profile, from what accounts show and what the profile itself says.

    With every account comes what its realm declares (``userProfileMetadata``). An attribute that stands there without
    being declared proves that the realm keeps others, too. ``locale`` is kept only where internationalisation is on,
    which declares it, whatever else is allowed (all observed on 26.4).
    """

    def __init__(self) -> None:
        self.declared: frozenset[str] | None = None
        self.others: bool | None = None
        """Whether attributes that are not declared are kept; None: not known."""

    def learn_from(self, items: Iterable[Item]) -> None:
        """From accounts as listed or read."""
        for item in items:
            declared = {name for name, _ in declared_of(item)}
            if declared:
                self.declared = frozenset(declared)
                if attributes_of(item).keys() - declared:
                    self.others = True

    @property
    def is_enough(self) -> bool:
        """Whether `kept` can be told without asking for the profile."""
        if self.declared is None:
            return False
        return self.others is not None or self.declared >= {MARK, ATTRIBUTES["organisation"]}

    def learn_profile(self, profile: Mapping[str, object]) -> None:
        """From the realm's user profile itself."""
        declared = {name for name, _ in _named(profile.get("attributes"))}
        self.declared = (self.declared or frozenset()) | declared
        self.others = profile.get("unmanagedAttributePolicy") in ("ENABLED", "ADMIN_EDIT", "ADMIN_VIEW")

    def kept(self) -> Kept:
        """What follows."""
        declared, others = self.declared or frozenset(), bool(self.others)
        return Kept(
            marker=others or MARK in declared,
            language=ATTRIBUTES["language"] in declared,
            organisation=others or ATTRIBUTES["organisation"] in declared,
        )


def lets_people_write(profile: Mapping[str, object], attribute: str) -> bool:
    """Whether a realm's user profile lets everybody write this attribute of their own account."""
    declared = dict(_named(profile.get("attributes"))).get(attribute)
    if declared is None:
        return profile.get("unmanagedAttributePolicy") == "ENABLED"
    permissions = declared.get("permissions")
    edit = permissions.get("edit") if isinstance(permissions, dict) else None
    return isinstance(edit, list) and "user" in edit


def _named(attributes: object) -> list[tuple[str, Mapping[str, object]]]:
    if not isinstance(attributes, list):
        return []
    return [(one["name"], one) for one in attributes if isinstance(one, dict) and isinstance(one.get("name"), str)]


def declared_of(item: Item) -> list[tuple[str, bool]]:
    """Attributes that the realm declares, and whether we may write them on this very account."""
    metadata = item.get("userProfileMetadata")
    attributes = metadata.get("attributes") if isinstance(metadata, dict) else None
    return [(name, one.get("readOnly") is not True) for name, one in _named(attributes)]


def remote_of(item: Item, kept: Kept) -> Remote | None:
    """One account as the planner knows it; None where it does not tell id and name.

    A field that the realm does not keep is Unknown. When the account was made is not taken over.
    """
    identifier, name = identifier_of(item), item.get("username")
    if not identifier or not isinstance(name, str) or not name:
        return None
    enabled = item.get("enabled")
    fields: dict[FieldName, Value | Unknown] = {
        "name": name,
        "enabled": enabled if isinstance(enabled, bool) else UNKNOWN,
    }
    for field, key in PROFILE.items():
        value = item.get(key)
        fields[field] = canonical(field, value) if value is None or isinstance(value, str) else UNKNOWN
    for field, key in ATTRIBUTES.items():
        fields[field] = attribute(item, key) if kept.keeps(field) else UNKNOWN
    return Remote(
        remote_id=identifier,
        name=name,
        fields=fields,
        fingerprint=identifier,
        writable=_writable(item),
        backend="LDAP" if is_federated(item) else "",
        marker=marker_in(item),
    )


def is_federated(item: Item) -> bool:
    """Whether a directory behind Keycloak brought it along."""
    return any(isinstance(item.get(key), str) and item.get(key) for key in ("federationLink", "origin"))


def _writable(item: Item) -> frozenset[FieldName] | None:
    """The fields that can be written on this very account; None: all. Of a directory's, what the realm says."""
    closed = {name for name, open_ in declared_of(item) if not open_}
    by_attribute = {**PROFILE, **ATTRIBUTES}
    unwritable = {field for field, key in by_attribute.items() if key in closed}
    return frozenset(MANAGED - unwritable | {"login_link"}) if unwritable else None
