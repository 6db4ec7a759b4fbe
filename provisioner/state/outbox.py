"""Letters that were taken and are on their way: kept until they went, or somebody was told that they did not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, delete, func, or_, select, update

from provisioner.model.messages import Channel, Letter, LetterKind, LetterState, Posted
from provisioner.state.codec import dump, load
from provisioner.state.database import Transactions
from provisioner.state.inserts import insert_new
from provisioner.state.service_schema import OUTBOX

_AHEAD: Final = timedelta(hours=1)
"""What was put off by a clock that was ahead by more is due: nobody knows any more until when."""

_URGENCY: Final = case(
    (OUTBOX.c.kind == str(LetterKind.LOGIN_LINK), 0), (OUTBOX.c.kind == str(LetterKind.TO_BODY), 2), else_=1
)
"""What goes first has the smallest."""


class Outbox:
    """The outbox of one network; a `Messenger`. All methods raise `StateError`.

    Several may deliver at once, each letters of its own kinds: ``kinds`` names them, None: all.
    """

    def __init__(self, transactions: Transactions, network: str, now: datetime) -> None:
        self._transactions = transactions
        self._network = network
        self._now = now

    def post(self, letter: Letter, not_before: datetime | None = None) -> bool:
        """Take a letter. False: one with the same ``once`` was taken before."""
        return self._keep(letter, LetterState.WAITING, not_before)

    def hurry(self, once: Collection[str]) -> None:
        """What was taken with one of these words for a later moment goes now. What was tried already waits on."""
        waiting = (OUTBOX.c.state == str(LetterState.WAITING), OUTBOX.c.tries == 0, OUTBOX.c.not_before > self._now)
        of_ours = (OUTBOX.c.network == self._network, OUTBOX.c.once.in_(list(once)))
        with self._transactions.writing() as connection:
            connection.execute(update(OUTBOX).where(*of_ours, *waiting).values(not_before=self._now))

    def feign(self, letter: Letter) -> None:
        """The same work as for `post`, but for a letter that goes to nobody: whom it would go to is not kept."""
        self._keep(replace(letter, to=""), LetterState.SENT)

    def _keep(self, letter: Letter, state: LetterState, not_before: datetime | None = None) -> bool:
        row = {
            "network": self._network,
            "kind": str(letter.kind),
            "channel": str(letter.channel),
            "recipient": letter.to,
            "about": dump(dict(letter.about)),
            "once": letter.once,
            "state": str(state),
            "created": self._now,
            "not_before": not_before or self._now,
            "changed": self._now,
            "tries": 0,
            "error": "",
        }
        with self._transactions.writing() as connection:
            return insert_new(connection, OUTBOX, row)

    def take(self, channel: Channel | None = None, kinds: Collection[LetterKind] | None = None) -> Posted | None:
        """The next letter (that goes this way) whose time has come, marked as being sent; None: there is none.

        Links to log in go first, since somebody waits for them at this moment; what is written to all of a body last.
        On PostgreSQL letters that somebody else takes at this moment are passed over.
        """
        due = (
            select(OUTBOX.c.id)
            .where(OUTBOX.c.network == self._network, OUTBOX.c.state == str(LetterState.WAITING))
            .where(or_(OUTBOX.c.not_before <= self._now, OUTBOX.c.changed > self._now + _AHEAD))
            .order_by(_URGENCY, OUTBOX.c.not_before, OUTBOX.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if channel is not None:
            due = due.where(OUTBOX.c.channel == str(channel))
        if kinds is not None:
            due = due.where(OUTBOX.c.kind.in_([str(kind) for kind in kinds]))
        with self._transactions.writing() as connection:
            found = connection.scalar(due)
            if found is None:
                return None
            values = {"state": str(LetterState.SENDING), "changed": self._now, "tries": OUTBOX.c.tries + 1}
            statement = update(OUTBOX).where(OUTBOX.c.id == found).values(values).returning(OUTBOX)
            return _posted(connection.execute(statement).one())

    def sent(self, letter: int) -> None:
        """It went."""
        self._put(letter, state=LetterState.SENT, error="")

    def again(self, letter: int, error: str, not_before: datetime) -> None:
        """It did not go for certain, and is tried again then."""
        self._put(letter, state=LetterState.WAITING, error=error, not_before=not_before)

    def refused(self, letter: int, error: str) -> None:
        """It did not go, and is not tried again."""
        self._put(letter, state=LetterState.REFUSED, error=error)

    def unknown(self, letter: int, error: str) -> None:
        """It may have gone: a ranger decides."""
        self._put(letter, state=LetterState.UNKNOWN, error=error)

    def decide(self, letter: int, *, again: bool, error: str = "") -> bool:
        """Somebody decided on one that is unknown or refused: it goes once more, or not. False: it is neither."""
        open_ = [str(LetterState.UNKNOWN), str(LetterState.REFUSED)]
        statement = update(OUTBOX).where(OUTBOX.c.network == self._network, OUTBOX.c.id == letter)
        state = LetterState.WAITING if again else LetterState.REFUSED
        values = {"state": str(state), "changed": self._now, "not_before": self._now, "tries": 0, "error": error}
        with self._transactions.writing() as connection:
            return bool(connection.execute(statement.where(OUTBOX.c.state.in_(open_)).values(values)).rowcount)

    def settle(self, kinds: Collection[LetterKind] | None = None) -> list[Posted]:
        """What was being sent when a process ended is unknown; which. Only for whoever alone sends these kinds."""
        being_sent = update(OUTBOX).where(OUTBOX.c.network == self._network)
        being_sent = being_sent.where(OUTBOX.c.state == str(LetterState.SENDING))
        if kinds is not None:
            being_sent = being_sent.where(OUTBOX.c.kind.in_([str(kind) for kind in kinds]))
        values = {"state": str(LetterState.UNKNOWN), "changed": self._now, "error": "messages.interrupted"}
        with self._transactions.writing() as connection:
            return [_posted(row) for row in connection.execute(being_sent.values(values).returning(OUTBOX))]

    def get(self, letter: int) -> Posted | None:
        """One of this network's."""
        with self._transactions.reading() as connection:
            mine = (OUTBOX.c.network == self._network, OUTBOX.c.id == letter)
            row = connection.execute(select(OUTBOX).where(*mine)).one_or_none()
        return None if row is None else _posted(row)

    def find(self, *states: LetterState, limit: int = 100, kinds: Collection[LetterKind] | None = None) -> list[Posted]:
        """Letters in these states, newest first."""
        statement = (
            select(OUTBOX)
            .where(OUTBOX.c.network == self._network, OUTBOX.c.state.in_([str(state) for state in states]))
            .order_by(OUTBOX.c.id.desc())
            .limit(limit)
        )
        if kinds is not None:
            statement = statement.where(OUTBOX.c.kind.in_([str(kind) for kind in kinds]))
        with self._transactions.reading() as connection:
            return [_posted(row) for row in connection.execute(statement)]

    def counts(self) -> dict[LetterState, int]:
        """How many letters are in which state."""
        statement = (
            select(OUTBOX.c.state, func.count()).where(OUTBOX.c.network == self._network).group_by(OUTBOX.c.state)
        )
        with self._transactions.reading() as connection:
            return {LetterState(state): int(count) for state, count in connection.execute(statement)}

    def forget(self, before: datetime) -> int:
        """Drop letters that were done with before then; how many. What waits or is unknown stays."""
        done = [str(LetterState.SENT), str(LetterState.REFUSED)]
        old = (OUTBOX.c.network == self._network, OUTBOX.c.state.in_(done), OUTBOX.c.changed < before)
        with self._transactions.writing() as connection:
            return int(connection.execute(delete(OUTBOX).where(*old)).rowcount)

    def _put(self, letter: int, *, state: LetterState, **values: Any) -> None:
        with self._transactions.writing() as connection:
            connection.execute(
                update(OUTBOX)
                .where(OUTBOX.c.network == self._network, OUTBOX.c.id == letter)
                .values(state=str(state), changed=self._now, **values)
            )


def _posted(row: Any) -> Posted:
    letter = Letter(LetterKind(row.kind), Channel(row.channel), row.recipient, load(row.about), row.once)
    return Posted(
        row.id, row.network, letter, LetterState(row.state), row.created, row.not_before, row.tries, row.error
    )
