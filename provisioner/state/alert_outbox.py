"""What is to be said of alerts in the conversations of bodies: kept until it was said, or nobody wants to hear it.

A body's sayings are one lane: one of them is being said at a time, and what is tried again holds up those behind it.
What is put off for a later hour (quiet hours) holds up nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, case, delete, func, insert, literal, or_, select, update

from provisioner.model.alerts import SayingKind
from provisioner.state.alert_schema import ALERT, ALERT_OUTBOX, OPEN, TO_SAY
from provisioner.state.codec import dump, load
from provisioner.state.database import Transactions
from provisioner.state.schema import Moment
from provisioner.state.waking import wakes

AWAITED: Final = frozenset({SayingKind.ANSWER, SayingKind.TEST})
"""What somebody waits for: it is said alone, also where all else is held back."""


class SaidState(StrEnum):
    """What became of it."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Said:
    """One saying for one body, on its way or gone."""

    id: int
    alert: int | None
    """None: an answer to a command."""
    kind: SayingKind
    body: str
    about: Mapping[str, Any]
    """Facts to be worded."""
    people: tuple[str, ...] = ()
    """Ids of those who are told by mail besides."""
    calls: bool = False
    silent: bool = False
    picture: bool = False
    state: SaidState = SaidState.WAITING
    created: datetime | None = None
    not_before: datetime | None = None
    tries: int = 0
    may_have_gone_since: datetime | None = None
    """It may stand there already, said no earlier than this; None: it certainly does not."""
    error: str = ""
    gathered: tuple[Said, ...] = ()
    """What is said with it in one message; chosen before an earlier try, and not to be chosen anew."""
    target: str | None = None
    conversation: str | None = None
    message: int | None = None

    @property
    def may_have_gone(self) -> bool:
        """Look before it is said again."""
        return self.may_have_gone_since is not None


_IS_WAITING: Final = ALERT_OUTBOX.c.state == str(SaidState.WAITING)
_IS_SENDING: Final = ALERT_OUTBOX.c.state == str(SaidState.SENDING)
_LEADS: Final = ALERT_OUTBOX.c.gathered.is_(None)
_ROW: Final = ALERT_OUTBOX.c
_IS_DUE: Final = _ROW.not_before <= bindparam("now", type_=Moment())
_PASSES: Final = or_(
    _ROW.kind.in_([str(kind) for kind in sorted(AWAITED)]), _ROW.body.not_in(bindparam("braked", expanding=True))
)
_ON_THE_WAY: Final = (
    select(
        _ROW.body,
        case((_IS_WAITING & _LEADS & _IS_DUE & _PASSES, _ROW.id)).label("due"),
        # It is tried again later, and holds up those behind it.
        case((_IS_WAITING & (_ROW.tries > 0), _ROW.id)).label("tried"),
        case((_IS_SENDING, 1), else_=0).label("sending"),
    )
    .where(_ROW.network == bindparam("of"), TO_SAY, _ROW.body.not_in(bindparam("closed", expanding=True)))
    .subquery()
)
_FIRST: Final = func.min(_ON_THE_WAY.c.due)
_TRIED: Final = func.min(_ON_THE_WAY.c.tried)
_NEXT: Final = (
    # One look at all that is on its way: a question of its own for each row takes a second where thousands wait.
    select(_FIRST)
    .group_by(_ON_THE_WAY.c.body)
    .having(func.max(_ON_THE_WAY.c.sending) == 0, _FIRST.is_not(None), or_(_TRIED.is_(None), _TRIED >= _FIRST))
    .order_by(_FIRST)
    .limit(bindparam("most"))
)
"""By lane the next whose turn it is. Made once: to put it together takes longer than to ask it."""
_THESE: Final = (
    select(ALERT_OUTBOX)
    .where(_ROW.network == bindparam("of"), _IS_WAITING, _ROW.id.in_(bindparam("keys", expanding=True)))
    .order_by(_ROW.id)
    .with_for_update(skip_locked=True)
)
_SENT: Final = (
    update(ALERT_OUTBOX)
    .where(ALERT_OUTBOX.c.network == bindparam("of"), ALERT_OUTBOX.c.id == bindparam("key"))
    .values(
        state=str(SaidState.SENT),
        error="",
        changed=bindparam("at"),
        target=bindparam("where"),
        conversation=bindparam("room"),
        message=bindparam("number"),
    )
)


