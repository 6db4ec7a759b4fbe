"""Whom a ranger told apart: an entry of a source and a person of the registry who are two humans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from provisioner.state.database import Transactions
from provisioner.state.inserts import insert_into
from provisioner.state.schema import APART


class Apart:
    """Those of all networks. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def of(self, network: str) -> Mapping[str, frozenset[tuple[str, str]]]:
        """By source: (key, person id)."""
        found: dict[str, set[tuple[str, str]]] = defaultdict(set)
        statement = select(APART.c.source, APART.c.key, APART.c.person).where(APART.c.network == network)
        with self._transactions.reading() as connection:
            for source, key, person in connection.execute(statement):
                found[source].add((key, person))
        return {source: frozenset(pairs) for source, pairs in found.items()}

    def note(self, network: str, source: str, key: str, person: str, by: str, on: date) -> None:
        """They are two humans, says ``by``; who said so first stays."""
        values = {"network": network, "source": source, "key": key, "person": person, "said_by": by, "said_on": on}
        with self._transactions.writing() as connection:
            connection.execute(insert_into(connection.dialect.name, APART).values(values).on_conflict_do_nothing())
