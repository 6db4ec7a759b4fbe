"""The Keycloak contract on the emulator, on a real server of our own, and on another when its address is given."""

import os
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from connectors.keycloak.emulator import SERVICE, KeycloakEmulator
from connectors.keycloak.settings import KeycloakSettings
from tests.contract.keycloak import KeycloakContract
from tests.contract.keycloak_administered import AdministeredContract
from tests.support.keycloak_hands import EmulatedHand, RealHand, count_requests, settings_of
from tests.support.keycloak_server import shared

LIVE = {name: os.environ.get(f"READI_LIVE_KEYCLOAK_{name}", "") for name in ("URL", "USER", "PASSWORD")}


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


class TestAdministeredEmulator(AdministeredContract):
    @pytest.fixture
    def hand(self) -> Iterator[EmulatedHand]:
        with KeycloakEmulator(service=SERVICE) as emulator:
            yield EmulatedHand(emulator)

    @pytest.fixture
    def counted(self, hand: EmulatedHand) -> Callable[[], int]:
        return lambda: hand.emulator.traffic()[0]


class TestAdministeredRealServer(AdministeredContract):
    @pytest.fixture(scope="class")
    @classmethod
    def kept(cls) -> RealHand:
        return RealHand(shared().new_realm())

    @pytest.fixture
    def hand(self, kept: RealHand) -> Iterator[RealHand]:
        yield kept
        kept.tidy()

    @pytest.fixture
    def counted(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
        return count_requests(monkeypatch)


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
