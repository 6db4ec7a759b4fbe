"""What is believed of people in sources of identities: as last held to be true, not as last read.

Fields are about people: they stand in this table alone, in no log. Each network has mirrors of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypedDict

import msgspec
from sqlalchemy import Connection, Row, and_, delete, func, select, update

from provisioner.model.sources import Held, KeptPerson, SourcePerson
from provisioner.model.text import Text
from provisioner.state.codec import dump, dump_held, dump_text, load_held, load_text
from provisioner.state.database import Transactions
from provisioner.state.inserts import insert_into
from provisioner.state.schema import MIRROR, MIRRORED


class _Fields(TypedDict, total=False):
    """`PersonField`, with the type that each has."""

    given_name: str | None
    family_name: str | None
    email: str | None
    language: str | None
    joined: date | None
    leaves: date | None


_FIELDS: Final = msgspec.json.Decoder(_Fields)


@dataclass(frozen=True, slots=True)
class Mirror:
    """What is known of the readings of one source."""

    revision: int = 0
    """Counts what was kept; 0: nothing yet."""
    shape: str = ""
    """That of the last reading which was believed whole."""
    mark: str = ""
    read_at: datetime | None = None
    """The last reading that gave an answer."""
    whole_at: datetime | None = None
    """The last reading of everybody that was believed whole."""
    failed_at: datetime | None = None
    failure: Text | None = None
    held: Held | None = None

    @property
    def failing(self) -> bool:
        """Whether the last reading that was tried gave no answer."""
        return self.failed_at is not None and (self.read_at is None or self.failed_at > self.read_at)


@dataclass(frozen=True, slots=True)
class Mirrored:
    """Somebody of a source, with what the mirror has to remember."""

    kept: KeptPerson
    first_seen: date
    changed_on: date
    went_on: date | None = None
    """The day on which they went (missing, or switched off) without a ranger's word; None: here, or with a word."""


