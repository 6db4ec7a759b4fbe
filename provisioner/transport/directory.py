"""The way to an LDAP directory: what it is asked, with typed answers and typed errors.

How the line to it is opened and guarded stands in `provisioner.transport.directory_line`.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, cast

from pydantic import SecretStr

from provisioner.model.errors import Garbled, LoginRefused, NotAllowed, OutcomeUnknown, TargetError, Transient
from provisioner.model.ports import Gate
from provisioner.model.text import Text
from provisioner.transport.directory_address import Address
from provisioner.transport.directory_answers import Answer, Entry, Found, entries_of, failure, gap
from provisioner.transport.directory_line import NOT_LDAP, GuardedStrategy, connect, hang_up, hung_up
from provisioner.transport.directory_sync import SYNC, Refreshed, refreshed, request_value

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # see directory_line.py
    import ldap3
    from ldap3.core.exceptions import (
        LDAPCommunicationError,
        LDAPExceptionError,
        LDAPResponseTimeoutError,
        LDAPUnknownResponseError,
    )
    from ldap3.operation.search import compile_filter, parse_filter
    from ldap3.protocol.rfc4527 import post_read_control
    from ldap3.utils.asn1 import encode  # type: ignore[attr-defined]

ADD: Final = ldap3.MODIFY_ADD
DELETE: Final = ldap3.MODIFY_DELETE
REPLACE: Final = ldap3.MODIFY_REPLACE

POST_READ: Final = "1.3.6.1.1.13.2"
ASSERTION: Final = "1.3.6.1.1.12"
_NO_SUCH_OBJECT: Final = 32

MOST_ENTRIES: Final = 1_000_000
_EMPTY_PAGES: Final = 100
"""So many in a row without an entry, and still a cookie: that server will never come to an end."""

Changes = Mapping[str, Sequence[tuple[str, Sequence[bytes]]]]
"""By attribute: what to do (`ADD`, `DELETE`, `REPLACE`) with which values."""


class Scope(StrEnum):
    """How deep a search goes."""

    BASE = "base"
    ONE = "one"
    SUBTREE = "subtree"


_SCOPES: Final[Mapping[Scope, Any]] = {Scope.BASE: ldap3.BASE, Scope.ONE: ldap3.LEVEL, Scope.SUBTREE: ldap3.SUBTREE}


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for."""

    base: str
    condition: str = "(objectClass=*)"
    attributes: Sequence[str] = ()
    scope: Scope = Scope.SUBTREE
    page_size: int | None = 500
    """None: in one answer, as programs ask that know no pages: the server's size limit shows."""
    skips_references: bool = False
    """A part that lies on another server is not meant; else it makes a gap."""
    most: int = 0
    """Ask for no more entries than so many; 0: all. What is cut off by that comes back as a gap."""


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
        found = self.search(Search(name, condition, attributes, Scope.BASE, page_size=None))
        if found.gap is not None:
            raise Garbled(found.gap, name)
        return found.entries[0] if found.entries else None

    def below(self, base: str, condition: str, attributes: Sequence[str], page_size: int = 500) -> Found:
        """The entries directly below ``base`` that fit, page by page (RFC 2696), to the end or to a `gap`."""
        return self.search(Search(base, condition, attributes, Scope.ONE, page_size))

    def below_unpaged(self, base: str, condition: str, attributes: Sequence[str]) -> Found:
        """The same in one answer, as programs ask that know no pages: the server's size limit shows."""
        return self.search(Search(base, condition, attributes, Scope.ONE, page_size=None))

    def search(self, asked: Search) -> Found:
        """The entries that fit, page by page over one and the same line, to the end or to a `gap`.

        Values that come in ranges are read to their end ([MS-ADTS] 3.1.1.3.1.3.3).
        """
        connection = self._live()
        entries: list[Entry] = []
        cookie: bytes | None = None
        pages = empty = references = 0
        while True:
            answer = self._ask_for(connection, asked, paged_size=asked.page_size, paged_cookie=cookie)
            pages += 1
            before = len(entries)
            entries.extend(entries_of(answer))
            references += sum(response.get("type") == "searchResRef" for response in answer.responses)
            if answer.code == _NO_SUCH_OBJECT:
                return Found(tuple(entries), missing=True)
            odd = gap(answer, skips_references=asked.skips_references)
            if odd is not None:
                return Found(tuple(entries), gap=odd, pages=pages, references=references)
            if answer.code != 0:
                raise failure(answer, "search")
            if cookie and not answer.paged():
                self._drop()
                raise Garbled(Text.of("transport.directory_garbled"), "a page that does not say whether it is the last")
            cookie = answer.cookie()
            if not cookie:
                whole = tuple(self._whole(connection, entry) if entry.ranges() else entry for entry in entries)
                return Found(whole, pages=pages, references=references)
            empty = 0 if len(entries) > before else empty + 1
            if empty > _EMPTY_PAGES or len(entries) > MOST_ENTRIES:
                self._drop()
                raise Garbled(Text.of("transport.directory_garbled"), "pages without end")

    def refresh(self, asked: Search, cookie: bytes) -> Refreshed:
        """What changed since ``cookie`` (RFC 4533, refreshOnly); b"" for everything. Never paged: slapd refuses that.

        Raises `Refused` where the server does not synchronise here, or no longer knows where it was.
        """
        control = (SYNC, True, request_value(cookie))
        answer = self._ask_for(self._live(), asked, controls=[control])
        odd = gap(answer, skips_references=asked.skips_references)
        if odd is not None:
            return Refreshed(gap=odd)
        if answer.code != 0:
            raise failure(answer, "search")
        return refreshed(answer)

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
                hang_up(connection)

    def _assertion(self, only_if: str | None) -> list[tuple[str, bool, bytes]] | None:
        if only_if is None or not self.offers(ASSERTION):
            return None
        parsed = parse_filter(only_if, None, False, False, None, False).elements[0]  # type: ignore[no-untyped-call]
        return [(ASSERTION, True, encode(compile_filter(parsed)))]  # type: ignore[no-untyped-call]

    def _ask_for(self, connection: ldap3.Connection, asked: Search, **options: Any) -> Answer:
        return self._ask(
            connection.search,
            asked.base,
            asked.condition,
            search_scope=_SCOPES[asked.scope],
            dereference_aliases=ldap3.DEREF_NEVER,
            attributes=list(asked.attributes),
            size_limit=asked.most,
            time_limit=self._address.receive_timeout,
            **options,
        )

    def _whole(self, connection: ldap3.Connection, entry: Entry) -> Entry:
        """The entry with all values of the attributes that came in part. A range that can't be followed is an error."""
        attributes = {kind: values for kind, values in entry.attributes.items() if ";range=" not in kind}
        for kind, (end, values) in entry.ranges().items():
            collected = list(values)
            while end is not None:
                wanted = f"{kind};range={end + 1}-*"
                answer = self._ask_for(connection, Search(entry.name, attributes=(wanted,), scope=Scope.BASE))
                if answer.code != 0:
                    raise failure(answer, "search")
                part = next((found.ranges().get(kind) for found in entries_of(answer)), None)
                if part is None or not part[1] or len(collected) > MOST_ENTRIES:
                    self._drop()
                    raise Garbled(Text.of("transport.directory_garbled"), f"{wanted} without an end")
                end, more = part
                collected += more
            attributes[kind] = tuple(collected)
        return replace(entry, attributes=attributes)

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
        if self._connection is not None and hung_up(self._connection):
            self._drop()
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    def _open(self) -> ldap3.Connection:
        connection = self._connection = connect(self._address, self._user, self._password, self._gate)
        answer = self._ask(connection.bind, read_server_info=False)
        if answer.code != 0:
            self._drop()
            refusal = failure(answer, "bind")
            if isinstance(refusal, LoginRefused | NotAllowed):
                self._refused = refusal
            raise refusal
        return connection

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
        except (LDAPExceptionError, *NOT_LDAP) as error:
            self._drop()
            raise Garbled(Text.of("transport.directory_garbled"), f"{type(error).__name__}: {error}") from error

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            hang_up(connection)
