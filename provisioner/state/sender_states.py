"""What is known of each sender: its cursor, whether it is listened to, and what was counted of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select

from provisioner.state.alert_schema import SENDER_COUNT, SENDER_STATE
from provisioner.state.codec import dump, load
from provisioner.state.database import Transactions
from provisioner.state.inserts import insert_into


class SenderStates:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def get(self, sender: str) -> Mapping[str, Any]:
        """What was put down of it; nothing at first."""
        mine = (SENDER_STATE.c.network == self._network, SENDER_STATE.c.sender == sender)
        with self._transactions.reading() as connection:
            found = connection.scalar(select(SENDER_STATE.c.about).where(*mine))
        return {} if found is None else load(found)

    def put(self, sender: str, about: Mapping[str, Any]) -> None:
        """JSON; what stood there before is gone."""
        row = {"network": self._network, "sender": sender, "about": dump(dict(about))}
        with self._transactions.writing() as connection:
            new = insert_into(connection.dialect.name, SENDER_STATE).values(row)
            same = (SENDER_STATE.c.network, SENDER_STATE.c.sender)
            connection.execute(new.on_conflict_do_update(index_elements=same, set_={"about": row["about"]}))

    def count(self, counted: Mapping[tuple[str, str], int], now: datetime) -> None:
        """Add to what was counted: by (sender, what). Do it last in a transaction: others wait for its end."""
        if not counted:
            return
        rows = [
            {"network": self._network, "sender": sender, "what": what, "count": count, "last": now}
            for (sender, what), count in sorted(counted.items())
        ]
        with self._transactions.writing() as connection:
            new = insert_into(connection.dialect.name, SENDER_COUNT)
            same = (SENDER_COUNT.c.network, SENDER_COUNT.c.sender, SENDER_COUNT.c.what)
            added = {"count": SENDER_COUNT.c.count + new.excluded.count, "last": new.excluded.last}
            connection.execute(new.on_conflict_do_update(index_elements=same, set_=added), rows)

    def counts(self) -> dict[str, dict[str, tuple[int, datetime]]]:
        """By sender, by what: how many, and when the last."""
        found: dict[str, dict[str, tuple[int, datetime]]] = {}
        with self._transactions.reading() as connection:
            for row in connection.execute(select(SENDER_COUNT).where(self._mine).order_by("sender", "what")):
                found.setdefault(row.sender, {})[row.what] = (int(row.count), row.last)
        return found

    def forget(self, sender: str) -> None:
        """The settings name it no more."""
        with self._transactions.writing() as connection:
            for table in (SENDER_STATE, SENDER_COUNT):
                connection.execute(delete(table).where(table.c.network == self._network, table.c.sender == sender))

    def names(self) -> set[str]:
        """Senders of which anything is known."""
        with self._transactions.reading() as connection:
            return {
                name
                for table in (SENDER_STATE, SENDER_COUNT)
                for name in connection.scalars(select(table.c.sender).where(table.c.network == self._network))
            }

    @property
    def _mine(self) -> ColumnElement[bool]:
        return SENDER_COUNT.c.network == self._network