class Mirrors:
    """Those of all networks. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def all(self, network: str) -> Mapping[str, Mirror]:
        """By source, without people."""
        with self._transactions.reading() as connection:
            return _mirrors(connection, network)

    def believed(self, network: str, sources: Collection[str]) -> Mapping[str, tuple[Mirror, dict[str, KeptPerson]]]:
        """Of each of these sources what is known of its readings, and its people by key."""
        people: dict[str, dict[str, KeptPerson]] = defaultdict(dict)
        about = MIRRORED.c
        columns = (about.source, about.key, about.fields, about.active, about.missing_since, about.first_seen)
        statement = select(*columns).where(MIRRORED.c.network == network, MIRRORED.c.source.in_(sources))
        with self._transactions.reading() as connection:
            mirrors = _mirrors(connection, network)
            for source, key, fields, active, missing_since, first_seen in connection.execute(statement):
                people[source][key] = _kept(key, fields, active, missing_since, first_seen)
        return {source: (mirrors.get(source, Mirror()), people[source]) for source in sources}

    def of(self, network: str, source: str) -> tuple[Mirror, Mapping[str, Mirrored]]:
        """One source: what is known of its readings, and all its people by key."""
        statement = select(MIRRORED).where(*_of(MIRRORED, network, source))
        with self._transactions.reading() as connection:
            mirror = _mirrors(connection, network).get(source, Mirror())
            return mirror, {row.key: _mirrored(row) for row in connection.execute(statement)}

    def keys(self, network: str, *, here: bool = False) -> list[tuple[str, str]]:
        """(source, key) of everybody in all of them; ``here``: but for those who are missing by now."""
        statement = select(MIRRORED.c.source, MIRRORED.c.key).where(MIRRORED.c.network == network)
        if here:
            statement = statement.where(MIRRORED.c.missing_since.is_(None))
        with self._transactions.reading() as connection:
            return [(source, key) for source, key in connection.execute(statement)]

    def counts(self, network: str) -> Mapping[str, tuple[int, int]]:
        """By source: how many people it has, and how many it had and no longer has."""
        missing = func.count(MIRRORED.c.missing_since)
        statement = select(MIRRORED.c.source, func.count() - missing, missing).where(MIRRORED.c.network == network)
        with self._transactions.reading() as connection:
            found = connection.execute(statement.group_by(MIRRORED.c.source))
            return {source: (here, gone) for source, here, gone in found}

    def keep(self, network: str, source: str, was: Mirror, now: Mirror, changed: Mapping[str, Mirrored]) -> bool:
        """Keep ``now`` and the people who changed, all or nothing; ``was`` is the mirror that these were judged by.

        False, and nothing is kept: somebody else kept another reading in the meantime. Failures stay as they are.
        """
        values = {
            "revision": was.revision + 1,
            "shape": now.shape,
            "mark": now.mark,
            "read_at": now.read_at,
            "whole_at": now.whole_at,
            "held": dump_held(now.held),
        }
        with self._transactions.writing() as connection:
            _begin(connection, network, source)
            mine = and_(*_of(MIRROR, network, source), MIRROR.c.revision == was.revision)
            if not connection.execute(update(MIRROR).where(mine).values(values)).rowcount:
                return False
            _put(connection, [_row(network, source, key, one) for key, one in changed.items()])
        return True

    def note_failure(self, network: str, source: str, why: Text, at: datetime) -> None:
        """A reading gave no answer: all that is believed stays as it is."""
        with self._transactions.writing() as connection:
            _begin(connection, network, source)
            values = {"failed_at": at, "failure": dump_text(why)}
            connection.execute(update(MIRROR).where(*_of(MIRROR, network, source)).values(values))

    def forget(self, network: str, source: str) -> int:
        """Drop the mirror, as if the source had never been read; of how many people."""
        with self._transactions.writing() as connection:
            connection.execute(delete(MIRROR).where(*_of(MIRROR, network, source)))
            return int(connection.execute(delete(MIRRORED).where(*_of(MIRRORED, network, source))).rowcount)


def _of(table: Any, network: str, source: str) -> tuple[Any, Any]:
    return table.c.network == network, table.c.source == source


def _mirrors(connection: Connection, network: str) -> dict[str, Mirror]:
    rows = connection.execute(select(MIRROR).where(MIRROR.c.network == network).order_by(MIRROR.c.source))
    return {
        row.source: Mirror(
            row.revision,
            row.shape,
            row.mark,
            row.read_at,
            row.whole_at,
            row.failed_at,
            load_text(row.failure),
            load_held(row.held),
        )
        for row in rows
    }


def _kept(key: str, fields: str, active: bool, missing_since: date | None, first_seen: date) -> KeptPerson:
    return KeptPerson(SourcePerson(key, _FIELDS.decode(fields), active), missing_since, first_seen)  # type: ignore[arg-type]


def _mirrored(row: Row[Any]) -> Mirrored:
    kept = _kept(row.key, row.fields, row.active, row.missing_since, row.first_seen)
    return Mirrored(kept, row.first_seen, row.changed_on, row.went_on)


def _row(network: str, source: str, key: str, one: Mirrored) -> dict[str, Any]:
    return {
        "network": network,
        "source": source,
        "key": key,
        "fields": dump(one.kept.person.fields),
        "active": one.kept.person.active,
        "missing_since": one.kept.missing_since,
        "went_on": one.went_on,
        "first_seen": one.first_seen,
        "changed_on": one.changed_on,
    }


def _begin(connection: Connection, network: str, source: str) -> None:
    """A source of which nothing is known yet has a row from now on."""
    first = {"network": network, "source": source, "revision": 0, "shape": "", "mark": ""}
    connection.execute(insert_into(connection.dialect.name, MIRROR).values(first).on_conflict_do_nothing())


def _put(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = insert_into(connection.dialect.name, MIRRORED)
    keys = list(MIRRORED.primary_key.columns)
    given = {column.name: statement.excluded[column.name] for column in MIRRORED.columns if column not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=given), rows)
