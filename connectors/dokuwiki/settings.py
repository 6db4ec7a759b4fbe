"""A DokuWiki target's section of the settings file."""

from typing import Annotated, Final, Self
from urllib.parse import quote

from pydantic import Field, field_validator, model_validator

from connectors.dokuwiki.names import slug
from connectors.kit.settings import ServerSettings, WithToken

_PLACE: Final = "{page}"


class DokuwikiSettings(ServerSettings, WithToken):
    """Where the wiki is, the token of a superuser, and how the wiki itself is set up where its interface can't tell."""

    product = "dokuwiki"
    example = "https://wiki.example"
    own_paths = ("/lib/exe/jsonrpc.php", "/lib/exe/xmlrpc.php", "/doku.php")

    below: str = ""
    """The namespace in which spaces are made, e.g. "gremien"; "": at the top."""
    own_namespace: str = "readi"
    """The namespace in which we note which space is whose. Superusers alone read it."""
    start: str = "start"
    """The wiki's ``start``: what the first page of a namespace is called."""
    everybody: Annotated[str, Field(min_length=1)] = "user"
    """The wiki's ``defaultgroup``: the group in which everybody is who logs in."""
    superusers: Annotated[str, Field(min_length=1)] = "wikiadmin"
    """The group of the wiki's ``superuser``, without the @: no body's group may be called so."""
    page_url: str | None = None
    """Where people open a page, with {page}, where the wiki rewrites addresses; null: …/doku.php?id={page}."""

    @field_validator("below", "own_namespace", "start")
    @classmethod
    def _as_the_wiki_has_it(cls, name: str) -> str:
        if name and not all(part and slug(part) == part for part in name.split(":")):
            raise ValueError('small letters, digits, "_", "-" and "." alone, as the wiki writes its addresses')
        return name

    @field_validator("own_namespace", "start")
    @classmethod
    def _one_word(cls, name: str) -> str:
        if not name or ":" in name:
            raise ValueError("one word")
        return name

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.below.partition(":")[0] == self.own_namespace:
            raise ValueError("below: another namespace than own_namespace, which superusers alone read")
        return self

    @field_validator("page_url")
    @classmethod
    def _placed(cls, page_url: str | None) -> str | None:
        if page_url is not None and _PLACE not in page_url:
            raise ValueError("an address with {page} in it")
        return page_url

    @property
    def register_page(self) -> str:
        """The page on which stands which space is whose."""
        return f"{self.own_namespace}:spaces"

    def namespace(self, name: str) -> str:
        """In which a space of this slug stands."""
        return f"{self.below}:{name}" if self.below else name

    def first_page(self, namespace: str) -> str:
        """The page that opens with a space."""
        return f"{namespace}:{self.start}"

    def page_address(self, page: str) -> str:
        """Where people open a page."""
        pattern = self.page_url or f"{self.url}/doku.php?id={_PLACE}"
        return pattern.replace(_PLACE, quote(page, safe=":"))