class AlertOutbox:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def add(
        self,
        alert: int | None,
        kind: SayingKind,
        body: str,
        about: Mapping[str, Any],
        now: datetime,
        *,
        not_before: datetime | None = None,
        people: Sequence[str] = (),
        calls: bool = False,
        silent: bool = False,
        picture: bool = False,
    ) -> int:
        """Put one down; its id. ``about`` is JSON.

        On commit whoever speaks is woken (`provisioner.state.waking`).
        """
        facts = {"about": dict(about), "people": list(people), "calls": calls, "silent": silent, "picture": picture}
        row = {
            "network": self._network,
            "alert": alert,
            "kind": str(kind),
            "body": body,
            "about": dump(facts),
            "state": str(SaidState.WAITING),
            "created": now,
            "not_before": not_before or now,
            "changed": now,
            "tries": 0,
            "error": "",
        }
        with self._transactions.writing() as connection:
            added = insert(ALERT_OUTBOX).values(row).returning(ALERT_OUTBOX.c.id, *wakes(connection, self._network))
            return int(connection.execute(added).one()[0])

    def take(
        self, bodies_not: Collection[str], now: datetime, limit: int = 1, *, braked: Collection[str] = ()
    ) -> list[Said]:
        """Of each lane the next whose turn it is, the oldest first; they are marked as being said.

        Lanes in which something is being said, and ``bodies_not``, are left out; in those of ``braked`` bodies it is
        the turn of what is `AWAITED` alone. On PostgreSQL what somebody else takes at this moment is passed over.
        """
        asked = {
            "of": self._network,
            "now": now,
            "closed": sorted(bodies_not),
            "braked": sorted(braked),
            "most": limit,
        }
        with self._transactions.writing() as connection:
            keys = list(connection.scalars(_NEXT, asked))
            rows = connection.execute(_THESE, {"of": self._network, "keys": keys}).all() if keys else []
            if not rows:
                return []
            keys = [row.id for row in rows]
            tried_before = [row.id for row in rows if row.tries]  # others have nothing gathered into them yet
            gathered = self._gathered(connection, tried_before) if tried_before else {}
            self._mark_sending(connection, [*keys, *(one.id for with_ in gathered.values() for one in with_)], now)
        return [_said(row, tuple(gathered.get(row.id, ()))) for row in rows]

    def _gathered(self, connection: Connection, keys: Sequence[int]) -> dict[int, list[Said]]:
        found: dict[int, list[Said]] = {}
        statement = select(ALERT_OUTBOX).where(self._mine, TO_SAY, ALERT_OUTBOX.c.gathered.in_(keys))
        for row in connection.execute(statement.order_by(ALERT_OUTBOX.c.id)):
            found.setdefault(row.gathered, []).append(_said(row))
        return found

    def _mark_sending(self, connection: Connection, keys: Sequence[int], now: datetime, **values: Any) -> None:
        sending = {
            "state": str(SaidState.SENDING),
            "changed": now,
            "tries": ALERT_OUTBOX.c.tries + 1,
            "tried": func.coalesce(ALERT_OUTBOX.c.tried, literal(now, Moment())),
        }
        self._update(connection, keys, **sending, **values)

    def waiting_in(self, body: str, now: datetime) -> list[Said]:
        """What else could be said in a lane now, the oldest first."""
        waits = (self._mine, TO_SAY, _IS_WAITING, _LEADS, ALERT_OUTBOX.c.body == body, ALERT_OUTBOX.c.not_before <= now)
        with self._transactions.reading() as connection:
            return [_said(row) for row in connection.execute(select(ALERT_OUTBOX).where(*waits).order_by("id"))]

    def gather(self, first: int, others: Collection[int], now: datetime) -> None:
        """``others`` are said with ``first`` in one message, also when it has to be tried again."""
        with self._transactions.writing() as connection:
            self._mark_sending(connection, sorted(others), now, gathered=first)

    def sent(self, messages: Sequence[tuple[int, str, str, int]], now: datetime) -> None:
        """(id, target, conversation, message) of those that stand there."""
        rows = [
            {"key": key, "of": self._network, "at": now, "where": target, "room": conversation, "number": message}
            for key, target, conversation, message in messages
        ]
        with self._transactions.writing() as connection:
            connection.execute(_SENT, rows)

    def again(self, said: int, error: str, not_before: datetime, now: datetime, *, may_have_gone: bool = False) -> None:
        """It is tried again then, with what was gathered into it; its lane waits. ``error``: the code of a text."""
        values: dict[str, Any] = {} if may_have_gone else {"tried": None}
        with self._transactions.writing() as connection:
            keys = [said, *(one.id for one in self._gathered(connection, [said]).get(said, ()))]
        self._put(keys, SaidState.WAITING, now, error=error, not_before=not_before, **values)

    def refused(self, ids: Collection[int], error: str, now: datetime) -> None:
        """They are not said, and not tried again."""
        self._put(ids, SaidState.REFUSED, now, error=error)

    def settle(self, now: datetime, *, but: Collection[int] = ()) -> int:
        """What was being said when a process ended waits again, and may have gone; how many. For whoever alone says.

        ``but``: ids of what is being said by this very process.
        """
        left = (self._mine, TO_SAY, _IS_SENDING, ALERT_OUTBOX.c.id.not_in(sorted(but)))
        values = {"state": str(SaidState.WAITING), "changed": now, "error": "alerting.interrupted"}
        with self._transactions.writing() as connection:
            return int(connection.execute(update(ALERT_OUTBOX).where(*left).values(values)).rowcount)

    def get(self, said: int) -> Said | None:
        """One of this network's."""
        found = self._find(ALERT_OUTBOX.c.id == said)
        return found[0] if found else None

    def of_alert(self, alert: int) -> list[Said]:
        """All that was or is to be said of it, the oldest first."""
        return self._find(ALERT_OUTBOX.c.alert == alert)

    def of_message(self, conversation: str, message: int) -> list[int]:
        """The alerts of which a message of ours speaks; none: it is not ours, or was forgotten."""
        found = self._find(ALERT_OUTBOX.c.conversation == conversation, ALERT_OUTBOX.c.message == message)
        return sorted({one.alert for one in found if one.alert is not None})

    def first_message(self, alert: int, body: str) -> tuple[str, str, int] | None:
        """(target, conversation, message) of the first that was said of it there; None: nothing was yet."""
        for one in self._find(ALERT_OUTBOX.c.alert == alert, ALERT_OUTBOX.c.body == body):
            if one.target is not None and one.conversation is not None and one.message is not None:
                return one.target, one.conversation, one.message
        return None

    def next_due(self, now: datetime) -> datetime | None:
        """The earliest moment after ``now`` to which something was put off."""
        later = (self._mine, TO_SAY, _IS_WAITING, ALERT_OUTBOX.c.not_before > now)
        with self._transactions.reading() as connection:
            found: datetime | None = connection.scalar(select(func.min(ALERT_OUTBOX.c.not_before)).where(*later))
        return found

    def on_the_way(self) -> dict[str, int]:
        """How many wait or are being said, by body."""
        statement = select(ALERT_OUTBOX.c.body, func.count()).where(self._mine, TO_SAY).group_by(ALERT_OUTBOX.c.body)
        with self._transactions.reading() as connection:
            return {body: int(count) for body, count in connection.execute(statement)}

    def latest(self, *states: SaidState, limit: int = 100) -> list[Said]:
        """In these states, the newest first."""
        among = (self._mine, ALERT_OUTBOX.c.state.in_([str(state) for state in states]))
        statement = select(ALERT_OUTBOX).where(*among).order_by(ALERT_OUTBOX.c.id.desc()).limit(limit)
        with self._transactions.reading() as connection:
            return [_said(row) for row in connection.execute(statement)]

    def give_up(self, before: datetime, error: str, now: datetime) -> None:
        """What waits since before then is not said any more. ``error``: the code of a text."""
        old = (self._mine, _IS_WAITING, ALERT_OUTBOX.c.created < before, ALERT_OUTBOX.c.not_before < now)
        with self._transactions.writing() as connection:
            values = {"state": str(SaidState.REFUSED), "changed": now, "error": error}
            connection.execute(update(ALERT_OUTBOX).where(*old).values(values))

    def strip(self, before: datetime) -> None:
        """Of what was put down before then and is done with the facts go, and with them who is named in them."""
        done = ALERT_OUTBOX.c.state.in_([str(SaidState.SENT), str(SaidState.REFUSED)])
        bare = dump({"about": {}, "people": [], "calls": False, "silent": False, "picture": False})
        with self._transactions.writing() as connection:
            connection.execute(
                update(ALERT_OUTBOX).where(self._mine, done, ALERT_OUTBOX.c.created < before).values(about=bare)
            )

    def forget(self, before: datetime) -> int:
        """Drop what was done with before then; how many. Those of alerts that go on stay with them."""
        done = ALERT_OUTBOX.c.state.in_([str(SaidState.SENT), str(SaidState.REFUSED)])
        going_on = _open_alerts(self._network)
        old = (self._mine, done, ALERT_OUTBOX.c.changed < before)
        free = or_(ALERT_OUTBOX.c.alert.is_(None), ALERT_OUTBOX.c.alert.not_in(going_on))
        with self._transactions.writing() as connection:
            return int(connection.execute(delete(ALERT_OUTBOX).where(*old, free)).rowcount)

    @property
    def _mine(self) -> ColumnElement[bool]:
        return ALERT_OUTBOX.c.network == self._network

    def _find(self, *where: ColumnElement[bool]) -> list[Said]:
        statement = select(ALERT_OUTBOX).where(self._mine, *where).order_by(ALERT_OUTBOX.c.id)
        with self._transactions.reading() as connection:
            return [_said(row) for row in connection.execute(statement)]

    def _put(self, ids: Iterable[int], state: SaidState, now: datetime, **values: Any) -> None:
        with self._transactions.writing() as connection:
            self._update(connection, sorted(ids), state=str(state), changed=now, **values)

    def _update(self, connection: Connection, keys: Sequence[int], **values: Any) -> None:
        connection.execute(update(ALERT_OUTBOX).where(self._mine, ALERT_OUTBOX.c.id.in_(keys)).values(**values))


def _open_alerts(network: str) -> Any:
    return select(ALERT.c.id).where(ALERT.c.network == network, OPEN)


def _said(row: Any, gathered: tuple[Said, ...] = ()) -> Said:
    facts = load(row.about)
    return Said(
        row.id,
        row.alert,
        SayingKind(row.kind),
        row.body,
        facts["about"],
        tuple(facts["people"]),
        facts["calls"],
        facts["silent"],
        facts["picture"],
        SaidState(row.state),
        row.created,
        row.not_before,
        row.tries,
        row.tried,
        row.error,
        gathered,
        row.target,
        row.conversation,
        row.message,
    )
