"""An OpenID provider on loopback that does whatever a test has it do: also what no honest one does."""

import hmac
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

from provisioner.model.ports import Clock

CLIENT, SECRET = "readi-console", "only-for-tests"


@dataclass(frozen=True)
class Grant:
    """What was asked for with a code."""

    nonce: str
    challenge: str
    redirect_uri: str


@dataclass
class OpenIdEmulator:
    """``claims`` are what the next token says besides what it has to."""

    clock: Clock
    claims: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one", "use": "sig"}))
    header: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    """Over what it says of itself."""
    jwks: Callable[["OpenIdEmulator"], bytes] = lambda self: json.dumps(
        {"keys": [self.key.as_dict(private=False)]}
    ).encode()
    sign: Callable[["OpenIdEmulator", dict[str, Any]], str] = lambda self, claims: self.signed(claims)
    asked: list[str] = field(default_factory=list)
    """Paths, in order."""
    grants: dict[str, Grant] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    """Its own, which must not look like a refusal."""

    def __post_init__(self) -> None:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None: ...

            def do_GET(self) -> None:
                self._answer(lambda: provider.get(urlsplit(self.path).path))

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self._answer(lambda: provider.token({name: values[0] for name, values in form.items()}))

            def _answer(self, answer: Callable[[], tuple[int, bytes]]) -> None:
                try:
                    status, body = answer()
                except Exception as error:
                    provider.failures.append(error)
                    raise
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):
                    return  # whoever asked had heard enough

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/realms/redi"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        assert self.failures == []

    def get(self, path: str) -> tuple[int, bytes]:
        """What it says of itself, and its keys."""
        self.asked.append(path)
        if path.endswith("/.well-known/openid-configuration"):
            said = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/auth",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/certs",
                "end_session_endpoint": f"{self.issuer}/logout",
                "authorization_response_iss_parameter_supported": True,
            }
            return 200, json.dumps({**said, **self.metadata}).encode()
        return (200, self.jwks(self)) if path.endswith("/certs") else (404, b"{}")

    def log_in(self, address: str) -> dict[str, str]:
        """Somebody logs in on the page at ``address``: with what the browser is sent back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        code = f"code-{len(self.grants)}"
        self.grants[code] = Grant(asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def token(self, form: Mapping[str, str]) -> tuple[int, bytes]:
        """A code is redeemed: once, by whoever began, with the right verifier."""
        self.asked.append("token")
        grant = self.grants.pop(form.get("code", ""), None)
        digest = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if grant is None or digest != grant.challenge or form.get("redirect_uri") != grant.redirect_uri:
            return 400, b'{"error": "invalid_grant", "error_description": "<b>Code not valid</b>"}'
        now = int(self.clock.now().timestamp())
        times = {"iat": now, "exp": now + 300}
        claims = {"iss": self.issuer, "aud": CLIENT, "azp": CLIENT, "nonce": grant.nonce, **times, **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        answer = {"access_token": "unused", "token_type": "Bearer", "id_token": self.sign(self, claims)}
        return 200, json.dumps(answer).encode()

    def signed(self, claims: dict[str, Any], key: Any = None, algorithm: str | None = None) -> str:
        """A token, by its own key unless another is given."""
        key = key or self.key
        algorithm = algorithm or ("ES256" if isinstance(key, ECKey) else "RS256")
        return jwt.encode({"alg": algorithm, "kid": self.key.kid, **self.header}, claims, key, algorithms=[algorithm])

    def signed_with_secret(self, claims: dict[str, Any], secret: bytes) -> str:
        """A token of algorithm "HS256"; by hand, since no library takes a public key for a secret any more."""
        content = ".".join(_part(part) for part in ({"alg": "HS256", "kid": self.key.kid}, claims))
        signature = hmac.digest(secret, content.encode(), "sha256")
        return f"{content}.{urlsafe_b64encode(signature).decode().rstrip('=')}"

    def unsigned(self, claims: dict[str, Any]) -> str:
        """A token of algorithm "none"."""
        return ".".join(_part(part) for part in ({"alg": "none", "typ": "JWT"}, claims)) + "."


def _part(content: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
