"""ldap3's way of receiving, with an end: it would take in whatever a server sends, for as long as it sends."""

import time
import warnings
from typing import Any, Final

from provisioner.transport.answer import LONGEST_ANSWER

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # see directory.py
    from ldap3.core.exceptions import LDAPSocketReceiveError, LDAPUnknownResponseError
    from ldap3.strategy.sync import SyncStrategy

MOST_BYTES: Final = 256_000_000
"""All messages of one answer: a page, or an unpaged search of some 100,000 entries."""

_HEAD: Final = 2 + 127
"""Bytes in which a message's length stands, at most (X.690, 8.1.3)."""


class BoundedStrategy(SyncStrategy):
    """ldap3's synchronous strategy that gives up an answer without end; `begin` starts counting anew."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._room = MOST_BYTES
        self._end = time.monotonic() + LONGEST_ANSWER

    def begin(self) -> None:
        """A request was sent: its answer has all the room and time there is."""
        self._room = MOST_BYTES
        self._end = time.monotonic() + LONGEST_ANSWER

    def receiving(self) -> list[bytes]:  # type: ignore[override] # typeshed says None
        """Whole messages, at least one; none when the server hung up. Raises ldap3's communication errors."""
        messages: list[bytes] = []
        pending = bytearray()
        while True:
            try:
                data = self.connection.socket.recv(1 << 16)
            except (OSError, AttributeError) as error:  # no socket any more
                self.close()
                raise LDAPSocketReceiveError(f"error receiving data: {error}") from error
            if not data:
                return messages
            pending += data
            self._room -= len(data)
            if self._room < 0 or time.monotonic() > self._end:
                raise LDAPUnknownResponseError("an answer without end")
            while 0 < (length := _size(pending)) <= len(pending):
                messages.append(bytes(pending[:length]))
                del pending[:length]
            if not pending:
                return messages


def _size(pending: bytearray) -> int:
    """Bytes of the first message; -1 while that is not yet known."""
    return int(SyncStrategy.compute_ldap_message_size(bytes(pending[:_HEAD])))  # type: ignore[no-untyped-call]
