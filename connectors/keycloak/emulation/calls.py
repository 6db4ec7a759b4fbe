"""What a handler gets to work with, how it refuses, and how answers look. Shapes observed on Keycloak 26.4."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.keycloak.emulation.bodies import read
from connectors.keycloak.emulation.profile import Profile
from connectors.keycloak.emulation.rights import Rights
from connectors.keycloak.emulation.state import Group, Realm, User
from provisioner.emulation import Response, RouteTable

UTF8 = "application/json;charset=UTF-8"
SECURITY = (
    ("Referrer-Policy", "no-referrer"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "SAMEORIGIN"),
)
"""On every answer."""


class Refusal(Exception):
    """An answer that says no."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body
        self.headers = headers


def error(status: int, text: str) -> Refusal:
    """The server's own words in `error`, as its exceptions are told."""
    return Refusal(status, {"error": text})


def refused(status: int, text: str) -> Refusal:
    """Words in `errorMessage`, as its services answer on purpose."""
    return Refusal(status, {"errorMessage": text})


def forbidden() -> Refusal:
    return error(403, "HTTP 403 Forbidden")


def crash() -> Refusal:
    """What people read of an exception that nobody expected."""
    body = {"error": "unknown_error", "error_description": "For more on this error consult the server log."}
    return Refusal(500, body)


def answer(value: Any, status: int = 200, content_type: str = UTF8) -> Response:
    """JSON as the server writes it: no spaces, UTF-8."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    # A success is not to be kept by caches; refusals say nothing about it.
    headers = [("Cache-Control", "no-cache")] if content_type == UTF8 else []
    return Response(status, text.encode(), content_type, [*headers, *SECURITY])


def refusal(told: Refusal) -> Response:
    response = answer(told.body, told.status, "application/json")
    response.headers += told.headers
    return response


def nothing(status: int = 204, location: str | None = None, body: Any = None) -> Response:
    """No content, perhaps with the address of what was made."""
    response = Response(status, b"", None, list(SECURITY)) if body is None else answer(body, status, "application/json")
    if location is not None:
        response.headers.append(("Location", location))
    return response


@dataclass(slots=True)
class Call:
    """One request that has passed the door."""

    realm: Realm
    profile: Profile
    rights: Rights
    address: str
    """Of the realm in the Admin REST, as the client sees it."""
    places: dict[str, str]
    query: dict[str, str]
    body: Any = None
    mishap: str | None = None
    found_user: User | None = field(default=None)
    found_group: Group | None = field(default=None)

    @property
    def user(self) -> User:
        """The one in the path; the door has looked it up."""
        if self.found_user is None:
            raise LookupError("this address names no user")
        return self.found_user

    @property
    def group(self) -> Group:
        """The one in the path; the door has looked it up."""
        if self.found_group is None:
            raise LookupError("this address names no group")
        return self.found_group

    def flag(self, name: str, default: bool) -> bool:
        """A word that is not "true" counts as false."""
        word = self.query.get(name)
        return default if not word else word.lower() == "true"

    def number(self, name: str) -> int | None:
        """Raises Refusal: what is no number makes the address unknown (observed)."""
        word = self.query.get(name)
        if not word:
            return None
        try:
            number = int(word)
        except ValueError:
            number = 2**31
        if not -(2**31) <= number < 2**31:
            raise error(404, "HTTP 404 Not Found")
        return number

    def page(self, found: list[Any], default: int | None) -> list[Any]:
        """Cut by `first` and `max`; a negative number is none."""
        first, size = self.number("first"), self.number("max")
        start = first if first is not None and first > 0 else 0
        size = default if size is None else size
        return found[start:] if size is None or size < 0 else found[start : start + size]


Handler = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A handler and what it takes: the name of a representation, with "[]" for a list of them; None for nothing."""

    handler: Handler
    takes: str | None = None


class Routes:
    """Routes below a realm. Patterns match the path as it was sent: names may hold encoded slashes."""

    def __init__(self) -> None:
        self.table: RouteTable[Endpoint] = RouteTable()

    def __call__(self, method: str, pattern: str, takes: str | None = None) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            self.table.add(method, pattern, Endpoint(handler, takes))
            return handler

        return keep


def parse(takes: str, body: bytes, content_type: str) -> Any:
    """The body as this representation. Raises Refusal."""
    if body and content_type not in ("", "application/json"):
        raise error(415, "The content-type header value did not match the value in @Consumes")
    try:
        return read(takes, body)
    except json.JSONDecodeError:
        raise Refusal(400, {"error": "invalid_request", "error_description": "Cannot parse the JSON"}) from None
    except TypeError:
        raise Refusal(400, {"error": "unknown_error", "error_description": "Cannot parse the JSON"}) from None
    except LookupError as unknown:
        raise error(400, str(unknown.args[0])) from None
