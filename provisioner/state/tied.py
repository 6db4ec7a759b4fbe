"""What a few people or bodies have in targets: read by their keys, without all the rest that is tied."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import select

from provisioner.model.bindings import Binding
from provisioner.model.resources import Kind, ResourceId
from provisioner.state.codec import load_fields
from provisioner.state.database import Transactions
from provisioner.state.schema import BINDING, BORROWED

_AT_ONCE = 500
"""Keys in one question: SQLite takes no more than some thousands of arguments."""


@dataclass(frozen=True, slots=True)
class Tied:
    """One object of ours in one target; ``borrowed``: another network owns it."""

    target: str
    binding: Binding
    borrowed: bool = False


class TiedTo:
    """Those of one network. All methods raise `StateError`."""

    def __init__(self, transactions: Transactions, network: str, targets: Collection[str]) -> None:
        self._transactions = transactions
        self._network = network
        self._targets = list(targets)

    def find(self, keys: Collection[str], kinds: Collection[Kind] = tuple(Kind)) -> list[Tied]:
        """What is tied to these keys, in the order of the targets, then of the kinds."""
        named = [str(kind) for kind in kinds]
        found: list[Tied] = []
        with self._transactions.reading() as connection:
            for some in _in_parts(keys):
                mine = (BINDING.c.network == self._network, BINDING.c.target.in_(self._targets))
                statement = select(BINDING).where(*mine, BINDING.c.kind.in_(named), BINDING.c.key.in_(some))
                for row in connection.execute(statement):
                    resource = ResourceId(Kind(row.kind), row.key)
                    fields = load_fields(row.applied)
                    found.append(Tied(row.target, Binding(resource, row.remote_id, row.name, row.fingerprint, fields)))
                if Kind.ACCOUNT in kinds:
                    lent = (BORROWED.c.network == self._network, BORROWED.c.target.in_(self._targets))
                    for row in connection.execute(select(BORROWED).where(*lent, BORROWED.c.key.in_(some))):
                        resource = ResourceId(Kind.ACCOUNT, row.key)
                        account = Binding(resource, row.remote_id, row.name, row.fingerprint, {})
                        found.append(Tied(row.target, account, borrowed=True))
        kinds_in_order = tuple(Kind)
        found.sort(
            key=lambda one: (
                self._targets.index(one.target),
                kinds_in_order.index(one.binding.id.kind),
                one.binding.id.key,
            )
        )
        return found

    def account_keys(self) -> frozenset[str]:
        """Keys of all who have an account of ours in any of the targets."""
        mine = (BINDING.c.network == self._network, BINDING.c.target.in_(self._targets))
        with self._transactions.reading() as connection:
            return frozenset(connection.scalars(select(BINDING.c.key).where(*mine, BINDING.c.kind == Kind.ACCOUNT)))

    def of_kind(self, kind: Kind) -> list[tuple[str, str, str]]:
        """(target, key, remote id) of all of a kind, accounts that another network owns among them; by target."""
        found: list[tuple[str, str, str]] = []
        with self._transactions.reading() as connection:
            for table in (BINDING, BORROWED) if kind is Kind.ACCOUNT else (BINDING,):
                mine = (table.c.network == self._network, table.c.target.in_(self._targets))
                these = (table.c.kind == str(kind),) if table is BINDING else ()
                columns = (table.c.target, table.c.key, table.c.remote_id)
                found += [tuple(row) for row in connection.execute(select(*columns).where(*mine, *these))]
        return sorted(found, key=lambda one: (self._targets.index(one[0]), one[1]))

    def account_key(self, remote_id: str) -> str | None:
        """Whose account this is, of ours or borrowed; None: of nobody whom we know."""
        with self._transactions.reading() as connection:
            for table in (BINDING, BORROWED):
                mine = (table.c.network == self._network, table.c.target.in_(self._targets))
                account = () if table is BORROWED else (table.c.kind == str(Kind.ACCOUNT),)
                statement = select(table.c.key).where(*mine, *account, table.c.remote_id == remote_id)
                if (found := connection.scalar(statement)) is not None:
                    return str(found)
        return None

    def owner(self, kind: Kind, remote_id: str) -> tuple[str, str] | None:
        """(target, key) of what is tied to this object; None: it is none of ours."""
        mine = (BINDING.c.network == self._network, BINDING.c.target.in_(self._targets), BINDING.c.kind == str(kind))
        statement = select(BINDING.c.target, BINDING.c.key).where(*mine, BINDING.c.remote_id == remote_id)
        with self._transactions.reading() as connection:
            row = connection.execute(statement).first()
        return None if row is None else (row.target, row.key)


def _in_parts(keys: Collection[str]) -> Iterator[list[str]]:
    left = iter(keys)
    while some := list(islice(left, _AT_ONCE)):
        yield some
