"""Reactions, and what was said while nobody heard: read from Talk itself.

The bot calls once and never again, and does not tell who reacted. So a call about a reaction is a hint to look at that
message; and at the beginning, and now and then, all that goes on is looked at: messages of ours since somebody last had
the alert, and what people wrote below them. What was seen to already is known by its number, and does nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from provisioner.alerts.alerting import decode_alert
from provisioner.alerts.commands import CommandKind
from provisioner.app.alerting.alarms import Alarms
from provisioner.app.alerting.books import HasBook
from provisioner.app.alerting.bot_calls_noted import CallsNoted
from provisioner.app.alerting.bot_events import Reacted, Wrote
from provisioner.app.alerting.hearing import Hearing, is_yes
from provisioner.app.alerting.mouths import Floor, Mouth
from provisioner.app.alerting.people import Listener, has_a_say
from provisioner.app.alerting.taking import taken_until
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.model.alerts import SayingKind
from provisioner.model.errors import LoginRefused, Permanent, ReadiError, StateError, TargetError
from provisioner.state import AlertOutbox, AlertRow, Alerts, Said, Within

_log = logging.getLogger(__name__)

EVERY: Final = 300.0
"""Seconds between two looks at all that goes on."""
MOST: Final = 200
"""Messages that one such look reads the reactions of: the newest."""
_OF_ONE: Final = 5
"""Messages of one alert, likewise."""
_TRIES: Final = 5
_PAUSE: Final = 5.0
"""How often a hint is looked at while the target can't be read, and seconds in between."""
_LATE: Final = frozenset({CommandKind.TAKE, CommandKind.BACK, CommandKind.MUTE, CommandKind.UNMUTE})
"""Commands that are obeyed late; who asked for help or the state of things an hour ago waits for no answer."""


@dataclass
class _Hint:
    """Somebody reacted there."""

    conversation: str
    message: int
    is_undo: bool
    tries: int = 0


