"""What was decided through the service as facts for the file that outlives the database, and back into its tables.

One fact says how one row is now, so that replaying them in their order gives the tables as they were.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Date, Integer, Table, Text, cast, delete, insert, select

from provisioner.state.inserts import insert_into
from provisioner.state.schema import META
from provisioner.state.service_schema import ENDING, ENROLLED_BODY, ENROLLED_MEMBERSHIP, ENROLLED_PERSON
from provisioner.state.tie_facts import Decided, Facts, Forgotten, blank

REVISION: Final = "enrolments"
"""Under this name META counts a network's changes."""
_TABLES: Final = {one.name: one for one in (ENROLLED_PERSON, ENROLLED_MEMBERSHIP, ENDING, ENROLLED_BODY)}


def note(connection: Connection, network: str, table: Table, key: tuple[str, ...], row: Mapping[str, Any]) -> None:
    """The row of this key is now this."""
    facts = Facts(connection, None, raises_epoch=False)
    facts.add(_fact(network, table, key, row))
    facts.note()


def note_forgotten(connection: Connection, network: str, table: Table, keys: Collection[tuple[str, ...]]) -> None:
    """The rows of these keys are no more."""
    gone = [Forgotten(network, str(table.name), key) for key in keys]
    if gone:
        blank(connection, gone)
        facts = Facts(connection, None, raises_epoch=False)
        for one in gone:
            facts.add(one)
        facts.note()


def decided(connection: Connection) -> Iterator[Decided]:
    """All rows of all networks, as they are."""
    for table in _TABLES.values():
        for row in connection.execute(select(table).order_by(*table.primary_key.columns)):
            yield _fact(row.network, table, key_of(table, row), row._asdict())


def key_of(table: Table, row: Any) -> tuple[str, ...]:
    """What tells a row from others of its table and network."""
    return tuple(getattr(row, column.name) for column in _key_columns(table))


def replay(connection: Connection, facts: Collection[Decided], *, alone: bool) -> None:
    """Put these rows into the tables. ``alone``: nothing else stays there.

    Else what the tables have besides stays, and is noted anew: it was decided after the old database was lost. But who
    has somebody's address from before is that person, and nobody else.
    """
    for table in _TABLES.values():
        mine = [one for one in facts if one.table == table.name]
        if alone:
            connection.execute(delete(table))
        else:
            _make_room(connection, table, mine)
        if mine:
            connection.execute(insert(table), [_row(table, one) for one in mine])
    for network in sorted({one.network for one in facts}):
        first = {"scope": network, "name": REVISION, "value": "1"}
        statement = insert_into(connection.dialect.name, META).values(first)
        more = cast(cast(META.c.value, Integer) + 1, Text)
        connection.execute(statement.on_conflict_do_update(index_elements=["scope", "name"], set_={"value": more}))


def note_besides(connection: Connection, facts: Collection[Decided]) -> None:
    """Whatever rows there are that these facts do not tell of."""
    known = {one.place for one in facts}
    besides = Facts(connection, None, raises_epoch=False)
    for one in decided(connection):
        if one.place not in known:
            besides.add(one)
    besides.note()


def _make_room(connection: Connection, table: Table, facts: Collection[Decided]) -> None:
    for one in facts:
        same = [column == value for column, value in zip(_key_columns(table), one.key, strict=True)]
        connection.execute(delete(table).where(table.c.network == one.network, *same))
        if table is not ENROLLED_PERSON:
            continue
        address = (table.c.network == one.network, table.c.address == one.row["address"])
        for person in connection.scalars(select(table.c.person).where(*address)).all():
            for other in (ENROLLED_PERSON, ENROLLED_MEMBERSHIP, ENDING):
                connection.execute(delete(other).where(other.c.network == one.network, other.c.person == person))


def _fact(network: str, table: Table, key: tuple[str, ...], row: Mapping[str, Any]) -> Decided:
    beside = [column for column in table.columns if not column.primary_key]
    return Decided(network, str(table.name), key, {str(column.name): _told(row[column.name]) for column in beside})


def _told(value: Any) -> str | float | None:
    if isinstance(value, datetime):
        return value.timestamp()
    return value.isoformat() if isinstance(value, date) else value


def _row(table: Table, fact: Decided) -> dict[str, Any]:
    key = zip((column.name for column in _key_columns(table)), fact.key, strict=True)
    beside = {name: _meant(table.columns[name], value) for name, value in fact.row.items()}
    return {"network": fact.network, **dict(key), **beside}


def _meant(column: Column[Any], value: str | float | None) -> Any:
    if isinstance(value, float):
        return datetime.fromtimestamp(value, UTC)
    return date.fromisoformat(value) if isinstance(column.type, Date) and value is not None else value


def _key_columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.primary_key.columns if column.name != "network"]
