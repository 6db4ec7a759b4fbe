"""What is known of each sensor: the engine's own JSON, and when it has to be looked at next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update

from provisioner.state.alert_schema import SENSOR_STATE
from provisioner.state.database import Transactions
from provisioner.state.inserts import insert_into
from provisioner.state.many import Many

_AT_ONCE: Final = 900
"""Keys in one statement."""
_NEW: Final = Many(insert(SENSOR_STATE), "network", "sensor", "due", "heard", "about")
_THIS: Final = (SENSOR_STATE.c.network == bindparam("of"), SENSOR_STATE.c.sensor == bindparam("key"))
_TOLD: Final = update(SENSOR_STATE).where(*_THIS).values(about=bindparam("told"), heard=bindparam("at"))
_KEEP: Final = Many(_TOLD, "told", "at", "of", "key")
_MOVE: Final = Many(update(SENSOR_STATE).where(*_THIS).values(due=bindparam("next")), "next", "of", "key")
_HOLD: Final = {
    "sqlite": "SELECT sensor, due, heard, about FROM sensor_state"
    " WHERE network = ? AND sensor IN (SELECT value FROM json_each(?))",
    "postgresql": "SELECT sensor, due, heard, about FROM sensor_state"
    " WHERE network = %s AND sensor = ANY(%s) ORDER BY sensor FOR UPDATE",
}


@dataclass(frozen=True, slots=True)
class SensorRow:
    """One sensor as it is kept."""

    sensor: str
    due: datetime | None
    heard: datetime | None
    about: str
    """The engine's JSON; "" when nothing is known yet."""


class SensorStates:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def hold(self, sensors: Collection[str]) -> Mapping[str, SensorRow]:
        """Each of them, for `put` in the same transaction; nobody else changes them until it ends."""
        ordered = sorted(sensors)  # everybody in the same order: nobody waits for somebody who waits for them
        if not ordered:
            return {}
        with self._transactions.writing() as connection:
            dialect = connection.dialect.name
            if dialect == "postgresql":  # what is not there cannot be held
                rows = [{"network": self._network, "sensor": sensor, "about": ""} for sensor in ordered]
                connection.execute(insert_into(dialect, SENSOR_STATE).on_conflict_do_nothing(), rows)
            asked: Any = ordered if dialect == "postgresql" else msgspec.json.encode(ordered).decode()
            found = connection.exec_driver_sql(_HOLD[dialect], (self._network, asked))
            return {row[0]: SensorRow(row[0], _moment(row[1]), _moment(row[2]), row[3]) for row in found}

    def put(self, rows: Iterable[SensorRow], held: Mapping[str, SensorRow]) -> None:
        """What is known of them now; ``held``: what `hold` gave."""
        network = self._network
        new: list[tuple[Any, ...]] = []
        kept: list[tuple[Any, ...]] = []
        moved: list[tuple[Any, ...]] = []
        for row in rows:
            before = held.get(row.sensor)
            if before is None:
                new.append((network, row.sensor, _seconds(row.due), _seconds(row.heard), row.about))
                continue
            kept.append((row.about, _seconds(row.heard), network, row.sensor))
            if before.due != row.due:  # the index of what is due is left as it is otherwise
                moved.append((_seconds(row.due), network, row.sensor))
        with self._transactions.writing() as connection:
            _NEW.run(connection, new)
            _KEEP.run(connection, kept)
            _MOVE.run(connection, moved)

    def due(self, now: datetime, limit: int = 500) -> list[str]:
        """Keys of those that have to be looked at, the longest overdue first."""
        statement = select(SENSOR_STATE.c.sensor).where(self._mine, SENSOR_STATE.c.due <= now)
        with self._transactions.reading() as connection:
            ordered = statement.order_by(SENSOR_STATE.c.due, SENSOR_STATE.c.sensor).limit(limit)
            return list(connection.scalars(ordered))

    def next_due(self) -> datetime | None:
        """When the next has to be looked at."""
        with self._transactions.reading() as connection:
            found: datetime | None = connection.scalar(select(func.min(SENSOR_STATE.c.due)).where(self._mine))
        return found

    def wake(self, now: datetime) -> None:
        """All of them are looked at now: what their timers rest on has changed."""
        with self._transactions.writing() as connection:
            connection.execute(update(SENSOR_STATE).where(self._mine).values(due=now))

    def of(self, sensors: Collection[str]) -> dict[str, SensorRow]:
        """To look at."""
        found: dict[str, SensorRow] = {}
        ordered = sorted(sensors)
        with self._transactions.reading() as connection:
            for start in range(0, len(ordered), _AT_ONCE):
                some = SENSOR_STATE.c.sensor.in_(ordered[start : start + _AT_ONCE])
                rows = connection.execute(select(SENSOR_STATE).where(self._mine, some))
                found.update((row.sensor, _row(row)) for row in rows)
        return found

    def beginning(self, letters: str) -> list[SensorRow]:
        """Those whose keys begin so, by key."""
        begins = SENSOR_STATE.c.sensor.startswith(letters, autoescape=True)
        statement = select(SENSOR_STATE).where(self._mine, begins).order_by(SENSOR_STATE.c.sensor)
        with self._transactions.reading() as connection:
            return [_row(row) for row in connection.execute(statement)]

    def all(self) -> list[SensorRow]:
        """To look at, by key."""
        statement = select(SENSOR_STATE).where(self._mine).order_by(SENSOR_STATE.c.sensor)
        with self._transactions.reading() as connection:
            return [_row(row) for row in connection.execute(statement)]

    def forget(self, sensors: Collection[str]) -> None:
        """They are in the registry no more."""
        with self._transactions.writing() as connection:
            for sensor in sorted(sensors):
                connection.execute(delete(SENSOR_STATE).where(self._mine, SENSOR_STATE.c.sensor == sensor))

    @property
    def _mine(self) -> ColumnElement[bool]:
        return SENSOR_STATE.c.network == self._network


def _row(row: Any) -> SensorRow:
    return SensorRow(row.sensor, row.due, row.heard, row.about)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
