"""Messages that were kept, played again on virtual time: when would which rule fire, and what would be said?"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from provisioner.alerts.alerting import Advanced, AlertState, Saying, advance, tick
from provisioner.alerts.book import Book, Station
from provisioner.alerts.sensing import Circumstances, Heard, SensorState, battery, due, hear, look
from provisioner.model.alerts import Happened
from provisioner.model.sensors import BatteryNews, Uplink

Told = Uplink | BatteryNews
"""What a sensor said."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One thing that would have happened, or been said to a body."""

    at: datetime
    happened: Happened | None = None
    saying: Saying | None = None
    body: str = ""
    rule: str = ""
    undecided: frozenset[str] = frozenset()
    """Quantities that are too old for the rule's expression, or were never told: it kept its state."""
    sensor: str = ""
    """Whose."""


def replay(
    book: Book, news: Iterable[Told], *, only: str | None = None, until: datetime | None = None
) -> Iterator[Replayed]:
    """In the order of the measurements, as if each had come in its moment. ``only``: one rule's id.

    ``until``: so long time goes on after the last (silence, repeats); None: it ends with it. Devices that the book does
    not know are passed over.
    """
    ordered = sorted(news, key=lambda one: one.at)
    if not ordered:
        return
    playing = _Playing(book, ordered[0].at, only)
    for one in ordered:
        yield from playing.pass_time(one.at)
        yield from playing.hear(one)
    if until is not None:
        yield from playing.pass_time(until)


class _Playing:
    def __init__(self, book: Book, begin: datetime, only: str | None) -> None:
        self._book, self._only = book, only
        self._circumstances = Circumstances(listening_since=begin)
        self._sensors: dict[str, tuple[Station, SensorState]] = {}
        self._alerts: dict[tuple[str, str], AlertState] = {}
        self._due: dict[object, datetime] = {}
        self._undecided: dict[str, Mapping[str, frozenset[str]]] = {}

    def hear(self, news: Told) -> Iterator[Replayed]:
        station = self._book.sensor(news.sender, news.device)
        if station is None:
            return
        _, state = self._sensors.get(station.key, (station, None))
        if isinstance(news, BatteryNews):
            heard = battery(station, state, news, news.at, settled=True)
        else:
            heard = hear(station, state, replace(news, received=news.at, filled=False), news.at, settled=True)
            yield from self._kept(station, heard, news.at)
        yield from self._heard(station, heard, news.at)

    def _kept(self, station: Station, heard: Heard, now: datetime) -> Iterator[Replayed]:
        """Expressions that could not be decided; once for as long as nothing of it changes."""
        before = self._undecided.get(station.key, {})
        for rule, names in heard.undecided.items():
            if self._only in (None, rule) and before.get(rule) != names:
                yield Replayed(now, rule=rule, undecided=names, sensor=station.key)
        self._undecided[station.key] = heard.undecided

    def pass_time(self, until: datetime) -> Iterator[Replayed]:
        """Everything whose time comes before then, one after the other."""
        while self._due:
            key, moment = min(self._due.items(), key=lambda one: one[1])
            if moment > until:
                return
            del self._due[key]
            if isinstance(key, tuple):
                body, rule = key
                advanced = tick(self._book, rule, body, self._alerts[body, rule], moment)
                yield from self._advanced(body, rule, advanced, moment)
            else:
                station, state = self._sensors[str(key)]
                yield from self._heard(station, look(station, state, moment, self._circumstances), moment)

    def _heard(self, station: Station, heard: Heard, now: datetime) -> Iterator[Replayed]:
        self._sensors[station.key] = station, heard.state
        self._set_due(station.key, due(station, heard.state, self._circumstances, now))
        for turn in heard.happened:
            if self._only in (None, turn.rule):
                yield Replayed(now, happened=turn, rule=turn.rule)
                for body in self._book.bodies(self._book.rules[turn.rule], station):
                    advanced = advance(self._book, turn.rule, self._alerts.get((body, turn.rule)), [turn], now)
                    if advanced is not None:
                        yield from self._advanced(body, turn.rule, advanced, now)

    def _advanced(self, body: str, rule: str, advanced: Advanced, now: datetime) -> Iterator[Replayed]:
        key = body, rule
        if advanced.closed is None:
            self._alerts[key] = advanced.state
            self._set_due(key, advanced.due)
        else:
            self._alerts.pop(key, None)
            self._due.pop(key, None)
        for saying in advanced.sayings:
            yield Replayed(max(now, saying.not_before or now), saying=saying, body=body, rule=rule)

    def _set_due(self, key: object, moment: datetime | None) -> None:
        if moment is None:
            self._due.pop(key, None)
        else:
            self._due[key] = moment
