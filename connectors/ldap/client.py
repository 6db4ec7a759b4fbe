"""The directory as this connector sees it: two branches, entries by their lasting id, names that move.

An entry's lasting id is its entryUUID; its distinguished name is only where it stands at the moment. Names read
once are remembered, and every use of one is tied to the entryUUID, so that an old name never hits another entry.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.ldap.settings import LdapSettings
from provisioner.model.errors import Garbled, Permanent
from provisioner.model.ports import Wiring
from provisioner.model.resources import Kind, ResourceId, marker_of
from provisioner.model.text import Text
from provisioner.transport.directory import Changes, Directory
from provisioner.transport.directory_answers import ASSERTION_FAILED, NO_SUCH_OBJECT, Entry, Found, Refused
from provisioner.transport.dn import leaf, parse, quote, quote_filter
from provisioner.transport.patience import patiently

UUID: Final = "entryUUID"
NAMING: Final[Mapping[Kind, str]] = {Kind.ACCOUNT: "uid", Kind.GROUP: "cn"}
CLASSES: Final[Mapping[Kind, str]] = {Kind.ACCOUNT: "inetOrgPerson", Kind.GROUP: "groupOfNames"}
MARKERS: Final[Mapping[Kind, str]] = {Kind.ACCOUNT: "employeeNumber", Kind.GROUP: "businessCategory"}
"""Attributes in which what we made carries ``readi:<key>``: the registry's opaque id, nothing about a person."""
MARK: Final = "readi:"

LONGEST_RDN: Final = 244
"""Bytes of ``uid=…`` as quoted: OpenLDAP 2.5 (mdb) takes 244 and answers 249 with "other" (observed)."""

_Write = Callable[[str, str], None]

_BATCH: Final = 100
"""Ids in one search."""


@dataclass(frozen=True, slots=True)
class Branch:
    """What stands in one branch. Without ``gap`` it is everything."""

    entries: tuple[Entry, ...]
    gap: Text | None = None


