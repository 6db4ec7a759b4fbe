"""Machines that call the service: the secret by which they are known, and how much of what they say is read."""

from pathlib import Path
from typing import Final, Protocol

from fastapi import Request
from pydantic import SecretStr
from starlette.exceptions import HTTPException

from provisioner.app.site import Site
from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.transport.bounded import read_bounded
from provisioner.transport.password import long_enough

_LONGEST_SECRET: Final = 4_096


class TooLong(Exception):
    """More bytes than are read."""


class HasSecret(Protocol):
    """A section of the settings."""

    @property
    def secret(self) -> SecretStr | None: ...

    @property
    def secret_file(self) -> Path | None: ...


def secret_of(settings: HasSecret | None, site: Site) -> SecretStr | None:
    """None: nobody may call. Raises `SettingsError` for a file that can't be read."""
    if settings is None:
        return None
    if settings.secret_file is None:
        return settings.secret
    path = site.home / settings.secret_file
    try:
        return SecretStr(read_bounded(path, _LONGEST_SECRET).decode().strip())
    except (OSError, UnicodeDecodeError):
        raise SettingsError(Text.of("service.no_secret_file", file=str(path))) from None


def long_secret_of(settings: HasSecret | None, site: Site, field: str) -> SecretStr | None:
    """The same of a section that has to have one. Raises `SettingsError` for none, and one that could be guessed.

    ``field``: the section as the settings file has it.
    """
    return None if settings is None else long_enough(secret_of(settings, site), f"networks.{site.network}.{field}")


async def bounded_body(request: Request, most: int) -> bytes:
    """Read no further than allowed, whatever the request says of its length. Raises `TooLong`."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > most:
                raise TooLong
    except HTTPException as fault:  # in the console it is found out before: see `SmallBodies`
        if fault.status_code == 413:
            raise TooLong from fault
        raise
    return bytes(body)
