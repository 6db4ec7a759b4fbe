"""Who may come in: links that work once, sessions, and how often somebody tried. No secret is kept, only its hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from provisioner.state.database import Transactions
from provisioner.state.schema import SECRET
from provisioner.state.service_schema import ATTEMPT, ONE_TIME_LINK, SESSION

_BYTES: Final = 32
_AHEAD: Final = timedelta(hours=1)
"""So far may a clock be set back without ending sessions."""


class Purpose(StrEnum):
    """What a one-time link is for."""

    LOGIN = "login"  # subject: an address
    ADMIN = "admin"  # subject: "" (the first start)
    DECIDE = "decide"  # subject: see `provisioner.app.joining.deciding`


LOGINS: Final = frozenset({Purpose.LOGIN, Purpose.ADMIN})
"""What begins a session."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it is kept."""

    purpose: Purpose
    subject: str
    expires: datetime


class Links:
    """One-time links of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def make(self, purpose: Purpose, subject: str, now: datetime, lifetime: timedelta) -> str:
        """A new link's word (43 letters of base64url); kept nowhere but in what it is sent with."""
        word = secrets.token_urlsafe(_BYTES)
        row = {
            "digest": digest_of(word),
            "network": self._network,
            "purpose": str(purpose),
            "subject": subject,
            "expires": now + lifetime,
        }
        with self._transactions.writing() as connection:
            connection.execute(insert(ONE_TIME_LINK).values(row))
        return word

    def look(self, word: str, now: datetime) -> Link | None:
        """What the link is for, without using it; None: unknown, used, or too old."""
        with self._transactions.reading() as connection:
            row = connection.execute(select(ONE_TIME_LINK).where(*self._open(word, now))).one_or_none()
        return None if row is None else Link(Purpose(row.purpose), row.subject, row.expires)

    def recall(self, word: str) -> Link | None:
        """What the link is or was for, also when it was used or is too old; None: unknown, or forgotten."""
        known = (ONE_TIME_LINK.c.digest == digest_of(word), ONE_TIME_LINK.c.network == self._network)
        with self._transactions.reading() as connection:
            row = connection.execute(select(ONE_TIME_LINK).where(*known)).one_or_none()
        return None if row is None else Link(Purpose(row.purpose), row.subject, row.expires)

    def use(self, word: str, now: datetime, purposes: Collection[Purpose] = LOGINS) -> Link | None:
        """What the link is for, and never again: of two at the same moment one gets it.

        One for anything but ``purposes`` is as good as unknown.
        """
        fitting = ONE_TIME_LINK.c.purpose.in_(sorted(map(str, purposes)))
        with self._transactions.writing() as connection:
            statement = update(ONE_TIME_LINK).where(*self._open(word, now), fitting).values(used_at=now)
            row = connection.execute(statement.returning(ONE_TIME_LINK)).one_or_none()
        return None if row is None else Link(Purpose(row.purpose), row.subject, row.expires)

    def forget(self, before: datetime) -> int:
        """Drop what expired before then; how many."""
        old = (ONE_TIME_LINK.c.network == self._network, ONE_TIME_LINK.c.expires < before)
        with self._transactions.writing() as connection:
            return int(connection.execute(delete(ONE_TIME_LINK).where(*old)).rowcount)

    def _open(self, word: str, now: datetime) -> tuple[Any, ...]:
        return (
            ONE_TIME_LINK.c.digest == digest_of(word),
            ONE_TIME_LINK.c.network == self._network,
            ONE_TIME_LINK.c.used_at.is_(None),
            ONE_TIME_LINK.c.expires > now,
        )


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in. ``person`` None and ``address`` given: a newcomer; neither: the first start."""

    digest: str
    network: str
    person: str | None
    address: str | None
    via: str
    """ "link", "openid" or "admin"."""
    created: datetime
    expires: datetime


_SESSION: Final = select(SESSION).where(
    SESSION.c.digest == bindparam("digest"),
    SESSION.c.network == bindparam("network"),
    SESSION.c.expires > bindparam("now"),
    SESSION.c.created <= bindparam("latest"),
)
"""Asked with every page: making a statement takes longer than the answer."""


class Sessions:
    """Sessions of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def begin(
        self, now: datetime, lifetime: timedelta, via: str, person: str | None = None, address: str | None = None
    ) -> str:
        """A new session's word, for the cookie alone."""
        word = secrets.token_urlsafe(_BYTES)
        row: dict[str, object] = {
            "digest": digest_of(word),
            "network": self._network,
            "person": person,
            "address": address,
            "via": via,
            "created": now,
            "seen": now,
            "expires": now + lifetime,
        }
        with self._transactions.writing() as connection:
            connection.execute(insert(SESSION).values(row))
        return word

    def find(self, word: str, now: datetime) -> Session | None:
        """None: unknown, ended, or another network's."""
        # What a clock that was ahead began would not end in its time.
        known = {"digest": digest_of(word), "network": self._network, "now": now, "latest": now + _AHEAD}
        with self._transactions.reading() as connection:
            row = connection.execute(_SESSION, known).one_or_none()
        if row is None:
            return None
        return Session(row.digest, row.network, row.person, row.address, row.via, row.created, row.expires)

    def become(self, digest: str, person: str) -> None:
        """The newcomer of this session is this person from now on."""
        mine = (SESSION.c.digest == digest, SESSION.c.network == self._network)
        with self._transactions.writing() as connection:
            connection.execute(update(SESSION).where(*mine).values(person=person, address=None))

    def end(self, digest: str) -> None:
        """Log out."""
        mine = (SESSION.c.digest == digest, SESSION.c.network == self._network)
        with self._transactions.writing() as connection:
            connection.execute(delete(SESSION).where(*mine))

    def end_all_of(self, person: str) -> int:
        """Log somebody out everywhere; how many sessions."""
        mine = (SESSION.c.network == self._network, SESSION.c.person == person)
        with self._transactions.writing() as connection:
            return int(connection.execute(delete(SESSION).where(*mine)).rowcount)

    def forget(self, before: datetime) -> int:
        """Drop what expired before then; how many."""
        old = (SESSION.c.network == self._network, SESSION.c.expires < before)
        with self._transactions.writing() as connection:
            return int(connection.execute(delete(SESSION).where(*old)).rowcount)


