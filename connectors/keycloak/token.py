"""The token of our client: fetched when first needed, again before it runs out, never kept outside this object.

A token carries the rights that the client had when it was made, and the server judges by what it carries: rights that
were taken away stay until it runs out, five minutes by default (observed on Keycloak 26.4).
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from json import loads
from typing import Final

from connectors.keycloak.settings import PRODUCT, KeycloakSettings
from provisioner.model.errors import Garbled, LoginRefused, OutcomeUnknown, Permanent, RateLimited, Transient
from provisioner.model.ports import Clock
from provisioner.model.text import Text
from provisioner.transport.answer import Answer
from provisioner.transport.http import HttpSession

MARGIN: Final = 30.0
"""Seconds before its end from which on a token is not used any more; of a short one half its life."""
MANAGEMENT: Final = "realm-management"
"""The client whose roles are the rights to administer a realm (in every realm but master)."""


class _TokensOnly:
    """The gate of the session that asks for tokens, and for nothing else: that changes nothing over there."""

    def check(self, method: str) -> None:
        """Let it pass: the session knows no other address."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """One token and what it says of us."""

    header: Mapping[str, str]
    until: float
    """On the monotonic clock."""
    subject: str
    """User id of our service account."""
    rights: frozenset[str]
    """Roles of realm-management that it carries; those that others include are among them (observed)."""
    life: float
    """Seconds."""

    def __repr__(self) -> str:
        return "Bearer(…)"


class Tokens:
    """Gives the token in use. Not shared between threads. A refused log-in is not tried again."""

    def __init__(self, settings: KeycloakSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._session: HttpSession | None = None
        self._held: Bearer | None = None
        self._locked_out: LoginRefused | None = None

    def current(self) -> Bearer:
        """The token that is used now; asks for one where there is none that lasts.

        Raises `LoginRefused` (also without asking, once refused), `Transient` (nothing of ours was written yet, so
        whatever needs the token can be tried again), `Permanent` (no such realm, plain http to another machine).
        """
        if self._locked_out is not None:
            raise LoginRefused(self._locked_out.text, "not tried again")
        if self._held is None or self._clock.monotonic() >= self._held.until:
            self._held = None
            self._held = self._fetched()
        return self._held

    def drop(self, bearer: Bearer) -> None:
        """The server does not take it any more: the next one is fetched."""
        if self._held is bearer:
            self._held = None

    def refused(self, error: LoginRefused) -> None:
        """A fresh token was not taken either: nothing is sent any more."""
        self._locked_out = error

    def close(self) -> None:
        """Close the connection. Idempotent."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _fetched(self) -> Bearer:
        settings = self._settings
        if settings.is_open_to_listeners:
            raise Permanent(Text.of("kit.not_encrypted", url=settings.url))
        if self._session is None:
            self._session = HttpSession(_TokensOnly(), timeout=settings.timeout, ca_file=settings.ca_file)
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.user,
            "client_secret": settings.secret().get_secret_value(),
        }
        asked = self._clock.monotonic()
        try:
            answer = self._session.call("POST", settings.token_url, form=form)
        except (OutcomeUnknown, Garbled) as error:
            raise Transient(Text.of("transport.interrupted", url=settings.token_url), error.detail) from error
        bearer = _bearer(answer.value, asked) if answer.status == 200 else None
        if bearer is not None:
            return bearer
        raise self._judged(answer)

    def _judged(self, answer: Answer) -> Exception:
        settings, word = self._settings, _word(answer.value)
        detail, wait = f"HTTP {answer.status} {word}".strip(), answer.retry_after(self._clock.now())
        if answer.status == 429:
            return RateLimited(Text.of("kit.rate_limited", product=PRODUCT), detail, wait)
        if answer.status == 404 and word:
            return Permanent(Text.of("keycloak.no_realm", realm=settings.realm, url=settings.url), detail)
        if 300 <= answer.status < 400:
            return Permanent(Text.of("kit.redirected", to=answer.headers.get("location", "")), detail)
        if 400 <= answer.status < 500 and word:
            self._locked_out = LoginRefused(Text.of("keycloak.login_refused", user=settings.user), detail)
            return self._locked_out
        return Transient(Text.of("kit.garbled", path="/token", product=PRODUCT), detail, wait)


def _word(value: object) -> str:
    """Of ``{"error": "unauthorized_client", "error_description": …}`` the word."""
    word = value.get("error") if isinstance(value, dict) else None
    return word if isinstance(word, str) else ""


def _bearer(value: object, asked: float) -> Bearer | None:
    token = value.get("access_token") if isinstance(value, dict) else None
    life = value.get("expires_in") if isinstance(value, dict) else None
    if not isinstance(token, str) or not token or not isinstance(life, int | float) or isinstance(life, bool):
        return None
    claims = _claims(token)
    subject = claims.get("sub")
    header = {"Authorization": f"Bearer {token}"}
    until = asked + life - min(MARGIN, life / 2)
    return Bearer(header, until, subject if isinstance(subject, str) else "", _rights(claims), float(life))


def _claims(token: str) -> Mapping[str, object]:
    """What the token says. Not checked: it came from the server itself, and only the server relies on it."""
    _, _, rest = token.partition(".")
    part, _, _ = rest.partition(".")
    try:
        claims = loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _rights(claims: Mapping[str, object]) -> frozenset[str]:
    value: object = claims
    for key in ("resource_access", MANAGEMENT, "roles"):
        value = value.get(key) if isinstance(value, dict) else None
    return frozenset(one for one in value if isinstance(one, str)) if isinstance(value, list) else frozenset()
