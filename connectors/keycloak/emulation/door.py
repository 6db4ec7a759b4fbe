"""The way in: tokens for the service account, and the Admin REST behind them. Observed on Keycloak 26.4."""

from __future__ import annotations

import base64
import json
import re
import secrets
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, unquote

from connectors.keycloak.emulation import groups, powers, realm_pages, roles, user_rooms, users
from connectors.keycloak.emulation.calls import (
    Call,
    Endpoint,
    Refusal,
    Routes,
    answer,
    crash,
    error,
    forbidden,
    parse,
    refusal,
)
from connectors.keycloak.emulation.profile import Profile
from connectors.keycloak.emulation.rights import Rights
from connectors.keycloak.emulation.state import Realm
from provisioner.emulation import Emulator, MethodNotAllowed, NoSuchPath, Request, Response
from provisioner.model.ports import Clock

ADMIN: Final = "/admin/realms"
STALE: Final = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
"""What is said of tokens is not to be kept."""
_OWN: Final = frozenset({"GET", "PUT", "POST", "DELETE"})
DATABASE: Final = "database"
"""The word for `Faults.mishap`: the server fails inside, says 500, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a bearer token stands for until it ends."""

    rights: Rights
    ends: float


@dataclass(slots=True)
class Client:
    """The confidential client whose service account provisions."""

    id: str
    secret: str
    roles: frozenset[str]
    """Of realm-management; the next token carries them."""
    lifespan: float = 300.0
    """Seconds that a token lasts."""


TOKEN_PATH: Final = "/protocol/openid-connect/token"  # noqa: S105 - an address
"""Below a realm's address."""


