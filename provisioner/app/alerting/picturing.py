"""What follows the words, by a thread of its own: pictures of the last hours below critical alerts, and open ears.

It never holds up a word. What a server's limit (20 in 10 minutes) does not let through in time is left out, for a
picture that comes late says nothing. While a server says how long it has enough, nothing is asked of it: neither is it
when this process began anew, for what was shown is counted in the database. Showing one twice does no harm (see
`Talks.show`): so those whose words went shortly before this process began are wished for again. Old pictures go.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from provisioner.alerts.amounts import amount, clock
from provisioner.alerts.book import Book, Station
from provisioner.app.alerting.charts import Chart, Point, can_draw, draw
from provisioner.app.alerting.glances import Glances
from provisioner.app.alerting.mouths import Floor, Mouth, Place, reference_of
from provisioner.app.alerting.pruning import OldPictures, pictures_of
from provisioner.app.alerting.wordings import Wordings
from provisioner.app.site import Site
from provisioner.messages.plain import plain
from provisioner.model.alerts import Rule, SayingKind, Threshold
from provisioner.model.errors import Permanent, ReadiError, Transient
from provisioner.model.sensors import Quantity
from provisioner.model.text import Text
from provisioner.state import AlertOutbox, Said, SaidState, Uplinks, Within
from provisioner.texts import Language

_log = logging.getLogger(__name__)

SPAN: Final = timedelta(hours=12)
_LONGEST_SPAN: Final = timedelta(days=3)
_FEWEST: Final = 24
"""Of a sensor that reports seldom so many intervals are drawn, if they lie within the longest span."""
TOO_LATE: Final = timedelta(minutes=15)
_PAUSE: Final = timedelta(seconds=30)
_MOST: Final = 100
"""Pictures that are waited for; of a storm with more the first are left out."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """A picture that is to be shown below a message."""

    said: Said
    place: Place
    message: int
    since: datetime
    not_before: datetime


class Picturing:
    """Of one network. Either `start` it, or call `turn` by yourself."""

    def __init__(self, site: Site, floor: Floor, glances: Glances, wordings: Wordings) -> None:
        self._site, self._floor, self._glances, self._wordings = site, floor, glances, wordings
        self._wishes: deque[_Wish] = deque(maxlen=_MOST)
        bridge = site.section.bridge
        self._bot = bridge.bot.name if bridge is not None and bridge.bot is not None else None
        self._full_until: dict[str, datetime] = {}
        """By target: when it takes anything again."""
        self._old = OldPictures(site.network, site.clock, floor.targets)
        self._heard: set[Place] = set()
        self._deaf: deque[Place] = deque()
        """Conversations in which the bot has yet to be enabled, once a process."""
        self._awake, self._ending = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, with what was said shortly before. Raises `StateError`."""
        self._ending.clear()
        now = self._site.clock.now()
        latest = AlertOutbox(self._site.database, self._site.network).latest(SaidState.SENT)
        shown = {one.about.get("of") for one in latest if one.kind is SayingKind.PICTURE}
        for said in reversed(latest):
            is_fresh = said.created is not None and now - TOO_LATE < said.created <= now and said.id not in shown
            if said.picture and is_fresh and said.target and said.conversation and said.message:
                self.add(said, Place(said.target, said.conversation), said.message)
        self._thread = threading.Thread(target=self._run, name="readi-alerts-pictures", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; what is being shown is shown. Idempotent."""
        self._ending.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def add(self, said: Said, place: Place, message: int) -> None:
        """Its words stand there, in this message: a picture is to follow."""
        now = self._site.clock.now()
        self._wishes.append(_Wish(said, place, message, now, now))
        self._awake.set()

    def hear(self, place: Place) -> None:
        """Something was said there: people's answers are to be heard."""
        if self._bot is not None and place not in self._heard:
            self._heard.add(place)
            self._deaf.append(place)
            self._awake.set()

    def turn(self) -> int:
        """Show what is due in this very thread, and tidy up; how many were shown."""
        with Mouth(self._site, self._floor) as mouth:
            count = self._turn(mouth)
            self._tidy(mouth)
            return count

    def _run(self) -> None:
        with Mouth(self._site, self._floor) as mouth:
            while not self._ending.is_set():
                self._awake.clear()
                self._turn(mouth)
                pause = self._tidy(mouth)
                self._awake.wait(_PAUSE.total_seconds() if self._wishes else pause)

    def _turn(self, mouth: Mouth) -> int:
        count = 0
        while self._deaf and not self._ending.is_set():
            self._listen(mouth, self._deaf.popleft())
        for _ in range(len(self._wishes)):
            if self._ending.is_set() or not self._wishes:
                break
            wish, now = self._wishes.popleft(), self._site.clock.now()
            if not wish.since - TOO_LATE < now < wish.since + TOO_LATE:
                continue
            if now < max(wish.not_before, self._full_until.get(wish.place.target, now)):
                self._wishes.append(wish)
                continue
            count += self._show(mouth, wish, now)
        return count

    def _tidy(self, mouth: Mouth) -> float:
        try:
            return self._old.turn(mouth, self._glances.now().book.policy.picture_days)
        except ReadiError as error:  # registry or database can't be read at this moment
            _log.warning("old pictures not looked at", extra={"network": self._site.network, "why": error.text.code})
        except Exception as fault:  # noqa: BLE001 - new pictures are to be shown all the same
            _log.error("old pictures not looked at", extra={"fault": type(fault).__name__})
        return _PAUSE.total_seconds()

    def _listen(self, mouth: Mouth, place: Place) -> None:
        try:
            if self._bot is not None and not mouth.listen(place, self._bot):
                _log.warning("no such bot", extra={"network": self._site.network, "target": place.target})
        except ReadiError as error:
            self._heard.discard(place)  # the next message there is the next try
            _log.warning("bot not enabled", extra={"network": self._site.network, "why": error.text.code})

    def _show(self, mouth: Mouth, wish: _Wish, now: datetime) -> bool:
        said = wish.said
        try:
            made = self._drawn(said, now)
            if made is None:
                return False
            picture, caption = made
            reference = reference_of(self._site.network, said, "picture")
            name = f"{pictures_of(self._site.network)}{said.id}.png"
            shown = mouth.show(wish.place, picture, name, reference, caption, wish.message)
            self._write_down(said, wish.place, shown, caption, now)
        except Permanent as error:
            _log.warning("picture not shown", extra={"saying": said.id, "why": error.text.code})
            return False
        except ReadiError as error:  # shown twice it stands there once: so whatever it was, again
            if isinstance(error, Transient) and error.retry_after is not None:  # all that is for that server waits
                wait = min(error.retry_after, TOO_LATE.total_seconds())
                self._full_until[wish.place.target] = now + timedelta(seconds=wait)
            self._wishes.append(_Wish(said, wish.place, wish.message, wish.since, now + _PAUSE))
            _log.info("picture waits", extra={"saying": said.id, "why": error.text.code})
            return False
        except Exception as fault:  # noqa: BLE001 - one that can't be drawn holds up none behind it
            _log.error("picture that can't be shown", extra={"saying": said.id, "fault": type(fault).__name__})
            return False
        return True

    def _write_down(self, said: Said, place: Place, message: int, caption: str, now: datetime) -> None:
        """It is a message of the alert as its words are: people react to what stands last."""
        with self._site.database.writing() as connection:
            outbox = AlertOutbox(Within(connection), self._site.network)
            if not outbox.of_message(place.conversation, message):
                key = outbox.add(said.alert, SayingKind.PICTURE, said.body, {"text": caption, "of": said.id}, now)
                outbox.sent([(key, place.target, place.conversation, message)], now)

    def _drawn(self, said: Said, now: datetime) -> tuple[bytes, str] | None:
        """The picture, and what it shows in words; None: there is nothing to draw."""
        (_, book, language), rule = self._glances.now(), self._wordings.rule_of(said)
        first: Mapping[str, Any] = next(iter(said.about.get("members") or ()), {})
        station = book.station(str(first.get("sensor", "")))
        if rule is None or station is None or not can_draw():
            return None
        quantity = station.model.quantities.get(str(first.get("quantity", "")))
        if quantity is None:
            return None
        points = self._points(station, quantity, now)
        if len(points) < 2:
            return None
        limits = _limits(rule)
        title = f"{plain(rule.name)}: {plain(station.name)}"
        chart = Chart(title, quantity.label or quantity.name, quantity.unit, quantity.decimals, points, limits)
        caption = self._caption(book, language, station, quantity, points, limits)
        return draw(chart, book.zone, language), caption

    def _points(self, station: Station, quantity: Quantity, now: datetime) -> tuple[Point, ...]:
        span = SPAN if station.interval is None else min(max(SPAN, station.interval * _FEWEST), _LONGEST_SPAN)
        kept = Uplinks(self._site.database, self._site.network)
        return tuple(kept.series(station.key, quantity.name, now - span, now + timedelta(seconds=1)))

    def _caption(
        self,
        book: Book,
        language: Language,
        station: Station,
        quantity: Quantity,
        points: tuple[Point, ...],
        limits: tuple[float, ...],
    ) -> str:
        """For whoever does not see the picture it says the same."""
        values = [value for _, value in points]
        said = Text.of(
            "alerting.picture_caption",
            quantity=plain(quantity.label or quantity.name),
            place=plain(station.name),
            begin=clock(points[0][0].timestamp(), book.zone, language),
            first=amount(values[0], quantity, language),
            last=amount(values[-1], quantity, language),
            highest=amount(max(values), quantity, language),
            lowest=amount(min(values), quantity, language),
        )
        lines = [self._wordings.say(said)]
        if limits:
            shown = ", ".join(amount(limit, quantity, language) for limit in limits)
            lines.append(self._wordings.say(Text.of("alerting.picture_limits", count=len(limits), limits=shown)))
        return " ".join(lines)


def _limits(rule: Rule) -> tuple[float, ...]:
    if not isinstance(rule.test, Threshold):
        return ()
    every = (level.above if level.above is not None else level.below for level in rule.test.levels)
    return tuple(limit for limit in every if limit is not None)
