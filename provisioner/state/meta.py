"""Small facts that outlive runs: a network's or a server's epoch and the like."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from provisioner.state.database import Transactions
from provisioner.state.schema import META


class Meta:
    """Texts by scope (a network, a server) and name. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def get(self, scope: str, name: str) -> str | None:
        """The value, or None when it was never put."""
        with self._transactions.reading() as connection:
            value = connection.scalar(select(META.c.value).where(META.c.scope == scope, META.c.name == name))
        return None if value is None else str(value)

    def put(self, scope: str, name: str, value: str) -> None:
        """Set the value."""
        mine = (META.c.scope == scope, META.c.name == name)
        with self._transactions.writing() as connection:
            if not connection.execute(update(META).where(*mine).values(value=value)).rowcount:
                connection.execute(insert(META), {"scope": scope, "name": name, "value": value})
