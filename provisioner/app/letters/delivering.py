"""The postman: takes letters from the outbox, puts them into words, and hands them over.

What is said is looked up, and one-time links are made, in the moment in which a letter goes. A server that is down
delays letters and drops none. What may have gone is never sent twice by itself; in conversations that can be looked up.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from provisioner.app.connectors import text_packages
from provisioner.app.letters.letter_facts import Lookup, language_of
from provisioner.app.letters.mail_settings import mail_server, sender
from provisioner.app.letters.noticing import notice_letters
from provisioner.app.letters.speaking import Speaking
from provisioner.app.letters.verdicts import NotNeeded, NotYet
from provisioner.app.picture import Picture, Pictures
from provisioner.app.site import Site
from provisioner.messages.envelope import message_of
from provisioner.messages.smtp import Unreachable, open_line
from provisioner.messages.wording import mail_of, post_of
from provisioner.model.errors import (
    Garbled,
    LoginRefused,
    OutcomeUnknown,
    ReadiError,
    SettingsError,
    TargetError,
    Transient,
)
from provisioner.model.messages import Channel, LetterKind, Posted
from provisioner.model.ports import Clock
from provisioner.model.text import Text
from provisioner.state import Outbox
from provisioner.texts import Catalogue

_log = logging.getLogger(__name__)

FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=1)
REST: Final = timedelta(minutes=1)
LONGEST_REST: Final = timedelta(minutes=10)
"""How long nothing is tried on a way on which nothing goes; one letter is enough to try it."""
TOO_LONG: Final = timedelta(days=3)
"""After so long, and a few tries, a letter that its own recipient's server puts off is given up."""
_FEW: Final = 5
_AT_ONCE: Final = 20
"""Letters a turn: then whoever wants to end the service is heard."""
_POLL: Final = 1.0
"""Seconds between two looks into the outbox."""
NO_MAIL: Final = "messages.no_mail"

OF_BRIDGES: Final = frozenset({LetterKind.ALERT})
"""What a network's bridge writes, and whoever leads it delivers."""
OF_OTHERS: Final = frozenset(LetterKind) - OF_BRIDGES


Send = Callable[[Posted], None]
"""Hands one letter over. Raises `NotNeeded`, `NotYet`, `TargetError`, `SettingsError`; `KeyError`, `ValueError` for a
letter that lacks something."""


@dataclass
class _Rest:
    """Nothing is tried until then."""

    until: datetime
    wait: timedelta


