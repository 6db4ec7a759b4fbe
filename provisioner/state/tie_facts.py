"""What changed about ties and enrolments: numbered in the transaction that changed it, kept until the file has it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert, or_, select, update

from provisioner.state.inserts import insert_into
from provisioner.state.schema import META, SECRET

_SCOPE: Final = "ties"
_HEAD: Final = (META.c.scope == _SCOPE, META.c.name == "head")
WAITING: Final = "ties.fact"
"""The scope of META in which facts wait, of all networks."""


class Bound(msgspec.Struct, frozen=True, tag_field="fact", tag="bound", forbid_unknown_fields=True):
    """Tied, tied anew, or known by another name or fingerprint; ``at``: seconds since 1970."""

    network: str
    target: str
    server: str
    kind: str
    key: str
    remote_id: str
    name: str
    fingerprint: str
    at: float

    @property
    def tie(self) -> tuple[str, str, str, str]:
        """What is tied: one registry id in one target of one network."""
        return (self.network, self.target, self.kind, self.key)


class Released(msgspec.Struct, frozen=True, tag_field="fact", tag="released", forbid_unknown_fields=True):
    """No longer tied."""

    network: str
    target: str
    kind: str
    key: str

    @property
    def tie(self) -> tuple[str, str, str, str]:
        """See `Bound.tie`."""
        return (self.network, self.target, self.kind, self.key)


class Retired(msgspec.Struct, frozen=True, tag_field="fact", tag="retired", forbid_unknown_fields=True):
    """A tombstone: the keyed hash of a name that is never used again."""

    server: str
    kind: str
    digest: str
    at: float


class Decided(msgspec.Struct, frozen=True, tag_field="fact", tag="decided", forbid_unknown_fields=True):
    """One row of what was decided through the service, as it is now; see `provisioner.state.enrolment_facts`."""

    network: str
    table: str
    key: tuple[str, ...]
    """What tells it from others of this table and network."""
    row: dict[str, str | float | None]
    """The rest of it."""

    @property
    def place(self) -> tuple[str, str, tuple[str, ...]]:
        """Which row it is."""
        return (self.network, self.table, self.key)


class Forgotten(msgspec.Struct, frozen=True, tag_field="fact", tag="forgotten", forbid_unknown_fields=True):
    """Such a row is no more, and nothing of it is to be left anywhere."""

    network: str
    table: str
    key: tuple[str, ...]

    @property
    def place(self) -> tuple[str, str, tuple[str, ...]]:
        """See `Decided.place`."""
        return (self.network, self.table, self.key)


Fact = Bound | Released | Retired | Decided | Forgotten


class Numbered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line: the how-manieth fact of this database it is, and in which epoch it came about."""

    seq: int
    epoch: int
    what: Fact


@dataclass(frozen=True, slots=True)
class Head:
    """How far a database, or a file, has come. An epoch is one run that changed ties."""

    seq: int = 0
    epoch: int = 0


class _Kept(msgspec.Struct, frozen=True):
    seq: int = 0
    epoch: int = 0
    run: int | None = None
    """The run that raised the epoch last."""
    replayed: int = 0
    """The epoch up to which a file of ties was replayed here."""


@dataclass(slots=True)
class Facts:
    """Collects what one transaction changes about ties; `note` writes it down in that same transaction."""

    connection: Connection
    run: int | None
    """None: each transaction is an epoch of its own."""
    raises_epoch: bool = True
    """What does not concern ties leaves the epoch as it is: else each of them cost a write in every target."""
    _found: list[Fact] = field(default_factory=list)

    def add(self, fact: Fact) -> None:
        """To be noted."""
        self._found.append(fact)

    def note(self) -> int:
        """Number what was collected; the last number, or 0 when there was nothing. To be done right before the commit.

        Transactions of several servers number one after another: each holds the head until it ends.
        """
        if not self._found:
            return 0
        head = _locked_head(self.connection)
        same = not self.raises_epoch or (self.run is not None and head.run == self.run)
        epoch = head.epoch if same else head.epoch + 1
        rows = [
            {"scope": WAITING, "name": _name(seq), "value": line(Numbered(seq, epoch, fact))}
            for seq, fact in enumerate(self._found, head.seq + 1)
        ]
        self.connection.execute(insert(META), rows)
        run = self.run if self.raises_epoch else head.run
        _put(self.connection, _Kept(head.seq + len(rows), epoch, run, head.replayed))
        self._found.clear()
        return head.seq + len(rows)


