"""The rate ledger's numbers, kept across runs and shared by processes (see `provisioner.transport.ledger`)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, text

from provisioner.state.database import Transactions
from provisioner.state.schema import RATE
from provisioner.transport.ledger import seconds_to_wait


class Rates:
    """A `provisioner.transport.ledger.RateStore` in the database. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def take(self, server: str, account: str, bucket: str, now: datetime, limit: int, window: float) -> float:
        """See `RateStore.take`."""
        with self._transactions.writing() as connection:
            times = _times(connection, server, account, bucket, now, window)
            wait = seconds_to_wait(times, now, limit, window)
            if wait == 0:
                connection.execute(insert(RATE), {"server": server, "account": account, "bucket": bucket, "at": now})
            return wait

    def fill(self, server: str, account: str, bucket: str, now: datetime, limit: int, window: float) -> None:
        """See `RateStore.fill`."""
        with self._transactions.writing() as connection:
            missing = limit - len(_times(connection, server, account, bucket, now, window))
            row = {"server": server, "account": account, "bucket": bucket, "at": now}
            if missing > 0:
                connection.execute(insert(RATE), [row] * missing)


def _times(
    connection: Connection, server: str, account: str, bucket: str, now: datetime, window: float
) -> list[datetime]:
    """The writes within the window, others pruned. Nobody else can count until this transaction ends."""
    if connection.dialect.name == "postgresql":
        key = hashlib.sha256(f"rate:{server}\0{account}\0{bucket}".encode()).digest()[:8]
        number = int.from_bytes(key, "big", signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": number})
    mine = (RATE.c.server == server, RATE.c.account == account, RATE.c.bucket == bucket)
    span = timedelta(seconds=window)
    # Times from the future are those of a clock that was set back; they must not block for longer than a window.
    connection.execute(delete(RATE).where(*mine, (RATE.c.at <= now - span) | (RATE.c.at > now + span)))
    return list(connection.scalars(select(RATE.c.at).where(*mine).order_by(RATE.c.at)))
