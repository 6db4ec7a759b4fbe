"""Replays a file of ties into a database that is older than it, or was made anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from provisioner.model.errors import StateError
from provisioner.model.resources import BEGINNINGS, Kind, ResourceId
from provisioner.model.text import Text
from provisioner.state.bindings import forget_edges
from provisioner.state.codec import dump
from provisioner.state.database import Database
from provisioner.state.enrolment_facts import note_besides, replay
from provisioner.state.schema import BINDING, TOMBSTONE
from provisioner.state.tie_facts import Bound, head_of, identity_of, secret_of, set_head, set_secret
from provisioner.state.ties_file import Replayed

Tie = tuple[str, str, str, str]
"""Network, target, kind, key."""

_KEY: Final = (BINDING.c.network, BINDING.c.target, BINDING.c.kind, BINDING.c.key)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a replay changed, and what it came to."""

    bound: tuple[Bound, ...]
    released: tuple[Tie, ...]
    unchanged: int
    retired: int
    epoch: int
    decided: int = 0
    """How many rows there are now of what was decided through the service."""


def recover(database: Database, found: Replayed, file: str) -> Recovered:
    """Make the database's ties those of the file, in one transaction. No target is asked.

    Raises `StateError` when the database is not behind the file, or is another one that holds ties.

    Of what is tied again nothing counts as applied but its beginning, which people may have changed or deleted since:
    the next plan compares all else afresh. Memberships that the database does not know to be ours are noted once a run
    finds them both wanted and there.

    What was decided through the service becomes what the file says of it. In a database that was made anew, what was
    decided there since stays, but for whoever came a second time: with an address of before they are who they were.
    """
    with database.writing() as connection:
        rows: dict[Tie, Any] = {
            (row.network, row.target, row.kind, row.key): row
            for row in connection.execute(select(BINDING).order_by(*_KEY))
        }
        _refuse(connection, found, bool(rows), Text.of("state.ties_not_ahead", file=file, database=database.where))
        stay = {tie for tie, row in rows.items() if tie in found.ties and _is_so(row, found.ties[tie])}
        released = tuple(tie for tie in rows if tie not in found.ties)
        bound = tuple(fact for tie, fact in found.ties.items() if tie not in stay)
        _delete(connection, (tie for tie in rows if tie not in stay))
        for network, target, kind, key in released:  # as releasing does: they are no longer of our making
            forget_edges(connection, network, target, ResourceId(Kind(kind), key))
        if bound:
            connection.execute(insert(BINDING), [_row(fact) for fact in bound])
        retired = _retire(connection, found)
        decided = found.decided.values()
        replay(connection, decided, alone=_is_ours(connection, found))
        set_secret(connection, found.header.secret)
        set_head(connection, found.head)
        note_besides(connection, decided)
    return Recovered(bound, released, len(stay), retired, found.head.epoch, len(decided))


def _refuse(connection: Connection, found: Replayed, holds_ties: bool, why: Text) -> None:
    ours = _is_ours(connection, found)
    head = head_of(connection)
    behind = found.head.seq > head.seq or (found.head.seq == head.seq and found.head.epoch > head.epoch)
    if not (behind if ours else not holds_ties):
        raise StateError(why if ours else Text.of("state.ties_of_another", **why.arguments))


def _is_ours(connection: Connection, found: Replayed) -> bool:
    return found.header.database == identity_of(secret_of(connection))


def _is_so(row: Any, fact: Bound) -> bool:
    return all(getattr(row, name) == getattr(fact, name) for name in ("server", "remote_id", "name", "fingerprint"))


def _row(fact: Bound) -> dict[str, object]:
    return {
        "network": fact.network,
        "target": fact.target,
        "kind": fact.kind,
        "key": fact.key,
        "server": fact.server,
        "remote_id": fact.remote_id,
        "name": fact.name,
        "fingerprint": fact.fingerprint,
        "applied": dump(dict.fromkeys(BEGINNINGS.get(Kind(fact.kind), ()))),
        "bound_at": datetime.fromtimestamp(fact.at, UTC),
    }


def _delete(connection: Connection, ties: Iterable[Tie]) -> None:
    for tie in ties:
        connection.execute(delete(BINDING).where(*(column == value for column, value in zip(_KEY, tie, strict=True))))


def _retire(connection: Connection, found: Replayed) -> int:
    """The tombstones that were missing; how many."""
    known = {tuple(row) for row in connection.execute(select(*TOMBSTONE.primary_key.columns))}
    rows = [
        {"server": fact.server, "kind": fact.kind, "digest": fact.digest, "at": datetime.fromtimestamp(fact.at, UTC)}
        for key, fact in found.retired.items()
        if key not in known
    ]
    if rows:
        connection.execute(insert(TOMBSTONE), rows)
    return len(rows)
