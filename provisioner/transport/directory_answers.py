"""What a directory answers, as types: entries, complete or not, and result codes as errors of the house."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from provisioner.model.errors import LoginRefused, NotAllowed, Permanent, TargetError, Transient
from provisioner.model.text import Text

_PAGED: Final = "1.2.840.113556.1.4.319"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its name as the server writes it, and its values by attribute type in lower case.

    An attribute without values and one that we may not read look the same: both are missing.
    """

    name: str
    attributes: Mapping[str, tuple[bytes, ...]]

    @classmethod
    def of(cls, name: str, attributes: Mapping[str, Iterable[bytes | str]]) -> Self:
        """From ldap3's ``raw_attributes``."""
        return cls(
            name,
            {
                kind.lower(): tuple([value if type(value) is bytes else _bytes(value) for value in values])
                for kind, values in attributes.items()
            },
        )

    def raw(self, attribute: str) -> tuple[bytes, ...]:
        return self.attributes.get(attribute.lower(), ())

    def texts(self, attribute: str) -> tuple[str, ...]:
        """The values as text. Raises UnicodeDecodeError for what is none."""
        return tuple(value.decode() for value in self.raw(attribute))

    def ranges(self) -> dict[str, tuple[int | None, tuple[bytes, ...]]]:
        """Attributes of which only a part came (``member;range=0-1499``): its last number (None: the end), values."""
        found: dict[str, tuple[int | None, tuple[bytes, ...]]] = {}
        for kind, values in self.attributes.items():
            name, option, numbers = kind.partition(";range=")
            if option:
                last = numbers.partition("-")[2]
                found[name] = (None if last == "*" else int(last), values)
        return found


def _bytes(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome of a search. Only without ``gap`` and not ``missing`` does absence mean anything."""

    entries: tuple[Entry, ...]
    gap: Text | None = None
    """Why there may be more entries than these."""
    missing: bool = False
    """The server knows no such base, or does not let us know it: it says the same in both cases."""
    pages: int = 1
    references: int = 0
    """Parts of the tree that lie on other servers and were not asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of one operation."""

    code: int
    description: str
    message: str
    responses: tuple[Mapping[str, Any], ...] = ()
    controls: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, result: Mapping[str, Any], responses: Iterable[Mapping[str, Any]] | None) -> Self:
        """From ldap3's ``connection.result`` and ``connection.response``. Raises KeyError for another shape."""
        return cls(
            int(result["result"]),
            str(result["description"]),
            str(result.get("message") or ""),
            tuple(responses or ()),
            result.get("controls") or {},
        )

    def paged(self) -> bool:
        """Whether the server says that this is a page."""
        return _PAGED in self.controls

    def cookie(self) -> bytes | None:
        """Where the next page begins; None at the end."""
        control = self.controls.get(_PAGED)
        return control["value"]["cookie"] or None if control else None


_GAPS: Final[Mapping[int, str]] = {
    3: "transport.directory_time_limit",
    4: "transport.directory_size_limit",
    9: "transport.directory_referral",
    10: "transport.directory_referral",
    11: "transport.directory_size_limit",
}

_LOGIN: Final = frozenset({48, 49})  # inappropriateAuthentication, invalidCredentials
_RIGHTS: Final = frozenset({8, 13, 50, 123})  # stronger authentication, confidentiality, rights, authorization denied
_BUSY: Final = frozenset({3, 51, 52})  # time limit, busy, unavailable


def entries_of(answer: Answer) -> Iterator[Entry]:
    """The entries of a search's answer."""
    for response in answer.responses:
        if response.get("type") == "searchResEntry":
            yield Entry.of(response["dn"], response["raw_attributes"])


def gap(answer: Answer, *, skips_references: bool = False) -> Text | None:
    """Why a search's entries may not be all: a limit, or a part of the tree that lies on another server."""
    if answer.code in _GAPS:
        return Text.of(_GAPS[answer.code])
    if not skips_references and any(response.get("type") == "searchResRef" for response in answer.responses):
        return Text.of("transport.directory_referral")
    return None


class Refused(Permanent):
    """The directory refused a request for good; ``code`` is its LDAP result code (RFC 4511, 4.1.9)."""

    def __init__(self, text: Text, detail: str, code: int) -> None:
        super().__init__(text, detail)
        self.code = code


NO_SUCH_ATTRIBUTE: Final = 16
VALUE_EXISTS: Final = 20
NO_SUCH_OBJECT: Final = 32
ENTRY_EXISTS: Final = 68
ASSERTION_FAILED: Final = 122

_SAID: Final[Mapping[int, str]] = {
    NO_SUCH_OBJECT: "transport.directory_no_such_entry",
    ENTRY_EXISTS: "transport.directory_entry_exists",
    ASSERTION_FAILED: "transport.directory_replaced",
}


def failure(answer: Answer, operation: str) -> TargetError:
    """The error that a result code other than success stands for. The server's own words go into ``detail``."""
    detail = " ".join(part for part in (operation, answer.description, answer.message) if part)
    if answer.code in _LOGIN:
        return LoginRefused(Text.of("transport.directory_login"), detail)
    if answer.code in _RIGHTS:
        return NotAllowed(Text.of("transport.directory_rights"), detail)
    if answer.code in _BUSY:
        return Transient(Text.of("transport.directory_busy"), detail)
    if answer.code in _SAID:
        return Refused(Text.of(_SAID[answer.code]), detail, answer.code)
    return Refused(Text.of("transport.directory_refused", result=answer.description), detail, answer.code)
