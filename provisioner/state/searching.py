"""Looks through everything that is stored for words that name one person: the proof that nothing of them is left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Text, or_, select

from provisioner.state.database import Database
from provisioner.state.schema import METADATA
from provisioner.state.tie_facts import WAITING
from provisioner.state.traces import Traces


@dataclass(frozen=True, slots=True)
class Found:
    """How many rows of a table hold a name."""

    table: str
    rows: int


def search(database: Database, network: str, traces: Traces) -> Iterator[Found]:
    """Every table, and how many of its rows (of this network, where it knows networks) still name the person.

    Opaque ids are no names. A few seconds for a big history. Raises `StateError`.
    """
    with database.reading() as connection:
        for table in METADATA.sorted_tables:
            texts = [column for column in table.columns if isinstance(column.type, Text)]
            statement = select(*texts) if texts else None
            if statement is None:
                yield Found(table.name, 0)
                continue
            if "network" in table.columns:
                statement = statement.where(table.c.network == network)
            elif "scope" in table.columns:
                # The service's own notes of other networks, and what waits to be written into the file of all.
                others = or_(table.c.name.like("service.%"), table.c.scope == WAITING)
                own = or_(table.c.scope == network, table.c.value.contains(f'"network":"{network}"', autoescape=True))
                statement = statement.where(or_(own, ~others))
            rows = connection.execution_options(yield_per=10_000).execute(statement)
            yield Found(table.name, sum(1 for row in rows if any(_names(traces, value) for value in row)))


def in_file(path: Path, traces: Traces) -> int:
    """How many lines (of a binary file: stretches) of a file name the person. Raises `OSError`."""
    if not traces.names:
        return 0
    with path.open("rb") as file:
        return sum(1 for line in file if _names(traces, line.decode("utf-8", "replace")))


def _names(traces: Traces, text: str | None) -> bool:
    return bool(text) and traces.blanked(text) != text
