"""Accounts of the app user_oidc: made before the first login, renamed, and nothing else of it.

Its one call is an upsert that checks next to nothing (observed on user_oidc 8.11): it makes an account with a hashed id
for a provider that does not exist, covers a local account of the same id, and keeps the account when it fails. So the
provider is looked at before the first call, the name before each, and the id that comes back after it.
"""

from collections.abc import Callable, Mapping
from typing import Final

from connectors.kit.outcomes import perhaps_created
from connectors.nextcloud.accounts.oidc.providers import Told, providers_of
from connectors.nextcloud.accounts.shape import Account, is_upserted
from connectors.nextcloud.client import Client, OcsRefusal, garbled
from connectors.nextcloud.outcomes import creating
from provisioner.model.errors import NotAllowed, Permanent, TargetError
from provisioner.model.inventory import Remote
from provisioner.model.text import Text

APP: Final = "user_oidc"
API: Final = "/ocs/v2.php/apps/user_oidc/api/v1"
NO_ROUTE: Final = 998
"""The OCS code for an address that no app answers."""
NOT_CREATED: Final = frozenset({NO_ROUTE})


class OidcAccounts:
    """The accounts of one provider. ``client`` acts as an administrator."""

    def __init__(self, provider_id: int, client: Client, whoever: Callable[[str], Account | None]) -> None:
        """``whoever``: the account that the server finds for a name, also by other case and address."""
        self._provider_id = provider_id
        self._client = client
        self._whoever = whoever
        self._ready = False
        self._stopped: TargetError | None = None

    def told(self) -> Told | None:
        """What the API tells of all providers; None where this version of the app has no such call.

        Raises `TargetError`: `Permanent` where the app is missing, `NotAllowed` where we are no administrator.
        """
        path = f"{API}/provider"
        try:
            found = providers_of(self._client.get(path))
        except OcsRefusal as refusal:
            if refusal.code != NO_ROUTE:
                raise
            return None
        if found is None:
            raise garbled(path)
        return Told(found)

    def create(self, name: str, fields: Mapping[str, str]) -> str:
        """POST, if the server says that nobody is found under this name; the new id, which is the name.

        Raises `OutcomeUnknown` where it may have happened, `Permanent` where something stands in the way.
        """
        self._make_ready()
        found = self._whoever(name)
        if found is not None and found.remote.remote_id == name:
            raise Permanent(Text.of("nextcloud.name_taken", name=name))
        if found is not None:
            raise Permanent(Text.of("nextcloud.oidc_finds_other", name=name, found=found.remote.remote_id))
        data = creating(lambda: self._upsert(name, fields), name, NOT_CREATED)
        self._compare(name, data)
        return name

    def rename(self, remote: Remote, display_name: str) -> None:
        """POST of a display name onto an account of this backend, as it was just read. Raises `TargetError`."""
        name = remote.remote_id
        if not is_upserted(name, remote.backend):
            raise Permanent(Text.of("nextcloud.oidc_not_its_own", name=name))
        self._make_ready()
        self._compare(name, self._upsert(name, {"displayName": display_name}))

    def _make_ready(self) -> None:
        """Once: the provider exists, and calls people here as they are called there."""
        if self._stopped is not None:
            raise self._stopped
        if self._ready:
            return
        try:
            told = self.told()
        except NotAllowed as refused:
            raise NotAllowed(Text.of("nextcloud.oidc_not_administrator"), refused.detail) from refused
        if told is not None:
            provider = told.provider(self._provider_id)
            if provider is None:
                raise Permanent(Text.of("nextcloud.oidc_no_provider", provider=self._provider_id))
            if not provider.keeps_names:
                raise Permanent(Text.of("nextcloud.oidc_hashes_here", provider=provider.identifier))
        self._ready = True

    def _upsert(self, name: str, fields: Mapping[str, str]) -> object:
        body: dict[str, object] = {"providerId": self._provider_id, "userId": name, **fields}
        try:
            return self._client.write("POST", f"{API}/user", body)
        except OcsRefusal as refusal:
            if refusal.code != NO_ROUTE:
                raise
            text = Text.of("nextcloud.app_missing", app=APP)
            raise OcsRefusal(text, refusal.detail, refusal.code, refusal.status) from refusal

    def _compare(self, name: str, data: object) -> None:
        made = data.get("user_id") if isinstance(data, dict) else None
        if not isinstance(made, str):
            raise perhaps_created(name, "")
        if made != name:
            # Whatever came to be is not what the login will ask for; every further call would make one more.
            self._stopped = Permanent(Text.of("nextcloud.oidc_made_other", name=name, made=made))
            raise self._stopped
