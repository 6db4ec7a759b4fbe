"""A Keycloak target's section of the settings file."""

from typing import Annotated, Final
from urllib.parse import quote

from pydantic import Field, field_validator

from connectors.kit.settings import ServerSettings, WithPassword

PRODUCT: Final = "Keycloak"
"""What people call it."""


class KeycloakSettings(ServerSettings, WithPassword):
    """Where the realm is and by which client we come in. ``user`` is the client's id, the password its secret.

    A list of 1,250 groups was seen to take 5 s (keycloak#39668).
    """

    product = "keycloak"
    example = "https://login.example"

    url: str
    """What stands before /realms and /admin in addresses, e.g. https://login.example or https://example/auth."""
    realm: str = Field(min_length=1, max_length=255)
    user: str = Field(min_length=1)
    parent_group: str = Field(min_length=1, max_length=255)
    """Name of the group at the top level below which all our groups are. It has to exist."""
    page_size: Annotated[int, Field(ge=1, le=100)] = 100
    """Entries by which a request gets ahead in a list; it asks for one more, to see whether the list moved."""

    @classmethod
    def checked_path(cls, path: str) -> str:
        """Only what stands before /realms and /admin."""
        if "/realms" in path or path.endswith("/admin"):
            raise ValueError("only what stands before /realms and /admin")
        return path

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
        return self.server or f"{super().identity()}/realms/{self.realm}"
