"""What people answer in conversations: a command is obeyed at once, a reaction is looked up.

Talk's bot tells of everything that is written in its rooms. Whatever is neither a reaction to a message of ours nor a
command is dropped right here: it reaches no table, no log line and no exception. Of a reaction the bot does not tell
who it was (see `bot_events`): so it is only a hint to look (`catching_up`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from pydantic import SecretStr

from provisioner.alerts.alerting import decode_alert
from provisioner.alerts.commands import USUAL_MUTE, Command, CommandKind, understood
from provisioner.app.alerting.alarms import Alarms
from provisioner.app.alerting.answers import Answer, about_answer
from provisioner.app.alerting.books import HasBook
from provisioner.app.alerting.bot_events import MOST_BYTES, Reacted, Wrote, event_of, is_signed
from provisioner.app.alerting.people import Listener, has_a_say
from provisioner.app.alerting.taking import taken_until
from provisioner.app.picture import Picture, Pictures
from provisioner.app.site import Site
from provisioner.model.alerts import SayingKind
from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.state import AlertOutbox, AlertRow, Alerts, AlertSilences, Attempts, Audit, Meta, Within
from provisioner.transport.bounded import read_bounded

_log = logging.getLogger(__name__)

YES: Final = frozenset({"👍", "✅", "✔", "👌", "🙋"})
"""Reactions that mean "I have it"; whatever the colour of the hand."""
_COLOURS: Final = frozenset({"\ufe0f", *(chr(one) for one in range(0x1F3FB, 0x1F400)), "\u200d", "\u2640", "\u2642"})
_ONCE: Final = timedelta(days=7)
"""As long as attempts are kept: see `provisioner.app.work.tidying`."""
_ROLL: Final = timedelta(days=3)
_COMMANDS: Final = (20, timedelta(minutes=10))
"""Commands of one account, within so long."""
_STRANGERS: Final = (1, timedelta(hours=1))
"""Answers to somebody whom we do not know."""
_HEARD: Final = "alerts.heard:"
_SHORTEST_SECRET, _LONGEST_SECRET = 40, 128
"""As ``occ talk:bot:install`` demands."""

Look = Callable[[Reacted], None]


class Hearing:
    """Of one network. Safe for many threads.

    ``told``: called after a commit with something to say; ``look``: gets reactions to messages of ours.
    """

    def __init__(
        self,
        site: Site,
        pictures: Pictures,
        books: HasBook,
        targets: Mapping[str, str],
        told: Callable[[], None] = lambda: None,
        look: Look = lambda _: None,
        called: Callable[[], None] = lambda: None,
    ) -> None:
        """``targets``: those in which we speak, and our account there; ``called``: it was the bot, whatever it says."""
        self._called = called
        self._site, self._pictures, self._books, self._told, self._look = site, pictures, books, told, look
        self._secret: SecretStr | None = None
        self.deaf: Text | None = None
        """Why the bot's calls can't be told from anybody's, and are all turned away; None: they are heard."""
        try:
            self._secret = bot_secret(site)
        except SettingsError as error:
            self.deaf = error.text
        self._accounts = dict(targets)
        bridge = site.section.bridge
        name = bridge.bot.name if bridge is not None and bridge.bot is not None else "bot"
        self._names = frozenset({name, *targets.values()})
        self._listener = Listener(site.database, site.network, tuple(targets))

    def heard(self, headers: Mapping[str, str], body: bytes) -> bool:
        """One call, with headers in small letters; whether it was the bot. Raises `SettingsError`, `StateError`."""
        if self._secret is None or len(body) > MOST_BYTES or not is_signed(headers, body, self._secret):
            return False
        self._called()
        match event_of(body):
            case Reacted() as reacted:
                if is_yes(reacted.emoji) and self._speaks_of(reacted.conversation, reacted.message):
                    self._look(reacted)
            case Wrote() as wrote:
                self.obey(wrote)
        return True

    def obey(self, wrote: Wrote, *, only: frozenset[CommandKind] = frozenset(CommandKind)) -> bool:
        """Do what somebody asked for, once; False: it is no command, or none of ``only``, or was obeyed before.

        Raises `SettingsError`, `StateError`.
        """
        if wrote.account in self._accounts.values():
            return False  # Talk tells the bot what we say, too, and answers us only then
        about = [] if wrote.answers is None else self._speaks_of(wrote.conversation, wrote.answers)
        answers_ours = wrote.answers is not None and bool(about)
        command = understood(wrote.text, self._names, answers_ours=answers_ours)
        if command is None or command.kind not in only:
            return False
        place = self._listener.body_of(wrote.conversation)
        if place is None:
            return False
        target, body = place
        picture, now = self._pictures.now(), self._site.clock.now()
        person = self._listener.person_of(target, wrote.account)
        with self._site.database.writing() as connection:
            within = Within(connection)
            if not self._is_new(within, wrote, now):
                return False
            if not self._is_little(within, wrote, person is not None, now):
                return False
            obeying = _Obeying(self._site, within, self._books, picture, body, wrote, now)
            obeying.do(command, person, about)
        self._told()
        return True

    def _speaks_of(self, conversation: str, message: int) -> list[int]:
        """The alerts that a message of ours is about; none: it is not ours. Raises `StateError`."""
        return AlertOutbox(self._site.database, self._site.network).of_message(conversation, message)

    def _is_new(self, within: Within, wrote: Wrote, now: datetime) -> bool:
        """A call that is repeated, by Talk, by us or by somebody who overheard it, does nothing.

        What was heard lately is known by its number; what is older by lying below a mark that moves up now and then.
        """
        key, meta, network = f"{_HEARD}{wrote.conversation}", Meta(within), self._site.network
        known = meta.get(network, key)
        mark = msgspec.json.decode(known, type=_Mark) if known is not None else _Mark(0, 0, now.timestamp())
        if not 0 <= now.timestamp() - mark.since < _ROLL.total_seconds():
            mark = _Mark(mark.high, mark.high, now.timestamp())
        if wrote.message <= mark.low:
            return False
        word = f"{wrote.conversation}/{wrote.message}"
        if not Attempts(within, network).count_one("talk-said", word, now, 1, _ONCE):
            return False
        mark.high = max(mark.high, wrote.message)
        meta.put(network, key, msgspec.json.encode(mark).decode())
        return True

    def _is_little(self, within: Within, wrote: Wrote, is_known: bool, now: datetime) -> bool:
        """Nobody fills a conversation by commands."""
        attempts, most = Attempts(within, self._site.network), _COMMANDS if is_known else _STRANGERS
        return attempts.count_one("talk-command", f"{wrote.conversation}/{wrote.account}", now, *most)


