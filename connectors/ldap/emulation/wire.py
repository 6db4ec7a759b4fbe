"""LDAP on the wire (RFC 4511): BER read and written by hand.

ldap3's own ASN.1 definitions can't decode a filter with AND or OR (2.9.1, observed), and pyasn1 takes a
millisecond to write an entry, of which a search may have thousands.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

PAGED: Final = "1.2.840.113556.1.4.319"
POST_READ: Final = "1.3.6.1.1.13.2"
ASSERTION: Final = "1.3.6.1.1.12"

_ANSWERS: Final = {
    "bindRequest": 0x61,
    "searchRequest": 0x65,
    "modifyRequest": 0x67,
    "addRequest": 0x69,
    "delRequest": 0x6B,
    "modDNRequest": 0x6D,
    "compareRequest": 0x6F,
    "extendedReq": 0x78,
}
_SEARCH_ENTRY: Final = 0x64

Attributes = Sequence[tuple[str, Sequence[bytes]]]


_KINDS: Final = {
    0x60: "bindRequest",
    0x42: "unbindRequest",
    0x63: "searchRequest",
    0x66: "modifyRequest",
    0x68: "addRequest",
    0x4A: "delRequest",
    0x6C: "modDNRequest",
    0x6E: "compareRequest",
    0x50: "abandonRequest",
    0x77: "extendedReq",
}
_FILTERS: Final = {
    0xA0: "and",
    0xA1: "or",
    0xA2: "not",
    0xA3: "equal",
    0xA4: "substrings",
    0xA5: "greater",
    0xA6: "less",
    0x87: "present",
    0xA8: "equal",  # approximately; OpenLDAP compares so where it has no phonetic index
    0xA9: "extensible",
}
_PIECES: Final = {0x80: "initial", 0x81: "any", 0x82: "final"}

Part = tuple[int, bytes]
Condition = tuple[str, Any]
"""A filter: its kind, and its parts, or attribute and value, or attribute, or rule, attribute and value."""


@dataclass(frozen=True, slots=True)
class Message:
    """One request: its number, its kind (``addRequest``), its fields and its controls' values by type."""

    number: int
    kind: str
    body: dict[str, Any]
    controls: dict[str, bytes]


def read_message(raw: bytes) -> Message:
    """Take a whole message apart. Raises ValueError for what is none."""
    try:
        ((_, content),) = _parts(raw)
        (_, number), (tag, body), *rest = _parts(content)
        controls = {}
        for _, control in _parts(rest[0][1]) if rest else ():
            (_, kind), *values = _parts(control)
            controls[kind.decode()] = next((value for octets, value in values if octets == 0x04), b"")
        return Message(int.from_bytes(number, "big"), _KINDS[tag], _READERS[_KINDS[tag]](body), controls)
    except (KeyError, IndexError) as error:
        raise ValueError("not an LDAP request") from error


def page_wish(value: bytes) -> tuple[int, bytes]:
    """Size and cookie of a paged search."""
    (_, number), (_, cookie) = _inside(value)
    return int.from_bytes(number, "big"), cookie


def attribute_selection(value: bytes) -> list[str]:
    """The attributes that a post-read asks for."""
    return [name.decode() for _, name in _inside(value)]


def filter_of(value: bytes) -> Condition:
    """The filter of an assertion."""
    (part,) = _parts(value)
    return _condition(part)


def _parts(data: bytes) -> list[Part]:
    """The values in a row that ``data`` holds, by tag."""
    found: list[Part] = []
    start = 0
    while start < len(data):
        tag, length = data[start], data[start + 1]
        start += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[start : start + count], "big")
            start += count
        if start + length > len(data):
            raise ValueError("a value is longer than its message")
        found.append((tag, data[start : start + length]))
        start += length
    return found


def _inside(data: bytes) -> list[Part]:
    ((_, content),) = _parts(data)
    return _parts(content)


def _bind(body: bytes) -> dict[str, Any]:
    _, (_, name), (tag, password) = _parts(body)
    return {"name": name.decode(), "password": password if tag == 0x80 else None}


def _search(body: bytes) -> dict[str, Any]:
    (_, base), (_, scope), _, (_, limit), _, (_, types_only), condition, (_, attributes) = _parts(body)
    return {
        "name": base.decode(),
        "scope": scope[0],
        "limit": int.from_bytes(limit, "big"),
        "types_only": types_only != b"\0",
        "filter": _condition(condition),
        "attributes": [name.decode() for _, name in _parts(attributes)],
    }


def _modify(body: bytes) -> dict[str, Any]:
    (_, name), (_, changes) = _parts(body)
    read = []
    for _, change in _parts(changes):
        (_, operation), (_, attribute) = _parts(change)
        read.append((operation[0], *_values(attribute)))
    return {"name": name.decode(), "changes": read}


