"""The write gate: no transport writes unless apply, holding the server's lock, has opened it.

Dry-run is not a flag that every caller must heed; it is a closed gate in front of the wire. All three transports
(`requests`, `niquests`, `ldap3`) ask it before each request.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from provisioner.model.errors import WriteRefused
from provisioner.model.text import Text

READING_METHODS: Final = frozenset(
    {"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT", "BIND", "UNBIND", "SEARCH", "COMPARE"}
)
"""HTTP and LDAP methods that change nothing over there."""


class WriteToken:
    """The right to write to one server. Only `provisioner.execution` makes one, from a lock that it holds."""

    def __init__(self, server: str, still_held: Callable[[], bool]) -> None:
        self.server = server
        self._still_held = still_held

    def is_valid(self) -> bool:
        """Asked before every single write: who loses the lock writes no more."""
        return self._still_held()


class WriteGate:
    """One a connector. Closed at first, open inside `opened`."""

    def __init__(self) -> None:
        self._token: WriteToken | None = None

    @contextmanager
    def opened(self, token: WriteToken) -> Iterator[None]:
        """Let writes pass for as long as ``token`` is valid and the block runs."""
        self._token = token
        try:
            yield
        finally:
            self._token = None

    def check(self, method: str) -> None:
        """Raise `WriteRefused` when ``method`` writes and no valid token is open."""
        if method.upper() in READING_METHODS:
            return
        if self._token is None:
            raise WriteRefused(Text.of("transport.no_token", method=method))
        if not self._token.is_valid():
            raise WriteRefused(Text.of("transport.lock_lost", method=method, server=self._token.server))
