"""What every server's section of the settings file has: where it is, how it is trusted, how we log in."""

from pathlib import Path
from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from provisioner.transport.http_address import is_open_to_listeners, plain_address
from provisioner.transport.password import WithPassword, first_line

__all__ = ["ServerSettings", "WithPassword", "WithToken"]


class ServerSettings(BaseModel):
    """A server that is reached over HTTP. Beside it a product inherits from `WithPassword` or `WithToken`:

    class BoardSettings(ServerSettings, WithToken):
        product = "board"
        example = "https://board.example"
        own_paths = ("/api/v1", "/api")
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    product: ClassVar[str]
    """As the settings file calls it: the beginning of the server's identity."""
    example: ClassVar[str] = "https://server.example"
    own_paths: ClassVar[tuple[str, ...]] = ()
    """Ends of a path that people copy along and that the client adds by itself, longest first."""

    url: str
    server: str | None = None
    """The server's identity where several targets are one server under different addresses; else the address."""
    timeout: Annotated[float, Field(gt=0)] = 60.0
    """Seconds, for connecting and for each silence while an answer comes."""
    ca_file: Path | None = None
    """Certificates to trust instead of the usual ones (PEM)."""
    allow_plaintext: bool = False
    """Send secrets in the open to another machine. For networks that are encrypted by other means."""

    @field_validator("url")
    @classmethod
    def _plain_url(cls, url: str) -> str:
        parts = plain_address(url, cls.example)
        path = parts.path.rstrip("/")
        for end in cls.own_paths:
            path = path.removesuffix(end).rstrip("/")
        return urlunsplit((parts.scheme, parts.netloc.lower(), cls.checked_path(path), "", ""))

    @classmethod
    def checked_path(cls, path: str) -> str:
        """The address's path, without a slash at its end. A product that takes not every one raises `ValueError`."""
        return path

    @property
    def is_open_to_listeners(self) -> bool:
        """Whether a secret would travel to another machine in the open, and nobody said that this is meant."""
        return not self.allow_plaintext and is_open_to_listeners(self.url)

    def identity(self) -> str:
        """The server's identity: two targets with the same one share write lock and rate ledger."""
        parts = urlsplit(self.url)
        return self.server or f"{self.product}:{parts.netloc}{parts.path}"


class WithToken(BaseModel):
    """The part of a target's settings that a log-in by token needs."""

    token: SecretStr | None = None
    token_file: Path | None = None
    """A file that holds the token in its first line; read when the connection is made."""

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        if (self.token is None) == (self.token_file is None):
            raise ValueError("exactly one of token and token_file")
        if self.token is not None and not self.token.get_secret_value():
            raise ValueError("the token is empty")
        return self

    def secret(self) -> SecretStr:
        """The token, from the settings or its file. Raises `SettingsError`."""
        return self.token if self.token is not None else first_line(self.token_file)