def _add(body: bytes) -> dict[str, Any]:
    (_, name), (_, attributes) = _parts(body)
    return {"name": name.decode(), "attributes": [_values(attribute) for _, attribute in _parts(attributes)]}


def _rename(body: bytes) -> dict[str, Any]:
    (_, name), (_, rdn), (_, delete_old), *above = _parts(body)
    return {"name": name.decode(), "rdn": rdn.decode(), "delete_old": delete_old != b"\0", "moves": bool(above)}


def _compare(body: bytes) -> dict[str, Any]:
    (_, name), (_, assertion) = _parts(body)
    (_, attribute), (_, value) = _parts(assertion)
    return {"name": name.decode(), "attribute": attribute.decode(), "value": value}


def _values(attribute: bytes) -> tuple[str, list[bytes]]:
    (_, kind), (_, values) = _parts(attribute)
    return kind.decode(), [value for _, value in _parts(values)]


def _condition(part: Part) -> Condition:
    tag, value = part
    kind = _FILTERS.get(tag, "unknown")
    match kind:
        case "and" | "or" | "not":
            return kind, [_condition(each) for each in _parts(value)]
        case "present":
            return kind, value.decode()
        case "substrings":
            (_, name), (_, pieces) = _parts(value)
            return kind, (name.decode(), [(_PIECES[where], piece) for where, piece in _parts(pieces)])
        case "extensible":
            found = dict(_parts(value))
            return kind, (found.get(0x81, b"").decode(), found.get(0x82, b"").decode(), found[0x83])
        case "unknown":
            return kind, None
    (_, name), (_, wanted) = _parts(value)
    return kind, (name.decode(), wanted)


_READERS: Final[dict[str, Callable[[bytes], dict[str, Any]]]] = {
    "bindRequest": _bind,
    "unbindRequest": lambda _: {},
    "searchRequest": _search,
    "modifyRequest": _modify,
    "addRequest": _add,
    "delRequest": lambda body: {"name": body.decode()},
    "modDNRequest": _rename,
    "compareRequest": _compare,
    "abandonRequest": lambda _: {},
    "extendedReq": lambda body: {"name": _parts(body)[0][1].decode()},
}


def entry(number: int, name: str, attributes: Attributes) -> bytes:
    """A searchResEntry."""
    return _message(number, _tlv(_SEARCH_ENTRY, _entry(name, attributes)))


def result(
    number: int,
    kind: str,
    code: int,
    matched: str = "",
    words: str = "",
    page: bytes | None = None,
    post_read: tuple[str, Attributes] | None = None,
    said: bytes | None = None,
) -> bytes:
    """The end of an operation. ``said`` is the value of an extended answer."""
    body = _tlv(0x0A, bytes([code])) + _tlv(0x04, matched.encode()) + _tlv(0x04, words.encode())
    if said is not None:
        body += _tlv(0x8B, said)
    controls = b""
    if page is not None:
        controls += _control(PAGED, _tlv(0x30, _tlv(0x02, b"\0") + _tlv(0x04, page)))
    if post_read is not None:
        controls += _control(POST_READ, _tlv(0x30, _entry(*post_read)))
    return _message(number, _tlv(_ANSWERS[kind], body) + (_tlv(0xA0, controls) if controls else b""))


def size(data: bytes | bytearray) -> int | None:
    """How many bytes the message that begins ``data`` has; None: too few to tell. Raises ValueError for no LDAP."""
    if not data:
        return None
    if data[0] != 0x30:
        raise ValueError("not an LDAP message")
    if len(data) < 2:
        return None
    if data[1] < 0x80:
        return data[1] + 2
    count = data[1] & 0x7F
    return None if len(data) < 2 + count else int.from_bytes(data[2 : 2 + count], "big") + 2 + count


def _message(number: int, body: bytes) -> bytes:
    return _tlv(0x30, _tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big")) + body)


def _control(kind: str, value: bytes) -> bytes:
    return _tlv(0x30, _tlv(0x04, kind.encode()) + _tlv(0x04, value))


def _entry(name: str, attributes: Attributes) -> bytes:
    return _tlv(0x04, name.encode()) + _tlv(0x30, b"".join(_attribute(kind, values) for kind, values in attributes))


def _attribute(kind: str, values: Iterable[bytes]) -> bytes:
    return _tlv(0x30, _tlv(0x04, kind.encode()) + _tlv(0x31, b"".join(_tlv(0x04, value) for value in values)))


def _tlv(tag: int, value: bytes) -> bytes:
    length = len(value)
    if length < 0x80:
        return bytes((tag, length)) + value
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + value
