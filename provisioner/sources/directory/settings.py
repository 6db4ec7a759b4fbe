"""The section of a settings file that describes a directory from which people are read."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from provisioner.model.sources import PersonField
from provisioner.registry.shapes import Domain
from provisioner.sources.types import CommonSettings
from provisioner.transport.directory_address import Address
from provisioner.transport.directory_filter import check_filter
from provisioner.transport.dn import normal, parse
from provisioner.transport.password import WithPassword

Attribute = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,127}$")]


class Product(StrEnum):
    """Whose ways a directory has."""

    OPENLDAP = "openldap"
    ACTIVE_DIRECTORY = "active-directory"


class Disabled(BaseModel):
    """By what an account is known that the city itself has switched off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attribute: Attribute
    value: str | None = Field(default=None, description="In any case of letters; without it any value will do.")


@dataclass(frozen=True, slots=True)
class _Ways:
    """What is usual in a product."""

    key: str
    filter: str
    disabled: Disabled | None
    mapping: Mapping[PersonField, str | None] = field(default_factory=dict)


_NAMES: Final[Mapping[PersonField, str | None]] = {
    "given_name": "givenName",
    "family_name": "sn",
    "email": "mail",
    "language": "preferredLanguage",
}
_USUAL: Final[Mapping[Product, _Ways]] = {
    Product.OPENLDAP: _Ways(
        "entryUUID",
        "(objectClass=inetOrgPerson)",
        # Locked for good by an administrator; any other value is a pause after wrong passwords (ppolicy, 5.3.3).
        Disabled(attribute="pwdAccountLockedTime", value="000001010000Z"),
        _NAMES,
    ),
    Product.ACTIVE_DIRECTORY: _Ways(
        "objectGUID",
        "(&(objectCategory=person)(objectClass=user))",
        None,  # userAccountControl says it
        {**_NAMES, "leaves": "accountExpires"},
    ),
}


class DirectorySettings(CommonSettings, WithPassword):
    """Where the directory is, who we are there, whom we take and what is read of them."""

    url: str = Field(description="ldaps://host, or ldap://host with start_tls; plain only to this very machine.")
    start_tls: bool = False
    ca_file: Path | None = Field(default=None, description="Certificates to trust; without it those of the system.")
    allow_plaintext: bool = Field(
        default=False, description="Send the password in the open, in a network encrypted by other means."
    )
    user: str = Field(min_length=1, description="The technical account's distinguished name, or name@domain.")
    base: str = Field(min_length=1, description="The entry at and below which people are looked for.")
    scope: Literal["subtree", "one"] = Field(default="subtree", description='"one": directly below the base alone.')
    kind: Product = Product.OPENLDAP
    filter: str | None = Field(default=None, description="Who is a person (RFC 4515); without it the usual.")
    key: Attribute | None = Field(default=None, description="What never changes; without it entryUUID or objectGUID.")
    mapping: Mapping[PersonField, Attribute | None] = Field(
        default={}, description="By field the attribute, where it is another than the usual; null: not read."
    )
    disabled: Disabled | None = Field(default=None, description="Whose account counts as switched off.")
    members_of: str | None = Field(
        default=None, description="A group's distinguished name: its members alone are taken."
    )
    domains: tuple[Domain, ...] = Field(
        default=(), description="Of several addresses the one in the first of these domains is taken."
    )
    time_zone: str = Field(default="Europe/Berlin", description="In which a moment becomes a day.")
    page_size: int = Field(default=500, ge=1, le=1000, description="Active Directory gives no more than 1,000.")
    connect_timeout: int = Field(default=10, ge=1)
    receive_timeout: int = Field(default=30, ge=1, description="Seconds.")

    @field_validator("filter")
    @classmethod
    def _filter(cls, value: str | None) -> str | None:
        if value is not None:
            check_filter(value)
        return value

    @field_validator("base", "members_of")
    @classmethod
    def _name(cls, value: str | None) -> str | None:
        if value is not None and not parse(value):
            raise ValueError("not a distinguished name")
        return value

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("no such time zone") from error
        return value

    @property
    def who(self) -> str:
        """The filter, without ``members_of``."""
        return self.filter or _USUAL[self.kind].filter

    @property
    def key_attribute(self) -> str:
        return self.key or _USUAL[self.kind].key

    @property
    def switched_off(self) -> Disabled | None:
        """What is looked at besides userAccountControl."""
        return self.disabled or _USUAL[self.kind].disabled

    @property
    def attributes(self) -> dict[PersonField, str]:
        """By field the attribute that is read for it."""
        chosen = {**_USUAL[self.kind].mapping, **self.mapping}
        return {name: attribute for name, attribute in chosen.items() if attribute is not None}

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def address(self) -> Address:
        return Address(
            url=self.url,
            start_tls=self.start_tls,
            ca_file=self.ca_file,
            plaintext=self.allow_plaintext,
            connect_timeout=self.connect_timeout,
            receive_timeout=self.receive_timeout,
        )

    def shape(self) -> str:
        """See `provisioner.model.sources.Source.shape`: what is usual counts as if it were written out."""
        off = self.switched_off
        said = {
            "kind": self.kind,
            "base": normal(self.base),
            "scope": self.scope,
            "filter": self.who,
            "members_of": None if self.members_of is None else normal(self.members_of),
            "key": self.key_attribute.lower(),
            "mapping": {name: attribute.lower() for name, attribute in self.attributes.items()},
            "disabled": None if off is None else [off.attribute.lower(), off.value and off.value.lower()],
            "domains": [domain.lower() for domain in self.domains],
            "time_zone": self.time_zone,
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
