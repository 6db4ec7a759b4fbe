"""Personal links of guests to one room. No word of a link is kept, only its hash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, insert, or_, select, update

from provisioner.state.admission import digest_of
from provisioner.state.database import Transactions
from provisioner.state.meeting_schema import INVITATION

_BYTES: Final = 32
_ID_BYTES: Final = 9


@dataclass(frozen=True, slots=True)
class Invitation:
    """One guest's."""

    id: str
    """Opaque; no secret: whoever knows it can't enter with it."""
    key: str
    """The room: "body:<id>" or "room:<id>"."""
    guest_name: str
    invited_by: str
    """A person's id."""
    invited_at: datetime
    until: datetime
    withdrawn_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether the link opens anything."""
        return self.withdrawn_at is None and now < self.until


class Invitations:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def make(
        self, key: str, guest_name: str, invited_by: str, now: datetime, until: datetime
    ) -> tuple[Invitation, str]:
        """A new one, and its link's word (43 letters of base64url), which is kept nowhere."""
        word = secrets.token_urlsafe(_BYTES)
        made = Invitation(secrets.token_urlsafe(_ID_BYTES), key, guest_name, invited_by, now, until)
        row = {name: getattr(made, name) for name in Invitation.__dataclass_fields__}
        with self._transactions.writing() as connection:
            connection.execute(insert(INVITATION).values(network=self._network, digest=digest_of(word), **row))
        return made, word

    def with_word(self, word: str) -> Invitation | None:
        """Whose link it is, also when it is over; None: nobody's, or forgotten."""
        return self._first(INVITATION.c.digest == digest_of(word))

    def get(self, invitation: str) -> Invitation | None:
        """By its id."""
        return self._first(INVITATION.c.id == invitation)

    def to(self, key: str) -> list[Invitation]:
        """To one room, also those that are over, the newest first."""
        mine = (INVITATION.c.network == self._network, INVITATION.c.key == key)
        statement = select(INVITATION).where(*mine).order_by(INVITATION.c.invited_at.desc(), INVITATION.c.id)
        with self._transactions.reading() as connection:
            return [_invitation(row) for row in connection.execute(statement)]

    def withdraw(self, invitation: str, at: datetime) -> bool:
        """The link opens nothing any more. False: it was withdrawn before, or there is none."""
        mine = (INVITATION.c.network == self._network, INVITATION.c.id == invitation)
        statement = update(INVITATION).where(*mine, INVITATION.c.withdrawn_at.is_(None)).values(withdrawn_at=at)
        with self._transactions.writing() as connection:
            return bool(connection.execute(statement).rowcount)

    def forget(self, before: datetime) -> int:
        """Drop those that ended, or were withdrawn, before then; how many."""
        old = or_(INVITATION.c.until < before, INVITATION.c.withdrawn_at < before)
        with self._transactions.writing() as connection:
            statement = delete(INVITATION).where(INVITATION.c.network == self._network, old)
            return int(connection.execute(statement).rowcount)

    def _first(self, condition: Any) -> Invitation | None:
        with self._transactions.reading() as connection:
            statement = select(INVITATION).where(INVITATION.c.network == self._network, condition)
            row = connection.execute(statement).first()
        return None if row is None else _invitation(row)


def _invitation(row: Any) -> Invitation:
    return Invitation(row.id, row.key, row.guest_name, row.invited_by, row.invited_at, row.until, row.withdrawn_at)
