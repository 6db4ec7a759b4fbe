"""Content synchronisation (RFC 4533), refreshOnly: what a server's answer says has come, changed and gone.

The controls' values are BER (X.690), read by hand: ldap3 2.9.1 knows none of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from provisioner.model.errors import Garbled
from provisioner.model.inventory import NOBODY
from provisioner.model.text import Text
from provisioner.transport.directory_answers import Answer, Entry

SYNC: Final = "1.3.6.1.4.1.4203.1.9.1.1"
_STATE: Final = "1.3.6.1.4.1.4203.1.9.1.2"
_DONE: Final = "1.3.6.1.4.1.4203.1.9.1.3"
_INFO: Final = "1.3.6.1.4.1.4203.1.9.1.4"

_BOOLEAN, _OCTETS, _ENUMERATED, _SEQUENCE, _SET = 0x01, 0x04, 0x0A, 0x30, 0x31
_NEW_COOKIE, _REFRESH_DELETE, _REFRESH_PRESENT, _ID_SET = 0x80, 0xA1, 0xA2, 0xA3
_PRESENT, _ADD, _MODIFY, _DELETE = range(4)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a server says has changed. Ids are entryUUIDs as texts."""

    entries: tuple[Entry, ...] = ()
    """New or changed, as they are now."""
    deleted: frozenset[str] = NOBODY
    """Gone from what was searched for: deleted, moved away, or no longer fitting."""
    present: frozenset[str] | None = None
    """All that are there, those of ``entries`` among them, where the server said so instead of naming the deleted."""
    cookie: bytes = b""
    gap: Text | None = None
    """Why this is not all; then nothing else here means anything."""


def request_value(cookie: bytes) -> bytes:
    """The value of a refreshOnly request (RFC 4533, 2.2)."""
    mode = bytes((_ENUMERATED, 1, 1))
    return _element(_SEQUENCE, mode + (_element(_OCTETS, cookie) if cookie else b""))


def refreshed(answer: Answer) -> Refreshed:
    """What a finished answer says. Raises `Garbled` for one that is not as RFC 4533 has it."""
    try:
        return _refreshed(answer)
    except (ValueError, LookupError, TypeError) as error:
        raise Garbled(Text.of("transport.directory_garbled"), f"synchronisation: {error}") from error


def _refreshed(answer: Answer) -> Refreshed:
    entries: list[Entry] = []
    deleted: set[str] = set()
    present: set[str] = set()
    presents_all = False
    for response in answer.responses:
        if response["type"] == "searchResEntry":
            state, uuid = _state(response["controls"][_STATE]["value"])
            if state == _DELETE:
                deleted.add(uuid)
                continue
            present.add(uuid)
            if state != _PRESENT:
                entries.append(Entry.of(response["dn"], response["raw_attributes"]))
        elif response["type"] == "intermediateResponse" and response["responseName"] == _INFO:
            tag, content = _one(response["responseValue"])
            if tag == _ID_SET:
                names_deleted, uuids = _id_set(content)
                (deleted if names_deleted else present).update(uuids)
            elif tag == _REFRESH_PRESENT:
                presents_all = True
            elif tag not in (_NEW_COOKIE, _REFRESH_DELETE):
                raise ValueError(f"unknown information {tag:#x}")
    cookie, names_deleted = _done(answer.controls[_DONE]["value"])
    presents_all = presents_all or not names_deleted
    return Refreshed(tuple(entries), frozenset(deleted), frozenset(present - deleted) if presents_all else None, cookie)


def _state(value: bytes) -> tuple[int, str]:
    (kind, state), (_, uuid), *_ = _inside(value)
    if kind != _ENUMERATED or len(state) != 1 or state[0] > _DELETE:
        raise ValueError("an unknown state of an entry")
    return state[0], str(UUID(bytes=uuid))


def _id_set(content: bytes) -> tuple[bool, list[str]]:
    """Whether these are the deleted (else the present), and their ids."""
    names_deleted, uuids = False, None
    for tag, value in _elements(content):
        if tag == _BOOLEAN:
            names_deleted = value != b"\0"
        elif tag == _SET:
            uuids = [str(UUID(bytes=uuid)) for _, uuid in _elements(value)]
    if uuids is None:
        raise ValueError("a set of ids without ids")
    return names_deleted, uuids


def _done(value: bytes) -> tuple[bytes, bool]:
    """Cookie, and whether the deleted were named (else: the present)."""
    cookie, names_deleted = b"", False
    for tag, content in _inside(value):
        if tag == _OCTETS:
            cookie = content
        elif tag == _BOOLEAN:
            names_deleted = content != b"\0"
    return cookie, names_deleted


def _inside(data: bytes) -> list[tuple[int, bytes]]:
    tag, content = _one(data)
    if tag != _SEQUENCE:
        raise ValueError("no sequence")
    return list(_elements(content))


def _one(data: bytes) -> tuple[int, bytes]:
    (element,) = _elements(bytes(data))
    return element


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of the elements in a row. Raises ValueError for one that is longer than there is."""
    start = 0
    while start < len(data):
        tag, length = data[start], data[start + 1]
        start += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[start : start + count], "big")
            start += count
        if start + length > len(data):
            raise ValueError("an element longer than its message")
        yield tag, data[start : start + length]
        start += length


def _element(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content
