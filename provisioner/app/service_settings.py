"""The settings of the service: where it listens, how it sends mail, when it does what."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, SecretStr

from provisioner.app.settings_mistakes import CRON_PATTERN, URL_PATTERN

Cron = Annotated[str, Field(pattern=CRON_PATTERN)]
"""Five fields, as crontab(5) has them: minute, hour, day of the month, month, day of the week."""

Url = Annotated[str, Field(pattern=URL_PATTERN, max_length=500)]
_HERE: Final = "http://127.0.0.1:8765"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MailSettings(_Section):
    """The mail server that takes what the service says to people."""

    server: str = Field(description="Host name.")
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description='"none" only for a server on the same machine.'
    )
    user: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = Field(default=None, description="Instead of `password`: a file that holds it.")
    ca_file: Path | None = Field(default=None, description="Certificates to trust instead of the system's.")
    sender: str = Field(description="Address that mails come from.")
    sender_name: str = Field(default="", description="Name beside it; without one the network's.")
    reply_to: str | None = Field(default=None, description="Address to which answers go.")
    timeout: float = Field(default=20, gt=0, le=120, description="Seconds.")


class ServiceSettings(_Section):
    """`service:` in settings.yaml."""

    listen: str = Field(
        default="127.0.0.1:8765", description="Address and port. Others reach it through a reverse proxy with TLS."
    )
    url: Url | None = Field(
        default=None,
        description="Where people reach it; links begin so. Without it only this machine does, and no text of a target "
        "holds a link to a meeting room.",
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"), description="Addresses of proxies whose X-Forwarded-For is believed."
    )
    mail: MailSettings | None = Field(default=None, description="Without it no mail goes, and nobody can join by mail.")
    backup_days: int = Field(
        default=14, ge=0, le=365, description="How long nightly copies of a SQLite state are kept; 0: none are made."
    )

    @property
    def address(self) -> str:
        """Where its pages are; as long as none is named, on this machine alone."""
        return self.url or _HERE


class OpenIdSettings(_Section):
    """`openid:` of a network: the login of its people."""

    issuer: Url = Field(description="E.g. https://login.example/realms/redi.")
    client_id: str
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    target: str | None = Field(
        default=None,
        description="The target whose accounts these are: `sub` is then the account's id there. Without it a verified "
        "e-mail address decides.",
    )
    ca_file: Path | None = None


class WebhookSettings(_Section):
    """`webhook:` of a network: the git server that holds the registry."""

    secret: SecretStr | None = None
    secret_file: Path | None = None
    pull: bool = Field(default=True, description="Bring the registry's folder up to date (git, fast-forward only).")


class EventSettings(_Section):
    """`events:` of `meetings:`: the meeting server tells how many are in its rooms (Prosody's event_sync)."""

    secret: SecretStr | None = Field(
        default=None, description="What it sends as `Authorization: Bearer …`; at least 32 letters and digits."
    )
    secret_file: Path | None = Field(default=None, description="Instead of `secret`: a file that holds it.")


class ReservationSettings(_Section):
    """`reservations:` of `meetings:`: rooms are open around their meetings alone (Prosody's mod_reservations)."""

    secret: SecretStr | None = Field(
        default=None, description="A part of the path that it calls; at least 32 letters and digits."
    )
    secret_file: Path | None = Field(default=None, description="Instead of `secret`: a file that holds it.")
    callers: tuple[IPvAnyNetwork, ...] = Field(
        min_length=1, description="Addresses that may call, e.g. 192.0.2.7 or 192.0.2.0/24."
    )
    before_minutes: int = Field(default=30, ge=0, le=1440, description="A room opens so long before a meeting,")
    after_minutes: int = Field(default=60, ge=0, le=1440, description="and is closed so long after its end.")
    longest_minutes: int = Field(
        default=480, ge=30, le=1440, description="After so long a room is closed that has no dates."
    )


class MeetingSettings(_Section):
    """`meetings:` of a network: what its meeting server may call."""

    events: EventSettings | None = Field(default=None, description="Without it nobody learns how many are in a room.")
    reservations: ReservationSettings | None = Field(
        default=None,
        description="Without it rooms are open at all times. With it no room opens while this service can't be "
        "reached.",
    )


class ScheduleSettings(_Section):
    """`schedule:` of a network, in its own time zone; null switches a job off."""

    sync: Cron | None = "17 * * * *"
    sources: Cron | None = "7 5 * * *"
    remind: Cron | None = "11 7 * * *"
    tidy: Cron | None = "23 4 * * *"
