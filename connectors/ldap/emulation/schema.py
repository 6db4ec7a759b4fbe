"""The part of OpenLDAP's schema that people and groups need, and what slapd 2.5 says when it is broken."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from provisioner.transport.dn import fold, normal, parse


class Problem(Exception):
    """An operation refused: an LDAP result code, slapd's words, and the name that it could still match."""

    def __init__(self, code: int, words: str = "", matched: str = "") -> None:
        super().__init__(code, words)
        self.code = code
        self.words = words
        self.matched = matched


NO_SUCH_ATTRIBUTE: Final = 16
UNDEFINED_TYPE: Final = 17
CONSTRAINT: Final = 19
VALUE_EXISTS: Final = 20
INVALID_SYNTAX: Final = 21
NO_SUCH_OBJECT: Final = 32
INVALID_NAME: Final = 34
NO_RIGHTS: Final = 50
UNWILLING: Final = 53
NAMING: Final = 64
CLASS_VIOLATION: Final = 65
NOT_A_LEAF: Final = 66
ENTRY_EXISTS: Final = 68
OTHER: Final = 80
ASSERTION_FAILED: Final = 122


class Syntax(Enum):
    TEXT = "text"
    IA5 = "ia5"
    NAME = "name"
    CLASS = "class"
    OCTETS = "octets"


@dataclass(frozen=True, slots=True)
class AttributeType:
    name: str
    syntax: Syntax = Syntax.TEXT
    single: bool = False
    operational: bool = False
    fixed: bool = False
    """NO-USER-MODIFICATION."""

    def key(self, value: bytes) -> bytes | str:
        """Equal for two values exactly when slapd takes them for one."""
        return _KEYS[self.syntax](value)

    def is_valid(self, value: bytes) -> bool:
        try:
            text = value.decode()
            if self.syntax is Syntax.NAME:
                parse(text)
        except ValueError:
            return self.syntax is Syntax.OCTETS
        match self.syntax:
            case Syntax.TEXT:
                return text != ""
            case Syntax.IA5:
                return text.isascii()
            case Syntax.CLASS:
                return text.lower() in CLASSES
        return True


_KEYS: Final[Mapping[Syntax, Callable[[bytes], bytes | str]]] = {
    Syntax.TEXT: lambda value: fold(value.decode(errors="surrogateescape")),
    Syntax.IA5: lambda value: " ".join(value.decode(errors="surrogateescape").lower().split(" ")),
    Syntax.NAME: lambda value: normal(value.decode(errors="surrogateescape")),
    Syntax.CLASS: lambda value: value.lower(),
    Syntax.OCTETS: lambda value: value,
}


@dataclass(frozen=True, slots=True)
class ObjectClass:
    name: str
    parent: str | None
    must: frozenset[str]
    may: frozenset[str]
    structural: bool = True


def _types(names: str, syntax: Syntax = Syntax.TEXT, **more: bool) -> Iterable[tuple[str, AttributeType]]:
    return [(name.lower(), AttributeType(name, syntax, **more)) for name in names.split()]


TYPES: Final[Mapping[str, AttributeType]] = dict(
    [
        *_types("cn sn givenName uid o ou description title initials street l st postalCode postalAddress"),
        *_types("telephoneNumber mobile facsimileTelephoneNumber roomNumber businessCategory departmentNumber"),
        *_types("employeeType carLicense labeledURI pager homePhone homePostalAddress registeredAddress postOfficeBox"),
        *_types("physicalDeliveryOfficeName destinationIndicator"),
        *_types("displayName preferredLanguage employeeNumber", single=True),
        *_types("mail", Syntax.IA5),
        *_types("dc", Syntax.IA5, single=True),
        *_types("member owner seeAlso manager secretary roleOccupant", Syntax.NAME),
        *_types("objectClass", Syntax.CLASS),
        *_types("userPassword jpegPhoto", Syntax.OCTETS),
        *_types("memberOf", Syntax.NAME, operational=True, fixed=True),
        *_types("entryDN creatorsName modifiersName subschemaSubentry", Syntax.NAME, operational=True, fixed=True),
        *_types("entryUUID createTimestamp modifyTimestamp entryCSN", Syntax.IA5, operational=True, fixed=True),
        *_types("structuralObjectClass hasSubordinates", Syntax.IA5, operational=True, fixed=True),
        *_types("pwdAccountLockedTime", Syntax.IA5, single=True, operational=True),
    ]
)

