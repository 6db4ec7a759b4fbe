"""What senders tell, taken in: known again, kept, judged, and what is to be said of it, all in one transaction.

Only when it is committed the senders are told so. A message that cannot be worked with stands in nobody's way: a batch
that fails is halved until it stands alone, and then it is counted and done with.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec
from sqlalchemy import Connection

from provisioner.alerts.book import Book, Station
from provisioner.alerts.foreign import hear_foreign, key
from provisioner.alerts.sensing import Circumstances, Heard, SensorState, battery, decode, due, encode, hear
from provisioner.app.alerting.alarms import Alarms
from provisioner.app.alerting.books import HasBook
from provisioner.app.alerting.sorting import Sorted, sort
from provisioner.app.alerting.words import WITHIN, is_same
from provisioner.model.alerts import Happened, Rule
from provisioner.model.errors import ReadiError, StateError
from provisioner.model.ports import Clock
from provisioner.model.sensors import ForeignAlert
from provisioner.senders.receiving import Delivery
from provisioner.state import (
    Database,
    Gateways,
    Kept,
    SenderStates,
    SensorRow,
    SensorStates,
    UnknownDevices,
    Uplinks,
    Within,
)

_log = logging.getLogger(__name__)

MOST: Final = 500
"""Messages in one transaction."""
_HEARD: Final = Circumstances(listening_since=datetime.fromtimestamp(0, UTC))
"""Somebody who is heard is listened to."""
_ENCODER: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch."""

    kept: int = 0
    """Uplinks that count."""
    twice: int = 0
    """Those that had come before."""
    sayings: int = 0
    """What there is to be said now."""
    poison: int = 0
    """Messages that could not be worked with."""

    def __add__(self, other: Taken) -> Taken:
        sayings, poison = self.sayings + other.sayings, self.poison + other.poison
        return Taken(self.kept + other.kept, self.twice + other.twice, sayings, poison)


class NotTaken(Exception):
    """The database cannot keep it at this moment: ``rest`` was not taken, nor settled, and may be offered again."""

    def __init__(self, rest: Sequence[Delivery], why: ReadiError) -> None:
        super().__init__(why.text.code)
        self.rest = tuple(rest)
        self.why = why


