"""A small Active Directory on loopback: what a reader of people meets there and not in OpenLDAP.

Written from [MS-ADTS] (sections named below) and held against Samba 4.17 as a domain controller, which answers the same
to everything the tests ask but for its limits: it has none. Reading alone; tests change entries directly.
"""

import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.ldap.emulation import wire
from provisioner.transport.dn import normal
from tests.security.hostile import listening

DOMAIN: Final = "DC=ad,DC=stadt,DC=example"
PEOPLE: Final = f"OU=Stadt,{DOMAIN}"
USER: Final = "leser@ad.stadt.example"
PASSWORD: Final = "nur-fuer-tests"
NEVER: Final = 0x7FFFFFFFFFFFFFFF

_CONFIGURATION: Final = f"CN=Configuration,{DOMAIN}"
_BIT_AND: Final = "1.2.840.113556.1.4.803"  # 3.1.1.3.4.4.1
_IN_CHAIN: Final = "1.2.840.113556.1.4.1941"  # 3.1.1.3.4.4.3
_DOMAIN_SID: Final = bytes([1, 4, 0, 0, 0, 0, 0, 5]) + b"".join(
    part.to_bytes(4, "little") for part in (21, 1000, 2000, 3000)
)
_CONSTRUCTED: Final = frozenset({"allowedattributeseffective", "allowedchildclasseseffective", "memberof"})
_SIZE_LIMIT, _NO_SUCH_OBJECT, _NO_LOGIN = 4, 32, 49
_REFERENCE: Final = 0x73

Values = dict[str, list[bytes]]


