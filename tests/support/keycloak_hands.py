"""An administrator's hand in a realm, emulated or real: what tests change behind the connector's back."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from connectors.keycloak.emulator import SERVICE, KeycloakEmulator
from connectors.keycloak.settings import KeycloakSettings
from tests.support.keycloak_server import LEAST_ROLES, Realm


def settings_of(realm: Realm) -> KeycloakSettings:
    return KeycloakSettings(
        url=realm.url,
        realm=realm.name,
        user=realm.client_id,
        password=SecretStr(realm.secret),
        parent_group=realm.parent_group,
    )


def count_requests(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many requests sessions of ours have sent so far."""
    sent: list[str] = []
    plain = requests.Session.send

    def send(self: requests.Session, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        if self.headers.get("User-Agent") == "readi-provisioner":
            sent.append(request.method or "")
        return plain(self, request, **more)

    monkeypatch.setattr(requests.Session, "send", send)
    return lambda: len(sent)


class EmulatedHand:
    """Changes the emulator's state directly."""

    def __init__(self, emulator: KeycloakEmulator) -> None:
        self.emulator = emulator
        self.settings = KeycloakSettings(
            url=emulator.url, user=SERVICE[0], password=SecretStr(SERVICE[1]), **emulator.settings
        )

    def add_role(self, name: str, *, composite: bool = False) -> str:
        role = self.emulator.add_role(name)
        role.composite = composite
        return role.id

    def add_provider(self, alias: str) -> None:
        self.emulator.add_provider(alias)

    def declare(self, attribute: str) -> None:
        self.emulator.profile.declare(attribute)

    def allow_unmanaged(self) -> None:
        self.emulator.allow_unmanaged("ADMIN_EDIT")

    def set_rights(self, *rights: str) -> None:
        self.emulator.set_roles(*rights)

    def delete_user(self, remote_id: str) -> None:
        self.emulator.realm.remove_user(self.emulator.realm.users[remote_id])

    def rename_parent(self, name: str) -> None:
        self.emulator.parent.name = name

    def set_realm(self, **settings: object) -> None:
        self.emulator.realm.settings |= settings
        if settings.get("internationalizationEnabled"):  # by which the real server declares it
            self.emulator.profile.declare("locale")


class RealHand:
    """Asks as the server's administrator. Making a realm takes seconds, so that one is used again after `tidy`."""

    def __init__(self, realm: Realm) -> None:
        self.realm = realm
        self.settings = settings_of(realm)
        self._parent = self._only_group()
        self._undo: list[Callable[[], object]] = []

    def tidy(self) -> None:
        """As it was in the beginning."""
        while self._undo:
            self._undo.pop()()
        for user in self.realm.admin("GET", "/users?max=1000").json():
            self.delete_user(user["id"])
        for group in self.realm.admin("GET", f"/groups/{self._parent}/children?max=1000").json():
            self.realm.admin("DELETE", f"/groups/{group['id']}")
        for role in self.realm.admin("GET", "/roles").json():
            if role["name"] not in ("offline_access", "uma_authorization") and "default-roles" not in role["name"]:
                self.realm.admin("DELETE", f"/roles-by-id/{role['id']}")
        for provider in self.realm.admin("GET", "/identity-provider/instances").json():
            self.realm.admin("DELETE", f"/identity-provider/instances/{provider['alias']}")

    def add_role(self, name: str, *, composite: bool = False) -> str:
        self.realm.admin("POST", "/roles", {"name": name})
        if composite:
            inner = self.realm.admin("GET", "/roles/offline_access").json()
            self.realm.admin("POST", f"/roles/{name}/composites", [inner])
        found: str = self.realm.admin("GET", f"/roles/{name}").json()["id"]
        return found

    def add_provider(self, alias: str) -> None:
        address = "https://stadt.example/login"
        config = {"clientId": "x", "clientSecret": "y", "tokenUrl": address, "authorizationUrl": address}
        provider = {"alias": alias, "providerId": "oidc", "enabled": True, "config": config}
        self.realm.admin("POST", "/identity-provider/instances", provider)

    def declare(self, attribute: str) -> None:
        declared = {"name": attribute, "permissions": {"view": ["admin"], "edit": ["admin"]}}
        self._change_profile(lambda profile: {**profile, "attributes": [*profile["attributes"], declared]})

    def allow_unmanaged(self) -> None:
        self._change_profile(lambda profile: {**profile, "unmanagedAttributePolicy": "ADMIN_EDIT"})

    def set_rights(self, *rights: str) -> None:
        self._undo.append(lambda: self.realm.set_roles(*LEAST_ROLES))
        self.realm.set_roles(*rights)

    def delete_user(self, remote_id: str) -> None:
        self.realm.admin("DELETE", f"/users/{remote_id}")

    def rename_parent(self, name: str) -> None:
        path = f"/groups/{self._parent}"
        self._undo.append(lambda: self.realm.admin("PUT", path, {"name": self.realm.parent_group}))
        self.realm.admin("PUT", path, {"name": name})

    def set_realm(self, **settings: object) -> None:
        before = self.realm.admin("GET", "").json()
        self._undo.append(lambda: self.realm.admin("PUT", "", {name: before.get(name) for name in settings}))
        self.realm.admin("PUT", "", settings)

    def empower(self, path: str) -> None:
        """Let a user, or who is in a group, administer the realm."""
        (client,) = self.realm.admin("GET", "/clients?clientId=realm-management").json()
        role = self.realm.admin("GET", f"/clients/{client['id']}/roles/realm-admin").json()
        self.realm.admin("POST", f"{path}/role-mappings/clients/{client['id']}", [role])

    def _change_profile(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        before = self.realm.admin("GET", "/users/profile").json()
        self._undo.append(lambda: self.realm.admin("PUT", "/users/profile", before))
        self.realm.admin("PUT", "/users/profile", change(before))

    def _only_group(self) -> str:
        (parent,) = self.realm.admin("GET", "/groups").json()
        found: str = parent["id"]
        return found
