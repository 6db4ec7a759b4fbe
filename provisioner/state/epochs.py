"""How far this database has come, and how far it was when a run last said so in a target."""

from __future__ import annotations

from typing import Final

from provisioner.model.inventory import Epoch
from provisioner.state.database import Transactions
from provisioner.state.meta import Meta
from provisioner.state.tie_facts import head_of, identity_of, replayed, secret_of


class Epochs:
    """An epoch is one run that changed ties (see `provisioner.state.tie_facts`). All methods raise `StateError`."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def head(self) -> Epoch:
        """This database, by which its copies are known too, and the number of its newest epoch."""
        with self._transactions.reading() as connection:
            return Epoch(identity_of(secret_of(connection)), head_of(connection).epoch)

    def reached(self, server: str) -> int:
        """The furthest epoch that can be found on this server without a newer copy of this database at work there.

        Not that of `head`: runs elsewhere raise it, and what an old copy does not know of this server it still
        does not know then.
        """
        found = Meta(self._transactions).get(_LEAVING, server)
        with self._transactions.reading() as connection:
            return max(replayed(connection), 0 if found is None else int(found))

    def note_leaving(self, server: str, number: int) -> None:
        """This epoch is about to be left on that server: from now on it may be found there."""
        if number > self.reached(server):
            Meta(self._transactions).put(_LEAVING, server, str(number))

    def left(self, network: str, target: str) -> int | None:
        """The epoch that was last left in this target; None: none ever was, as far as this database knows."""
        found = Meta(self._transactions).get(_scope(network), target)
        return None if found is None else int(found)

    def note_left(self, network: str, target: str, number: int) -> None:
        """This epoch stands in that target now."""
        Meta(self._transactions).put(_scope(network), target, str(number))


_LEAVING: Final = "leaving"


def _scope(network: str) -> str:
    return f"left:{network}"
