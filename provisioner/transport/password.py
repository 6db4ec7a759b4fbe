"""Secrets in settings: there themselves, or in a file of one line; and which of them nobody guesses."""

import re
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, SecretStr, model_validator

from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.transport.bounded import read_bounded

_MOST: Final = 4096
"""Bytes of a password file."""
_LONG_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{32,200}")
"""One that can stand in paths and headers, and that nobody guesses."""


class WithPassword(BaseModel):
    """The part of a target's settings that a log-in by password needs."""

    password: SecretStr | None = None
    password_file: Path | None = None
    """A file that holds the password in its first line; read when the connection is made."""

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        if (self.password is None) == (self.password_file is None):
            raise ValueError("exactly one of password and password_file")
        if self.password is not None and not self.password.get_secret_value():
            # To a directory that is an anonymous log-in, which most answer with success (RFC 4513, 5.1.2).
            raise ValueError("the password is empty")
        return self

    def secret(self) -> SecretStr:
        """The password, from the settings or its file. Raises `SettingsError`."""
        return self.password if self.password is not None else first_line(self.password_file)


def first_line(path: Path | None) -> SecretStr:
    """A secret that stands in the first line of a file. Raises `SettingsError`; also for an empty one."""
    try:
        text = "" if path is None else read_bounded(path, _MOST).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(Text.of("transport.password_file", path=str(path)), type(error).__name__) from error
    first = text.partition("\n")[0].rstrip("\r")
    if not first:
        raise SettingsError(Text.of("transport.password_file_empty", path=str(path)))
    return SecretStr(first)


def long_enough(secret: SecretStr | None, field: str) -> SecretStr:
    """A secret by which somebody who calls us is known. Raises `SettingsError` for none, and one that could be guessed.

    ``field``: where it stands in the settings file.
    """
    if secret is None or not _LONG_SECRET.fullmatch(secret.get_secret_value()):
        raise SettingsError(Text.of("transport.short_secret", field=field))
    return secret
