"""Which registry id is tied to which remote object, and which memberships are of our making."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, insert, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from provisioner.model.bindings import Binding, Ties
from provisioner.model.resources import Edge, FieldName, Kind, ResourceId, Seats, Value
from provisioner.state.codec import dump, load_fields, seats_of, sort_of
from provisioner.state.database import Transactions
from provisioner.state.inserts import insert_into
from provisioner.state.retired import digest_of, retired_names
from provisioner.state.schema import BINDING, BORROWED, EDGE, OPEN, STEP, TOMBSTONE
from provisioner.state.tie_facts import Bound, Facts, Released, Retired

_CHUNK: Final = 20_000


class Bindings:
    """Reading and writing ties. Each method is one transaction of its own; `BindingWriter` joins a bigger one."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def ties(self, network: str, target: str, server: str) -> Ties:
        """All that the planner has to know about one target, as one consistent picture."""
        with self._transactions.reading() as connection:
            pending, unsettled = _open(connection, network, target)
            return Ties(
                bindings=_bindings(connection, network, target),
                edges=_edges(connection, network, target),
                foreign=_foreign(connection, network, target, server),
                retired_names=retired_names(connection, server),
                pending=pending,
                borrowed=_borrowed(connection, network, target),
                unsettled=unsettled,
            )

    def release(self, network: str, target: str, resource: ResourceId) -> None:
        """Untie an object, ours or borrowed: it is left alone from now on. Its edges of ours are forgotten too."""
        with self._transactions.writing() as connection:
            facts = Facts(connection, run=None)
            BindingWriter(connection, network, target, "", facts).release(resource)
            facts.note()

    def borrowers(self, network: str, server: str, remote_id: str) -> frozenset[str]:
        """The other networks that have people of theirs in groups by this account of ours."""
        with self._transactions.reading() as connection:
            there = select(BINDING.c.network, BINDING.c.target).where(BINDING.c.server == server)
            found = select(BORROWED.c.network).where(
                BORROWED.c.network != network,
                BORROWED.c.remote_id == remote_id,
                tuple_(BORROWED.c.network, BORROWED.c.target).in_(there),
            )
            return frozenset(connection.scalars(found))

    def see_edges(self, network: str, target: str, edges: Iterable[Edge]) -> None:
        """Remember edges that are wanted and were found there already."""
        with self._transactions.writing() as connection:
            BindingWriter(connection, network, target, "").join(edges)

    def retire(self, server: str, kind: Kind, canonical_name: str, at: datetime) -> None:
        """Leave a tombstone: this name is never used again on this server."""
        with self._transactions.writing() as connection:
            facts = Facts(connection, run=None)
            BindingWriter(connection, "", "", server, facts).retire(kind, canonical_name, at)
            facts.note()


