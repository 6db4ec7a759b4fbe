"""One batch of news inside of its transaction: what came before is left out, the rest is kept and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec
from sqlalchemy import Connection

from provisioner.alerts.book import Book, Station
from provisioner.alerts.bridge_rules import GATEWAY_DOWN
from provisioner.alerts.foreign import due_foreign, hear_foreign, key
from provisioner.alerts.sensing import Circumstances, Heard, SensorState, battery, decode, due, encode, hear
from provisioner.app.alerting.alarms import Alarms
from provisioner.app.alerting.foreigners import Foreigners
from provisioner.app.alerting.sorting import Sorted
from provisioner.app.alerting.words import WITHIN, is_same
from provisioner.model.alerts import Happened
from provisioner.model.sensors import ForeignAlert, Uplink
from provisioner.state import (
    GatewayRow,
    Gateways,
    Kept,
    SenderStates,
    SensorRow,
    SensorStates,
    UnknownDevices,
    Uplinks,
    Within,
)
from provisioner.state.uplinks import Span

_HEARD: Final = Circumstances(listening_since=datetime.fromtimestamp(0, UTC))
"""Somebody who is heard is listened to."""
_ENCODER: Final = msgspec.json.Encoder()

MOST_AN_HOUR: Final = 3_600
"""Uplinks of one device as they are sent: one a second. What is filled out of a storage is not counted."""


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


class Judging:
    """The whole of it. Raises `StateError`, and whatever a message does to us."""

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
        if found.gateways:
            changed, crowd = Gateways(self._within, self._network).tell(found.gateways)
            found.foreign += self._about(changed)
            found.refuse("crowd", crowd)
        foreign = Foreigners(self._states, self._book).chosen(found)
        sensors = {one[0].key for one in found.uplinks} | {one[0].key for one in found.batteries}
        # First of all: who holds a sensor's state has the sensor, until all that came of it is committed.
        self._held = self._states.hold(sensors | {key(alert) for alert, _ in foreign})
        kept = self._hear(found)
        for station, news in found.batteries:
            heard = battery(station, self._state(station.key), news, self._now, settled=True)
            self._note(station.key, station, heard)
        for alert, rule in foreign:
            before = self._state(key(alert))
            heard = hear_foreign(rule, before, alert, self._now)
            if heard.happened or before is not None:  # the end of what nobody heard of leaves nothing behind
                self._note(key(alert), None, heard)
        self._uplinks.keep(kept)
        self._states.put([self._row(sensor) for sensor in self._stations], self._held)
        alarms = Alarms(self._within, self._network, self._book, self._now)
        alarms.apply(self._happened)
        for sender, beyond in UnknownDevices(self._within, self._network).note(list(found.unknown.values())).items():
            found.counted[sender, "unknown_beyond"] += beyond
        SenderStates(self._within, self._network).count(found.counted, self._now)
        twice = sum(count for (_, what), count in found.counted.items() if what == "twice")
        return Taken(len(kept), twice, alarms.sayings)

    def _about(self, gateways: list[GatewayRow]) -> list[ForeignAlert]:
        """Gateways that came or went, for whoever looks after them."""
        if GATEWAY_DOWN not in self._book.rules:
            return []
        return [
            ForeignAlert(
                one.sender,
                f"gateway/{one.gateway}",
                GATEWAY_DOWN,
                not one.online,
                one.since,
                one.since,
                summary=one.gateway,
            )
            for one in gateways
        ]

    def _hear(self, found: Sorted) -> list[Kept]:
        """The uplinks that did not come before."""
        known = self._uplinks.among(self._doubtful(found))
        counted, kept = found.counted, []
        newcomers: list[tuple[str, str]] = []  # an entry came for them: nobody has to write one any more
        for station, uplink, word in found.uplinks:
            before = known.setdefault((station.key, word), [])
            if any(is_same(uplink.at, at) for at in before):
                counted[uplink.sender, "twice"] += 1
                continue
            state = self._state(station.key)
            if not uplink.filled and _floods(state, uplink):
                found.refuse("too_often", {uplink.sender: 1})
                continue
            before.append(uplink.at)
            if state is None:
                newcomers.append((uplink.sender, uplink.device.key))
            missing = state.missing if state is not None else 0
            heard = hear(station, state, uplink, self._now, settled=not uplink.filled)
            if not uplink.filled:
                _count_hour(heard.state, uplink)
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
        UnknownDevices(self._within, self._network).drop(newcomers)
        return kept

    def _doubtful(self, found: Sorted) -> dict[str, list[Span]]:
        """Where what may have come before has to be looked for: by sensor, from when to when.

        What is newer than all, with a counter beyond the newest's, did not: for next to all there is no look-up.
        """
        tips: dict[str, tuple[float, str, int]] = {}
        spans: dict[str, list[Span]] = {}
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
            some = spans.setdefault(sensor, [])  # in the order of their moments
            first = some.pop()[0] if some and some[-1][1] >= at - WITHIN else at - WITHIN
            some.append((first, at + WITHIN))
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
        if station is None:
            then = due_foreign(self._book, state, self._now, self._now)
        else:
            then = due(station, state, _HEARD, self._now)
        if before is not None and before.due is not None and (then is None or then > before.due):
            then = before.due  # one look too many is cheaper than moving it with every uplink
        return SensorRow(sensor, then, self._now, encode(state))


def _hour(uplink: Uplink) -> int:
    return int(uplink.received.timestamp() // 3600)


def _floods(state: SensorState | None, uplink: Uplink) -> bool:
    """Whether so many came of this device within the hour that further ones would only fill the disk."""
    return state is not None and state.hour == _hour(uplink) and state.in_hour >= MOST_AN_HOUR


def _count_hour(state: SensorState, uplink: Uplink) -> None:
    hour = _hour(uplink)
    if state.hour != hour:
        state.hour, state.in_hour = hour, 0
    state.in_hour += 1
