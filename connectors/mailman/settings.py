"""A Mailman target's section of the settings file."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

from pydantic import ConfigDict, Field, field_validator

from provisioner.transport.http_address import is_open_to_listeners, plain_address
from provisioner.transport.password import WithPassword

_PLACES = ("{list_id}", "{name}")


class MailmanSettings(WithPassword):
    """Where Mailman's REST address is, how we log in, and which mail domain's lists are ours to keep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = "http://127.0.0.1:8001"
    """Without the API's version: 3.1 is asked for."""
    user: str = Field(default="restadmin", min_length=1)
    """``admin_user`` of the section [webservice] in mailman.cfg. It may do everything over there."""
    domain: str = Field(pattern=r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$")
    """The mail domain whose lists are ours. It has to exist; we neither make nor delete domains."""
    server: str | None = None
    """The server's identity where several targets are one server under different addresses; else the address."""
    language: str | None = Field(default="de", min_length=2)
    """Of new lists, where the server speaks it; null: as the server makes them, which is English."""
    list_url: str | None = None
    """Where people find a list, with {list_id} or {name}; null: texts link to its address, mailto:…"""
    page_size: Annotated[int, Field(ge=1, le=1000)] = 200
    """Entries a request."""
    timeout: Annotated[float, Field(gt=0)] = 60.0
    """Seconds. Every page of addresses costs the server a look at all of them."""
    allow_plaintext: bool = False
    """Send the password in the open to another machine. For networks that are encrypted by other means."""
    ca_file: Path | None = None
    """Certificates to trust instead of the usual ones (PEM)."""

    @field_validator("url")
    @classmethod
    def _plain_url(cls, url: str) -> str:
        parts = plain_address(url, "http://127.0.0.1:8001")
        path = parts.path.rstrip("/").removesuffix("/3.1").removesuffix("/3.0").rstrip("/")
        return urlunsplit((parts.scheme, parts.netloc.lower(), path, "", ""))

    @field_validator("list_url")
    @classmethod
    def _placed(cls, list_url: str | None) -> str | None:
        if list_url is not None and not any(place in list_url for place in _PLACES):
            raise ValueError("an address with {list_id} or {name} in it")
        return list_url

    @property
    def is_open_to_listeners(self) -> bool:
        """Whether the password would travel to another machine in the open, and nobody said that this is meant."""
        return not self.allow_plaintext and is_open_to_listeners(self.url)

    def identity(self) -> str:
        """The server's identity: two targets with the same one share the write lock."""
        parts = urlsplit(self.url)
        return self.server or f"mailman:{parts.netloc}{parts.path}"

    def address_of(self, list_id: str, name: str) -> str:
        """Where people reach a list."""
        if self.list_url is None:
            return f"mailto:{name}@{self.domain}"
        return self.list_url.replace("{list_id}", list_id).replace("{name}", name)
