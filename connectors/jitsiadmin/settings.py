"""A Jitsi-Admin target's section of the settings file."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, field_validator

from provisioner.transport.http_address import is_open_to_listeners, plain_address
from provisioner.transport.password import WithPassword


class JitsiAdminSettings(WithPassword):
    """Where Jitsi-Admin is, and for which of the Jitsi servers entered there we plan. The password is its API key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    """What stands before /api/v1, e.g. https://planung.example."""
    meeting_server: str = Field(min_length=1, max_length=255)
    """The Jitsi server's address exactly as it is entered in Jitsi-Admin: it is compared letter by letter there."""
    time_zone: str = "Europe/Berlin"
    """The zone that PHP has over there (``date.timezone``): Jitsi-Admin reads and keeps times without one."""
    server: str | None = None
    """The server's identity where several targets are one server under different addresses; else the address."""
    timeout: Annotated[float, Field(gt=0)] = 60.0
    """Seconds. Jitsi-Admin writes its mails before it answers: a change of a conference writes to everybody in it."""
    allow_plaintext: bool = False
    """Send the key in the open to another machine. For networks that are encrypted by other means."""
    ca_file: Path | None = None
    """Certificates to trust instead of the usual ones (PEM)."""

    @field_validator("url")
    @classmethod
    def _plain_url(cls, url: str) -> str:
        parts = plain_address(url, "https://planung.example")
        path = parts.path.rstrip("/").removesuffix("/api/v1").rstrip("/")
        return urlunsplit((parts.scheme, parts.netloc.lower(), path, "", ""))

    @field_validator("meeting_server")
    @classmethod
    def _as_entered(cls, meeting_server: str) -> str:
        if meeting_server != meeting_server.strip():
            raise ValueError("without blanks around it")
        return meeting_server

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, time_zone: str) -> str:
        try:
            ZoneInfo(time_zone)
        except (KeyError, OSError, ValueError) as error:
            raise ValueError("a zone like Europe/Berlin") from error
        return time_zone

    @property
    def zone(self) -> ZoneInfo:
        """The zone of all times over there."""
        return ZoneInfo(self.time_zone)

    @property
    def is_open_to_listeners(self) -> bool:
        """Whether the key would travel to another machine in the open, and nobody said that this is meant."""
        return not self.allow_plaintext and is_open_to_listeners(self.url)

    def identity(self) -> str:
        """The server's identity: two targets with the same one share the write lock."""
        parts = urlsplit(self.url)
        return self.server or f"jitsi-admin:{parts.netloc}{parts.path}"
