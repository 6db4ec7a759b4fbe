"""The protocol: Keycloak's admin REST interface, its token, and what each answer means.

Meanings as observed on Keycloak 26.4: refusals are JSON, ``{"errorMessage": …}`` or ``{"error": …}``; who lacks a right
gets 403 even for what exists, so that 404 in the server's own words is true. A 500 was seen to undo all.
"""

from collections.abc import Mapping
from typing import Final

from connectors.keycloak.settings import PRODUCT, KeycloakSettings
from connectors.keycloak.token import Bearer, Tokens
from connectors.kit import answers
from connectors.kit.answers import Means, Refusal, Written
from connectors.kit.client import JsonClient
from provisioner.model.errors import LoginRefused, Permanent
from provisioner.model.ports import Wiring
from provisioner.model.text import Text
from provisioner.transport.answer import Answer
from provisioner.transport.patience import patiently

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


def segment(identifier: str) -> str:
    """An id as one segment of a path. Raises `Permanent` for "", "." and "..": a path can't hold them."""
    return answers.segment(identifier, PRODUCT)


class Client(JsonClient[KeycloakSettings]):
    """Reads and writes of one realm, judged."""

    product = PRODUCT

    def __init__(self, settings: KeycloakSettings, wiring: Wiring) -> None:
        super().__init__(settings, wiring)
        self._tokens = Tokens(settings, wiring.clock)
        self._used: Bearer | None = None

    def who(self) -> Bearer:
        """Who we are and what we may do, as the token says; asks for one if need be. Raises `TargetError`."""
        return patiently(self._tokens.current, self._clock)

    def login(self) -> Mapping[str, str]:
        """By the token that is used now."""
        self._used = self._tokens.current()
        return self._used.header

    def renew(self) -> bool:
        """It ran out or was withdrawn: the next one may do."""
        if self._used is not None:
            self._tokens.drop(self._used)
        return True

    def address(self, path: str) -> str:
        """Below where the realm is administered."""
        return f"{self.settings.admin_url}{path}"

    def words(self, answer: Answer) -> str | None:
        """The server's message; not its words for an address that it does not know."""
        message, _ = _said(answer.value)
        return None if not message or message.startswith(("HTTP 404", "Unable to find matching")) else message

    def refusal(self, answer: Answer, words: str) -> Refusal:
        """With the field that it is about, for people too: both are the server's own words."""
        field = " ".join(part for part in (_said(answer.value)[1], words) if part)
        refused = Text.of("keycloak.refused", status=answer.status, message=words)
        return Refusal(refused, answer.status, words, f"HTTP {answer.status} {field}")

    def is_gone(self, refusal: Refusal) -> bool:
        """Whether it is the typed statement that there is no such object."""
        return refusal.status == 404 and refusal.words in _GONE

    def meaning(self, answer: Answer) -> Means | None:
        """A 403 of a firewall in front of it says nothing of our rights."""
        if answer.status == 403 and self.words(answer) is None:
            return None
        return Means.LATER if answer.status >= 500 else super().meaning(answer)

    def judge(self, answer: Answer, method: str, path: str) -> None:
        """As all do; where a fresh token was not taken either, none is asked for any more."""
        try:
            super().judge(answer, method, path)
        except LoginRefused as refused:
            self._tokens.refused(refused)
            raise

    def create(self, path: str, body: object, name: str, method: str = "POST") -> Written:
        """As all do; a name that somebody has is told as such."""
        try:
            return super().create(path, body, name, method)
        except Refusal as refusal:
            if refusal.status == 409:
                taken = Text.of("keycloak.taken", name=name, message=refusal.words)
                raise Permanent(taken, refusal.detail) from refusal
            raise

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._tokens.close()
        super().close()


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