class Postman:
    """Delivers one network's letters of some kinds. For each kind one in the whole installation, called by one thread.

    Were there two for a moment, as when a lock is lost, each letter would still be taken by one of them alone.
    """

    def __init__(
        self, site: Site, pictures: Pictures, clock: Clock | None = None, kinds: Collection[LetterKind] | None = None
    ) -> None:
        """``kinds``: which; None: all."""
        self._site = site
        self._pictures = pictures
        self._clock = clock or site.clock
        self._kinds = kinds
        self._rests: dict[Channel, _Rest] = {}
        self._unsettled = True

    def settle(self) -> int:
        """Once, before anything is delivered: what was being sent when a process ended; how many letters.

        Of mails nobody knows whether they went: a ranger decides. In conversations it is looked up when they are said
        again. Raises `StateError`.
        """
        outbox, now = self._outbox(), self._clock.now()
        settled = outbox.settle(self._kinds)
        for posted in settled:
            if posted.letter.channel is Channel.CONVERSATION:
                outbox.again(posted.id, posted.error, now)
        if settled:
            notice_letters(self._site, self._pictures.now())
        self._unsettled = False
        return len(settled)

    def deliver(self, limit: int = 100) -> int:
        """Hand over what is due, at most so many letters; how many were taken. Raises `StateError`, `SettingsError`."""
        if self._unsettled:
            self.settle()
        picture = self._pictures.now()
        try:
            lookup = Lookup(self._site, picture, self._clock)
            mail, chat = Channel.MAIL, Channel.CONVERSATION
            count = self._batch(mail, limit, lambda: _by_mail(self._site, picture, lookup, self._clock))
            count += self._batch(chat, limit - count, lambda: _by_chat(self._site, self._pictures, self._clock))
        except BaseException:  # the letter in hand may have gone
            self._unsettled = True
            raise
        return count

    def turn(self) -> float:
        """Deliver what is due; how many seconds to wait before the next turn. Raises as `deliver`."""
        return 0.0 if self.deliver(_AT_ONCE) >= _AT_ONCE else _POLL

    def _batch(self, channel: Channel, limit: int, way: Callable[[], AbstractContextManager[Send]]) -> int:
        rest, now = self._rests.get(channel), self._clock.now()
        if limit <= 0 or (rest is not None and now < rest.until <= now + LONGEST_REST):
            return 0
        posted = self._outbox().take(channel, self._kinds)
        if posted is None:
            return 0
        count, bad = 1, False
        try:
            with way() as send:
                while True:
                    bad |= self._send(send, posted)
                    if count >= limit or (after := self._outbox().take(channel, self._kinds)) is None:
                        break
                    posted, count = after, count + 1
        except (Unreachable, LoginRefused, SettingsError) as error:
            self._stuck(channel, posted, error, went=count - 1)
        else:
            self._rests.pop(channel, None)
        if bad:
            notice_letters(self._site, self._pictures.now())
        return count

    def _stuck(self, channel: Channel, posted: Posted, error: ReadiError, went: int) -> None:
        """Nothing goes this way now, whoever it is for. Where something just went, it is tried anew at once."""
        now = self._clock.now()
        self._outbox().again(posted.id, error.text.code, now if went else now + FIRST_WAIT)
        if not went:
            before = self._rests.get(channel)
            wait = REST if before is None else min(before.wait * 2, LONGEST_REST)
            self._rests[channel] = _Rest(now + wait, wait)
        _log.warning("nothing goes this way", extra={"channel": str(channel), "why": error.text.code})

    def _send(self, send: Send, posted: Posted) -> bool:
        """Whether somebody has to know what came of it."""
        outbox = self._outbox()
        try:
            send(posted)
        except NotNeeded as error:
            outbox.refused(posted.id, error.text.code)
            return False
        except NotYet as error:
            outbox.again(posted.id, error.text.code, error.until)
            return False
        except (KeyError, ValueError, TypeError) as fault:
            why = {"letter": posted.id, "kind": str(posted.letter.kind), "why": type(fault).__name__}
            _log.error("letter incomplete", extra=why)
            outbox.refused(posted.id, "messages.incomplete")
            return True
        except (Unreachable, LoginRefused):
            raise
        except OutcomeUnknown as error:
            if posted.letter.channel is Channel.CONVERSATION:
                return self._later(posted, error)
            outbox.unknown(posted.id, error.text.code)
            return True
        except (Transient, Garbled, SettingsError) as error:
            return self._later(posted, error)
        except TargetError as error:
            outbox.refused(posted.id, error.text.code)
            return True
        outbox.sent(posted.id)
        return False

    def _later(self, posted: Posted, error: ReadiError) -> bool:
        now = self._clock.now()
        if now - posted.created >= TOO_LONG and posted.tries >= _FEW:
            self._outbox().refused(posted.id, "messages.tried_too_long")
            return True
        wait = min(FIRST_WAIT * 2 ** min(posted.tries - 1, 10), LONGEST_WAIT)
        self._outbox().again(posted.id, error.text.code, now + wait)
        return False

    def _outbox(self) -> Outbox:
        return Outbox(self._site.database, self._site.network, self._clock.now())


@contextmanager
def _by_mail(site: Site, picture: Picture, lookup: Lookup, clock: Clock) -> Iterator[Send]:
    """One connection to the mail server."""
    server, settings = mail_server(site), site.settings.service.mail
    if server is None or settings is None:
        raise SettingsError(Text.of(NO_MAIL))
    writer, zone = sender(settings, picture.registry.name), ZoneInfo(picture.registry.time_zone)
    with open_line(server) as line:

        def send(posted: Posted) -> None:
            letter = posted.letter
            to = lookup.recipient(letter)
            facts = lookup.facts(letter, to.language, to.name)
            mail = mail_of(letter.kind, facts, Catalogue(to.language, text_packages()))
            # The same word each time: a mail that is sent again is known to be the same one.
            word = f"{site.network}.{posted.id}.{int(posted.created.timestamp())}"
            message = message_of(mail, writer, to.address, to.name, word, clock.now().astimezone(zone))
            line.send(message, to.address)

        yield send


@contextmanager
def _by_chat(site: Site, pictures: Pictures, clock: Clock) -> Iterator[Send]:
    """The targets that can speak. What many read at once is never from a picture of before."""
    picture = pictures.now(fresh=True)
    lookup = Lookup(site, picture, clock)
    with Speaking(site) as speaking:
        language = language_of(picture)
        say = Catalogue(language, text_packages())

        def send(posted: Posted) -> None:
            letter = posted.letter
            kind, _, body = letter.to.partition(":")
            if kind != "body":
                raise ValueError(kind)
            text = post_of(letter.kind, lookup.facts(letter, language), say)
            speaking.say(body, text, f"letter/{posted.id}/{int(posted.created.timestamp())}", posted.created)

        yield send
