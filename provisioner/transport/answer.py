"""What came back over HTTP, and what it means when nothing did. Shared by both HTTP transports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from json import loads
from typing import Any, Final

from provisioner.model.errors import OutcomeUnknown, Permanent, TargetError, Transient
from provisioner.model.text import Text
from provisioner.transport.gate import READING_METHODS

MOST_BYTES: Final = 64_000_000
"""The longest body that is read, unpacked: about 100,000 accounts' ids are a tenth of it."""

LONGEST_ANSWER: Final = 600.0
"""Seconds from a request to the end of its answer. A time-out alone ends only silence, not a trickle."""

LONGEST_WAIT: Final = 60.0
"""Seconds. A `Retry-After` above this is obeyed as this much: a misconfigured proxy must not stop us for a day."""


class NeverSent(Transient):
    """No connection was made, so nothing can have happened over there."""


class TooLong(Exception):
    """A body of more than `MOST_BYTES`, or one that trickles in for more than `LONGEST_ANSWER`."""


class NotJson:
    """Stands for a body that is not JSON: HTML, cut off, empty."""


NOT_JSON: Final = NotJson()


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer, whatever its status. ``value`` is the parsed JSON body, or `NOT_JSON`."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    value: object = NOT_JSON
    body: bytes = b""
    """As it came, for where no JSON is expected (WebDAV, BOSH)."""

    def retry_after(self, now: datetime) -> float | None:
        """Seconds to wait according to `Retry-After` (a number or a date), at most `LONGEST_WAIT`; None: not said."""
        said = self.headers.get("retry-after", "").strip()
        if not said:
            return None
        if said.isascii() and said.isdigit():
            return min(float(said), LONGEST_WAIT)
        try:
            until = parsedate_to_datetime(said)
        except (ValueError, OverflowError):
            return None
        if until.tzinfo is None:
            return None
        return min(max((until - now).total_seconds(), 0.0), LONGEST_WAIT)


def parsed(body: str) -> object:
    """The JSON value of a body, or `NOT_JSON`: so is what no server writes, e.g. numbers of 5,000 digits."""
    try:
        value: object = loads(body)
    except (ValueError, RecursionError):
        return NOT_JSON
    return whole_letters(value) if "\\ud" in body.lower() else value


def whole_letters(value: Any) -> Any:
    """The same JSON value without halves of letters, e.g. a lone "\\ud800": nothing could print or keep them."""
    if isinstance(value, str):
        return value if _is_whole(value) else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [whole_letters(one) for one in value]
    if isinstance(value, dict):
        return {whole_letters(name): whole_letters(one) for name, one in value.items()}
    return value


def _is_whole(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text)


def is_reading(method: str) -> bool:
    """Whether this HTTP method changes nothing over there."""
    return method.upper() in READING_METHODS


def failure(error: BaseException, method: str, url: str) -> TargetError:
    """The typed form of what `requests` and `niquests` raise when there was no answer. ``url`` holds no secret.

    A connection that was never made has written nothing; any other failure of a write may come after it.
    """
    names = {type(part).__name__ for part in _parts(error)}
    detail = type(error).__name__
    if names & _CERTIFICATE:
        return Permanent(Text.of("transport.certificate", url=url), detail)
    if "SSLError" in names:  # plain HTTP behind https://, or no version of TLS in common
        return Permanent(Text.of("transport.no_tls", url=url), detail)
    if names & _MALFORMED:
        return Permanent(Text.of("transport.bad_url", url=url), detail)
    if names & _NEVER_SENT:
        return NeverSent(Text.of("transport.unreachable", url=url), detail)
    if is_reading(method):
        return Transient(Text.of("transport.interrupted", url=url), detail)
    return OutcomeUnknown(Text.of("transport.interrupted_write", url=url), detail)


_CERTIFICATE: Final = frozenset({"SSLCertVerificationError", "CertificateError"})
_NEVER_SENT: Final = frozenset({"NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ConnectTimeout"})
_MALFORMED: Final = frozenset({"InvalidURL", "MissingSchema", "InvalidSchema", "LocationParseError"})


def _parts(error: BaseException) -> list[object]:
    """The error and what it wraps: both libraries put urllib3's error in their first argument."""
    parts: list[object] = [error]
    inner: object = error.args[0] if error.args else None
    while isinstance(inner, BaseException) and inner not in parts:
        parts.append(inner)
        inner = getattr(inner, "reason", None) or (inner.args[0] if inner.args else None)
    return parts
