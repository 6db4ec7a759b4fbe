"""OpenID Connect, as one relying party speaks it: the code flow with state, nonce and PKCE (S256).

Whatever a provider answers is data to be judged: small, soon, signed by one of its keys, for us, of now.
"""

import hmac
import threading
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry
from requests.exceptions import RequestException

from provisioner.app.service_settings import OpenIdSettings
from provisioner.console.openid_wire import ProviderSilent, bounded, get_json
from provisioner.model.errors import ReadiError, SettingsError
from provisioner.model.ports import Clock
from provisioner.model.text import Text

ALGORITHMS: Final = ("RS256", "ES256", "PS256")
"""Never "none", and nothing with a secret that both sides have."""
LEEWAY: Final = 60
"""Seconds by which two clocks may differ."""
_KEPT: Final = 3600.0
_AGAIN: Final = 30.0
"""Seconds: for as long what a provider says of itself is kept; and before it is asked again after a failure, or for a
key that it did not have, so that nobody makes us ask all the time."""
_MOST_KEYS: Final = 50
_LONGEST_TOKEN: Final = 32 * 1024


class OpenIdRefused(ReadiError):
    """This login can't be believed, or did not take place."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login that a browser began. All that has to come back is worked out from a word in the browser's cookie."""

    word: str

    @property
    def state(self) -> str:
        """Comes back with the browser."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """Comes back in the token."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """Is told to the provider alone, when the code is redeemed (RFC 7636: 43 letters)."""
        return self._derived("verifier")

    def _derived(self, of: str) -> str:
        return (
            urlsafe_b64encode(hmac.digest(self.word.encode(), f"openid-{of}".encode(), "sha256")).decode().rstrip("=")
        )


@dataclass(frozen=True, slots=True)
class Claims:
    """Who logged in, as the provider says it."""

    subject: str
    email: str | None
    """None: none, or none that the provider has verified."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What a provider says of itself, and when."""

    metadata: Mapping[str, Any]
    at: float


