"""The entries of an emulated directory and what changes them, with the overlays memberof and refint."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from connectors.ldap.emulation import schema
from connectors.ldap.emulation.schema import Problem, attribute_type
from provisioner.transport.dn import Rdn, normal, parent, parse, quote

LONGEST_RDN: Final = 247
"""Bytes of the first part of a name, quoted: observed on OpenLDAP 2.5 with mdb between 244 (taken) and 249."""


@dataclass(slots=True)
class Entry:
    number: int
    """Order of creation; pages follow it."""
    name: str
    attributes: dict[str, list[bytes]]
    """By lower-case type."""
    uuid: str
    creator: str
    made: datetime
    changed: datetime
    member_of: dict[str, None] = field(default_factory=dict)
    """Normal names of the groups, as the overlay last wrote them."""


@dataclass
class Tree:
    """One naming context. Names are given as clients write them. Raises `Problem` as slapd would answer."""

    base: str
    member_of: bool = True
    refint: bool = True
    entries: dict[str, Entry] = field(default_factory=dict)
    _children: dict[str, dict[str, None]] = field(default_factory=dict)
    _by_uuid: dict[str, str] = field(default_factory=dict)
    _next: int = 1

    def get(self, name: str) -> Entry:
        key = key_of(name)
        found = self.entries.get(key)
        if found is None:
            raise Problem(schema.NO_SUCH_OBJECT, matched=self._nearest(key))
        return found

    def holds(self, name: str) -> bool:
        """Whether such a name would belong into this tree."""
        return ("," + key_of(name)).endswith("," + normal(self.base))

    def has_children(self, entry: Entry) -> bool:
        return bool(self._children.get(normal(entry.name)))

    def children(self, entry: Entry) -> Iterator[Entry]:
        for key in self._children.get(normal(entry.name), ()):
            yield self.entries[key]

    def subtree(self, entry: Entry) -> Iterator[Entry]:
        yield entry
        for child in self.children(entry):
            yield from self.subtree(child)

    def by_uuid(self, wanted: str) -> Entry | None:
        key = self._by_uuid.get(wanted)
        return None if key is None else self.entries[key]

    def add(self, name: str, given: Iterable[tuple[str, Sequence[bytes]]], creator: str, now: datetime) -> Entry:
        """Make an entry. The values in its first part are put in where they are missing, as slapd does."""
        key = key_of(name)
        if not self.holds(name):
            raise Problem(schema.UNWILLING, "no global superior knowledge")
        attributes: dict[str, list[bytes]] = {}
        for kind_name, values in given:
            kind = attribute_type(kind_name)
            schema.check_values(kind, values)
            if kind.fixed:
                raise Problem(schema.CONSTRAINT, f"{kind.name}: no user modification allowed")
            attributes.setdefault(kind.name.lower(), []).extend(values)
        _put_in(parse(name)[0], attributes)
        schema.check_classes(attributes)
        if key in self.entries:
            raise Problem(schema.ENTRY_EXISTS)
        above = parent(name)
        if key != normal(self.base) and above not in self.entries:
            raise Problem(schema.NO_SUCH_OBJECT, matched=self._nearest(above))
        _check_length(name)
        entry = Entry(self._next, _pretty(name), attributes, str(uuid.uuid4()), creator, now, now)
        self._next += 1
        self._put(key, entry)
        self._follow(entry, (), entry.attributes.get("member", ()))
        return entry

    def modify(
        self, entry: Entry, changes: Iterable[tuple[int, str, Sequence[bytes]]], now: datetime, overlays: bool = True
    ) -> None:
        """All of ``changes`` (0 add, 1 delete, 2 replace) or nothing."""
        after = {name: list(values) for name, values in entry.attributes.items()}
        for operation, name, values in changes:
            _change(after, operation, name, values)
        for kind, value in parse(entry.name)[0]:
            named = attribute_type(kind)
            if named.key(value.encode()) not in {named.key(each) for each in after.get(named.name.lower(), ())}:
                raise Problem(schema.NAMING, f"value of naming attribute '{named.name}' is not present in entry")
        schema.check_classes(after)
        before, entry.attributes, entry.changed = entry.attributes, after, now
        if overlays:
            self._follow(entry, before.get("member", ()), after.get("member", ()))

    def rename(self, entry: Entry, new_rdn: str, delete_old: bool, now: datetime, overlays: bool = True) -> None:
        """Another first part; the entry stays where it is."""
        old = normal(entry.name)
        rdn = _parsed(new_rdn)[0]
        above = entry.name[len(_first(entry.name)) :]
        name = _pretty(new_rdn) + above
        key = normal(name)
        if key != old and key in self.entries:
            raise Problem(schema.ENTRY_EXISTS)
        if self.has_children(entry):
            raise Problem(schema.NOT_A_LEAF, "this emulator renames no branches")
        _check_length(name)
        after = {kind: list(values) for kind, values in entry.attributes.items()}
        if delete_old:
            for kind, value in parse(entry.name)[0]:
                known = attribute_type(kind)
                left = [each for each in after[known.name.lower()] if known.key(each) != known.key(value.encode())]
                after[known.name.lower()] = left
        _put_in(rdn, after)
        schema.check_classes({kind: values for kind, values in after.items() if values})
        entry.attributes = {kind: values for kind, values in after.items() if values}
        self._take(old)
        entry.name, entry.changed = name, now
        self._put(key, entry)
        if overlays and self.member_of and key != old:
            for member in entry.attributes.get("member", ()):
                person = self.entries.get(normal(member.decode()))
                if person is not None and old in person.member_of:
                    del person.member_of[old]
                    person.member_of[key] = None
        if self.refint and key != old:
            self._replace_member(old, name)

    def delete(self, entry: Entry) -> None:
        if self.has_children(entry):
            raise Problem(schema.NOT_A_LEAF, "subordinate objects must be deleted first")
        key = normal(entry.name)
        self._follow(entry, entry.attributes.get("member", ()), ())
        self._take(key)
        if self.refint:
            self._replace_member(key, None)

    def _replace_member(self, old: str, new: str | None) -> None:
        """What refint does: who is renamed stays a member, who is deleted stays none."""
        for group in list(self.entries.values()):
            members = group.attributes.get("member")
            if not members or all(normal(value.decode()) != old for value in members):
                continue
            left = [value for value in members if normal(value.decode()) != old]
            added = [] if new is None else [new.encode()]
            group.attributes["member"] = left + added or [f"cn=nobody,{self.base}".encode()]

    def _follow(self, group: Entry, before: Iterable[bytes], after: Iterable[bytes]) -> None:
        """What the memberof overlay does: the members carry the group's name. Names of nobody are ignored."""
        if not self.member_of:
            return
        key = normal(group.name)
        old = {normal(value.decode()) for value in before}
        new = {normal(value.decode()) for value in after}
        for name in old - new:
            if name in self.entries:
                self.entries[name].member_of.pop(key, None)
        for name in new - old:
            if name in self.entries:
                self.entries[name].member_of[key] = None

    def _put(self, key: str, entry: Entry) -> None:
        self.entries[key] = entry
        self._by_uuid[entry.uuid] = key
        if key != normal(self.base):
            self._children.setdefault(parent(entry.name), {})[key] = None

    def _take(self, key: str) -> None:
        entry = self.entries.pop(key)
        del self._by_uuid[entry.uuid]
        self._children.get(parent(entry.name), {}).pop(key, None)

    def _nearest(self, key: str) -> str:
        while key:
            key = parent(key)
            if key in self.entries:
                return self.entries[key].name
        return ""


