"""The protocol: Keycloak's admin REST interface, its token, retries of reads, and what each answer means.

Meanings as observed on Keycloak 26.4: refusals are JSON, ``{"errorMessage": …}`` or ``{"error": …}``; who lacks a right
gets 403 even for what exists, so that 404 in the server's own words is true.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from connectors.keycloak.settings import KeycloakSettings
from connectors.keycloak.token import Bearer, Tokens
from provisioner.model.errors import (
    Garbled,
    LoginRefused,
    NotAllowed,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    TargetError,
    Transient,
)
from provisioner.model.ports import Clock, Gate
from provisioner.model.text import Text
from provisioner.transport.answer import NOT_JSON, Answer, is_reading
from provisioner.transport.http import HttpSession
from provisioner.transport.patience import patiently

Params = Mapping[str, str | int]

_GONE: Final = frozenset(
    {
        "User not found",
        "Could not find group by id",
        "Group not found",
        "Could not find role",
        "Could not find role with id",
        "Role not found",
    }
)
"""By which the server itself says that something does not exist. "HTTP 404 Not Found" is of an unknown address."""


class Refusal(Permanent):
    """Keycloak said no in its own words. ``status`` is the HTTP one, ``message`` the server's, English."""

    def __init__(self, text: Text, detail: str, status: int, message: str, field: str = "") -> None:
        super().__init__(text, detail)
        self.status = status
        self.message = message
        self.field = field
        """The attribute of the user profile that is wrong, "" where none is named."""

    @property
    def says_gone(self) -> bool:
        """Whether it is the typed statement that there is no such object."""
        return self.status == 404 and self.message in _GONE


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to a write that was done."""

    value: object
    made: str
    """Last part of the address of what was made: its id; "" where nothing was."""


def segment(identifier: str) -> str:
    """An id as one segment of a path. Raises `Permanent` for "", "." and "..": a path can't hold them."""
    if identifier in ("", ".", ".."):
        raise Permanent(Text.of("keycloak.unusable_id", id=identifier))
    return quote(identifier, safe="")


class Client:
    """Reads and writes of one realm, judged. Not shared between threads. Makes no request before it is asked to."""

    def __init__(self, settings: KeycloakSettings, gate: Gate, clock: Clock) -> None:
        self.settings = settings
        self._gate = gate
        self._clock = clock
        self._session: HttpSession | None = None
        self._tokens = Tokens(settings, clock)

    def who(self) -> Bearer:
        """Who we are and what we may do, as the token says; asks for one if need be. Raises `TargetError`."""
        return patiently(self._tokens.current, self._clock)

    def get(self, path: str, params: Params | None = None) -> object:
        """The JSON value of an answer. Transient failures are tried again after a while; raises `TargetError`."""
        return patiently(lambda: self._ask("GET", path, None, params).value, self._clock)

    def find(self, path: str, params: Params | None = None) -> Mapping[str, object] | None:
        """One object; None when the server itself says that there is none. Raises `TargetError`."""
        try:
            value = self.get(path, params)
        except Refusal as refusal:
            if refusal.says_gone:
                return None
            raise
        if not isinstance(value, dict):
            raise Garbled(Text.of("keycloak.garbled", path=path))
        return value

    def items(self, path: str, params: Params | None = None) -> list[Mapping[str, object]]:
        """A list of objects. Raises `TargetError`."""
        value = self.get(path, params)
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise Garbled(Text.of("keycloak.garbled", path=path))
        return value

    def write(self, method: str, path: str, body: object = None) -> Written:
        """One write, done at most once. Raises `TargetError` in all its kinds, `WriteRefused`."""
        self._gate.check(method)  # before a token is asked for
        answer = self._ask(method, path, body, None)
        _, _, made = answer.headers.get("location", "").rstrip("/").rpartition("/")
        return Written(answer.value, made)

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._tokens.close()
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _ask(self, method: str, path: str, body: object, params: Params | None) -> Answer:
        bearer = self._tokens.current()
        answer = self._send(method, path, body, params, bearer)
        if answer.status == 401:
            # Before anything was done: the token ran out or was withdrawn. A fresh one may do, once.
            self._tokens.drop(bearer)
            answer = self._send(method, path, body, params, self._tokens.current())
        if answer.status == 401:
            refused = LoginRefused(Text.of("keycloak.login_refused", user=self.settings.user), "HTTP 401")
            self._tokens.refused(refused)
            raise refused
        return self._judged(answer, method, path)

    def _send(self, method: str, path: str, body: object, params: Params | None, bearer: Bearer) -> Answer:
        if self._session is None:
            settings = self.settings
            self._session = HttpSession(self._gate, timeout=settings.timeout, ca_file=settings.ca_file)
        address = f"{self.settings.admin_url}{path}"
        return self._session.call(method, address, json=body, params=params, headers=bearer.header)

    def _judged(self, answer: Answer, method: str, path: str) -> Answer:
        """The answer, if it is a success; else raises the error that says what may be done about it."""
        status, wait = answer.status, answer.retry_after(self._clock.now())
        if 200 <= status < 300:
            return self._success(answer, method, path)
        message, field = _said(answer.value)
        detail = " ".join(part for part in (f"HTTP {status}", field, message) if part)
        if status == 429:
            raise RateLimited(Text.of("keycloak.rate_limited"), detail, wait)
        if 300 <= status < 400:
            raise Permanent(Text.of("keycloak.redirected", to=answer.headers.get("location", "")), detail)
        if status >= 500:
            raise Transient(Text.of("keycloak.server_error"), detail, wait)
        if not message or message.startswith(("HTTP 404", "Unable to find matching")):
            raise self._untyped(method, path, detail)
        if status == 403:
            raise NotAllowed(Text.of("keycloak.not_allowed", user=self.settings.user), detail)
        raise Refusal(Text.of("keycloak.refused", status=status, message=message), detail, status, message, field)

    def _success(self, answer: Answer, method: str, path: str) -> Answer:
        if is_reading(method):
            if answer.status == 200 and answer.value is not NOT_JSON:
                return answer
        elif answer.status in (201, 204) or answer.value is not NOT_JSON:
            return answer
        raise self._untyped(method, path, f"HTTP {answer.status}")

    def _untyped(self, method: str, path: str, detail: str) -> TargetError:
        """Not the product's answer: from a proxy, a login page, or of an address that it does not know."""
        if is_reading(method):
            return Garbled(Text.of("keycloak.garbled", path=path), detail)
        return OutcomeUnknown(Text.of("keycloak.garbled_write", path=path), detail)


def _said(value: object) -> tuple[str, str]:
    """The server's words and the field that they are about. Never the values: these are people's data."""
    if not isinstance(value, dict):
        return "", ""
    message = value.get("errorMessage") or value.get("error") or ""
    errors = value.get("errors")
    if not message and isinstance(errors, list) and errors:
        return _said(errors[0])
    field = value.get("field")
    return message if isinstance(message, str) else "", field if isinstance(field, str) else ""