_ALIASES: Final = {
    "commonname": "cn",
    "surname": "sn",
    "gn": "givenname",
    "userid": "uid",
    "rfc822mailbox": "mail",
    "organizationname": "o",
    "organizationalunitname": "ou",
    "domaincomponent": "dc",
}

_PLACE: Final = (
    "telephoneNumber facsimileTelephoneNumber street postalAddress postalCode postOfficeBox l st ou seeAlso "
    "description registeredAddress physicalDeliveryOfficeName destinationIndicator"
)
_PERSON: Final = (
    "businessCategory carLicense departmentNumber displayName employeeNumber employeeType givenName initials "
    "jpegPhoto labeledURI mail manager mobile o preferredLanguage roomNumber secretary uid pager homePhone "
    "homePostalAddress"
)


def _class(name: str, parent: str | None, must: str, may: str, structural: bool = True) -> tuple[str, ObjectClass]:
    names = (frozenset(text.lower().split()) for text in (must, may))
    return name.lower(), ObjectClass(name, parent, next(names), next(names), structural)


CLASSES: Final[Mapping[str, ObjectClass]] = dict(
    [
        _class("top", None, "objectClass", "", structural=False),
        _class("person", "top", "sn cn", "userPassword telephoneNumber seeAlso description"),
        _class("organizationalPerson", "person", "", f"title {_PLACE}"),
        _class("inetOrgPerson", "organizationalPerson", "", _PERSON),
        _class("groupOfNames", "top", "member cn", "businessCategory seeAlso owner ou o description"),
        _class("organizationalUnit", "top", "ou", f"userPassword businessCategory {_PLACE}"),
        _class("organization", "top", "o", f"userPassword businessCategory {_PLACE}"),
        _class("organizationalRole", "top", "cn", f"roleOccupant {_PLACE}"),
        _class("dcObject", "top", "dc", "", structural=False),
        _class("simpleSecurityObject", "top", "userPassword", "", structural=False),
    ]
)


def attribute_type(name: str) -> AttributeType:
    """By name, in any case, or by its other name. Raises `Problem` for one that no schema has."""
    plain = name.partition(";")[0].lower()
    found = TYPES.get(_ALIASES.get(plain, plain))
    if found is None:
        raise Problem(UNDEFINED_TYPE, f"{name}: attribute type undefined")
    return found


def check_values(kind: AttributeType, values: Iterable[bytes]) -> None:
    """Refuse values that the type can't hold. Raises `Problem`."""
    seen: set[bytes | str] = set()
    for number, value in enumerate(values):
        if not kind.is_valid(value):
            raise Problem(INVALID_SYNTAX, f"{kind.name}: value #{number} invalid per syntax")
        key = kind.key(value)
        if key in seen:
            raise Problem(VALUE_EXISTS, f"{kind.name}: value #{number} provided more than once")
        seen.add(key)
    if kind.single and len(seen) > 1:
        raise Problem(CONSTRAINT, f"{kind.name}: multiple values provided")


def check_classes(attributes: Mapping[str, list[bytes]]) -> None:
    """Refuse an entry whose classes demand or forbid something. Raises `Problem`."""
    given = [CLASSES[value.decode().lower()] for value in attributes.get("objectclass", ())]
    if not any(known.structural for known in given):
        words = "no structural object class provided" if given else "no objectClass attribute"
        raise Problem(CLASS_VIOLATION, words)
    allowed: set[str] = set()
    for known in given:
        for ancestor in _line(known):
            missing = next((name for name in sorted(ancestor.must) if not attributes.get(name)), None)
            if missing is not None:
                words = f"object class '{known.name}' requires attribute '{TYPES[missing].name}'"
                raise Problem(CLASS_VIOLATION, words)
            allowed |= ancestor.must | ancestor.may
    for name in attributes:
        if name not in allowed and not TYPES[name].operational:
            raise Problem(CLASS_VIOLATION, f"attribute '{TYPES[name].name}' not allowed")


def _line(known: ObjectClass) -> Iterable[ObjectClass]:
    step: ObjectClass | None = known
    while step is not None:
        yield step
        step = CLASSES[step.parent.lower()] if step.parent else None