@dataclass
class ActiveDirectory:
    """One domain controller. ``url`` is set while it runs."""

    url: str = ""
    controller: str = "DC1"
    invocation: uuid.UUID = field(default_factory=uuid.uuid4)
    usn: int = 4000
    may_write: bool = False
    """Whether the asking account could write; only said, never done."""
    max_page: int = 1000
    max_values: int = 1500
    """MaxPageSize, MaxValRange (3.1.1.3.4.6)."""
    hidden: set[str] = field(default_factory=set)
    """Attributes, in lower case, that the asking account may not read."""
    searches: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """(base, attributes) of all so far."""
    sent: int = 0
    """Entries so far."""
    entries: dict[str, tuple[str, Values]] = field(default_factory=dict)
    """By normal name: name, values by lower-case type."""
    _rid: int = 1100
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.put(DOMAIN, objectClass=["domain"], objectSid=[_DOMAIN_SID])
        self.put(PEOPLE, objectClass=["organizationalUnit"])
        self.group("Domain Users", rid=513)

    @property
    def service(self) -> str:
        return f"CN=NTDS Settings,CN={self.controller},CN=Servers,CN=Sites,{_CONFIGURATION}"

    def put(self, name: str, **values: list[Any]) -> str:
        """An entry as given, with what every entry has."""
        now = datetime(2026, 11, 22, 12, tzinfo=UTC) + timedelta(seconds=self.usn)
        self.usn += 1
        known = self.entries.get(normal(name), ("", {}))[1]
        own = known.get("objectguid") or [uuid.uuid4().bytes_le]
        stamps = {"objectGUID": own, "uSNChanged": [self.usn], "whenChanged": [f"{now:%Y%m%d%H%M%S}.0Z"]}
        given = {**values, **stamps, "distinguishedName": [name]}
        merged = {**known, **{kind.lower(): [_bytes(one) for one in each] for kind, each in given.items()}}
        self.entries[normal(name)] = (name, {kind: each for kind, each in merged.items() if each})
        return name

    def user(self, login: str, below: str = PEOPLE, **values: list[Any]) -> str:
        """An enabled account with name and address; what is given replaces, [] leaves out."""
        usual: dict[str, list[Any]] = {
            "objectClass": ["top", "person", "organizationalPerson", "user"],
            "objectCategory": ["person"],
            "sAMAccountName": [login],
            "givenName": [login.title()],
            "sn": ["Beispiel"],
            "mail": [f"{login}@stadt.example"],
            "userAccountControl": [512],
            "accountExpires": [NEVER],
            "primaryGroupID": [513],
            "objectSid": [self._sid()],
        }
        return self.put(f"CN={login},{below}", **{**usual, **values})

    def group(self, name: str, *members: str, rid: int | None = None) -> str:
        kind = {"objectClass": ["top", "group"], "objectCategory": ["group"], "objectSid": [self._sid(rid)]}
        return self.put(f"CN={name},{PEOPLE}", member=list(members), **kind)

    def rid(self, name: str) -> int:
        """The last part of its objectSid."""
        return int.from_bytes(self.entries[normal(name)][1]["objectsid"][0][-4:], "little")

    def key(self, name: str) -> str:
        return str(uuid.UUID(bytes_le=self.entries[normal(name)][1]["objectguid"][0]))

    def remove(self, name: str) -> None:
        """What is left behind is a tombstone, which ordinary searches do not show (3.1.1.5.5)."""
        self.usn += 1
        del self.entries[normal(name)]

    def _sid(self, rid: int | None = None) -> bytes:
        self._rid += 1
        return bytes([1, 5]) + _DOMAIN_SID[2:] + (rid or self._rid).to_bytes(4, "little")

    def converse(self, connection: Any) -> None:
        """Answer one client until it goes away."""
        buffer = bytearray()
        while True:
            length = wire.size(buffer)
            if length is None or len(buffer) < length:
                received = connection.recv(65536)
                if not received:
                    return
                buffer += received
                continue
            message = wire.read_message(bytes(buffer[:length]))
            del buffer[:length]
            if message.kind == "unbindRequest":
                return
            with self._lock:
                connection.sendall(self._answer(message))

    def _answer(self, message: wire.Message) -> bytes:
        body = message.body
        if message.kind == "bindRequest":
            fits = (body["name"], body["password"]) == (USER, PASSWORD.encode())
            return wire.result(message.number, message.kind, 0 if fits else _NO_LOGIN)
        if message.kind != "searchRequest":
            raise AssertionError(f"a reader asked for {message.kind}")
        self.searches.append((body["name"], tuple(body["attributes"])))
        if body["name"] == "" and body["scope"] == 0:
            return self._told(message, [("", self._root())], 0, None)
        if normal(body["name"]) == normal(self.service):
            return self._told(message, [(self.service, {"invocationid": [self.invocation.bytes_le]})], 0, None)
        if normal(body["name"]) not in self.entries:
            return wire.result(message.number, message.kind, _NO_SUCH_OBJECT)
        return self._search(message)

    def _search(self, message: wire.Message) -> bytes:
        body, base = message.body, normal(message.body["name"])
        scoped = [one for key, one in self.entries.items() if _in_scope(key, base, body["scope"])]
        found = [(name, values) for name, values in scoped if self._fits(body["filter"], name, values)]
        paged = message.controls.get(wire.PAGED)
        most = min(body["limit"] or self.max_page, self.max_page)
        if paged is None:
            return self._told(message, found[:most], _SIZE_LIMIT if len(found) > most else 0, None)
        size, cookie = wire.page_wish(paged)
        start, size = int(cookie or b"0"), min(size, self.max_page)
        following = str(start + size).encode() if len(found) > start + size else b""
        return self._told(message, found[start : start + size], 0, following)

    def _told(self, message: wire.Message, found: list[tuple[str, Values]], code: int, page: bytes | None) -> bytes:
        wanted = message.body["attributes"]
        data = b"".join(
            wire.entry(message.number, name, list(self._shown(name, values, wanted))) for name, values in found
        )
        self.sent += len(found)
        if normal(message.body["name"]) == normal(DOMAIN) and message.body["scope"] == 2 and not page:
            data += _reference(message.number, f"ldap://ad.stadt.example/{_CONFIGURATION}")  # 3.1.1.4.6
        return data + wire.result(message.number, message.kind, code, page=page)

    def _shown(self, name: str, values: Values, wanted: Iterable[str]) -> Iterator[tuple[str, list[bytes]]]:
        for asked in values if "*" in wanted else wanted:
            kind, _, numbers = asked.partition(";range=")
            found = [] if kind.lower() in self.hidden else self._values(name, values, kind.lower())
            if numbers or len(found) > self.max_values:  # 3.1.1.3.1.3.3
                first = int(numbers.partition("-")[0] or 0)
                last = first + self.max_values - 1
                end = "*" if last >= len(found) - 1 else str(last)
                yield kind, []
                yield f"{kind};range={first}-{end}", found[first : last + 1]
            elif found:
                yield kind, found

    def _values(self, name: str, values: Values, kind: str) -> list[bytes]:
        if kind == "memberof":  # a back link, without the primary group (3.1.1.1.6)
            return [group.encode() for group, of in self.entries.values() if _has_member(of, name)]
        if kind in _CONSTRUCTED:  # 3.1.1.4.5
            return [b"mail"] if self.may_write else []
        return values.get(kind, [])

    def _fits(self, condition: wire.Condition, name: str, values: Values) -> bool:
        kind, part = condition
        match kind:
            case "and":
                return all(self._fits(each, name, values) for each in part)
            case "or":
                return any(self._fits(each, name, values) for each in part)
            case "not":
                return not self._fits(part[0], name, values)
            case "present":
                return part.lower() not in self.hidden and bool(self._values(name, values, part.lower()))
            case "extensible":
                return self._fits_rule(*part, name, values)
        there = self._values(name, values, part[0].lower())
        if kind == "greater":
            return any(_number(one) >= _number(part[1]) for one in there)
        return any(one.lower() == part[1].lower() for one in there)

    def _fits_rule(self, rule: str, kind: str, value: bytes, name: str, values: Values) -> bool:
        if rule == _BIT_AND:
            return any(int(one) & int(value) == int(value) for one in values.get(kind.lower(), []))
        assert (rule, kind.lower()) == (_IN_CHAIN, "memberof"), rule
        return normal(value.decode()) in self._groups(name, set())

    def _groups(self, name: str, seen: set[str]) -> set[str]:
        for group, values in self.entries.values():
            if _has_member(values, name) and normal(group) not in seen:
                seen.add(normal(group))
                self._groups(group, seen)
        return seen

    def _root(self) -> Mapping[str, list[bytes]]:
        return {
            "defaultnamingcontext": [DOMAIN.encode()],
            "dsservicename": [self.service.encode()],
            "highestcommittedusn": [str(self.usn).encode()],
            "supportedcontrol": [wire.PAGED.encode()],
        }


@contextmanager
def running(directory: ActiveDirectory | None = None) -> Iterator[ActiveDirectory]:
    """It listens on a free port of this machine."""
    found = directory or ActiveDirectory()
    with listening(found.converse) as port:
        found.url = f"ldap://127.0.0.1:{port}"
        yield found


def _in_scope(key: str, base: str, scope: int) -> bool:
    if scope == 0:
        return key == base
    below = key.endswith("," + base)
    return below and "," not in key.removesuffix("," + base) if scope == 1 else below or key == base


def _has_member(values: Values, name: str) -> bool:
    return any(normal(one.decode()) == normal(name) for one in values.get("member", []))


def _number(value: bytes) -> tuple[int, bytes]:
    return (int(value), b"") if value.isdigit() else (0, value)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _reference(number: int, address: str) -> bytes:
    """A searchResRef (RFC 4511, 4.5.3), with lengths in two bytes."""

    def tlv(tag: int, content: bytes) -> bytes:
        return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content

    return tlv(0x30, tlv(2, number.to_bytes(4, "big")) + tlv(_REFERENCE, tlv(4, address.encode())))
