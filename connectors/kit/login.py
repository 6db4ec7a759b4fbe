"""Where a server is and how we log in there, as far as a client has to know."""

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr


class Reachable(Protocol):
    """The settings that a client needs; `ServerSettings` with `WithPassword` or `WithToken` has them."""

    @property
    def url(self) -> str: ...

    @property
    def timeout(self) -> float: ...

    @property
    def ca_file(self) -> Path | None: ...

    @property
    def is_open_to_listeners(self) -> bool: ...

    def secret(self) -> SecretStr:
        """Raises `SettingsError`."""
        ...


def bearer(secret: SecretStr) -> Mapping[str, str]:
    """The header of a log-in by token."""
    return {"Authorization": f"Bearer {secret.get_secret_value()}"}


def basic(user: str, secret: SecretStr) -> Mapping[str, str]:
    """The header of a log-in by user and password, in UTF-8 (RFC 7617)."""
    pair = f"{user}:{secret.get_secret_value()}".encode()
    return {"Authorization": f"Basic {b64encode(pair).decode()}"}
