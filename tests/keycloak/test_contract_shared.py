"""What every connector's contract asks, of Keycloak's: on the emulator. More asks `tests/contract/test_keycloak.py`."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.keycloak import KEYCLOAK
from connectors.keycloak.emulator import LEAST_ROLES, SERVICE, KeycloakEmulator
from connectors.keycloak.settings import KeycloakSettings
from connectors.kit.contract import Emulated, EmulatedContract, Sample, Site
from provisioner.model.errors import LoginRefused
from provisioner.model.resources import EdgeRole, Kind


class TestWhatAllConnectorsShare(EmulatedContract):
    samples = (
        Sample(
            Kind.ACCOUNT,
            {"given_name": "Anna", "family_name": "Ähre", "email": "{word}@Stadt.example", "enabled": True},
            {"family_name": "Berg", "email": "{word}@neu.example"},
        ),
        Sample(Kind.GROUP, {"display_name": "PG"}, {"display_name": "PG neu"}, (EdgeRole.MEMBER,)),
        Sample(Kind.ROLE, {}, {}, (EdgeRole.MEMBER,), erasable=False),
    )

    @pytest.fixture
    def site(self) -> Iterator[Site]:
        with KeycloakEmulator(service=SERVICE) as emulator:
            emulator.set_roles(*LEAST_ROLES, "manage-realm")  # which it takes to make roles
            password = SecretStr(SERVICE[1])
            settings = KeycloakSettings(url=emulator.url, user=SERVICE[0], password=password, **emulator.settings)
            with Site(lambda target, wiring: KEYCLOAK.open(target, settings, wiring), emulator) as site:
                yield site

    def test_whoever_is_not_let_in_asks_once(self, site: Site, emulator: Emulated) -> None:
        """A log-in is refused in words; a bare 401 where tokens are made is somebody else's."""
        body = '{"error": "unauthorized_client"}'
        emulator.faults.status(401, body=body, content_type="application/json", times=None)
        emulator.log.clear()
        for _ in range(3):
            with pytest.raises(LoginRefused):
                site.observe()
        assert len(emulator.log.requests) == 1
