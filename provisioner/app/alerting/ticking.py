"""What happens although nothing comes: silence, hours that begin, repeats, escalations. The leader's alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from provisioner.alerts.book import Book
from provisioner.alerts.bridge_rules import SENDER_SILENT
from provisioner.alerts.foreign import due_foreign, look_foreign
from provisioner.alerts.sensing import Circumstances, SensorState, decode, due, encode, look
from provisioner.app.alerting.alarms import Alarms
from provisioner.app.alerting.books import HasBook
from provisioner.app.alerting.judging import Judging
from provisioner.app.alerting.listening import Listening
from provisioner.app.alerting.sorting import of_news
from provisioner.model.alerts import Foreign, Happened
from provisioner.model.ports import Clock
from provisioner.model.sensors import ForeignAlert
from provisioner.state import (
    Alerts,
    AlertSilences,
    Database,
    GatewayRow,
    Gateways,
    SensorRow,
    SensorStates,
    Within,
)

AT_ONCE: Final = 500
"""Sensors, or alerts, in one transaction."""
UNHEARD: Final = timedelta(minutes=10)
"""After so long a broker that cannot be reached is told of."""
_LONGEST: Final = 5.0
"""Seconds until it looks again: what others commit may be due before."""
_SHORTEST: Final = 0.2
_SOONEST: Final = timedelta(seconds=1)
_BREAK: Final = timedelta(minutes=10)
"""Whoever did not look for so long did not listen either."""
_OLD: Final = timedelta(days=7)
"""So long an alert of somebody else's engine is remembered that is over."""


