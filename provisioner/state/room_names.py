"""What meeting rooms are called: a body's by its tie."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from provisioner.model.resources import Kind
from provisioner.state.database import Transactions
from provisioner.state.schema import BINDING
from provisioner.state.tie_facts import secret_of

_ROOM = (BINDING.c.network == bindparam("network"), BINDING.c.kind == str(Kind.MEETING_ROOM))
_BY_KEY = select(BINDING.c.target, BINDING.c.remote_id).where(
    *_ROOM, BINDING.c.target == bindparam("target"), BINDING.c.key == bindparam("key")
)
"""Made once: making a statement costs more than running it."""


@dataclass(frozen=True, slots=True)
class RoomName:
    """A body's room on one meeting server."""

    target: str
    name: str
    """A secret of a kind: see that it gets into no log, plan or page."""


class RoomNames:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str) -> None:
        self._transactions = transactions
        self._network = network

    def of(self, key: str, targets: Collection[str]) -> RoomName | None:
        """The room of this key in the first of ``targets`` that has one; one look at an index each."""
        with self._transactions.reading() as connection:
            for target in targets:
                row = connection.execute(_BY_KEY, {"network": self._network, "target": target, "key": key}).first()
                if row is not None:
                    return RoomName(row.target, row.remote_id)
        return None

    def secret(self) -> bytes:
        """The key of this database's keyed hashes."""
        with self._transactions.reading() as connection:
            return bytes.fromhex(secret_of(connection))