class _Mark(msgspec.Struct):
    """Of one conversation: what was heard, by the numbers of its messages."""

    low: int
    """No number up to this is new."""
    high: int
    since: float
    """When `low` moved last."""


class _Obeying:
    """One command, inside of its transaction."""

    def __init__(
        self, site: Site, within: Within, books: HasBook, picture: Picture, body: str, wrote: Wrote, now: datetime
    ) -> None:
        self._within, self._network, self._now = within, site.network, now
        self._book, self._picture, self._body, self._wrote = books.now(), picture, body, wrote
        self._alarms = Alarms(within, site.network, self._book, now)

    def do(self, command: Command, person: str | None, about: list[int]) -> None:
        """``about``: the alerts of the message that it answers; none: it is about all that goes on in the body."""
        if command.kind is CommandKind.HELP:
            self._answer(Answer.HELP)
        elif not has_a_say(self._picture, self._body, person) or person is None:
            self._answer(Answer.STRANGER)
        else:
            match command.kind:
                case CommandKind.STATUS:
                    self._answer(Answer.STATUS)
                case CommandKind.TAKE:
                    self._take(person, about, command.lasting)
                case CommandKind.BACK:
                    self._give_back(person, about)
                case CommandKind.MUTE:
                    self._mute(person, about, command.lasting or USUAL_MUTE)
                case CommandKind.UNMUTE:
                    self._unmute(person)

    def _meant(self, about: list[int]) -> list[AlertRow]:
        """Those that go on, of the message that it answers; else of the body."""
        going_on = Alerts(self._within, self._network).going_on(bodies=[self._body])
        if not about:
            return going_on
        rows = (Alerts(self._within, self._network).get(alert) for alert in about)
        return [row for row in rows if row is not None and row.closed is None]

    def _take(self, person: str, about: list[int], lasting: timedelta | None) -> None:
        meant = self._meant(about)
        if not meant:
            self._answer(Answer.OVER if about else Answer.NOTHING_OPEN)
        until = taken_until(self._now, lasting or timedelta(hours=self._book.policy.taken_hours))
        for row in meant:
            self._alarms.take_on(row.id, person, until)

    def _give_back(self, person: str, about: list[int]) -> None:
        meant = self._meant(about)
        own = [row for row in meant if (taken := decode_alert(row.about).taken) is not None and taken.by == person]
        if not own:
            self._answer(Answer.NOT_YOURS if meant else Answer.OVER if about else Answer.NOTHING_OPEN)
        for row in own:
            self._alarms.give_back(row.id)

    def _mute(self, person: str, about: list[int], lasting: timedelta) -> None:
        """What it answers, in this body; without an answer all of the body. Others' conversations hear on."""
        until = taken_until(self._now, lasting) if lasting >= timedelta(days=1) else self._now + lasting
        alerts = Alerts(self._within, self._network)
        rules = {row.rule for row in map(alerts.get, about) if row is not None}
        if about and not rules:
            self._answer(Answer.OVER)
            return
        scopes = [f"body:{self._body}/rule:{rule}" for rule in sorted(rules)] or [f"body:{self._body}"]
        for scope in scopes:
            AlertSilences(self._within, self._network).add(scope, self._now, until, person)
            Audit(self._within, self._network).note(self._now, person, "muted_alerts", scope)
        self._answer(Answer.MUTED_ONE if rules else Answer.MUTED, until)

    def _unmute(self, person: str) -> None:
        silences, own = AlertSilences(self._within, self._network), f"body:{self._body}"
        ended = [
            one
            for one in silences.to_come(self._now)
            if (one.scope == own or one.scope.startswith(f"{own}/")) and silences.end(one.id, self._now)
        ]
        if ended:
            Alerts(self._within, self._network).wake(self._now)
            Audit(self._within, self._network).note(self._now, person, "unmuted_alerts", own)
        self._answer(Answer.UNMUTED if ended else Answer.NOT_MUTED)

    def _answer(self, kind: Answer, until: datetime | None = None) -> None:
        about = about_answer(kind, self._wrote.message, until)
        outbox = AlertOutbox(self._within, self._network)
        outbox.add(None, SayingKind.ANSWER, self._body, about, self._now, silent=True)


def is_yes(emoji: str) -> bool:
    """Whether somebody who reacts so means that they have it."""
    return "".join(letter for letter in emoji if letter not in _COLOURS) in YES


def bot_secret(site: Site) -> SecretStr | None:
    """None: there is no bot. Raises `SettingsError` for a secret that Talk would not take, or that can't be read."""
    bot = site.section.bridge.bot if site.section.bridge is not None else None
    if bot is None:
        return None
    bad = SettingsError(Text.of("alerting.no_bot_secret", field=f"networks.{site.network}.bridge.bot"))
    secret = bot.secret
    if bot.secret_file is not None:
        try:
            secret = SecretStr(read_bounded(site.home / bot.secret_file, _LONGEST_SECRET * 4).decode().strip())
        except (OSError, UnicodeDecodeError):
            raise bad from None
    if secret is None or not _SHORTEST_SECRET <= len(secret.get_secret_value()) <= _LONGEST_SECRET:
        raise bad
    return secret
