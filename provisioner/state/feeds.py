"""Private calendar feeds: at most one a person, found by the word in its address, of which only the hash is kept."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select

from provisioner.state.admission import digest_of
from provisioner.state.database import Transactions
from provisioner.state.inserts import insert_into
from provisioner.state.meeting_schema import FEED

_BYTES: Final = 32


class FeedWords:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def renew(self, person: str, now: datetime) -> str:
        """A new word (43 letters of base64url) for somebody's feed; the one from before opens nothing any more."""
        word = secrets.token_urlsafe(_BYTES)
        row: dict[str, object] = {"digest": digest_of(word), "made_at": now}
        with self._transactions.writing() as connection:
            statement = insert_into(connection.dialect.name, FEED).values(network=self._network, person=person, **row)
            keys = FEED.primary_key.columns
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=row))
        return word

    def person_of(self, word: str) -> str | None:
        """Whose feed it is; None: nobody's."""
        mine = (FEED.c.network == self._network, FEED.c.digest == digest_of(word))
        with self._transactions.reading() as connection:
            found = connection.scalar(select(FEED.c.person).where(*mine))
        return None if found is None else str(found)

    def made_at(self, person: str) -> datetime | None:
        """Since when somebody has the feed that they have; None: they have none."""
        with self._transactions.reading() as connection:
            found: datetime | None = connection.scalar(select(FEED.c.made_at).where(*self._of(person)))
        return found

    def end(self, person: str) -> bool:
        """Somebody has no feed any more; False: they had none."""
        with self._transactions.writing() as connection:
            return bool(connection.execute(delete(FEED).where(*self._of(person))).rowcount)

    def people(self) -> frozenset[str]:
        """Who has one."""
        with self._transactions.reading() as connection:
            return frozenset(connection.scalars(select(FEED.c.person).where(FEED.c.network == self._network)))

    def _of(self, person: str) -> tuple[Any, ...]:
        return (FEED.c.network == self._network, FEED.c.person == person)
