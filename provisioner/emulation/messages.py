"""One HTTP request and one answer, as plain values between the socket and an emulator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, unquote

READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT", "SEARCH"})
"""Methods that change nothing. Everything else counts as a write, whatever the server makes of it."""

REASONS: Mapping[int, str] = {
    100: "Continue",
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    207: "Multi-Status",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    412: "Precondition failed",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Entity",
    423: "Locked",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    507: "Insufficient Storage",
}


@dataclass(slots=True)
class Request:
    """What a client sent. Header names are lower-case; `target` is the raw request target."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    mishap: str | None = None
    """A product's own misfortune that a fault asked for (see `Faults.mishap`), None when all goes well."""
    only_asks: bool = False
    """Whether it changes nothing, whatever its method (see `Emulator.only_asks`)."""

    @property
    def raw_path(self) -> str:
        """The path as it was sent, without the query, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def path(self) -> str:
        """The path percent-decoded once; an encoded slash has become a slash."""
        return unquote(self.raw_path)

    @property
    def query_string(self) -> str:
        """What follows the question mark, as it was sent."""
        return self.target.partition("?")[2]

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's pairs in order, decoded."""
        return parse_qsl(self.query_string, keep_blank_values=True)

    @property
    def is_write(self) -> bool:
        """Whether it may change something."""
        return self.method not in READING_METHODS and not self.only_asks

    @property
    def content_type(self) -> str:
        """The media type of the body, lower-case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies by name; an unreadable header means none."""
        header = self.headers.get("cookie")
        if not header:
            return {}
        try:
            return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        except CookieError:
            return {}


@dataclass(slots=True)
class Response:
    """What an emulator answers. `headers` may repeat a name (cookies)."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = "text/html; charset=UTF-8"
    headers: list[tuple[str, str]] = field(default_factory=list)
    user: str | None = None
    """The account the request acted as, for the log; None for nobody."""

    @classmethod
    def json(cls, value: Any, status: int = 200, **more: Any) -> Response:
        """An answer with `value` as JSON."""
        body = json.dumps(value, separators=(",", ":")).encode()
        return cls(status, body, "application/json; charset=utf-8", **more)

    @classmethod
    def html(cls, text: str, status: int = 200, **more: Any) -> Response:
        """An answer with an HTML page."""
        return cls(status, text.encode(), "text/html; charset=UTF-8", **more)