class Attempts:
    """How often something was tried, by a keyed hash of who. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def count_one(self, bucket: str, who: str, now: datetime, limit: int, window: timedelta) -> bool:
        """Count one more try, unless there were ``limit`` within ``window`` before; False: there were."""
        with self._transactions.writing() as connection:
            # Named after its first use; one secret serves all keyed hashes. Its row is held until the try is counted,
            # so that many at once are counted one after another (SQLite has one writer anyway).
            statement = select(SECRET.c.value).where(SECRET.c.name == "tombstones").with_for_update()
            secret = connection.scalar(statement)
            key = hmac.digest(str(secret).encode(), f"{bucket}\0{who}".encode(), "sha256").hex()
            mine = (ATTEMPT.c.network == self._network, ATTEMPT.c.bucket == bucket, ATTEMPT.c.key == key)
            # A clock that was ahead must not lock anybody out for longer than the window.
            recent = (ATTEMPT.c.at > now - window, ATTEMPT.c.at <= now)
            tried = connection.scalar(select(func.count()).select_from(ATTEMPT).where(*mine, *recent)) or 0
            if tried >= limit:
                return False
            connection.execute(insert(ATTEMPT).values(network=self._network, bucket=bucket, key=key, at=now))
        return True

    def forget(self, before: datetime) -> int:
        """Drop what was tried before then; how many."""
        old = (ATTEMPT.c.network == self._network, ATTEMPT.c.at < before)
        with self._transactions.writing() as connection:
            return int(connection.execute(delete(ATTEMPT).where(*old)).rowcount)


def digest_of(word: str) -> str:
    """sha256 in hex: the words have 256 random bits, so that no salt is needed."""
    return hashlib.sha256(word.encode()).hexdigest()
