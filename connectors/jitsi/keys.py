"""The folder of keys with which tokens are signed by RS256.

A key is a file ``<kid>.pem`` that nobody but us can read. All are published; the newest that has been published for a
while signs. A server keeps what it fetched under an id for good, so a key is never replaced, only followed by another.
"""

import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.transport.bounded import read_bounded

BITS: Final = 3072
_LEAST_BITS: Final = 2048
_MOST_BITS: Final = 4096
"""Longer ones sign slowly, and make tokens that no longer fit into an address."""
_MOST: Final = 16_384
"""Bytes of a file."""
_KID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MADE: Final = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]{8}")
_FORMAT: Final = "%Y%m%dT%H%M%SZ"
_BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Key:
    """One key. ``made``: as its id tells; of an id that does not tell, before all others."""

    kid: str
    made: datetime
    private: RSAPrivateKey = field(repr=False)
    public: bytes
    """PEM."""


def make_key(folder: Path, now: datetime) -> str:
    """Make a key in the folder; its id. Raises `SettingsError` where nothing can be written."""
    kid = f"{now.astimezone(UTC).strftime(_FORMAT)}-{secrets.token_hex(4)}"
    pem = generate_private_key(65_537, BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # Under its name only once it is whole: a server may be reading the folder.
    unfinished, path = folder / f".{kid}.unfinished", folder / f"{kid}.pem"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    except OSError as error:
        raise SettingsError(Text.of("jitsi.key_unwritten", path=str(path)), type(error).__name__) from error
    return kid


def read_keys(folder: Path) -> tuple[Key, ...]:
    """All keys of the folder, the oldest first. Raises `SettingsError` for one that can't be used, and for none."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".pem")
    except OSError as error:
        raise SettingsError(Text.of("jitsi.keys_unreadable", path=str(folder)), type(error).__name__) from error
    if not paths:
        raise SettingsError(Text.of("jitsi.no_key", path=str(folder)))
    return tuple(sorted((_read(path) for path in paths), key=lambda key: (key.made, key.kid)))


def signing_key(keys: tuple[Key, ...], rest: timedelta, now: datetime) -> Key:
    """The newest that was made ``rest`` ago; where all are newer, the oldest."""
    rested = [key for key in keys if key.made <= now - rest]
    return rested[-1] if rested else keys[0]


def superseded(keys: tuple[Key, ...], rest: timedelta, now: datetime) -> tuple[str, ...]:
    """Ids of the keys by which no token was signed for an hour at least: their files can be deleted."""
    signing = signing_key(keys, rest, now - timedelta(hours=1))
    return tuple(key.kid for key in keys[: keys.index(signing)])


def published(keys: tuple[Key, ...]) -> Mapping[str, bytes]:
    """The public halves by id, in PEM."""
    return {key.kid: key.public for key in keys}


def _read(path: Path) -> Key:
    if not _KID.fullmatch(path.stem):
        raise SettingsError(Text.of("jitsi.key_name", path=str(path)))
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SettingsError(Text.of("jitsi.key_open", path=str(path)))
        private = serialization.load_pem_private_key(read_bounded(path, _MOST), None)
    except (OSError, ValueError, TypeError) as error:  # TypeError: it is protected by a password
        raise SettingsError(Text.of("jitsi.key_unreadable", path=str(path)), type(error).__name__) from error
    if not isinstance(private, RSAPrivateKey) or not _LEAST_BITS <= private.key_size <= _MOST_BITS:
        raise SettingsError(Text.of("jitsi.key_kind", path=str(path), least=_LEAST_BITS, most=_MOST_BITS))
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Key(path.stem, _made(path.stem), private, public)


def _made(kid: str) -> datetime:
    told = _MADE.fullmatch(kid)
    try:
        return datetime.strptime(told.group(1), _FORMAT).replace(tzinfo=UTC) if told else _BEFORE_ALL
    except ValueError:
        return _BEFORE_ALL
