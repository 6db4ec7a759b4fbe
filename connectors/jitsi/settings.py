"""A Jitsi target's section of the settings file."""

import re
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connectors.jitsi.names import ROOM_PREFIX, backend_safe
from provisioner.model.errors import SettingsError
from provisioner.model.text import Text
from provisioner.transport.bounded import read_bounded
from provisioner.transport.http_address import plain_address

SHORTEST_SECRET: Final = 32
"""Bytes: as long as what HS256 makes of it (RFC 7518, 3.2)."""
LONGEST_LIFE: Final = 3600
"""Seconds. The server asks for a token's end only when somebody connects: one that is found later must be over."""
_MOST: Final = 4096
"""Bytes of a secret's file."""
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")

DOMAIN: Final = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"
Domain = Annotated[str, Field(pattern=rf"^{DOMAIN}$")]
Word = Annotated[str, Field(pattern=rf"^{_WORD.pattern}$")]


class PublicRooms(BaseModel):
    """Rooms of the citizens' service, which are open to all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hosts: tuple[str, ...] = ()
    """Hosts of Jitsi servers of which every room is open. The target's own host among them: all of its rooms are
    but those of bodies."""
    prefix: str | None = None
    """Rooms of the target whose names begin like this, in the form in which addresses have them."""

    @field_validator("hosts")
    @classmethod
    def _plain_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        if any("/" in host or not urlsplit(f"//{host}").hostname for host in hosts):
            raise ValueError("names of hosts, e.g. buergerservice.example")
        return tuple(host.lower() for host in hosts)

    @field_validator("prefix")
    @classmethod
    def _apart_from_ours(cls, prefix: str | None) -> str | None:
        if prefix is None:
            return None
        found = backend_safe(prefix)
        if len(found) < 3 or found.startswith(ROOM_PREFIX) or ROOM_PREFIX.startswith(found):
            raise ValueError(f'at least three letters, and not like "{ROOM_PREFIX}", by which rooms of bodies begin')
        return found


class JitsiSettings(BaseModel):
    """Where people open rooms, and by what tokens the server knows that we sent them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str
    """The address that people open, e.g. https://meet.example."""
    domain: Domain = "meet.jitsi"
    """The XMPP domain inside the server, `XMPP_DOMAIN` of docker-jitsi-meet; hardly ever the host of the address."""
    guest_domain: Domain = "guest.meet.jitsi"
    """Where doctor looks whether people without a token are let in, `XMPP_GUEST_DOMAIN`."""
    issuer: Word = "readi"
    """`JWT_APP_ID`: who made the tokens."""
    audience: Word = "jitsi"
    """One of `JWT_ACCEPTED_AUDIENCES`."""
    secret: SecretStr | None = None
    """`JWT_APP_SECRET`: signs by HS256."""
    secret_file: Path | None = None
    """A file that holds the secret in its first line."""
    keys: Path | None = None
    """A folder with keys that only we hold (RS256): the server fetches their public halves from this service."""
    key_rest: Annotated[int, Field(ge=0, le=604_800)] = 600
    """Seconds that a new key is published before it signs, so that all who serve keys have it."""
    tenant: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")] | None = None
    """Rooms are below this first part of the path."""
    domain_verification: bool = False
    """`JWT_ENABLE_DOMAIN_VERIFICATION`: the server also compares tenant or domain."""
    lifetime: Annotated[int, Field(ge=30, le=LONGEST_LIFE)] = LONGEST_LIFE
    """Seconds for which a token opens its room at most; policy says for how long."""
    lobby: bool = True
    """Whether the server is set up so that all wait in the lobby whose token does not say otherwise."""
    public: PublicRooms = PublicRooms()
    server: str | None = None
    """The server's identity where several targets are one server under different addresses; else the address."""
    timeout: Annotated[float, Field(gt=0)] = 20.0
    """Seconds that doctor waits for an answer."""
    ca_file: Path | None = None
    """Certificates to trust instead of the usual ones (PEM)."""

    @field_validator("url")
    @classmethod
    def _plain_url(cls, url: str) -> str:
        parts = plain_address(url, "https://meet.example")
        if parts.path.strip("/"):
            raise ValueError("only the host, without a path: a tenant has a setting of its own")
        return urlunsplit((parts.scheme, parts.netloc.lower(), "", "", ""))

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value().encode()) < SHORTEST_SECRET:
            raise ValueError(f"a secret of at least {SHORTEST_SECRET} bytes")
        return secret

    @model_validator(mode="after")
    def _one_way_to_sign(self) -> Self:
        if sum(one is not None for one in (self.secret, self.secret_file, self.keys)) != 1:
            raise ValueError("exactly one of secret, secret_file and keys")
        return self

    def shared_secret(self) -> SecretStr:
        """The secret, from the settings or its file. Raises `SettingsError`; also for one that is too short."""
        if self.secret is not None:
            return self.secret
        path = self.secret_file
        try:
            text = "" if path is None else read_bounded(path, _MOST).decode()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(Text.of("jitsi.secret_file", path=str(path)), type(error).__name__) from error
        first = text.partition("\n")[0].rstrip("\r")
        if len(first.encode()) < SHORTEST_SECRET:
            raise SettingsError(Text.of("jitsi.secret_short", path=str(path), least=SHORTEST_SECRET))
        return SecretStr(first)

    @property
    def host(self) -> str:
        """The host, with its port where it has one."""
        return urlsplit(self.url).netloc

    def identity(self) -> str:
        """The server's identity: two targets with the same one share the write lock."""
        return self.server or f"jitsi:{self.host}"
