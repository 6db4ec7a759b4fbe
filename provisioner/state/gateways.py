"""Gateways: which of them are connected, as their senders said last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, func, select, tuple_

from provisioner.state.alert_schema import GATEWAY
from provisioner.state.database import Transactions
from provisioner.state.inserts import insert_into

MOST: Final = 1_000
"""So many are kept of a sender."""


@dataclass(frozen=True, slots=True)
class GatewayRow:
    """One of them."""

    sender: str
    gateway: str
    online: bool
    since: datetime


class Gateways:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def tell(self, news: Collection[GatewayRow]) -> tuple[list[GatewayRow], dict[str, int]]:
        """How they are now: those of which that is new; and by sender how many are new and too many to be kept.

        What is older than what is known changes nothing.
        """
        latest = {(one.sender, one.gateway): one for one in sorted(news, key=lambda one: one.since)}
        if not latest:
            return [], {}
        with self._transactions.writing() as connection:
            pairs = tuple_(GATEWAY.c.sender, GATEWAY.c.gateway).in_(sorted(latest))
            mine = select(GATEWAY).where(self._mine, pairs)
            rows = connection.execute(mine.order_by(GATEWAY.c.sender, GATEWAY.c.gateway).with_for_update())
            known = {(row.sender, row.gateway): row for row in rows}
            room = self._room(connection, {sender for sender, _ in latest.keys() - known.keys()})
            changed, crowd = [], Counter[str]()
            for key, one in sorted(latest.items()):
                before = known.get(key)
                if before is None and not room[one.sender]:
                    crowd[one.sender] += 1
                elif before is None or (before.online != one.online and before.since <= one.since):
                    room[one.sender] -= before is None
                    changed.append(one)
            if changed:
                insert = insert_into(connection.dialect.name, GATEWAY)
                to = {"online": insert.excluded.online, "since": insert.excluded.since}
                values = [
                    {
                        "network": self._network,
                        "sender": one.sender,
                        "gateway": one.gateway,
                        "online": one.online,
                        "since": one.since,
                    }
                    for one in changed
                ]
                same = tuple(GATEWAY.primary_key.columns)
                connection.execute(insert.on_conflict_do_update(index_elements=same, set_=to), values)
        return changed, dict(crowd)

    def _room(self, connection: Connection, senders: Collection[str]) -> Counter[str]:
        """How many more are kept of each."""
        if not senders:
            return Counter()
        counts = select(GATEWAY.c.sender, func.count()).where(self._mine, GATEWAY.c.sender.in_(sorted(senders)))
        kept = {row[0]: int(row[1]) for row in connection.execute(counts.group_by(GATEWAY.c.sender))}
        return Counter({sender: max(0, MOST - kept.get(sender, 0)) for sender in senders})

    def all(self) -> list[GatewayRow]:
        """By sender and name."""
        statement = select(GATEWAY).where(self._mine).order_by(GATEWAY.c.sender, GATEWAY.c.gateway)
        with self._transactions.reading() as connection:
            return [GatewayRow(row.sender, row.gateway, row.online, row.since) for row in connection.execute(statement)]

    def down(self) -> frozenset[str]:
        """Those that no sender has a connection to."""
        rows = self.all()
        return frozenset({row.gateway for row in rows if not row.online} - {row.gateway for row in rows if row.online})

    def forget(self, sender: str, gateways: Collection[str]) -> None:
        """The settings name them no more."""
        with self._transactions.writing() as connection:
            for gateway in sorted(gateways):
                this = (GATEWAY.c.sender == sender, GATEWAY.c.gateway == gateway)
                connection.execute(delete(GATEWAY).where(self._mine, *this))

    @property
    def _mine(self) -> ColumnElement[bool]:
        return GATEWAY.c.network == self._network
