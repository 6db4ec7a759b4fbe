"""An alert: one rule that holds for some sensors, told to one body. It is moved by turns, by time and by people.

What is said of it is decided in `provisioner.alerts.speaking`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from provisioner.alerts.alert_states import AlertState as AlertState
from provisioner.alerts.alert_states import Member as Member
from provisioner.alerts.alert_states import Taken as Taken
from provisioner.alerts.alert_states import decode_alert as decode_alert
from provisioner.alerts.alert_states import encode_alert as encode_alert
from provisioner.alerts.book import Book
from provisioner.alerts.facts import RANK
from provisioner.alerts.hearers import set_apart
from provisioner.alerts.quieting import Quieted, nothing_quieted
from provisioner.alerts.speaking import Advanced as Advanced
from provisioner.alerts.speaking import Saying as Saying
from provisioner.alerts.speaking import Speaking
from provisioner.model.alerts import AlertEnd, AlertSeverity, Happened, SayingKind, Turn

MOST_OVER: Final = 1_000
"""So many of its sensors are remembered for which an alert is over, while it goes on for others."""


def advance(
    book: Book,
    rule: str,
    state: AlertState | None,
    happened: Sequence[Happened],
    now: datetime,
    *,
    quieted: Quieted = nothing_quieted,
) -> Advanced | None:
    """Turns of its sensors, in their order. None: there is no alert, and none begins."""
    if state is None:
        state = AlertState(opened=now.timestamp())
    for turn in happened:
        _take_in(book, state, turn)
    if not state.members:
        return None
    _forget_some(state)
    return Speaking(book, rule, state, now, quieted).done()


def tick(
    book: Book, rule: str, body: str, state: AlertState, now: datetime, *, quieted: Quieted = nothing_quieted
) -> Advanced:
    """Its time has come, or the registry, the policy or a silence changed. ``body``: whose alert it is."""
    for key, member in state.members.items():
        if not member.ended and not book.watches(rule, key):
            member.ended, member.gone = now.timestamp(), True
    if not set_apart(book, rule, body, state):
        worst = max((member.worst for member in state.members.values()), key=RANK.__getitem__)
        return Advanced(state, AlertSeverity(worst), None, AlertEnd.HANDED_ON)
    return Speaking(book, rule, state, now, quieted).done()


def take_on(
    book: Book,
    rule: str,
    state: AlertState,
    by: str,
    until: datetime,
    now: datetime,
    *,
    quieted: Quieted = nothing_quieted,
    message: int = 0,
) -> Advanced:
    """Somebody (a person's id) has it until then: no repeats and no escalations until it is over or gets worse.

    ``message``: the one to which they reacted; 0: they did otherwise.
    """
    state.taken = Taken(by, until.timestamp(), message)
    speaking = Speaking(book, rule, state, now, quieted)
    speaking.say(SayingKind.TAKEN, silent=True)
    return speaking.done()


def give_back(
    book: Book, rule: str, state: AlertState, now: datetime, *, quieted: Quieted = nothing_quieted
) -> Advanced:
    """Nobody has it any more."""
    speaking = Speaking(book, rule, state, now, quieted)
    if state.taken is not None:
        speaking.release(lapsed=False)
    return speaking.done()


def _forget_some(state: AlertState) -> None:
    """Where ever new ones come and go while one stays, those that were over first are remembered no longer."""
    if len(state.members) <= MOST_OVER:
        return
    over = sorted((member.ended, key) for key, member in state.members.items() if member.ended)
    if len(over) < len(state.members):
        for _, key in over[:-MOST_OVER]:
            del state.members[key]


def _take_in(book: Book, state: AlertState, turn: Happened) -> None:
    known = state.members.get(turn.sensor)
    at, severity = (turn.measured or turn.at).timestamp(), turn.severity.value
    if turn.turn is Turn.ENDED:
        if known is None or known.ended:
            return
        known.ended, known.at = turn.at.timestamp(), at
        known.gone, known.unheard = "gone" in turn.about, float(turn.about.get("unheard", 0.0))
    elif known is None or known.ended:
        told = known.told if known else ""
        peak = known.peak if known else None
        worst = severity if known is None or RANK[severity] > RANK[known.worst] else known.worst
        since = turn.since.timestamp()
        state.members[turn.sensor] = known = Member(
            severity, since, at, worst, peak=peak, quantity=turn.quantity, told=told, late=turn.late
        )
    else:
        known.severity, known.at = severity, at
        if RANK[severity] > RANK[known.worst]:
            known.worst = severity
    known.value = turn.value if turn.value is not None else known.value
    known.peak = book.worse(turn.rule, known.peak, turn.peak)
    known.about |= turn.about
