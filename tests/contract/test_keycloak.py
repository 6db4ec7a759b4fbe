"""The Keycloak contract on the emulator, on a real server of our own, and on another when its address is given."""

import os
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from connectors.keycloak.emulator import SERVICE, KeycloakEmulator
from connectors.keycloak.settings import KeycloakSettings
from provisioner.model.errors import Permanent
from provisioner.model.resources import Kind
from tests.contract.keycloak import KeycloakContract, Site
from tests.contract.keycloak_administered import AdministeredContract
from tests.support.keycloak import create, erase, group, join, person
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

    @pytest.mark.parametrize("through", ["role", "group"])
    def test_whoever_administers_the_realm_is_never_erased(self, hand: RealHand, through: str) -> None:
        site = Site(hand.settings)
        site.apply(create(group("chiefs"), "PG_Chefs"), create(person("anna"), "anna.amsel"))
        site.apply(join(group("chiefs"), "anna"))
        room = {"role": f"users/{site.ids[person('anna')]}", "group": f"groups/{site.ids[group('chiefs')]}"}[through]
        hand.empower(f"/{room}")
        for change in (
            erase(person("anna"), site.ids[person("anna")]),
            erase(group("chiefs"), site.ids[group("chiefs")]),
        ):
            (step,) = site.compile(change)
            if change.id.kind is Kind.ACCOUNT or through == "group":
                with pytest.raises(Permanent, match="never_erased"):
                    site.connector.verify(step, site.ids.__getitem__)
        if through == "group":
            assert site.observe().of(Kind.GROUP).objects[site.ids[group("chiefs")]].writable == frozenset()
            assert "keycloak.doctor_group_power" in [one.what.code for one in site.connector.examine()]
        site.close()


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