class BindingWriter:
    """Writes ties of one target inside a transaction that somebody else began, and who notes ``facts`` at its end."""

    def __init__(
        self, connection: Connection, network: str, target: str, server: str, facts: Facts | None = None
    ) -> None:
        self._connection = connection
        self._facts = facts or Facts(connection, run=None)
        self._network = network
        self._target = target
        self._server = server

    def bind(self, binding: Binding, at: datetime) -> None:
        """Tie, or tie anew. Leaves as `AlreadyBound` when that remote object is tied to something else."""
        row = {
            "network": self._network,
            "target": self._target,
            "kind": str(binding.id.kind),
            "key": binding.id.key,
            "server": self._server,
            "remote_id": binding.remote_id,
            "name": binding.name,
            "fingerprint": binding.fingerprint,
            "applied": dump(dict(binding.applied)),
            "bound_at": at,
        }
        self._connection.execute(_insert_or_replace_binding(self._connection.dialect.name), row)
        self._note(binding.id, self._server, binding.remote_id, binding.name, binding.fingerprint, at)

    def apply(self, resource: ResourceId, fields: Mapping[FieldName, Value], remote_id: str, fingerprint: str) -> None:
        """Note what was made true about a tied object. An object that isn't tied (another network's) stays so."""
        where = _one(self._network, self._target, resource)
        found = self._connection.execute(
            select(
                BINDING.c.applied,
                BINDING.c.remote_id,
                BINDING.c.fingerprint,
                BINDING.c.name,
                BINDING.c.server,
                BINDING.c.bound_at,
            ).where(where)
        ).one_or_none()
        if found is None:
            return
        before = {"remote_id": found.remote_id, "name": found.name, "fingerprint": found.fingerprint}
        after = {
            "remote_id": remote_id,
            "name": str(fields.get("name", found.name)),
            "fingerprint": fingerprint or found.fingerprint,
        }
        values = {name: value for name, value in after.items() if value != before[name]}
        if values:
            self._note(resource, found.server, **after, at=found.bound_at)
        values["applied"] = dump({**load_fields(found.applied), **fields})
        self._connection.execute(update(BINDING).where(where).values(values))

    def join(self, edges: Iterable[Edge]) -> None:
        """These edges exist and are ours."""
        rows = self._rows(edges)
        if rows:
            self._connection.execute(_insert_or_leave(self._connection.dialect.name, EDGE), rows)

    def leave(self, edges: Iterable[Edge]) -> None:
        """These edges are gone."""
        for row in self._rows(edges):
            self._connection.execute(delete(EDGE).where(*(EDGE.c[name] == value for name, value in row.items())))

    def release(self, resource: ResourceId) -> None:
        """No longer tied, nor borrowed; its edges, as a container and as a member, are forgotten."""
        if self._connection.execute(delete(BINDING).where(_one(self._network, self._target, resource))).rowcount:
            self._facts.add(Released(self._network, self._target, str(resource.kind), resource.key))
        if resource.kind is Kind.ACCOUNT:
            self.give_back([resource])
        forget_edges(self._connection, self._network, self._target, resource)

    def retire(self, kind: Kind, canonical_name: str, at: datetime) -> None:
        """Leave a tombstone: this name is never used again on this server."""
        digest = digest_of(self._connection, canonical_name)
        row = {"server": self._server, "kind": str(kind), "digest": digest}
        statement = _insert_or_leave(self._connection.dialect.name, TOMBSTONE)
        if self._connection.execute(statement, {**row, "at": at}).rowcount:
            self._facts.add(Retired(**row, at=at.timestamp()))

    def borrow(self, accounts: Iterable[Binding]) -> None:
        """Remember which accounts of another network are meant, instead of whatever was remembered of them."""
        mine = and_(BORROWED.c.network == self._network, BORROWED.c.target == self._target)
        for account in accounts:
            row = {"key": account.id.key, "remote_id": account.remote_id}
            same = or_(BORROWED.c.key == row["key"], BORROWED.c.remote_id == row["remote_id"])
            self._connection.execute(delete(BORROWED).where(mine, same))
            row |= {"network": self._network, "target": self._target}
            row |= {"name": account.name, "fingerprint": account.fingerprint}
            self._connection.execute(insert(BORROWED).values(row))

    def give_back(self, accounts: Iterable[ResourceId]) -> None:
        """These are no longer borrowed."""
        mine = and_(BORROWED.c.network == self._network, BORROWED.c.target == self._target)
        for account in accounts:
            self._connection.execute(delete(BORROWED).where(mine, BORROWED.c.key == account.key))

    def _note(
        self, resource: ResourceId, server: str, remote_id: str, name: str, fingerprint: str, at: datetime
    ) -> None:
        where = (self._network, self._target, server, str(resource.kind), resource.key)
        self._facts.add(Bound(*where, remote_id, name, fingerprint, at.timestamp()))

    def _rows(self, edges: Iterable[Edge]) -> list[dict[str, str]]:
        fixed = {"network": self._network, "target": self._target}
        return [
            {**fixed, "container": seats.container.key, "sort": sort_of(seats), "account": member}
            for seats, member in edges
        ]


def forget_edges(connection: Connection, network: str, target: str, resource: ResourceId) -> None:
    """Those of an object in one target, as a container and as a member."""
    kind = str(resource.kind)
    inside = and_(EDGE.c.container == resource.key, EDGE.c.sort.startswith(f"{kind}/", autoescape=True))
    member = and_(EDGE.c.account == resource.key, EDGE.c.sort.endswith(f"/{kind}", autoescape=True))
    mine = and_(EDGE.c.network == network, EDGE.c.target == target)
    connection.execute(delete(EDGE).where(mine, or_(inside, member)))