class Client:
    """One directory, opened. Raises what `Directory` raises; reads are tried again where that may help."""

    def __init__(self, settings: LdapSettings, wiring: Wiring) -> None:
        self.settings = settings
        self.directory = Directory(settings.address(), settings.user, settings.secret(), wiring.gate)
        self._clock = wiring.clock
        self._names: dict[str, str] = {}

    def read(self, name: str, attributes: Sequence[str], condition: str = "(objectClass=*)") -> Entry | None:
        """See `Directory.read`."""
        return patiently(lambda: self.directory.read(name, attributes, condition), self._clock)

    def below(self, base: str, condition: str, attributes: Sequence[str], page_size: int = 500) -> Found:
        """See `Directory.below`."""
        return patiently(lambda: self.directory.below(base, condition, attributes, page_size), self._clock)

    def branch(self, kind: Kind) -> str:
        return self.settings.people if kind is Kind.ACCOUNT else self.settings.groups

    def name_of(self, kind: Kind, name: str) -> str:
        """The distinguished name that an object of this name has, or would have."""
        return f"{rdn(kind, name)},{self.branch(kind)}"

    def read_branch(self, kind: Kind, attributes: Sequence[str]) -> Branch:
        """All entries of a kind. Typed answers that do not prove that these are all come back as a `gap`.

        slapd leaves out silently what we may not read, so the branch itself has to be readable, and an empty
        branch has to say of itself that it has no subordinates.
        """
        branch = self.branch(kind)
        top = self.read(branch, (UUID, "hasSubordinates"))
        if top is None or not top.raw(UUID):
            return Branch((), Text.of("ldap.branch_hidden", branch=branch))
        wanted = (UUID, NAMING[kind], MARKERS[kind], *attributes)
        found = self.below(branch, f"(objectClass={CLASSES[kind]})", wanted, self.settings.page_size)
        gap = found.gap
        if found.missing:
            gap = Text.of("ldap.branch_hidden", branch=branch)
        elif any(not entry.raw(UUID) for entry in found.entries):
            gap = Text.of("ldap.uuid_hidden", branch=branch)
        elif not found.entries and top.raw("hasSubordinates") != (b"FALSE",):
            gap = Text.of("ldap.branch_emptied", branch=branch)
        readable = tuple(entry for entry in found.entries if entry.raw(UUID))
        self._names.update((remote_id(entry), entry.name) for entry in readable)
        return Branch(readable, gap)

    def branch_hidden(self, kind: Kind) -> Text | None:
        """Why absence from this branch means nothing; None when the branch itself can be read."""
        branch = self.branch(kind)
        top = self.read(branch, (UUID,))
        return Text.of("ldap.branch_hidden", branch=branch) if top is None or not top.raw(UUID) else None

    def known(self, remotes: Iterable[str]) -> Iterable[tuple[str, str]]:
        """(lasting id, distinguished name) of those among ``remotes`` that were read before."""
        return [(remote, self._names[remote]) for remote in remotes if remote in self._names]

    def find(self, kind: Kind, remote: str, attributes: Sequence[str]) -> Entry | None:
        """The entry with this lasting id, read afresh, wherever in its branch it stands now; None: not there."""
        same, wanted = f"({UUID}={quote_filter(remote)})", (UUID, NAMING[kind], MARKERS[kind], *attributes)
        known = self._names.get(remote)
        entry = None if known is None else self.read(known, wanted, same)
        if entry is None:
            found = self.below(self.branch(kind), same, wanted)
            if found.gap is not None or found.missing:
                raise Garbled(found.gap or Text.of("ldap.branch_hidden", branch=self.branch(kind)))
            entry = found.entries[0] if found.entries else None
        if entry is None:
            self._names.pop(remote, None)
        else:
            self._names[remote] = entry.name
        return entry

    def read_named(self, kind: Kind, name: str, attributes: Sequence[str]) -> Entry | None:
        """The entry of this name, read afresh; None: not there."""
        return self.read(self.name_of(kind, name), (UUID, NAMING[kind], MARKERS[kind], *attributes))

    def names(self, kind: Kind, remotes: Iterable[str]) -> list[str]:
        """The distinguished names of these entries, in their order. Raises `Permanent` when one is not there."""
        asked = list(remotes)
        unknown = [remote for remote in asked if remote not in self._names]
        for start in range(0, len(unknown), _BATCH):
            either = "".join(f"({UUID}={quote_filter(remote)})" for remote in unknown[start : start + _BATCH])
            for entry in self.below(self.branch(kind), f"(|{either})", (UUID,)).entries:
                self._names[remote_id(entry)] = entry.name
        for remote in asked:
            if remote not in self._names:
                raise Permanent(Text.of("ldap.member_gone", remote_id=remote))
        return [self._names[remote] for remote in asked]

    def create(self, kind: Kind, name: str, attributes: Mapping[str, Sequence[bytes]]) -> str:
        """Make an entry; its lasting id."""
        own = {"objectClass": (CLASSES[kind].encode(),), NAMING[kind]: (name.encode(),), **attributes}
        whole = self.name_of(kind, name)
        entry = self.directory.add(whole, own, (UUID,)) or self.read(whole, (UUID,))
        if entry is None or not entry.raw(UUID):
            raise Permanent(Text.of("ldap.uuid_hidden", branch=self.branch(kind)), whole)
        self._names[remote_id(entry)] = entry.name
        return remote_id(entry)

    def modify(self, kind: Kind, remote: str, changes: Changes) -> None:
        """Change this very entry; when it has meanwhile moved, where it stands now.

        A person's change carries an assertion (RFC 4528) of the lasting id. A group's and a rename must not:
        slapd's memberof overlay passes the assertion on to its own changes of the members, where it fails, and
        memberOf silently stays as it was (observed on OpenLDAP 2.5).
        """
        if changes:
            tied = kind is Kind.ACCOUNT
            self._at(kind, remote, lambda name, same: self.directory.modify(name, changes, same if tied else None))

    def rename(self, kind: Kind, remote: str, name: str) -> None:
        """Give this very entry another name within its branch; the directory's refint keeps its memberships."""
        self._at(kind, remote, lambda old, _: self.directory.rename(old, rdn(kind, name)))
        self._names[remote] = self.name_of(kind, name)

    def erase(self, kind: Kind, remote: str) -> None:
        """Delete this very entry; tied to its lasting id as `modify` is."""
        tied = kind is Kind.ACCOUNT
        self._at(kind, remote, lambda name, same: self.directory.delete(name, same if tied else None))
        self._names.pop(remote, None)

    def _at(self, kind: Kind, remote: str, write: _Write) -> None:
        same = f"({UUID}={quote_filter(remote)})"
        for name in (self._names.get(remote), None):
            if name is None:
                entry = self.find(kind, remote, ())
                if entry is None:
                    raise Permanent(Text.of("ldap.gone", remote_id=remote))
                write(entry.name, same)
                return
            try:
                write(name, same)
                return
            except Refused as refusal:
                if refusal.code not in (NO_SUCH_OBJECT, ASSERTION_FAILED):
                    raise
                del self._names[remote]  # moved since it was read: once more, where it stands now


def rdn(kind: Kind, name: str) -> str:
    """The first part of the distinguished name of an object called so."""
    return f"{NAMING[kind]}={quote(name)}"


def remote_id(entry: Entry) -> str:
    return entry.raw(UUID)[0].decode()


def shown_name(kind: Kind, entry: Entry) -> str:
    """What people call it: the value in its own name (an entry may have several uids)."""
    parts = parse(entry.name)
    named = dict(parts[0]).get(NAMING[kind]) if parts else None
    return named if named is not None else leaf(entry.name)


def is_marked(kind: Kind, entry: Entry, identity: ResourceId | None = None) -> bool:
    """Whether we made it; with ``identity``: as this very resource."""
    if identity is not None:
        return marker_of(identity).encode() in entry.raw(MARKERS[kind])
    return any(value.startswith(MARK.encode()) for value in entry.raw(MARKERS[kind]))


def renamable(kind: Kind, entry: Entry) -> bool:
    """Whether its name is exactly our kind of name; another kind of first part is somebody else's order."""
    return [attribute for attribute, _ in parse(entry.name)[0]] == [NAMING[kind]]