class CatchingUp:
    """Of one network: `start` it wherever the bot calls, to look at hints; who leads calls `turn` besides."""

    def __init__(self, site: Site, pictures: Pictures, books: HasBook, told: Callable[[], None] = lambda: None) -> None:
        """``told``: called after a commit with something to say. Raises `SettingsError`."""
        self._site, self._pictures, self._books, self._told = site, pictures, books, told
        self._floor = Floor(site)
        self.hearing = Hearing(site, pictures, books, self._floor.accounts, told, self.hint, self._called)
        self._calls = CallsNoted(site)
        self._listener = Listener(site.database, site.network, self._floor.targets)
        self._hints: list[_Hint] = []
        self._changing = threading.Lock()
        self._read: dict[str, int] = {}
        """How far a conversation was read, by its messages' numbers."""
        self._awake, self._ending = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look at hints."""
        self._ending.clear()
        self._thread = threading.Thread(target=self._run, name="readi-alerts-hearing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End. Idempotent."""
        self._ending.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def hint(self, reacted: Reacted) -> None:
        """The bot told of a reaction to a message of ours."""
        with self._changing:
            for hint in self._hints:
                if (hint.conversation, hint.message) == (reacted.conversation, reacted.message):
                    hint.is_undo |= reacted.is_undo
                    break
            else:
                self._hints = [*self._hints[-MOST:], _Hint(reacted.conversation, reacted.message, reacted.is_undo)]
        self._awake.set()

    def look(self) -> int:
        """Look at what was hinted at, in this very thread; how many hints."""
        with Mouth(self._site, self._floor) as mouth:
            return self._look(mouth)

    def turn(self) -> float:
        """Look at all that goes on, in this very thread; seconds until the next time. Raises `StateError`."""
        alerts = Alerts(self._site.database, self._site.network)
        begins: dict[str, int] = {}
        looked: list[tuple[str, int]] = []
        for row in alerts.going_on():
            messages = self._messages(row)
            for conversation, message in messages:
                begins[conversation] = min(message, begins.get(conversation, message))
            if decode_alert(row.about).taken is None:
                looked += messages[-_OF_ONE:]
        with Mouth(self._site, self._floor) as mouth:
            for conversation, message in sorted(set(looked), key=lambda one: one[1])[-MOST:]:
                self._try(mouth, _Hint(conversation, message, is_undo=False))
            for conversation, message in begins.items():
                self._read_on(mouth, conversation, message)
        self._read = {one: self._read[one] for one in begins if one in self._read}
        return EVERY

    def _run(self) -> None:
        with Mouth(self._site, self._floor) as mouth:
            while not self._ending.is_set():
                self._awake.clear()
                self._look(mouth)
                self._awake.wait(_PAUSE if self._hints else None)

    def _called(self) -> None:
        if self._calls.called():
            self._awake.set()

    def _look(self, mouth: Mouth) -> int:
        try:
            self._calls.note()
        except StateError as error:
            self._log(error)
        with self._changing:
            hints, self._hints = self._hints, []
        again: list[_Hint] = []
        for hint in hints:
            if not self._try(mouth, hint) and hint.tries < _TRIES:
                hint.tries += 1
                again.append(hint)
        with self._changing:
            self._hints = again + self._hints
        return len(hints)

    def _messages(self, row: AlertRow) -> list[tuple[str, int]]:
        """(conversation, message) of what was said of it since somebody had it last: what is older was answered."""
        found: list[tuple[str, int]] = []
        for said in AlertOutbox(self._site.database, self._site.network).of_alert(row.id):
            if said.kind is SayingKind.TAKEN:
                found.clear()
            elif said.conversation is not None and said.message is not None:
                found.append((said.conversation, said.message))
        return found

    def _try(self, mouth: Mouth, hint: _Hint) -> bool:
        """False: the target, or the database, can't be asked at this moment."""
        try:
            place = self._listener.body_of(hint.conversation)
            if place is not None:
                target, body = place
                _, talks = mouth.talks(target)
                reactions = talks.reactions(hint.conversation, hint.message)
                self._apply(hint, target, body, reactions)
        except LoginRefused as error:
            mouth.lost(target)
            self._log(error)
            return False
        except ReadiError as error:
            self._log(error)
            return isinstance(error, Permanent)
        except Exception as fault:  # noqa: BLE001 - one that can't be worked with keeps no other from being looked at
            _log.error("reactions that can't be read", extra={"fault": type(fault).__name__})
        return True

    def _apply(self, hint: _Hint, target: str, body: str, reactions: Sequence[tuple[str, str]]) -> None:
        """Who has it is who reacted last, as far as that can be told; whoever had it before only if no other did.

        Who takes a reaction back gives back what they have by a reaction to that message, and nobody else's.
        """
        accounts = dict.fromkeys(account for emoji, account in reactions if is_yes(emoji))
        known = (self._listener.person_of(target, account) for account in accounts)
        picture, book, now = self._pictures.now(), self._books.now(), self._site.clock.now()
        people = [person for person in known if person is not None and has_a_say(picture, body, person)]
        until = taken_until(now, timedelta(hours=book.policy.taken_hours))
        with self._site.database.writing() as connection:
            within = Within(connection)
            alarms, alerts = Alarms(within, self._site.network, book, now), Alerts(within, self._site.network)
            outbox = AlertOutbox(within, self._site.network)
            for alert in outbox.of_message(hint.conversation, hint.message):
                row = alerts.get(alert)
                taken = None if row is None else decode_alert(row.about).taken
                if row is None or row.closed is not None:
                    continue
                if taken is not None and hint.is_undo and taken.message == hint.message and taken.by not in people:
                    alarms.give_back(alert)
                elif taken is None and people and not hint.is_undo:
                    before = _last_taker(outbox.of_alert(alert))
                    others = [person for person in people if person != before]
                    alarms.take_on(alert, (others or people)[-1], until, hint.message)
        if alarms.sayings:
            self._told()

    def _read_on(self, mouth: Mouth, conversation: str, begin: int) -> None:
        """What people wrote since; all but commands is forgotten again right here."""
        try:
            place = self._listener.body_of(conversation)
            if place is None:
                return
            _, talks = mouth.talks(place[0])
            for number, account, text, answers in talks.said_since(conversation, self._read.get(conversation, begin)):
                self.hearing.obey(Wrote(conversation, number, account, text, answers), only=_LATE)
                self._read[conversation] = number
        except LoginRefused as error:
            mouth.lost(place[0] if place else "")
            self._log(error)
        except TargetError as error:
            self._log(error)

    def _log(self, error: ReadiError) -> None:
        _log.warning("reactions not read", extra={"network": self._site.network, "why": error.text.code})


def _last_taker(sayings: Sequence[Said]) -> str:
    """Who had it last; "" nobody, or nobody knows any more."""
    for said in reversed(sayings):
        if said.kind is SayingKind.TAKEN and (taken := said.about.get("taken")):
            return str(taken[0])
    return ""