class Ticker:
    """Of one network. ``told``: called after a commit with something to say."""

    def __init__(
        self,
        database: Database,
        network: str,
        books: HasBook,
        clock: Clock,
        listening: Listening,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self._database, self._network, self._books, self._clock = database, network, books, clock
        self._listening, self._told = listening, told
        self._book: Book | None = None
        self._fills: dict[str, bool] = {}
        self._gaps = 0
        self._looked = self._unbroken = clock.now()
        self._unheard: dict[str, datetime] = {}
        self._told_of: dict[str, bool] = {}

    def turn(self) -> float:
        """Do all that is due; seconds until there may be more. Raises `SettingsError`, `StateError`."""
        book, now = self._books.now(), self._clock.now()
        states, alerts = SensorStates(self._database, self._network), Alerts(self._database, self._network)
        if now - self._looked > _BREAK:  # the machine slept, or the database was away: nothing could be heard
            self._unbroken = now
        if book is not self._book:
            self._begin(book)
        self._wake_filled(states)
        weather = self._weather(book)  # not before: of a gap that is filled from now on the next look tells
        self._watch_senders(book)
        since, self._looked = self._looked, now
        if AlertSilences(self._database, self._network).ended_since(since, now):
            alerts.wake(now)
        while keys := states.due(now, AT_ONCE):
            self._look(book, keys, weather)
        while self._tick(book) == AT_ONCE:
            pass
        coming = [then for then in (states.next_due(), alerts.next_due()) if then is not None]
        wait = min(((then - self._clock.now()).total_seconds() for then in coming), default=_LONGEST)
        return min(max(wait, _SHORTEST), _LONGEST)

    def _weather(self, book: Book) -> _Weather:
        return _Weather(self._listening, tuple(Gateways(self._database, self._network).all()), book)

    def _begin(self, book: Book) -> None:
        """Another book, or the first: everything is looked at, and who never sent is waited for from now on."""
        states, now = SensorStates(self._database, self._network), self._clock.now()
        known = {row.sensor for row in states.all()}
        new = [one.key for one in book.stations() if one.silence and one.key not in known]
        weather = self._weather(book)
        for start in range(0, len(new), AT_ONCE):
            self._look(book, new[start : start + AT_ONCE], weather)
        states.wake(now)
        with self._database.writing() as connection:
            within = Within(connection)
            Alarms(within, self._network, book, now).welcome()
            Alerts(within, self._network).wake(now)
        self._book = book

    def _wake_filled(self, states: SensorStates) -> None:
        """What filled gaps left to be told is told as soon as they are filled, or nobody fills them any more.

        A gap may be filled between two looks: so they are counted.
        """
        gaps, fills = self._listening.gaps(), dict(self._listening.snapshot())
        if gaps != self._gaps or any(before and not fills.get(sender) for sender, before in self._fills.items()):
            states.wake(self._clock.now())
        self._gaps, self._fills = gaps, fills

    def _watch_senders(self, book: Book) -> None:
        """Who looks after the bridge is told of a sender that cannot be heard, and when it can be again."""
        if SENDER_SILENT not in book.rules:
            return
        now = self._clock.now()
        news: list[ForeignAlert] = []
        for sender in sorted(self._listening.brokers):
            if self._listening.since(sender) is not None:
                self._unheard.pop(sender, None)
                fires = False
            else:
                fires = now - self._unheard.setdefault(sender, now) >= UNHEARD
            if self._told_of.get(sender) is not fires:
                self._told_of[sender] = fires
                began = self._unheard.get(sender, now)
                news.append(ForeignAlert(sender, f"sender/{sender}", SENDER_SILENT, fires, now, began, summary=sender))
        if news:
            with self._database.writing() as connection:
                taken = Judging(connection, self._network, book, now).take(of_news(news, book))
            if taken.sayings:
                self._told()

    def _look(self, book: Book, keys: Sequence[str], weather: _Weather) -> None:
        now = self._clock.now()
        happened: list[Happened] = []
        with self._database.writing() as connection:
            within = Within(connection)
            states = SensorStates(within, self._network)
            held = states.hold(keys)
            rows: list[SensorRow] = []
            gone: list[str] = []
            for key in sorted(keys):
                row = held.get(key, SensorRow(key, None, None, ""))
                state = decode(row.about) if row.about else None
                station = book.station(key)
                if station is None:
                    then = _until(book, key, state, row, now)
                    if state is not None:
                        since = self._hears_since(key.partition(":")[0])
                        heard = look_foreign(book, key, state, now, since)
                        happened += heard.happened
                        row = replace(row, about=encode(heard.state))
                        then = min(filter(None, (then, due_foreign(book, state, now, since))), default=None)
                    if then is None:
                        gone.append(key)
                    else:
                        rows.append(replace(row, due=max(then, now + _SOONEST)))
                    continue
                sender = station.sensor.sender or (state.sender if state is not None else "") or None
                circumstances = weather.of(sender)
                heard = look(station, state, now, circumstances)
                happened += heard.happened
                then = due(station, heard.state, circumstances, now)
                then = None if then is None else max(then, now + _SOONEST)
                rows.append(SensorRow(key, then, row.heard, encode(heard.state)))
            states.put(rows, held)
            states.forget(gone)
            alarms = Alarms(within, self._network, book, now)
            alarms.apply(happened)
        if alarms.sayings:
            self._told()

    def _hears_since(self, sender: str) -> datetime | None:
        """Since when we would have heard of an alert of this sender; None: we would not.

        One that the settings name no more says nothing again for as long as we run.
        """
        if sender not in self._listening.snapshot():
            return self._unbroken
        since = self._listening.since(sender)
        return None if since is None else max(since, self._unbroken)

    def _tick(self, book: Book) -> int:
        with self._database.writing() as connection:
            alarms = Alarms(Within(connection), self._network, book, self._clock.now())
            count = alarms.look(AT_ONCE)
        if alarms.sayings:
            self._told()
        return count


def _until(book: Book, key: str, state: SensorState | None, row: SensorRow, now: datetime) -> datetime | None:
    """Until when something is remembered that is no station; None: no longer."""
    registry, later = book.registry, now + _OLD
    if not registry.alerting_complete or f"sensors/{key.partition('/')[0]}" in registry.alerting_blocked:
        return later  # nobody knows whether it is gone
    watching = [] if state is None else [book.rules.get(rule) for rule in state.watches]
    if any(rule is not None and isinstance(rule.test, Foreign) for rule in watching):
        return later
    # A sensor that was taken out and comes back begins anew; of others' alerts the end is remembered for a while.
    heard = row.heard
    return None if watching or heard is None or heard + _OLD <= now else heard + _OLD


class _Weather:
    """Circumstances by sender, for one turn."""

    def __init__(self, listening: Listening, gateways: tuple[GatewayRow, ...], book: Book) -> None:
        self._listening = listening
        self._gateways = gateways if book.policy.gateway_silence else ()
        self._known: dict[str | None, Circumstances] = {}

    def of(self, sender: str | None) -> Circumstances:
        found = self._known.get(sender)
        if found is None:
            found = self._known[sender] = self._listening.circumstances(sender, self._gateways)
        return found
