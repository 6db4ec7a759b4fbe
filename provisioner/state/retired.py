"""Names that are never used again: kept as keyed hashes, so that nobody can list them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from provisioner.state.schema import TOMBSTONE
from provisioner.state.tie_facts import secret_of


@dataclass(frozen=True, slots=True)
class RetiredNames:
    """Names that were used once, as keyed hashes: asked with ``(kind, canonical name) in …``, never listed."""

    secret: bytes = b""
    digests: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    def __contains__(self, pair: object) -> bool:
        if not self.digests or not isinstance(pair, tuple):
            return False
        kind, name = pair
        return (str(kind), _digest(self.secret, name)) in self.digests

    def __len__(self) -> int:
        return len(self.digests)


def retired_names(connection: Connection, server: str) -> RetiredNames:
    """Those of one server."""
    rows = connection.execute(select(TOMBSTONE.c.kind, TOMBSTONE.c.digest).where(TOMBSTONE.c.server == server))
    digests = frozenset((row.kind, row.digest) for row in rows)
    return RetiredNames(bytes.fromhex(secret_of(connection)), digests) if digests else RetiredNames()


def digest_of(connection: Connection, canonical_name: str) -> str:
    """By which this database, and none that is not its copy, knows a name."""
    return _digest(bytes.fromhex(secret_of(connection)), canonical_name)


def _digest(secret: bytes, canonical_name: str) -> str:
    return hashlib.blake2b(canonical_name.encode(), key=secret, digest_size=24).hexdigest()