def line(what: msgspec.Struct) -> str:
    """As it stands in the file, without the line's end."""
    return msgspec.json.encode(what).decode()


def head_of(connection: Connection) -> Head:
    """How far this database has come."""
    found = _kept(connection)
    return Head(found.seq, found.epoch)


def replayed(connection: Connection) -> int:
    """The epoch up to which it has its ties from a file; 0: it never had to."""
    return _kept(connection).replayed


def set_secret(connection: Connection, secret: str) -> None:
    """Become a continuation of the database whose secret this is."""
    connection.execute(update(SECRET).where(SECRET.c.name == "tombstones").values(value=secret))


def set_head(connection: Connection, head: Head) -> None:
    """This database is now as the file was there; what still waited is void."""
    _locked_head(connection)
    connection.execute(delete(META).where(META.c.scope == WAITING))
    _put(connection, _Kept(head.seq, head.epoch, replayed=head.epoch))


def waiting(connection: Connection, after: int) -> Sequence[tuple[int, str]]:
    """Numbers and lines of the facts after that number which are still kept here, in their order."""
    statement = select(META.c.name, META.c.value).where(META.c.scope == WAITING, META.c.name > _name(after))
    return [(int(row.name), str(row.value)) for row in connection.execute(statement.order_by(META.c.name))]


def anything_waits(connection: Connection) -> bool:
    """Whether there is any such fact."""
    return connection.execute(select(META.c.name).where(META.c.scope == WAITING).limit(1)).first() is not None


def retires(connection: Connection) -> bool:
    """Whether what waits says that something was erased. Within its JSON no name can look like this."""
    erased = [META.c.value.contains(f'"fact":"{tag}"', autoescape=True) for tag in ("retired", "forgotten")]
    mine = (META.c.scope == WAITING, or_(*erased))
    return connection.execute(select(META.c.name).where(*mine).limit(1)).first() is not None


def blank(connection: Connection, gone: Collection[Forgotten]) -> None:
    """In what waits, nothing is left to be read of these rows; the numbers go on without a gap."""
    places = {one.place: one for one in gone}
    mine = (META.c.scope == WAITING, META.c.value.contains('"fact":"decided"', autoescape=True))
    for row in connection.execute(select(META.c.name, META.c.value).where(*mine)).all():
        found = msgspec.json.decode(row.value, type=Numbered)
        if isinstance(found.what, Decided) and found.what.place in places:
            value = line(Numbered(found.seq, found.epoch, places[found.what.place]))
            connection.execute(update(META).where(META.c.scope == WAITING, META.c.name == row.name).values(value=value))


def forget(connection: Connection, upto: int) -> None:
    """The file has these for good."""
    connection.execute(delete(META).where(META.c.scope == WAITING, META.c.name <= _name(upto)))


def secret_of(connection: Connection) -> str:
    """The key of the tombstones' hashes, in hex: made with the database, and no other has it."""
    return str(connection.scalar(select(SECRET.c.value).where(SECRET.c.name == "tombstones")))


def identity_of(secret: str) -> str:
    """By which a database and its copies are known, and told from any other."""
    return hashlib.blake2b(b"readi ties", key=bytes.fromhex(secret), digest_size=12).hexdigest()


def _name(seq: int) -> str:
    return f"{seq:015d}"


def _kept(connection: Connection, *, lock: bool = False) -> _Kept:
    statement = select(META.c.value).where(*_HEAD)
    value = connection.scalar(statement.with_for_update() if lock else statement)
    return _Kept() if value is None else msgspec.json.decode(value, type=_Kept)


def _locked_head(connection: Connection) -> _Kept:
    """The head, and nobody else's until this transaction ends (SQLite has one writer anyway)."""
    row = {"scope": _SCOPE, "name": "head", "value": line(_Kept())}
    connection.execute(insert_into(connection.dialect.name, META).values(row).on_conflict_do_nothing())
    return _kept(connection, lock=True)


def _put(connection: Connection, head: _Kept) -> None:
    connection.execute(update(META).where(*_HEAD).values(value=line(head)))