@cache
def _insert_or_leave(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Made once: making a statement costs more than running it."""
    return insert_into(dialect, table).on_conflict_do_nothing()


@cache
def _insert_or_replace_binding(dialect: str) -> sqlite.Insert | postgresql.Insert:
    """A remote object that is tied to something else still breaks the other constraint."""
    statement = insert_into(dialect, BINDING)
    values = {column.name: statement.excluded[column.name] for column in BINDING.columns if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=list(BINDING.primary_key.columns), set_=values)


def _one(network: str, target: str, resource: ResourceId) -> ColumnElement[bool]:
    return and_(
        BINDING.c.network == network,
        BINDING.c.target == target,
        BINDING.c.kind == str(resource.kind),
        BINDING.c.key == resource.key,
    )


def _plain(connection: Connection, statement: Select[*tuple[str, ...]]) -> Iterable[tuple[str, ...]]:
    """Rows as plain tuples straight from the driver's cursor: a million of them in about a second."""
    cursor: Any = connection.execute(statement).cursor
    while rows := cursor.fetchmany(_CHUNK):
        yield from rows


def _bindings(connection: Connection, network: str, target: str) -> dict[ResourceId, Binding]:
    columns = (
        BINDING.c.kind,
        BINDING.c.key,
        BINDING.c.remote_id,
        BINDING.c.name,
        BINDING.c.fingerprint,
        BINDING.c.applied,
    )
    statement = select(*columns).where(BINDING.c.network == network, BINDING.c.target == target)
    kinds = {str(kind): kind for kind in Kind}
    found: dict[ResourceId, Binding] = {}
    for kind, key, remote_id, name, fingerprint, applied in _plain(connection, statement):
        resource = ResourceId(kinds[kind], key)
        found[resource] = Binding(resource, remote_id, name, fingerprint, load_fields(applied))
    return found


def _borrowed(connection: Connection, network: str, target: str) -> dict[ResourceId, Binding]:
    columns = (BORROWED.c.key, BORROWED.c.remote_id, BORROWED.c.name, BORROWED.c.fingerprint)
    statement = select(*columns).where(BORROWED.c.network == network, BORROWED.c.target == target)
    found = (
        Binding(ResourceId(Kind.ACCOUNT, row.key), row.remote_id, row.name, row.fingerprint, {})
        for row in connection.execute(statement)
    )
    return {account.id: account for account in found}


def _edges(connection: Connection, network: str, target: str) -> dict[Seats, frozenset[str]]:
    # By the primary key's order, so that the seats of a container come one after another.
    statement = (
        select(EDGE.c.container, EDGE.c.sort, EDGE.c.account)
        .where(EDGE.c.network == network, EDGE.c.target == target)
        .order_by(EDGE.c.container, EDGE.c.sort)
    )
    shared: dict[str, str] = {}
    edges: dict[Seats, frozenset[str]] = {}
    current = ("", "")
    members: list[str] = []
    for container, sort, account in _plain(connection, statement):
        if container != current[0] or sort != current[1]:
            if members:
                edges[seats_of(*current)] = frozenset(members)
            current, members = (container, sort), []
        members.append(shared.setdefault(account, account))
    if members:
        edges[seats_of(*current)] = frozenset(members)
    return edges


def _foreign(connection: Connection, network: str, target: str, server: str) -> frozenset[tuple[str, str]]:
    ours = and_(BINDING.c.network == network, BINDING.c.target == target)
    statement = select(BINDING.c.kind, BINDING.c.remote_id).where(BINDING.c.server == server, ~ours)
    return frozenset((kind, remote_id) for kind, remote_id in _plain(connection, statement))


def _open(connection: Connection, network: str, target: str) -> tuple[dict[ResourceId, str], frozenset[ResourceId]]:
    """What may have been created, by name; and what may have been changed by a step that is simply done again."""
    rows = connection.execute(
        select(STEP.c.kind, STEP.c.key, STEP.c.name, STEP.c.creates, STEP.c.repeatable)
        .where(STEP.c.network == network, STEP.c.target == target, OPEN)
        .order_by(STEP.c.id)
    )
    pending: dict[ResourceId, str] = {}
    unsettled: set[ResourceId] = set()
    for row in rows:
        resource = ResourceId(Kind(row.kind), row.key)
        if row.creates:
            pending[resource] = row.name
        elif row.repeatable:
            unsettled.add(resource)
    return pending, frozenset(unsettled)
