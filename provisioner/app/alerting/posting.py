"""The poster: takes what is to be said of alerts out of the outbox and says it, each conversation by itself.

One bookkeeper writes to the database: what became of messages and what is taken next, in one transaction a round. The
crew does nothing but speak, each with connections of its own that stay open. So no message waits for another
conversation's, and none for the clock: whoever puts something into the outbox wakes the bookkeeper.
"""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from provisioner.app.alerting.books import Books, HasBook
from provisioner.app.alerting.crew import WORKERS, Crew
from provisioner.app.alerting.glances import Glances
from provisioner.app.alerting.lanes import Brake, Lanes
from provisioner.app.alerting.letters import Letters
from provisioner.app.alerting.mouths import AFTER_REFUSED, Floor, Mouth, Place, reference_of
from provisioner.app.alerting.picturing import Picturing
from provisioner.app.alerting.wordings import Wordings
from provisioner.app.letters.noticing import notice_unsaid
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.model.alerts import SayingKind
from provisioner.model.errors import LoginRefused, OutcomeUnknown, Permanent, ReadiError, Transient
from provisioner.model.offers import Message
from provisioner.model.ports import Clock
from provisioner.model.text import Text
from provisioner.state import AWAITED, AlertOutbox, Said, Within

_log = logging.getLogger(__name__)

LONGEST_SLEEP: Final = 1.0
"""Seconds after which the bookkeeper looks without having been woken: for what was put off, and what another process
put down where the database tells nobody of it (`provisioner.state.waking`)."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What came of one message: where it stands, or why it does not (or nobody knows)."""

    said: Said
    place: Place | None = None
    message: int = 0
    error: ReadiError | None = None
    again_at: datetime | None = None
    """When it is tried again; None beside an error: never."""
    took: float = 0.0
    """Seconds."""


