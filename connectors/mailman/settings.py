"""A Mailman target's section of the settings file."""

from typing import Annotated

from pydantic import Field, field_validator

from connectors.kit.settings import ServerSettings, WithPassword

_PLACES = ("{list_id}", "{name}")


class MailmanSettings(ServerSettings, WithPassword):
    """Where Mailman's REST address is, how we log in, and which mail domain's lists are ours to keep."""

    product = "mailman"
    example = "http://127.0.0.1:8001"
    own_paths = ("/3.1", "/3.0")

    url: str = "http://127.0.0.1:8001"
    """Without the API's version: 3.1 is asked for."""
    user: str = Field(default="restadmin", min_length=1)
    """``admin_user`` of the section [webservice] in mailman.cfg. It may do everything over there."""
    domain: str = Field(pattern=r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$")
    """The mail domain whose lists are ours. It has to exist; we neither make nor delete domains."""
    language: str | None = Field(default="de", min_length=2)
    """Of new lists, where the server speaks it; null: as the server makes them, which is English."""
    list_url: str | None = None
    """Where people find a list, with {list_id} or {name}; null: texts link to its address, mailto:…"""
    page_size: Annotated[int, Field(ge=1, le=1000)] = 200
    """Entries a request. Every page of addresses costs the server a look at all of them."""

    @field_validator("list_url")
    @classmethod
    def _placed(cls, list_url: str | None) -> str | None:
        if list_url is not None and not any(place in list_url for place in _PLACES):
            raise ValueError("an address with {list_id} or {name} in it")
        return list_url

    def address_of(self, list_id: str, name: str) -> str:
        """Where people reach a list."""
        if self.list_url is None:
            return f"mailto:{name}@{self.domain}"
        return self.list_url.replace("{list_id}", list_id).replace("{name}", name)
