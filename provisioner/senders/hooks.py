"""Who calls a sender's webhook: known by the secret that its settings name, whatever web framework carries it."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Final

from provisioner.senders.settings import HookSettings

_LONGEST: Final = 1_000
"""Letters of the header; a secret has at most 200."""


def caller_is_known(settings: HookSettings, headers: Mapping[str, str]) -> bool:
    """Whether ``Authorization`` carries the secret: as Bearer, or as Basic's password whatever the user is.

    ``headers`` by small letters, or deaf to them. Compared in constant time. ``secret_file`` is read by whoever gives
    the settings; without ``secret`` nobody is known. Other headers and addresses count for nothing: The Things Stack,
    ChirpStack, Alertmanager and Grafana can all send this one, and addresses end up in logs.
    """
    secret = settings.secret.get_secret_value() if settings.secret is not None else ""
    said = headers.get("authorization", "")
    if not secret or len(said) > _LONGEST:
        return False
    scheme, _, credentials = said.strip().partition(" ")
    given = credentials.strip().encode("utf-8", "replace")
    match scheme.lower():
        case "bearer":
            return hmac.compare_digest(given, secret.encode())
        case "basic":
            return hmac.compare_digest(_password(given), secret.encode())
        case _:
            return False


def _password(credentials: bytes) -> bytes:
    """Behind the first colon; "" for what is no Base64, which no secret is equal to."""
    try:
        return base64.b64decode(credentials, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""