def key_of(name: str) -> str:
    """The normal form. Raises `Problem` for what is no name."""
    _parsed(name)
    return normal(name)


def _parsed(name: str) -> tuple[Rdn, ...]:
    try:
        return parse(name)
    except ValueError:
        raise Problem(schema.INVALID_NAME, "invalid DN") from None


def _pretty(name: str) -> str:
    """The name as slapd shows it: the given case, one way of quoting, no spaces between the parts."""
    return ",".join(
        "+".join(f"{attribute_type(kind).name}={quote(value)}" for kind, value in rdn) for rdn in parse(name)
    )


def _first(name: str) -> str:
    rdn = parse(name)[0]
    return "+".join(f"{attribute_type(kind).name}={quote(value)}" for kind, value in rdn)


def _check_length(name: str) -> None:
    if len(_first(name).encode()) > LONGEST_RDN:
        raise Problem(schema.OTHER)


def _put_in(rdn: Rdn, attributes: dict[str, list[bytes]]) -> None:
    for kind_name, value in rdn:
        kind = attribute_type(kind_name)
        values = attributes.setdefault(kind.name.lower(), [])
        key = kind.key(value.encode())
        if all(kind.key(each) != key for each in values):
            values.append(value.encode())
        else:
            values[:] = [value.encode() if kind.key(each) == key else each for each in values]


def _change(after: dict[str, list[bytes]], operation: int, name: str, values: Sequence[bytes]) -> None:
    kind = attribute_type(name)
    schema.check_values(kind, values)
    if kind.fixed:
        raise Problem(schema.CONSTRAINT, f"{kind.name}: no user modification allowed")
    key, there = kind.name.lower(), after.get(kind.name.lower(), [])
    keys: Mapping[bytes | str, bytes] = {kind.key(value): value for value in there}
    match operation:
        case 0:
            for number, value in enumerate(values):
                if kind.key(value) in keys:
                    raise Problem(schema.VALUE_EXISTS, f"modify/add: {kind.name}: value #{number} already exists")
            there = [*there, *values]
        case 1:
            if not there:
                raise Problem(schema.NO_SUCH_ATTRIBUTE, f"modify/delete: {kind.name}: no such attribute")
            going = {kind.key(value) for value in values}
            if not going <= keys.keys():
                raise Problem(schema.NO_SUCH_ATTRIBUTE, f"modify/delete: {kind.name}: no such value")
            there = [value for value in there if kind.key(value) not in going] if values else []
        case _:
            there = list(values)
    if kind.single and len(there) > 1:
        raise Problem(schema.CONSTRAINT, f"{kind.name}: multiple values provided")
    if there:
        after[key] = there
    else:
        after.pop(key, None)
