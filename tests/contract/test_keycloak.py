"""The Keycloak contract on the emulator, on a real server of our own, and on another when its address is given."""

import os
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.keycloak.emulator import SERVICE, KeycloakEmulator
from connectors.keycloak.settings import KeycloakSettings
from tests.contract.keycloak import KeycloakContract
from tests.support.keycloak_server import Realm, shared

LIVE = {name: os.environ.get(f"READI_LIVE_KEYCLOAK_{name}", "") for name in ("URL", "USER", "PASSWORD")}


def settings_of(realm: Realm) -> KeycloakSettings:
    return KeycloakSettings(
        url=realm.url,
        realm=realm.name,
        user=realm.client_id,
        password=SecretStr(realm.secret),
        parent_group=realm.parent_group,
    )


class TestEmulator(KeycloakContract):
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[KeycloakSettings]:
        with KeycloakEmulator(service=SERVICE) as emulator:
            yield KeycloakSettings(
                url=emulator.url, user=SERVICE[0], password=SecretStr(SERVICE[1]), **emulator.settings
            )


class TestRealServer(KeycloakContract):
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> KeycloakSettings:
        return settings_of(shared().new_realm())


if all(LIVE.values()):

    class TestLiveServer(KeycloakContract):
        @pytest.fixture(scope="class")
        @classmethod
        def server(cls) -> KeycloakSettings:
            return KeycloakSettings(
                url=LIVE["URL"],
                user=LIVE["USER"],
                password=SecretStr(LIVE["PASSWORD"]),
                realm=os.environ.get("READI_LIVE_KEYCLOAK_REALM", "readi"),
                parent_group=os.environ.get("READI_LIVE_KEYCLOAK_PARENT_GROUP", "readi"),
            )