class Poster:
    """Of one network; one in the whole installation, for whoever leads. `start` it, or call `turn` by yourself."""

    def __init__(
        self, site: Site, pictures: Pictures, books: HasBook | None = None, clock: Clock | None = None
    ) -> None:
        """Raises `SettingsError`."""
        self._site, self._pictures, self._clock = site, pictures, clock or site.clock
        self._glances = Glances(pictures, books or Books(pictures), self._clock)
        self._floor = Floor(site)
        self._lanes = Lanes()
        self._wordings = Wordings(site, self._glances)
        self._letters = Letters(site, self._glances, self._floor)
        self._picturing = Picturing(site, self._floor, self._glances, self._wordings)
        self._crew = Crew(lambda: Mouth(site, self._floor), self._say, self._clock)
        self._spoken: queue.SimpleQueue[_Spoken] = queue.SimpleQueue()
        self._unwritten: list[_Spoken] = []
        self._in_hand: set[int] = set()
        """Sayings that were taken, and of which nothing came yet."""
        self._unsettled = True
        self._awake, self._ending = threading.Event(), threading.Event()
        self._bookkeeper: threading.Thread | None = None

    def start(self) -> None:
        """Begin to say what waits; comes back at once."""
        self._ending.clear()
        self._bookkeeper = threading.Thread(target=self._keep_books, name="readi-alerts-books", daemon=True)
        self._bookkeeper.start()
        self._picturing.start()

    def tell_to_stop(self) -> None:
        """Take nothing more; wait for nothing yet."""
        self._ending.set()
        self._awake.set()

    def stop(self) -> None:
        """End: what is being said is said to its end, and written down. Idempotent. Raises `StateError`."""
        self.tell_to_stop()
        if self._bookkeeper is not None:
            self._bookkeeper.join()
            self._bookkeeper = None
        for said in self._crew.end():
            self._spoken.put(_Spoken(said, error=Transient(Text.of("alerting.not_begun"))))
        self._picturing.stop()
        try:
            self._round(0)
        finally:
            self._floor.leave()

    def wake(self) -> None:
        """There is something new in the outbox."""
        self._awake.set()

    def turn(self, limit: int = 100) -> int:
        """Say what is due in this very thread, pictures too; how many messages were tried.

        Raises `StateError` (also when somebody else speaks), `SettingsError`.
        """
        count = 0
        with Mouth(self._site, self._floor) as mouth:
            while taken := self._round(min(WORKERS, limit - count)):
                for said in taken:
                    self._spoken.put(self._speak(mouth, said))
                count += len(taken)
        self._picturing.turn()
        return count

    def _keep_books(self) -> None:
        while not self._ending.is_set():
            self._awake.clear()
            try:
                self._hand_out()
            except ReadiError as error:  # the database is busy, or somebody else speaks: tried again
                _log.warning("alerts not said", extra={"network": self._site.network, "why": error.text.code})
            except Exception as fault:  # noqa: BLE001 - whatever it is, the next round may go well
                what = {"network": self._site.network, "fault": type(fault).__name__}
                _log.error("alerts not said", extra=what)
            now = self._clock.now()
            turn = self._lanes.next_turn(now)
            self._awake.wait(LONGEST_SLEEP if turn is None else min(LONGEST_SLEEP, (turn - now).total_seconds()))

    def _hand_out(self) -> None:
        """What came back is written down, and all is given out that somebody has time for."""
        wanted, found = 1, 1
        while 0 < wanted <= found:
            wanted = self._crew.room()
            taken = self._round(wanted)
            for said in taken:
                self._crew.give(said, is_slow=self._lanes.is_slow(said.body))
            self._crew.look()
            found = len(taken)

    def _say(self, mouth: Mouth, said: Said) -> None:
        self._spoken.put(self._speak(mouth, said))
        self._awake.set()

    def _round(self, most: int) -> list[Said]:
        """Write down what came of what was said, and take what is said next: no more than ``most``."""
        self._drain()
        is_new = self._floor.take()
        self._unsettled |= is_new
        if self._unsettled:
            AlertOutbox(self._site.database, self._site.network).settle(self._clock.now(), but=self._in_hand)
            self._unsettled = False
        if most <= 0 and not self._unwritten:
            return []
        now = self._clock.now()
        with self._site.database.writing() as connection:
            within = Within(connection)
            outbox = AlertOutbox(within, self._site.network)
            self._write_down(within, outbox, now)
            closed, braked = self._lanes.closed(now), self._lanes.braked(now)
            taken = outbox.take(closed, now, most, braked=braked) if most > 0 else []
            taken = [self._gathered(outbox, said, now) for said in taken]
            for said in taken:
                self._letters.post(within, said, now)
        written, self._unwritten = self._unwritten, []
        for said in taken:
            self._lanes.take(said.body)
            self._in_hand.update(_ids(said))
        for body in sorted({one.said.body for one in written if one.error is not None and one.again_at is None}):
            self._notice(body)
        return taken

    def _notice(self, body: str) -> None:
        """Whoever looks after the bridge is told; what was taken meanwhile is said, whatever comes of that."""
        try:
            notice_unsaid(self._site, self._pictures.now(), body)
        except ReadiError as error:
            _log.warning("nobody told of what is unsaid", extra={"body": body, "why": error.text.code})

    def _drain(self) -> None:
        """What workers brought back: whose turn it is now."""
        now = self._clock.now()
        while not self._spoken.empty():
            spoken = self._spoken.get()
            said, error = spoken.said, spoken.error
            self._in_hand.difference_update(_ids(said))
            self._lanes.answered(said.body, after=spoken.took)
            if error is None:
                self._lanes.went(said.body, now, count=1 + len(said.gathered), counts=said.kind not in AWAITED)
                self._lanes.brake(said.body, now, self._glances.now().book.policy.storm)
                if spoken.place is not None:
                    self._picturing.hear(spoken.place)
                    if said.picture and not said.gathered:
                        self._picturing.add(said, spoken.place, spoken.message)
            elif isinstance(error, Permanent):
                self._lanes.passed(said.body)
                self._floor.forget_places()
            else:
                wait = AFTER_REFUSED if isinstance(error, LoginRefused) else getattr(error, "retry_after", None)
                spoken = replace(spoken, again_at=self._lanes.failed(said.body, now, wait))
            self._unwritten.append(spoken)

    def _write_down(self, within: Within, outbox: AlertOutbox, now: datetime) -> None:
        """What came of what was said since the last round."""
        went: list[tuple[int, str, str, int]] = []
        for spoken in self._unwritten:
            said, place, error = spoken.said, spoken.place, spoken.error
            ids = _ids(said)
            if error is None and place is not None:
                went += [(one, place.target, place.conversation, spoken.message) for one in ids]
            elif error is not None and spoken.again_at is not None:
                may_have_gone = said.may_have_gone or isinstance(error, OutcomeUnknown)
                outbox.again(said.id, error.text.code, spoken.again_at, now, may_have_gone=may_have_gone)
            elif error is not None:
                outbox.refused(ids, error.text.code, now)
                self._letters.post_to_all(within, said, now)
        if went:
            outbox.sent(went, now)

    def _gathered(self, outbox: AlertOutbox, said: Said, now: datetime) -> Said:
        """With all that waits behind it, where a conversation would be told too much."""
        if said.gathered or said.may_have_gone or said.kind in AWAITED:
            return said
        if self._lanes.brake(said.body, now, self._glances.now().book.policy.storm) is Brake.FREE:
            return said
        others = [one for one in outbox.waiting_in(said.body, now) if one.kind not in AWAITED and not one.tries]
        if others:
            outbox.gather(said.id, [one.id for one in others], now)
        return replace(said, gathered=tuple(others))

    def _speak(self, mouth: Mouth, said: Said) -> _Spoken:
        begun = self._clock.monotonic()
        spoken = self._tried(mouth, said)
        return replace(spoken, took=self._clock.monotonic() - begun)

    def _tried(self, mouth: Mouth, said: Said) -> _Spoken:
        try:
            place = self._floor.place_of(said.body)
            if place is None:
                raise Permanent(Text.of("messages.no_conversation"))
            every = (said, *said.gathered)
            message = Message(
                self._wordings.of(said),
                reference_of(self._site.network, said),
                self._answers(said, place),
                calls=any(one.calls for one in every),
                silent=all(one.silent for one in every),
                not_again_since=said.may_have_gone_since,
            )
            return _Spoken(said, place, mouth.post(place, message))
        except ReadiError as error:
            why = {"network": self._site.network, "saying": said.id, "why": error.text.code}
            _log.warning("alert not said", extra=why)
            return _Spoken(said, error=error)
        except Exception as fault:  # noqa: BLE001 - one that can't be worded holds up none behind it
            why = {"network": self._site.network, "saying": said.id, "fault": type(fault).__name__}
            _log.error("alert that can't be said", extra=why)
            return _Spoken(said, error=Permanent(Text.of("alerting.unspeakable")))

    def _answers(self, said: Said, place: Place) -> int | None:
        """The message that it answers: of an alert the first that was said of it in the same conversation."""
        if said.gathered or said.kind is SayingKind.FIRST:
            return None
        if said.alert is None:
            number = said.about.get("reply_to")
            return number if isinstance(number, int) else None
        first = AlertOutbox(self._site.database, self._site.network).first_message(said.alert, said.body)
        return first[2] if first is not None and first[:2] == place else None


def _ids(said: Said) -> list[int]:
    """Of all that is said in this message."""
    return [said.id, *(one.id for one in said.gathered)]
