"""By what tokens are signed: the secret that the server has as well, or a key of which it fetches the public half."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from connectors.jitsi.keys import Key, published, read_keys, signing_key
from connectors.jitsi.settings import JitsiSettings
from provisioner.model.errors import SettingsError
from provisioner.model.text import Text


@dataclass(frozen=True, slots=True)
class Material:
    """What signs one token."""

    algorithm: str
    material: bytes | RSAPrivateKey = field(repr=False)
    kid: str | None = None


class Signer(Protocol):
    """Shared by threads."""

    def current(self, now: datetime) -> Material:
        """What signs at this moment. Raises `SettingsError`."""
        ...

    def published(self) -> Mapping[str, bytes]:
        """The public keys by id, in PEM. Raises `SettingsError`."""
        ...


def signer_of(settings: JitsiSettings) -> Signer:
    """Reads nothing yet."""
    return BySecret(settings) if settings.keys is None else ByKeys(settings.keys, timedelta(seconds=settings.key_rest))


class BySecret:
    """HS256. The secret is read once: a new one has to be made known to the server as well."""

    def __init__(self, settings: JitsiSettings) -> None:
        self._settings = settings
        self._held: Material | None = None

    def current(self, now: datetime) -> Material:  # noqa: ARG002 - the port's
        """See `Signer`."""
        if self._held is None:
            self._held = Material("HS256", self._settings.shared_secret().get_secret_value().encode())
        return self._held

    def published(self) -> Mapping[str, bytes]:
        """Nothing."""
        return {}


class ByKeys:
    """RS256. The folder is read again when something in it came or went."""

    def __init__(self, folder: Path, rest: timedelta) -> None:
        self._folder = folder
        self._rest = rest
        self._lock = threading.Lock()
        self._held: tuple[int, tuple[Key, ...]] | None = None

    def current(self, now: datetime) -> Material:
        """See `Signer`."""
        key = signing_key(self._keys(), self._rest, now)
        return Material("RS256", key.private, key.kid)

    def published(self) -> Mapping[str, bytes]:
        """All keys of the folder."""
        return published(self._keys())

    def _keys(self) -> tuple[Key, ...]:
        try:
            changed = self._folder.stat().st_mtime_ns
        except OSError as error:
            raise SettingsError(
                Text.of("jitsi.keys_unreadable", path=str(self._folder)), type(error).__name__
            ) from error
        with self._lock:
            if self._held is None or self._held[0] != changed:
                self._held = changed, read_keys(self._folder)
            return self._held[1]
