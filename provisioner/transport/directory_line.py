"""The line to an LDAP directory: how it is opened, guarded and closed.

Every message passes `GuardedStrategy.sending`, the one place before the socket that no method of ldap3 can go
round; there the write gate is asked. ldap3's defaults are not kept: it would not check certificates, wait for
ever, and follow referrals to servers that nobody named (observed in 2.9.1).
"""

import select
import ssl
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pyasn1.error import PyAsn1Error
from pydantic import SecretStr

from provisioner.model.errors import Permanent, ReadiError, SettingsError, Transient
from provisioner.model.ports import Gate
from provisioner.model.text import Text
from provisioner.transport.directory_address import Address
from provisioner.transport.directory_receiving import BoundedStrategy

with warnings.catch_warnings():
    # ldap3 2.9.1 takes two names from pyasn1 that pyasn1 0.6 has renamed; it says so at import, once.
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import LDAPExceptionError
    from ldap3.core.tls import Tls

_METHODS: Final[Mapping[str, str]] = {
    "bindRequest": "BIND",
    "unbindRequest": "UNBIND",
    "searchRequest": "SEARCH",
    "compareRequest": "COMPARE",
    "addRequest": "ADD",
    "delRequest": "DELETE",
    "modifyRequest": "MODIFY",
    "modDNRequest": "MODIFYDN",
    "abandonRequest": "ABANDON",
    "extendedReq": "EXTENDED",
}
_READING_EXTENSIONS: Final = frozenset({"1.3.6.1.4.1.1466.20037", "1.3.6.1.4.1.4203.1.11.3"})  # StartTLS, Who am I

# What ldap3's decoder raises on bytes that are no LDAP: it indexes and unpacks without looking.
NOT_LDAP: Final = (PyAsn1Error, LookupError, ValueError, TypeError, AttributeError, RecursionError)


class GuardedStrategy(BoundedStrategy):
    """ldap3's synchronous strategy with the write gate in front of the socket."""

    def __init__(self, connection: ldap3.Connection, gate: Gate) -> None:
        super().__init__(connection)
        self._gate = gate
        self.sent = False
        """Whether the last message left whole: only then can the server have acted on it."""

    def sending(self, ldap_message: Any) -> None:
        """Ask the gate, then send. Raises WriteRefused before a byte of a write has left."""
        self.sent = False
        operation = ldap_message["protocolOp"]
        method = _METHODS.get(operation.getName(), operation.getName())
        if not (method == "EXTENDED" and str(operation.getComponent()["requestName"]) in _READING_EXTENSIONS):
            self._gate.check(method)
        self.begin()
        super().sending(ldap_message)
        self.sent = True


class CheckedTls(Tls):
    """TLS as Python's own defaults have it: certificate and host name are checked, old protocols refused."""

    def __init__(self, host: str, ca_file: Path | None) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._host = host
        self._ca_file = ca_file
        self.problem: Exception | None = None

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: ARG002 — ldap3's signature
        """Replace the connection's socket by one that speaks TLS; `problem` keeps why that failed."""
        try:
            context = ssl.create_default_context(cafile=self._ca_file and str(self._ca_file))
            connection.socket = context.wrap_socket(connection.socket, server_hostname=self._host)
        except (OSError, ValueError) as error:
            self.problem = error
            raise


def connect(address: Address, user: str, password: SecretStr, gate: Gate) -> ldap3.Connection:
    """A guarded connection, encrypted as asked for, not yet logged in.

    Raises `Transient`, `Permanent` (certificate, no TLS) or `SettingsError`.
    """
    host, port, secure = address.parts()
    tls = CheckedTls(host, address.ca_file)
    server = ldap3.Server(
        host, port, use_ssl=secure, tls=tls, get_info=ldap3.NONE, connect_timeout=address.connect_timeout
    )
    connection = ldap3.Connection(
        server,
        user,
        password.get_secret_value(),
        auto_bind=ldap3.AUTO_BIND_NONE,
        auto_referrals=False,
        auto_range=False,  # ldap3 takes a range that it can't go on with for the last one (observed in 2.9.1)
        check_names=False,
        raise_exceptions=False,
        receive_timeout=address.receive_timeout,
        return_empty_attributes=False,
    )
    _guard(connection, gate)
    try:
        connection.open(read_server_info=False)
        if address.start_tls and not secure:
            connection.start_tls(read_server_info=False)
    except (LDAPExceptionError, OSError, *NOT_LDAP) as error:
        hang_up(connection)
        raise _not_open(address, connection, tls.problem, str(error)) from error
    return connection


def _not_open(address: Address, connection: ldap3.Connection, tls_problem: Exception | None, detail: str) -> ReadiError:
    url = address.url
    if isinstance(tls_problem, ssl.SSLCertVerificationError):
        return Permanent(Text.of("transport.directory_certificate", url=url), detail)
    if isinstance(tls_problem, FileNotFoundError):
        return SettingsError(Text.of("transport.directory_ca_file", file=str(address.ca_file)), detail)
    if connection.result is not None and connection.result.get("result"):
        return Permanent(Text.of("transport.directory_no_tls", url=url), detail)
    return Transient(Text.of("transport.directory_unreachable", url=url), detail)


def hang_up(connection: ldap3.Connection) -> None:
    """Close the socket for sure: ldap3 leaves it open when opening failed half-way (observed in 2.9.1)."""
    line = connection.socket
    connection.strategy.close()
    if line is not None:
        line.close()


def _guard(connection: ldap3.Connection, gate: Gate) -> None:
    """Put the guarded strategy in the place of ldap3's, wherever the connection keeps a reference to it."""
    strategy = GuardedStrategy(connection, gate)
    connection.strategy = strategy
    connection.send = strategy.send
    connection.open = strategy.open
    connection.get_response = strategy.get_response
    connection.post_send_single_response = strategy.post_send_single_response
    connection.post_send_search = strategy.post_send_search


def hung_up(connection: ldap3.Connection) -> bool:
    """Whether the server closed an idle connection, or sent a notice that it will; told without a request."""
    if connection.closed or connection.socket is None:
        return True
    try:
        readable, _, _ = select.select([connection.socket], [], [], 0)
    except (OSError, ValueError):
        return True
    return bool(readable)
