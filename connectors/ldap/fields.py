"""Fields and attributes: which holds which, and how a change of one becomes a modification of the other."""

from collections.abc import Mapping
from typing import Final

from connectors.ldap.client import LONGEST_RDN, rdn
from provisioner.model.inventory import UNKNOWN, Unknown
from provisioner.model.resources import FieldName, Kind, Mode, Value
from provisioner.model.text import Text
from provisioner.transport.directory import ADD, DELETE, REPLACE
from provisioner.transport.directory_answers import Entry
from provisioner.transport.dn import fold

Todo = list[tuple[str, tuple[bytes, ...]]]

PERSON: Final[Mapping[FieldName, str]] = {
    "display_name": "displayName",
    "given_name": "givenName",
    "family_name": "sn",
    "email": "mail",
    "language": "preferredLanguage",
    "organisation": "o",
}
GROUP: Final[Mapping[FieldName, str]] = {"display_name": "description"}
ATTRIBUTES: Final[Mapping[Kind, Mapping[FieldName, str]]] = {Kind.ACCOUNT: PERSON, Kind.GROUP: GROUP}

FIELDS: Final[Mapping[Kind, Mapping[FieldName, Mode]]] = {
    Kind.ACCOUNT: dict.fromkeys(("name", "enabled", *PERSON), Mode.MANAGED),
    Kind.GROUP: dict.fromkeys(("name", *GROUP), Mode.MANAGED),
}
"""What a directory of this kind can hold."""

NO_FAMILY_NAME: Final = "-"
"""inetOrgPerson demands an sn; this stands for none."""


def objection(kind: Kind, name: str) -> Text | None:
    """Why OpenLDAP would refuse this name. It takes nearly everything: quotes, NUL, any script (observed)."""
    if not fold(name):
        return Text.of("ldap.name_empty")
    if len(rdn(kind, name).encode()) > LONGEST_RDN:
        return Text.of("ldap.name_long", limit=LONGEST_RDN)
    return None


def canonical(field_name: FieldName, value: Value) -> Value:
    """The form in which a value comes back: an attribute has no empty value, and mail is compared without case."""
    if field_name == "enabled":
        return value is not False
    if value is None or value == "":
        return None
    return str(value).lower() if field_name == "email" else str(value)


def read(kind: Kind, entry: Entry) -> dict[FieldName, Value | Unknown]:
    """The text fields of an entry. Of several values the first counts; what is no text is unknown."""
    fields: dict[FieldName, Value | Unknown] = {}
    for name, attribute in ATTRIBUTES[kind].items():
        values = entry.raw(attribute)
        try:
            value = canonical(name, values[0].decode()) if values else None
        except UnicodeDecodeError:
            fields[name] = UNKNOWN
            continue
        fields[name] = None if name == "family_name" and value == NO_FAMILY_NAME else value
    if kind is Kind.ACCOUNT and not entry.raw("sn"):
        fields["family_name"] = UNKNOWN  # the schema demands one, so we may not read it
    return fields


def written(kind: Kind, fields: Mapping[FieldName, Value]) -> dict[str, tuple[bytes, ...]]:
    """The attributes of a new entry."""
    attributes: dict[str, tuple[bytes, ...]] = {}
    for name, attribute in ATTRIBUTES[kind].items():
        value = _value(name, fields.get(name))
        if value is not None:
            attributes[attribute] = (value,)
    if kind is Kind.ACCOUNT:
        attributes.setdefault("sn", (NO_FAMILY_NAME.encode(),))
    return attributes


def modification(kind: Kind, entry: Entry, fields: Mapping[FieldName, Value]) -> dict[str, Todo]:
    """What makes ``fields`` true of ``entry``: our value goes in and comes first, others' values stay."""
    changes: dict[str, Todo] = {}
    for name, after in fields.items():
        attribute = ATTRIBUTES[kind].get(name)
        if attribute is None:
            continue
        there, value = entry.raw(attribute), _value(name, after)
        if value is None and name == "family_name":
            value = NO_FAMILY_NAME.encode()
        others = () if attribute in ("displayName", "preferredLanguage") else there[1:]
        wish = () if value is None else (value, *(other for other in others if not _same(other, value)))
        if wish == there:
            continue
        if wish and others:
            # Somebody keeps values beside ours: name exactly what goes, so that what came since is not lost.
            changes[attribute] = [(DELETE, there), (ADD, wish)]
        else:
            changes[attribute] = [(REPLACE, wish)]
    return changes


def _value(name: FieldName, value: Value) -> bytes | None:
    return None if value is None or value == "" else str(value).encode()


def _same(one: bytes, other: bytes) -> bool:
    return one == other or fold(one.decode(errors="replace")) == fold(other.decode(errors="replace"))
