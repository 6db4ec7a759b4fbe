"""The alerts of a network inside one transaction: what turned gets into them, and what they want said into the outbox.

Whoever changes an alert comes by here: what senders tell, time that passes, people who take one on.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property

from provisioner.alerts.alerting import (
    Advanced,
    AlertState,
    Saying,
    advance,
    decode_alert,
    encode_alert,
    give_back,
    take_on,
    tick,
)
from provisioner.alerts.book import Book
from provisioner.alerts.facts import RANK
from provisioner.alerts.hearers import NOBODY, hearers, join, missed
from provisioner.alerts.quieting import Quieted, quieted
from provisioner.model.alerts import AlertSeverity, Happened, Quiet
from provisioner.state import AlertOutbox, AlertRow, Alerts, AlertSilences
from provisioner.state.database import Transactions


class Alarms:
    """Give it the transaction (`Within`) in which all else happens, too; the states of sensors are held before."""

    def __init__(self, within: Transactions, network: str, book: Book, now: datetime) -> None:
        self._book, self._now = book, now
        self._alerts, self._outbox = Alerts(within, network), AlertOutbox(within, network)
        self._silences = AlertSilences(within, network)
        self.sayings = 0
        """How many were put down so far."""

    def apply(self, happened: Sequence[Happened]) -> None:
        """Sensors turned, in this order."""
        if not happened:
            return
        self._alerts.alone()
        rows = self._alerts.going_on(rules={one.rule for one in happened})
        opened = {(row.body, row.rule): row for row in rows}
        going_on = {alert: decode_alert(row.about) for alert, row in opened.items()}
        turns: dict[tuple[str, str], list[Happened]] = {}
        for one in happened:
            for body in hearers(self._book, one, going_on):
                turns.setdefault((body, one.rule), []).append(one)
        for (body, rule), theirs in sorted(turns.items(), key=lambda turn: turn[0]):
            hushed = self._quieted(rule, body)
            advanced = advance(self._book, rule, going_on.get((body, rule)), theirs, self._now, quieted=hushed)
            if advanced is not None:
                self._put(opened.get((body, rule)), body, rule, advanced)

    def welcome(self) -> None:
        """Put what goes on into the alerts of bodies that the registry names for it since; `look` at all of them then.

        What is said to them is decided there, together with what others are told no more.
        """
        self._alerts.alone()
        opened = {(row.body, row.rule): row for row in self._alerts.going_on()}
        going_on = {alert: decode_alert(row.about) for alert, row in opened.items()}
        for (body, rule), members in sorted(missed(self._book, going_on).items()):
            state = going_on.get((body, rule)) or AlertState(opened=self._now.timestamp())
            join(state, members)
            severity = AlertSeverity(max((one.severity for one in members.values()), key=RANK.__getitem__))
            self._put(opened.get((body, rule)), body, rule, Advanced(state, severity, self._now))

    def look(self, limit: int) -> int:
        """Those whose time has come; how many there were. For whoever watches the clock."""
        self._alerts.alone()
        rows = self._alerts.due(self._now, limit)
        for row in rows:
            hushed = self._quieted(row.rule, row.body)
            state = decode_alert(row.about)
            advanced = tick(self._book, row.rule, row.body, state, self._now, quieted=hushed)
            self._put(row, row.body, row.rule, advanced)
        return len(rows)

    def take_on(self, alert: int, by: str, until: datetime, message: int = 0) -> bool:
        """Somebody (a person's id) has it until then, by a reaction to this message (0: otherwise).

        False: it is over, or there is none.
        """

        def step(book: Book, rule: str, state: AlertState, now: datetime, *, quieted: Quieted) -> Advanced:
            return take_on(book, rule, state, by, until, now, quieted=quieted, message=message)

        return self._change(alert, step)

    def give_back(self, alert: int) -> bool:
        """Nobody has it any more. False: it is over, or there is none."""
        return self._change(alert, give_back)

    def _change(self, alert: int, step: Callable[..., Advanced]) -> bool:
        self._alerts.alone()
        row = self._alerts.get(alert)
        if row is None or row.closed is not None:
            return False
        self._step(row, step)
        return True

    def _step(self, row: AlertRow, step: Callable[..., Advanced]) -> None:
        hushed = self._quieted(row.rule, row.body)
        advanced = step(self._book, row.rule, decode_alert(row.about), self._now, quieted=hushed)
        self._put(row, row.body, row.rule, advanced)

    def _quieted(self, rule: str, body: str) -> Quieted:
        return quieted(self._quiets, self._book, rule, body, self._now)

    @cached_property
    def _quiets(self) -> tuple[Quiet, ...]:
        return self._silences.active(self._now)

    def _put(self, row: AlertRow | None, body: str, rule: str, advanced: Advanced) -> None:
        state, severity, due = advanced.state, advanced.severity, advanced.due
        about = encode_alert(state)
        alert = row.id if row else self._alerts.open(body, rule, severity, self._now, due, about)
        if advanced.closed is not None:
            self._alerts.close(alert, severity, self._now, advanced.closed, about)
        elif row is not None:
            self._alerts.put(alert, severity, due, about)
        for saying in advanced.sayings:
            self._say(alert, body, rule, saying)

    def _say(self, alert: int, own: str, rule: str, saying: Saying) -> None:
        people, about = saying.people, {**saying.about, "rule": rule}
        for body in dict.fromkeys([own, *saying.bodies]):
            if body != NOBODY and body in self._book.registry.bodies:
                self._outbox.add(
                    alert,
                    saying.kind,
                    body,
                    about,
                    self._now,
                    not_before=saying.not_before,
                    people=people,
                    calls=saying.calls,
                    silent=saying.silent,
                    picture=saying.picture,
                )
                people = ()  # once is enough
                self.sayings += 1
