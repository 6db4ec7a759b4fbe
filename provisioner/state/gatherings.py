"""Who is in meeting rooms, in numbers alone: no name, address or id of anybody is ever put down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, and_, delete, func, select, tuple_

from provisioner.model.gatherings import Count, Gathering, Told, gatherings_of, shortened
from provisioner.state.database import Transactions
from provisioner.state.inserts import insert_new
from provisioner.state.meeting_schema import GATHERING, HEADCOUNT

WHOLE_ROOM: Final = 0
"""The part of a room that is the room itself."""
LATE: Final = timedelta(hours=1)
"""Nothing is told later than this after it happened: whatever is older changes no more."""
_STILL_TELLS: Final = timedelta(days=14)
"""As long after the last word of the meeting server, of whatever room, its silence on a room means that it is empty."""
_MEETING: Final = 2
"""So many have to be in a room at once: whoever looks in alone meets nobody."""
_MANY: Final = 200
"""So much may be kept of what was told of one running gathering; beyond, what is old of it is summed up."""
_AT_ONCE: Final = 100
"""Rows in one DELETE: SQLite takes no more than some thousands of arguments."""

_Found = dict[tuple[str, int], list[tuple[Gathering, list[Count]]]]
"""By key and part."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a room's meetings of some time came to; ``most``: in one of them at once."""

    meetings: int
    seconds: int
    most: int


class Gatherings:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def tell(self, key: str, part: int, count: Count) -> bool:
        """Put down one thing that was told. False: it was told before."""
        # What a power cut takes with it, the next word of the same room makes up for: it says how many are inside.
        with self._transactions.writing(durable=False) as connection:
            return self._add(connection, key, part, count)

    def inside(self, key: str, now: datetime) -> int | None:
        """How many are in a room, together with those in the rooms into which they divided.

        None: nothing is known of it, since the meeting server has long told nothing at all, or never did.
        """
        with self._transactions.reading() as connection:
            found = self._gatherings(connection, now, key)
            inside = sum(gathering.now for gatherings in found.values() for gathering, _ in gatherings)
            return inside if inside or self._still_tells(connection, now) else None

    def running(self, now: datetime) -> dict[str, int]:
        """By key: how many are inside, of all rooms with somebody in them."""
        found: dict[str, int] = defaultdict(int)
        with self._transactions.reading() as connection:
            for (key, _), gatherings in self._gatherings(connection, now).items():
                found[key] += sum(gathering.now for gathering, _ in gatherings)
        return {key: inside for key, inside in found.items() if inside}

    def figures(self, begin: datetime, end: datetime) -> dict[str, Figures]:
        """By key: what the meetings came to that ended within this time and are put down."""
        columns = (
            func.count(),
            func.sum(GATHERING.c.ended - GATHERING.c.created),
            func.max(GATHERING.c.most),
        )
        span = (GATHERING.c.ended >= int(begin.timestamp()), GATHERING.c.ended < int(end.timestamp()))
        statement = (
            select(GATHERING.c.key, *columns)
            .where(GATHERING.c.network == self._network, *span, GATHERING.c.most >= _MEETING)
            .group_by(GATHERING.c.key)
        )
        with self._transactions.reading() as connection:
            rows = connection.execute(statement).all()
        return {key: Figures(meetings, int(seconds), most) for key, meetings, seconds, most in rows}

    def first(self) -> datetime | None:
        """When the earliest gathering ended that is put down."""
        statement = select(func.min(GATHERING.c.ended)).where(GATHERING.c.network == self._network)
        with self._transactions.reading() as connection:
            earliest = connection.scalar(statement)
        return None if earliest is None else datetime.fromtimestamp(earliest, UTC)

    def settle(self, now: datetime) -> int:
        """Put down the gatherings that are over and of which nothing more will be told; how many these were.

        What was told of them one by one is forgotten, and so is what was told of running ones long ago.
        """
        old = int((now - 2 * LATE).timestamp())
        settled = 0
        with self._transactions.writing() as connection:
            for (key, part), gatherings in self._gatherings(connection, now).items():
                for gathering, told in gatherings:
                    if gathering.ended is None and len(told) > _MANY:
                        base, gone = shortened(gathering, told, old)
                        self._drop(connection, key, part, gone)
                        self._add(connection, key, part, base)
                    elif gathering.ended is not None and gathering.told < old:
                        if part == WHOLE_ROOM:
                            self._put_down(connection, key, gathering)
                            settled += 1
                        self._drop(connection, key, part, told)
        return settled

    def forget(self, before: datetime) -> int:
        """Those that ended before; how many."""
        old = and_(GATHERING.c.network == self._network, GATHERING.c.ended < int(before.timestamp()))
        with self._transactions.writing() as connection:
            return int(connection.execute(delete(GATHERING).where(old)).rowcount)

    def _add(self, connection: Connection, key: str, part: int, count: Count) -> bool:
        row = {
            "network": self._network,
            "key": key,
            "part": part,
            "told": str(count.told),
            "at": count.at,
            "since": count.since,
            "inside": count.inside,
            "most": count.most,
        }
        return insert_new(connection, HEADCOUNT, row)

    def _gatherings(self, connection: Connection, now: datetime, key: str | None = None) -> _Found:
        """What follows from all that was told and is not put down yet; of one room, or of all."""
        one = () if key is None else (HEADCOUNT.c.key == key,)
        counts: dict[tuple[str, int], list[Count]] = defaultdict(list)
        for row in connection.execute(select(HEADCOUNT).where(HEADCOUNT.c.network == self._network, *one)):
            counts[row.key, row.part].append(Count(Told(row.told), row.at, row.since, row.inside, row.most))
        if not counts:
            return {}
        over: dict[str, dict[int, int]] = defaultdict(dict)
        earliest = min(count.since for told in counts.values() for count in told)
        columns = (GATHERING.c.key, GATHERING.c.created, GATHERING.c.ended)
        put_down = (GATHERING.c.network == self._network, GATHERING.c.ended >= earliest)
        for room, created, ended in connection.execute(select(*columns).where(*put_down)):
            over[room][created] = ended
        second = int(now.timestamp())
        return {
            (room, part): gatherings_of(told, second, over[room] if part == WHOLE_ROOM else {})
            for (room, part), told in counts.items()
        }

    def _still_tells(self, connection: Connection, now: datetime) -> bool:
        since = int((now - _STILL_TELLS).timestamp())
        heard = (
            select(table.c.network).where(table.c.network == self._network, when >= since).limit(1)
            for table, when in ((HEADCOUNT, HEADCOUNT.c.at), (GATHERING, GATHERING.c.ended))
        )
        return any(connection.scalar(statement) is not None for statement in heard)

    def _put_down(self, connection: Connection, key: str, gathering: Gathering) -> None:
        row = {
            "network": self._network,
            "key": key,
            "created": gathering.created,
            "ended": gathering.ended,
            "most": gathering.most,
            "came": gathering.came,
        }
        insert_new(connection, GATHERING, row)

    def _drop(self, connection: Connection, key: str, part: int, told: Sequence[Count]) -> None:
        where = (HEADCOUNT.c.network == self._network, HEADCOUNT.c.key == key, HEADCOUNT.c.part == part)
        one = tuple_(HEADCOUNT.c.told, HEADCOUNT.c.at, HEADCOUNT.c.since, HEADCOUNT.c.inside, HEADCOUNT.c.most)
        rows = [(str(count.told), count.at, count.since, count.inside, count.most) for count in told]
        for begin in range(0, len(rows), _AT_ONCE):
            connection.execute(delete(HEADCOUNT).where(*where, one.in_(rows[begin : begin + _AT_ONCE])))
