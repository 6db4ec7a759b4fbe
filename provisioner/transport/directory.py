"""The way to an LDAP directory: one guarded ldap3 connection, with typed answers and typed errors.

Every message passes `GuardedStrategy.sending`, the one place before the socket that no method of ldap3 can go
round; there the write gate is asked. ldap3's defaults are not kept: it would not check certificates, wait for
ever, and follow referrals to servers that nobody named (observed in 2.9.1).
"""

import select
import ssl
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

from pyasn1.error import PyAsn1Error
from pydantic import SecretStr

from provisioner.model.errors import (
    Garbled,
    LoginRefused,
    NotAllowed,
    OutcomeUnknown,
    Permanent,
    ReadiError,
    SettingsError,
    TargetError,
    Transient,
)
from provisioner.model.ports import Gate
from provisioner.model.text import Text
from provisioner.transport.directory_address import Address
from provisioner.transport.directory_answers import Answer, Entry, Found, failure, gap
from provisioner.transport.directory_receiving import BoundedStrategy

with warnings.catch_warnings():
    # ldap3 2.9.1 takes two names from pyasn1 that pyasn1 0.6 has renamed; it says so at import, once.
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import (
        LDAPCommunicationError,
        LDAPExceptionError,
        LDAPResponseTimeoutError,
        LDAPUnknownResponseError,
    )
    from ldap3.core.tls import Tls
    from ldap3.operation.search import compile_filter, parse_filter
    from ldap3.protocol.rfc4527 import post_read_control
    from ldap3.utils.asn1 import encode  # type: ignore[attr-defined]

ADD: Final = ldap3.MODIFY_ADD
DELETE: Final = ldap3.MODIFY_DELETE
REPLACE: Final = ldap3.MODIFY_REPLACE

POST_READ: Final = "1.3.6.1.1.13.2"
ASSERTION: Final = "1.3.6.1.1.12"
_NO_SUCH_OBJECT: Final = 32

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
_NOT_LDAP: Final = (PyAsn1Error, LookupError, ValueError, TypeError, AttributeError, RecursionError)

MOST_ENTRIES: Final = 1_000_000
_EMPTY_PAGES: Final = 100
"""So many in a row without an entry, and still a cookie: that server will never come to an end."""

Changes = Mapping[str, Sequence[tuple[str, Sequence[bytes]]]]
"""By attribute: what to do (`ADD`, `DELETE`, `REPLACE`) with which values."""


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