class Intake:
    """The intake of one network. Used by one thread at a time; several instances may each have one."""

    def __init__(
        self,
        database: Database,
        network: str,
        books: HasBook,
        clock: Clock,
        *,
        test: bool = False,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        """``test``: what senders mark as simulated counts. ``told``: called after a commit with something to say."""
        self._database, self._network, self._books, self._clock = database, network, books, clock
        self._test, self._told = test, told

    def take(self, deliveries: Sequence[Delivery]) -> Taken:
        """Take them, `MOST` at a time, and settle each that is committed (or done with). Raises `NotTaken`."""
        taken = Taken()
        waiting = [list(deliveries[start : start + MOST]) for start in range(0, len(deliveries), MOST)][::-1]
        while waiting:
            part = waiting.pop()
            try:
                taken += self._commit(part)
            except Exception as fault:
                if isinstance(fault, ReadiError) and not _is_about_a_message(fault):
                    raise NotTaken([*part, *(one for later in waiting[::-1] for one in later)], fault) from fault
                if len(part) > 1:
                    half = len(part) // 2
                    waiting += [part[half:], part[:half]]
                    continue
                try:
                    taken += self._give_up(part[0], fault)
                except StateError as error:
                    raise NotTaken([*part, *(one for later in waiting[::-1] for one in later)], error) from error
            for delivery in part:
                delivery.settle(True)
        return taken

    def _give_up(self, delivery: Delivery, fault: Exception) -> Taken:
        """Alone it fails, too. Nothing of what it holds gets into the log."""
        SenderStates(self._database, self._network).count({(delivery.sender, "poison"): 1}, self._clock.now())
        what = {"network": self._network, "sender": delivery.sender, "fault": type(fault).__name__}
        _log.error("message that cannot be worked with", extra={**what, "where": _where(fault)})
        return Taken(poison=1)

    def _commit(self, deliveries: Sequence[Delivery]) -> Taken:
        book, now = self._books.now(), self._clock.now()
        found = sort(deliveries, book, test=self._test)
        with self._database.writing() as connection:
            taken = _Transaction(connection, self._network, book, now).take(found)
        if taken.sayings:
            self._told()
        return taken


class _Transaction:
    """One batch, inside of its transaction."""

    def __init__(self, connection: Connection, network: str, book: Book, now: datetime) -> None:
        self._within, self._network, self._book, self._now = Within(connection), network, book, now
        self._states, self._uplinks = SensorStates(self._within, network), Uplinks(self._within, network)
        self._held: Mapping[str, SensorRow] = {}
        self._stations: dict[str, Station | None] = {}
        """Of those that were moved; None: an alert of somebody else's."""
        self._states_now: dict[str, SensorState] = {}
        self._happened: list[Happened] = []

    def take(self, found: Sorted) -> Taken:
        """Do all that has to be done with it."""
        foreign = self._with_rules(found)
        sensors = {one[0].key for one in found.uplinks} | {one[0].key for one in found.batteries}
        # First of all: who holds a sensor's state has the sensor, until all that came of it is committed.
        self._held = self._states.hold(sensors | {key(alert) for alert, _ in foreign})
        kept = self._hear(found)
        for station, news in found.batteries:
            heard = battery(station, self._state(station.key), news, self._now, settled=True)
            self._note(station.key, station, heard)
        for alert, rule in foreign:
            self._note(key(alert), None, hear_foreign(rule, self._state(key(alert)), alert, self._now))
        self._uplinks.keep(kept)
        self._states.put([self._row(sensor) for sensor in self._stations], self._held)
        if found.gateways:
            Gateways(self._within, self._network).tell(found.gateways)
        alarms = Alarms(self._within, self._network, self._book, self._now)
        alarms.apply(self._happened)
        for sender, crowd in UnknownDevices(self._within, self._network).note(list(found.unknown.values())).items():
            found.counted[sender, "unknown_beyond"] += crowd
        SenderStates(self._within, self._network).count(found.counted, self._now)
        return Taken(len(kept), len(found.uplinks) - len(kept), alarms.sayings)

    def _with_rules(self, found: Sorted) -> list[tuple[ForeignAlert, Rule]]:
        """Others' alerts that a rule names; the rest is shown like devices of which nobody knows."""
        ruled = []
        for alert in found.foreign:
            rule = self._book.foreign(alert)
            if rule is not None:
                ruled.append((alert, rule))
            else:
                found.note_unknown(alert.sender, alert.name, alert.at, list(alert.labels))
        return ruled

    def _hear(self, found: Sorted) -> list[Kept]:
        """The uplinks that did not come before."""
        known = self._uplinks.among(self._doubtful(found))
        counted, kept = found.counted, []
        for station, uplink, word in found.uplinks:
            before = known.setdefault((station.key, word), [])
            if any(is_same(uplink.at, at) for at in before):
                counted[uplink.sender, "twice"] += 1
                continue
            before.append(uplink.at)
            state = self._state(station.key)
            missing = state.missing if state is not None else 0
            heard = hear(station, state, uplink, self._now, settled=not uplink.filled)
            self._note(station.key, station, heard)
            sender = uplink.sender
            counted[sender, "filled" if uplink.filled else "taken"] += 1
            if heard.is_late:
                counted[sender, "late"] += 1
            if heard.state.missing != missing:
                counted[sender, "missing"] += heard.state.missing - missing
            for why in heard.refused:
                counted[sender, why.partition(":")[0]] += 1
            kept.append(Kept(station.key, uplink.at, word, _ENCODER.encode(heard.kept).decode()))
        return kept

    def _doubtful(self, found: Sorted) -> dict[str, tuple[datetime, datetime]]:
        """Where what may have come before has to be looked for: by sensor, from when to when.

        What is newer than all, with a counter beyond the newest's, did not: for next to all there is no look-up.
        """
        tips: dict[str, tuple[float, str, int]] = {}
        spans: dict[str, tuple[datetime, datetime]] = {}
        for station, uplink, _ in found.uplinks:
            sensor, counter, at = station.key, uplink.counter, uplink.at
            tip = tips.get(sensor)
            if tip is None and (state := self._state(sensor)) is not None and state.counter is not None:
                tip = (state.newest, state.session, state.counter)
            if counter is not None and tip is not None:
                newest, session, last = tip
                if counter > last and session == uplink.session and at.timestamp() > newest:
                    tips[sensor] = (at.timestamp(), session, counter)
                    continue
            first, last_at = spans.get(sensor, (at, at))
            spans[sensor] = (min(first, at - WITHIN), max(last_at, at + WITHIN))
        return spans

    def _state(self, sensor: str) -> SensorState | None:
        """As it was held, or was moved since."""
        moved = self._states_now.get(sensor)
        if moved is None:
            row = self._held.get(sensor)
            if row is None or not row.about:
                return None
            moved = self._states_now[sensor] = decode(row.about)
        return moved

    def _note(self, sensor: str, station: Station | None, heard: Heard) -> None:
        self._stations[sensor], self._states_now[sensor] = station, heard.state
        if heard.happened:
            self._happened += heard.happened

    def _row(self, sensor: str) -> SensorRow:
        station, state = self._stations[sensor], self._states_now[sensor]
        before = self._held.get(sensor)
        then = None if station is None else due(station, state, _HEARD, self._now)
        if before is not None and before.due is not None and (then is None or then > before.due):
            then = before.due  # one look too many is cheaper than moving it with every uplink
        return SensorRow(sensor, then, self._now, encode(state))


def _is_about_a_message(error: ReadiError) -> bool:
    """Whether the database refused what it was given; everything else is its own trouble, and passes."""
    return isinstance(error, StateError) and error.text.code == "state.failed"


def _where(fault: BaseException) -> str:
    """The innermost line of ours: what an exception says can quote what came."""
    frames = traceback.extract_tb(fault.__traceback__)
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