class Door(Emulator):
    """The server on loopback; `connectors.keycloak.emulator` holds it."""

    name: ClassVar[str] = "keycloak"

    def __init__(self, realm_name: str, client: Client, *, clock: Clock | None, latency: float, port: int) -> None:
        super().__init__(clock=clock, latency=latency, port=port)
        self.realm = Realm(realm_name, lambda: self.clock.now().timestamp())
        self.profile = Profile()
        self.client = client
        self.tokens: dict[str, Token] = {}
        self._routes = Routes()
        # Fixed words stand before names in the table: `users/count` is nobody's id.
        for room in (realm_pages, powers, user_rooms, users, groups, roles):
            room.add_to(self._routes)

    def only_asks(self, request: Request) -> bool:
        """A token is asked for with a POST."""
        return request.raw_path.endswith(TOKEN_PATH)

    def handle(self, request: Request) -> Response:
        """Answer as the server does."""
        try:
            return self._answer(request)
        except Refusal as told:
            return refusal(told)

    def _answer(self, request: Request) -> Response:
        path = request.raw_path
        known, _, realm_path = path.removeprefix("/realms/").partition("/")
        if path.startswith("/realms/"):
            if unquote(known) != self.realm.name:
                raise error(404, "Realm does not exist")
            return self._public(request, realm_path)
        if re.fullmatch("/admin/[^/]+", path) and path not in ("/admin/serverinfo", ADMIN):
            raise error(405, "HTTP 405 Method Not Allowed")
        if path != "/admin/serverinfo" and path != ADMIN and not path.startswith(f"{ADMIN}/"):
            raise error(404, "Unable to find matching target resource method")
        rights = self._rights(request)
        if path == "/admin/serverinfo":
            if not rights.some:
                raise forbidden()
            response = answer(realm_pages.server_info())
        elif path == ADMIN:
            told = [realm_pages.settings_of(self.realm)] if rights.view_realm else []
            response = answer(told)
        else:
            name, slash, rest = path.removeprefix(f"{ADMIN}/").partition("/")
            response = self._administer(request, unquote(name), slash + rest, rights)
        response.user = self.client.id
        return response

    # --- tokens ------------------------------------------------------------------------------------------------

    def _public(self, request: Request, path: str) -> Response:
        if path == TOKEN_PATH.removeprefix("/"):
            if request.method != "POST":
                raise error(405, "HTTP 405 Method Not Allowed")
            return self._give_token(request)
        if path == "":
            address = f"{self.url}/realms/{self.realm.name}"
            told = {"realm": self.realm.name, "token-service": f"{address}/protocol/openid-connect"}
            return answer(told | {"account-service": f"{address}/account", "tokens-not-before": 0})
        raise error(404, "HTTP 404 Not Found")

    def _give_token(self, request: Request) -> Response:
        form: dict[str, str] = {}
        if request.content_type == "application/x-www-form-urlencoded":
            form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        if "grant_type" not in form and not form:
            raise _oauth(400, "invalid_request", "Missing form parameter: grant_type")
        client_id, secret = _client_of(request, form)
        if client_id != self.client.id:
            raise _oauth(401, "invalid_client", "Invalid client or Invalid client credentials")
        if secret is None or not secrets.compare_digest(secret.encode(), self.client.secret.encode()):
            raise _oauth(401, "unauthorized_client", "Invalid client or Invalid client credentials")
        match form.get("grant_type"):
            case None:
                raise _oauth(400, "invalid_request", "Missing form parameter: grant_type")
            case "password":
                raise _oauth(400, "unauthorized_client", "Client not allowed for direct access grants")
            case "client_credentials":
                token = self._new_token()
            case _:
                raise _oauth(400, "unsupported_grant_type", "Unsupported grant_type")
        told = {
            "access_token": token,
            "expires_in": int(self.client.lifespan),
            "refresh_expires_in": 0,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "scope": "profile email",
        }
        response = answer(told, content_type="application/json")
        response.headers += STALE
        response.user = self.client.id
        return response

    def _new_token(self) -> str:
        """Shaped as the server's are, worth nothing elsewhere."""
        now = self.clock.now().timestamp()
        payload = {
            "exp": int(now + self.client.lifespan),
            "iat": int(now),
            "jti": secrets.token_hex(16),
            "sub": next((user.id for user in self.realm.users.values() if user.service_account), ""),
            "azp": self.client.id,
            "resource_access": {"realm-management": {"roles": sorted(self.client.roles)}},
        }
        token = f"{_coded({'alg': 'none', 'typ': 'JWT'})}.{_coded(payload)}.{secrets.token_urlsafe(24)}"
        self.tokens[token] = Token(Rights(self.client.roles), self.clock.monotonic() + self.client.lifespan)
        return token

    def _rights(self, request: Request) -> Rights:
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        token = self.tokens.get(word) if scheme.lower() == "bearer" else None
        if token is None or token.ends <= self.clock.monotonic():
            raise error(401, "HTTP 401 Unauthorized")
        return token.rights

    # --- the Admin REST ----------------------------------------------------------------------------------------

    def _administer(self, request: Request, realm: str, path: str, rights: Rights) -> Response:
        if realm == "master":
            raise forbidden()
        if realm != self.realm.name:
            raise error(404, "Realm not found.")
        endpoint, places = self._find(request.method, path.removesuffix("/"))
        call = Call(
            realm=self.realm,
            profile=self.profile,
            rights=rights,
            address=f"{self.url}{ADMIN}/{self.realm.name}",
            places={name: unquote(value) for name, value in places.items()},
            # Of a parameter that is told twice, the first counts.
            query=dict(reversed(request.query)),
        )
        self._locate(call)
        if endpoint is None:
            # Among a user's or a group's own addresses a method that some of them know is unknown here, not refused.
            own = request.method in _OWN and ("user_id" in places or "group_id" in places)
            raise error(404, "HTTP 404 Not Found") if own else error(405, "HTTP 405 Method Not Allowed")
        if endpoint.takes is not None:
            call.body = parse(endpoint.takes, request.body, request.content_type)
        if request.mishap is not None:
            raise crash()
        return endpoint.handler(call)

    def _find(self, method: str, path: str) -> tuple[Endpoint | None, dict[str, str]]:
        """The endpoint, None for another method than these. Who is in an address is looked at before the method."""
        table = self._routes.table
        try:
            route, places = table.find(method, path)
        except MethodNotAllowed as wrong:
            return None, table.find(min(wrong.allowed), path)[1]
        except NoSuchPath:
            raise error(404, "HTTP 404 Not Found") from None
        return route.handler, places

    def _locate(self, call: Call) -> None:
        """Look up who the address is about. Raises Refusal; who may not list users is not told whether one exists."""
        if (user_id := call.places.get("user_id")) is not None:
            call.found_user = self.realm.users.get(user_id)
            if call.found_user is None:
                raise error(404, "User not found") if call.rights.query_users else forbidden()
        if (group_id := call.places.get("group_id")) is not None:
            call.found_group = self.realm.groups.get(group_id)
            if call.found_group is None:
                raise error(404, "Could not find group by id")


def _oauth(status: int, word: str, description: str) -> Refusal:
    return Refusal(status, {"error": word, "error_description": description}, STALE)


def _client_of(request: Request, form: dict[str, str]) -> tuple[str | None, str | None]:
    """Client id and secret, from Basic authentication or from the form."""
    scheme, _, word = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(word).decode().partition(":")
        except ValueError:
            return None, None
        return unquote(user), unquote(password)
    return form.get("client_id"), form.get("client_secret")


def _coded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