class Directory:
    """A directory, logged in to at the first request. Not shared between threads.

    Reading methods raise `Transient`, `LoginRefused`, `NotAllowed`, `Permanent` or `Garbled`; writing ones also
    `OutcomeUnknown`. A refused log-in is never tried again: password policies lock the account.
    """

    def __init__(self, address: Address, user: str, password: SecretStr, gate: Gate) -> None:
        self._address = address
        self._user = user
        self._password = password
        self._gate = gate
        self._connection: ldap3.Connection | None = None
        self._refused: TargetError | None = None
        self._root: Entry | None = None

    def root(self) -> Entry:
        """The server's own entry: controls, naming contexts. Read once."""
        if self._root is None:
            self._root = self.read("", ("+", "*")) or Entry("", {})
        return self._root

    def offers(self, control: str) -> bool:
        """Whether the server says that it knows this control."""
        return control in self.root().texts("supportedControl")

    def read(self, name: str, attributes: Sequence[str], condition: str = "(objectClass=*)") -> Entry | None:
        """One entry by its name; None when the server says that there is none, or that it does not fit."""
        found = self._search(name, condition, ldap3.BASE, attributes, None)
        if found.gap is not None:
            raise Garbled(found.gap, name)
        return found.entries[0] if found.entries else None

    def below(self, base: str, condition: str, attributes: Sequence[str], page_size: int = 500) -> Found:
        """The entries directly below ``base`` that fit, page by page (RFC 2696), to the end or to a `gap`."""
        return self._search(base, condition, ldap3.LEVEL, attributes, page_size)

    def below_unpaged(self, base: str, condition: str, attributes: Sequence[str]) -> Found:
        """The same in one answer, as programs ask that know no pages: the server's size limit shows."""
        return self._search(base, condition, ldap3.LEVEL, attributes, None)

    def add(self, name: str, attributes: Mapping[str, Sequence[bytes]], read_back: Sequence[str]) -> Entry | None:
        """Make an entry. What it then holds of ``read_back`` where the server tells (RFC 4527), else None."""
        controls = [post_read_control(list(read_back))] if self.offers(POST_READ) else None
        values = {attribute: list(given) for attribute, given in attributes.items()}
        answer = self._write("add", name, None, values, controls=controls)
        told = answer.controls.get(POST_READ)
        return None if told is None else Entry.of(name, told["value"]["result"])

    def modify(self, name: str, changes: Changes, only_if: str | None = None) -> None:
        """Change an entry: all of ``changes`` or nothing. ``only_if``: a filter it must fit (RFC 4528)."""
        prepared = {attribute: [(what, list(values)) for what, values in todo] for attribute, todo in changes.items()}
        self._write("modify", name, prepared, controls=self._assertion(only_if))

    def rename(self, name: str, new_rdn: str) -> None:
        """Give an entry another first part of its name; the old value goes, the entry stays where it is."""
        self._write("modify_dn", name, new_rdn, controls=None)

    def delete(self, name: str, only_if: str | None = None) -> None:
        """Delete an entry that has none below it. ``only_if``: a filter it must fit (RFC 4528)."""
        self._write("delete", name, controls=self._assertion(only_if))

    def close(self) -> None:
        """Log out. Errors on the way out are nobody's concern: nothing was asked any more."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.unbind()
            except (LDAPExceptionError, OSError):
                _hang_up(connection)

    def _assertion(self, only_if: str | None) -> list[tuple[str, bool, bytes]] | None:
        if only_if is None or not self.offers(ASSERTION):
            return None
        parsed = parse_filter(only_if, None, False, False, None, False).elements[0]  # type: ignore[no-untyped-call]
        return [(ASSERTION, True, encode(compile_filter(parsed)))]  # type: ignore[no-untyped-call]

    def _search(self, base: str, condition: str, scope: Any, attributes: Sequence[str], page_size: int | None) -> Found:
        entries: list[Entry] = []
        cookie: bytes | None = None
        empty = 0
        while True:
            connection = self._live()
            answer = self._ask(
                connection.search,
                base,
                condition,
                search_scope=scope,
                dereference_aliases=ldap3.DEREF_NEVER,
                attributes=list(attributes),
                time_limit=self._address.receive_timeout,
                paged_size=page_size,
                paged_cookie=cookie,
            )
            for response in answer.responses:
                if response.get("type") == "searchResEntry":
                    entries.append(Entry.of(response["dn"], response["raw_attributes"]))
            if answer.code == _NO_SUCH_OBJECT:
                return Found(tuple(entries), missing=True)
            odd = gap(answer)
            if odd is not None:
                return Found(tuple(entries), gap=odd)
            if answer.code != 0:
                raise failure(answer, "search")
            cookie = answer.cookie()
            if not cookie:
                return Found(tuple(entries))
            empty = 0 if answer.responses else empty + 1
            if empty > _EMPTY_PAGES or len(entries) > MOST_ENTRIES:
                self._drop()
                raise Garbled(Text.of("transport.directory_garbled"), "pages without end")

    def _write(self, method: str, name: str, *arguments: Any, controls: Any) -> Answer:
        connection = self._live()
        try:
            answer = self._ask(getattr(connection, method), name, *arguments, controls=controls)
        except (Transient, Garbled) as error:
            # Whatever became of the answer: a message that left whole may have been acted on.
            if cast(GuardedStrategy, connection.strategy).sent:
                raise OutcomeUnknown(Text.of("transport.directory_outcome"), error.detail) from error
            raise
        if answer.code != 0:
            raise failure(answer, method)
        return answer

    def _live(self) -> ldap3.Connection:
        """A connection that is logged in and that the server has not hung up; else a new one."""
        if self._refused is not None:
            raise self._refused
        if self._connection is not None and _hung_up(self._connection):
            self._drop()
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    def _open(self) -> ldap3.Connection:
        host, port, secure = self._address.parts()
        tls = CheckedTls(host, self._address.ca_file)
        server = ldap3.Server(
            host, port, use_ssl=secure, tls=tls, get_info=ldap3.NONE, connect_timeout=self._address.connect_timeout
        )
        connection = ldap3.Connection(
            server,
            self._user,
            self._password.get_secret_value(),
            auto_bind=ldap3.AUTO_BIND_NONE,
            auto_referrals=False,
            auto_range=True,
            check_names=False,
            raise_exceptions=False,
            receive_timeout=self._address.receive_timeout,
            return_empty_attributes=False,
        )
        _guard(connection, self._gate)
        try:
            connection.open(read_server_info=False)
            if self._address.start_tls and not secure:
                connection.start_tls(read_server_info=False)
        except (LDAPExceptionError, OSError, *_NOT_LDAP) as error:
            _hang_up(connection)
            raise self._not_open(connection, tls.problem, str(error)) from error
        self._connection = connection
        answer = self._ask(connection.bind, read_server_info=False)
        if answer.code != 0:
            self._drop()
            refusal = failure(answer, "bind")
            if isinstance(refusal, LoginRefused | NotAllowed):
                self._refused = refusal
            raise refusal
        return connection

    def _not_open(self, connection: ldap3.Connection, tls_problem: Exception | None, detail: str) -> ReadiError:
        url = self._address.url
        if isinstance(tls_problem, ssl.SSLCertVerificationError):
            return Permanent(Text.of("transport.directory_certificate", url=url), detail)
        if isinstance(tls_problem, FileNotFoundError):
            return SettingsError(Text.of("transport.directory_ca_file", file=str(self._address.ca_file)), detail)
        if connection.result is not None and connection.result.get("result"):
            return Permanent(Text.of("transport.directory_no_tls", url=url), detail)
        return Transient(Text.of("transport.directory_unreachable", url=url), detail)

    def _ask(self, method: Any, *arguments: Any, **options: Any) -> Answer:
        """One request and its typed answer. Drops the connection whenever the two may be out of step."""
        connection = method.__self__
        try:
            method(*arguments, **options)
            return Answer.of(connection.result, connection.response)
        except (LDAPCommunicationError, LDAPResponseTimeoutError) as error:
            self._drop()
            if isinstance(error, LDAPUnknownResponseError):
                raise Garbled(Text.of("transport.directory_garbled"), str(error)) from error
            raise Transient(Text.of("transport.directory_lost"), str(error)) from error
        except (LDAPExceptionError, *_NOT_LDAP) as error:
            self._drop()
            raise Garbled(Text.of("transport.directory_garbled"), f"{type(error).__name__}: {error}") from error

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            _hang_up(connection)


def _hang_up(connection: ldap3.Connection) -> None:
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


def _hung_up(connection: ldap3.Connection) -> bool:
    """Whether the server closed an idle connection, or sent a notice that it will; told without a request."""
    if connection.closed or connection.socket is None:
        return True
    try:
        readable, _, _ = select.select([connection.socket], [], [], 0)
    except (OSError, ValueError):
        return True
    return bool(readable)
