"""ldap3's way of receiving, with an end: it would take in whatever a server sends, for as long as it sends."""

import time
import warnings
from typing import Any, Final, cast

from provisioner.transport.answer import LONGEST_ANSWER

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # see directory.py
    from ldap3.core.exceptions import LDAPSocketReceiveError, LDAPUnknownResponseError
    from ldap3.strategy.sync import SyncStrategy
    from ldap3.utils.conv import to_unicode

MOST_BYTES: Final = 256_000_000
"""All messages of one answer: a page, or an unpaged search of some 100,000 entries."""

_ENTRY: Final = 4
"""The application tag of a searchResEntry (RFC 4511, 4.5.2)."""

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

    def decode_response_fast(self, ldap_message: Any) -> dict[str, Any]:
        """An entry with its values as they came; ldap3 would decode each a second time, as text that nobody reads."""
        if ldap_message["protocolOp"] != _ENTRY:
            return cast(dict[str, Any], super().decode_response_fast(ldap_message))  # type: ignore[no-untyped-call]
        name, attributes = ldap_message["payload"]
        entry = {
            "type": "searchResEntry",
            "dn": to_unicode(name[3], from_server=True),
            "raw_attributes": {
                kind[3].decode(): [value[3] for value in values[3]] for *_, (kind, values) in attributes[3]
            },
        }
        if ldap_message["controls"]:
            controls = (self.decode_control_fast(control[3]) for control in ldap_message["controls"])
            entry["controls"] = dict(controls)
        return entry

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
