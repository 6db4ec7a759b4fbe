"""A Keycloak target's section of the settings file."""

from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import ConfigDict, Field, field_validator

from provisioner.transport.http_address import is_open_to_listeners, plain_address
from provisioner.transport.password import WithPassword


class KeycloakSettings(WithPassword):
    """Where the realm is and by which client we come in. ``user`` is the client's id, the password its secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    """What stands before /realms and /admin in addresses, e.g. https://login.example or https://example/auth."""
    realm: str = Field(min_length=1, max_length=255)
    user: str = Field(min_length=1)
    parent_group: str = Field(min_length=1, max_length=255)
    """Name of the group at the top level below which all our groups are. It has to exist."""
    page_size: Annotated[int, Field(ge=1, le=100)] = 100
    """Entries by which a request gets ahead in a list; it asks for one more, to see whether the list moved."""
    server: str | None = None
    """The realm's identity where several targets are one realm under different addresses; else the address."""
    timeout: Annotated[float, Field(gt=0)] = 60.0
    """Seconds. A list of 1,250 groups was seen to take 5 s (keycloak#39668)."""
    ca_file: Path | None = None
    """Certificates to trust instead of the usual ones (PEM)."""
    allow_plaintext: bool = False
    """Send the secret in the open to another machine. For networks that are encrypted by other means."""

    @field_validator("url")
    @classmethod
    def _plain_url(cls, url: str) -> str:
        parts = plain_address(url, "https://login.example")
        path = parts.path.rstrip("/")
        if "/realms" in path or path.endswith("/admin"):
            raise ValueError("only what stands before /realms and /admin")
        return urlunsplit((parts.scheme, parts.netloc.lower(), path, "", ""))

    @field_validator("realm")
    @classmethod
    def _no_master(cls, realm: str) -> str:
        if realm == "master":
            raise ValueError("not the realm master: its users administer the whole server")
        if realm in (".", "..") or "/" in realm:
            raise ValueError("the name of a realm")
        return realm

    @field_validator("parent_group")
    @classmethod
    def _plain_group(cls, name: str) -> str:
        if "/" in name or name != name.strip():
            raise ValueError("the name of a group at the top level, without a slash")
        return name

    @property
    def is_open_to_listeners(self) -> bool:
        """Whether the secret would travel to another machine in the open, and nobody said that this is meant."""
        return not self.allow_plaintext and is_open_to_listeners(self.url)

    @property
    def admin_url(self) -> str:
        """Where the realm is administered."""
        return f"{self.url}/admin/realms/{quote(self.realm, safe='')}"

    @property
    def realm_url(self) -> str:
        """What the realm tells everybody."""
        return f"{self.url}/realms/{quote(self.realm, safe='')}"

    @property
    def token_url(self) -> str:
        """Where our client gets its token."""
        return f"{self.realm_url}/protocol/openid-connect/token"

    def identity(self) -> str:
        """The realm's identity: two targets with the same one share the write lock."""
        parts = urlsplit(self.url)
        return self.server or f"keycloak:{parts.netloc}{parts.path}/realms/{self.realm}"