class Provider:
    """One provider. Shared by all threads; keeps what it says of itself for an hour."""

    def __init__(self, settings: OpenIdSettings, home: Path, redirect_uri: str, clock: Clock) -> None:
        self._settings = settings
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._verify: bool | str = True if settings.ca_file is None else str(home / settings.ca_file)
        self._home = home
        self._lock = threading.Lock()
        self._told: _Told | None = None
        self._keys: tuple[KeySet, float] | None = None
        self._failed: float | None = None

    def address(self, attempt: Attempt) -> str:
        """Where the browser goes to log in. Raises `OpenIdRefused` when the provider does not answer."""
        with self._session() as session:
            address, _ = session.create_authorization_url(
                self._metadata()["authorization_endpoint"],
                state=attempt.state,
                code_verifier=attempt.verifier,
                nonce=attempt.nonce,
            )
        return str(address)

    def redeem(self, attempt: Attempt, *, code: str, state: str, issuer: str | None) -> Claims:
        """What the provider says of whoever came back with ``code``. Raises `OpenIdRefused`.

        ``issuer``: what the answer says of where it comes from (RFC 9207).
        """
        if not hmac.compare_digest(state.encode(), attempt.state.encode()):
            raise OpenIdRefused(Text.of("console.openid_stale"), "state")
        metadata = self._metadata()
        tells_issuer = metadata.get("authorization_response_iss_parameter_supported") is True
        if issuer != self._settings.issuer and (issuer is not None or tells_issuer):
            raise OpenIdRefused(Text.of("console.openid_unbelievable"), "issuer of the answer")
        try:
            with self._session() as session:
                answer = session.fetch_token(
                    metadata["token_endpoint"], code=code, code_verifier=attempt.verifier, allow_redirects=False
                )
        except (AuthlibBaseError, ValueError) as error:  # used before, too old, another's; or no answer in JSON
            raise OpenIdRefused(Text.of("console.openid_stale"), getattr(error, "error", "")) from error
        except RequestException as error:
            raise OpenIdRefused(Text.of("console.openid_silent"), type(error).__name__) from error
        token = answer.get("id_token")
        if not isinstance(token, str) or len(token) > _LONGEST_TOKEN:
            raise OpenIdRefused(Text.of("console.openid_unbelievable"), "no token")
        return self._believed(token, attempt.nonce)

    def goodbye(self, back: str) -> str | None:
        """Where the browser can end the provider's own session; None: nowhere, or it does not answer."""
        try:
            address = self._metadata().get("end_session_endpoint")
        except OpenIdRefused:
            return None
        if not isinstance(address, str) or not self._is_safe(address):
            return None
        query = urlencode({"client_id": self._settings.client_id, "post_logout_redirect_uri": back})
        return f"{address}{'&' if '?' in address else '?'}{query}"

    def _believed(self, token: str, nonce: str) -> Claims:
        own = self._settings.client_id
        try:
            claims = self._verified(token)
            JWTClaimsRegistry(
                now=int(self._clock.now().timestamp()),
                leeway=LEEWAY,
                iss={"essential": True, "value": self._settings.issuer},
                aud={"essential": True, "value": own},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
        except (JoseError, ValueError) as error:
            raise OpenIdRefused(Text.of("console.openid_unbelievable"), type(error).__name__) from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else own) != own:
            raise OpenIdRefused(Text.of("console.openid_unbelievable"), "azp")
        subject, email = claims["sub"], claims.get("email")
        if not 0 < len(subject) <= 255:
            raise OpenIdRefused(Text.of("console.openid_unbelievable"), "sub")
        verified = isinstance(email, str) and claims.get("email_verified") is True
        return Claims(subject, email if verified else None)

    def _verified(self, token: str) -> dict[str, Any]:
        """The claims of a token that one of the provider's keys signed; for an unknown key they are read once more."""
        try:
            return dict(jwt.decode(token, self._key_set(), algorithms=list(ALGORITHMS)).claims)
        except InvalidKeyIdError:
            return dict(jwt.decode(token, self._key_set(again=True), algorithms=list(ALGORITHMS)).claims)

    def _key_set(self, *, again: bool = False) -> KeySet:
        now = self._clock.monotonic()
        with self._lock:
            kept = self._keys
            if kept is not None and now - kept[1] < (_AGAIN if again else _KEPT):
                return kept[0]
        try:
            document = get_json(self._metadata()["jwks_uri"], self._verify)
            listed = document.get("keys")
            if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
                raise OpenIdRefused(Text.of("console.openid_unbelievable"), "keys")
            # A secret among public keys would be everybody's.
            public = [key for key in listed if isinstance(key, dict) and key.get("kty") in ("RSA", "EC")]
            keys = KeySet.import_key_set({"keys": [key for key in public if key.get("use", "sig") == "sig"]})
        except ProviderSilent as error:
            raise OpenIdRefused(Text.of("console.openid_silent"), str(error)) from error
        with self._lock:
            self._keys = keys, now
        return keys

    def _metadata(self) -> Mapping[str, Any]:
        now = self._clock.monotonic()
        with self._lock:
            if self._told is not None and now - self._told.at < _KEPT:
                return self._told.metadata
            if self._failed is not None and now - self._failed < _AGAIN:
                raise OpenIdRefused(Text.of("console.openid_silent"), "asked just now")
        issuer = self._settings.issuer
        try:
            metadata = get_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration", self._verify)
            endpoints = [metadata.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
            if metadata.get("issuer") != issuer or not all(self._is_safe(one) for one in endpoints):
                raise ProviderSilent("not the issuer's own description")
        except ProviderSilent as error:
            with self._lock:
                self._failed = now
            raise OpenIdRefused(Text.of("console.openid_silent"), str(error)) from error
        with self._lock:
            self._told, self._failed = _Told(metadata, now), None
        return metadata

    def _is_safe(self, address: object) -> bool:
        """No weaker than the issuer's own address: with https there is no way back to http."""
        if not isinstance(address, str):
            return False
        parts = urlsplit(address)
        schemes = ("https",) if self._settings.issuer.startswith("https:") else ("https", "http")
        return parts.scheme in schemes and bool(parts.netloc)

    def _session(self) -> OAuth2Session:
        session = OAuth2Session(
            self._settings.client_id,
            self._secret(),
            scope="openid email",
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
        )
        return bounded(session, self._verify)

    def _secret(self) -> str | None:
        settings = self._settings
        if settings.client_secret_file is not None:
            path = self._home / settings.client_secret_file
            try:
                return path.read_text(encoding="utf-8").strip()
            except OSError as error:
                raise SettingsError(Text.of("transport.password_file", path=str(path)), type(error).__name__) from error
        return None if settings.client_secret is None else settings.client_secret.get_secret_value()
