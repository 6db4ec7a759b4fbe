"""A realm played by `responses`: tokens that are counted, and lists of any length."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import responses
from pydantic import SecretStr
from requests import PreparedRequest

from connectors.keycloak.client import Client
from connectors.keycloak.settings import KeycloakSettings
from connectors.kit.bench import CountingLedger
from provisioner.emulation import VirtualClock
from provisioner.model.ports import Wiring
from provisioner.transport.gate import WriteGate

URL = "https://login.example"
ADMIN = f"{URL}/admin/realms/redi"
TOKEN = f"{URL}/realms/redi/protocol/openid-connect/token"
SECRET = "only-for-tests-9f3a"
SETTINGS = KeycloakSettings(
    url=URL, realm="redi", user="readi-provisioner", password=SecretStr(SECRET), parent_group="re@di"
)

Answered = tuple[int, Mapping[str, str], str]


def token(number: int, rights: tuple[str, ...] = ("manage-users", "view-realm")) -> str:
    claims = {"sub": "own-id", "jti": number, "resource_access": {"realm-management": {"roles": list(rights)}}}
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.c2ln"


class Served:
    """What the realm answers. ``mock``: a started `responses.RequestsMock`."""

    def __init__(self, mock: responses.RequestsMock, life: int = 300, **settings: Any) -> None:
        self.mock = mock
        self.life = life
        self.clock = VirtualClock()
        self.gate = WriteGate()
        self.client = Client(SETTINGS.model_copy(update=settings), Wiring(self.gate, self.clock, CountingLedger()))
        self.tokens = 0
        self.asked: list[str] = []
        mock.assert_all_requests_are_fired = False
        mock.add_callback("POST", TOKEN, self._token)

    def list(self, path: str, items: list[Any]) -> None:
        """A list that is cut as asked; it has to be asked for with bounds."""

        def answer(request: PreparedRequest) -> Answered:
            asked = parse_qs(urlsplit(request.url or "").query)
            first, most = int(asked["first"][0]), int(asked["max"][0])
            self.asked.append(f"{path} {first}+{most}")
            return 200, {}, json.dumps(items[first : first + most])

        self.mock.add_callback("GET", f"{ADMIN}{path}", answer)

    def once(self, method: str, path: str, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        """Answers in the order in which they are added; the last one stays."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.mock.add(method, f"{ADMIN}{path}", body=text, status=status, headers=dict(headers or {}))

    def _token(self, request: PreparedRequest) -> Answered:
        self.tokens += 1
        told = {"access_token": token(self.tokens), "expires_in": self.life, "token_type": "Bearer"}
        return 200, {}, json.dumps(told)
