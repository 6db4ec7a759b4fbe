"""What the app user_oidc holds: its providers, what config.php says about it, and how it makes accounts.

Observed on user_oidc 8.10 and 8.11 with Nextcloud 34, with names of settings as its API gives them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.nextcloud.emulation.accounts.state import MAX_USER_ID, USER_OIDC, Accounts, User

APP: Final = "user_oidc"
LONGEST_DISPLAY_NAME: Final = 255

_TEXTS: Final = (
    *("mappingDisplayName", "mappingEmail", "mappingQuota", "mappingUid", "mappingGroups", "mappingLanguage"),
    *("extraClaims", "groupWhitelistRegex"),
)
_FLAGS: Final[Mapping[str, bool]] = {
    "uniqueUid": True,
    "checkBearer": False,
    "sendIdTokenHint": False,
    "bearerProvisioning": False,
    "providerBasedId": False,
    "groupProvisioning": False,
    "restrictLoginToGroups": False,
    "azureGroupNames": False,
    "nestedAndFallbackClaims": False,
}
_MAPPED: Final[Mapping[str, str]] = {
    "mappingUid": "sub",
    "mappingDisplayName": "name",
    "mappingEmail": "email",
    "mappingQuota": "quota",
    "mappingGroups": "groups",
    "mappingLanguage": "language",
}
"""Which claim is taken where nobody named one."""


@dataclass(slots=True)
class Provider:
    """One identity provider. ``settings`` holds what somebody set; all else has the app's default."""

    id: int
    identifier: str
    settings: dict[str, str | bool] = field(default_factory=dict)

    def is_on(self, name: str) -> bool:
        """A setting that is on or off."""
        return bool(self.settings.get(name, _FLAGS[name]))

    def text(self, name: str) -> str:
        """A setting that is a text; "" where nobody set it."""
        return str(self.settings.get(name, ""))

    def claim(self, name: str) -> str:
        """The claim from which a field comes."""
        return self.text(name) or _MAPPED[name]

    def shown(self) -> dict[str, Any]:
        """As the API and `occ user_oidc:provider … --output=json` show it; the secret is in neither."""
        settings: dict[str, Any] = {name: self.text(name) for name in _TEXTS}
        settings |= {name: self.is_on(name) for name in _FLAGS}
        return {
            "id": self.id,
            "identifier": self.identifier,
            "clientId": "nextcloud",
            "discoveryEndpoint": "https://login.example/realms/readi/.well-known/openid-configuration",
            "endSessionEndpoint": None,
            "postLogoutUri": None,
            "scope": "openid email profile",
            "settings": settings,
        }


@dataclass(slots=True)
class Oidc:
    """The app's state on one server."""

    accounts: Accounts
    providers: dict[int, Provider] = field(default_factory=dict)
    system: dict[str, bool] = field(default_factory=dict)
    """`user_oidc` in config.php: auto_provision, soft_auto_provision, disable_account_creation. No API tells it."""
    skeletons: list[str] = field(default_factory=list)
    """Accounts into which the skeleton files were copied, once for each time."""

    def configure(self, identifier: str = "keycloak", /, **settings: str | bool) -> Provider:
        """Make a provider, or change the one of that name; settings by the names of the API ("uniqueUid")."""
        unknown = settings.keys() - {*_TEXTS, *_FLAGS}
        if unknown:
            raise ValueError(f"user_oidc has no setting {sorted(unknown)}")
        found = next((one for one in self.providers.values() if one.identifier == identifier), None)
        provider = found or Provider(len(self.providers) + 1, identifier)
        provider.settings |= settings
        self.providers[provider.id] = provider
        return provider

    def local_id(self, provider_id: int, name: str) -> str:
        """Of an account or a group: hashed, unless the provider says otherwise; so for one that does not exist."""
        provider = self.providers.get(provider_id, Provider(provider_id, ""))
        if provider.is_on("uniqueUid"):
            return hashlib.sha256(f"{provider_id}_0_{name}".encode()).hexdigest()
        return f"{provider.identifier}-{name}" if provider.is_on("providerBasedId") else name

    def account(self, provider_id: int, name: str) -> User:
        """The app's own account of this name at this provider, made if need be, over a Database account of that id."""
        user_id = self.local_id(provider_id, name)
        if len(user_id.encode()) > MAX_USER_ID:
            user_id = hashlib.sha256(user_id.encode()).hexdigest()
        found = self.accounts.users.get(user_id)
        if found is not None and found.backend is USER_OIDC:
            return found
        if found is not None:
            return self.accounts.cover(found, USER_OIDC)
        return self.accounts.add_user(user_id, backend=USER_OIDC.name)
