"""An installation with a Keycloak and a Nextcloud whose people come in through it, and these people's logins."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.keycloak.emulator import KeycloakEmulator
from connectors.nextcloud.emulation.oidc.sign_in import SignedIn
from connectors.nextcloud.emulator import APPS, NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.support.site import Installation, body, new_cloud, person

OURS = r"^(PG|KM)_"
"""Groups that a login may touch in set-up A: all of ours and no others. Anchored."""

SAFE: dict[str, bool | str] = {"uniqueUid": False, "mappingUid": "preferred_username"}
GROUPS_FROM_LOGIN: dict[str, bool | str] = {**SAFE, "groupProvisioning": True, "groupWhitelistRegex": OURS}


def cloud_of_a_login(clock: VirtualClock | None = None, **settings: bool | str) -> NextcloudEmulator:
    """A Nextcloud with user_oidc and one provider; not yet started."""
    cloud = new_cloud(clock, apps=(*APPS, "user_oidc"))
    cloud.oidc.configure(**settings)
    cloud.oidc.system |= {"soft_auto_provision": False, "disable_account_creation": True}
    return cloud


class LoginSetup(Installation):
    """Targets "login" (Keycloak) and "cloud"; the people are Anna, Ben and Cleo in two project groups."""

    def __init__(self, folder: Path, cloud: NextcloudEmulator, keycloak: KeycloakEmulator) -> None:
        super().__init__(folder, cloud)
        self.keycloak = keycloak
        told = {"provider_id": 1, "administrator": {"user": "admin", "password": cloud.app_password("admin")}}
        self.wish.targets["cloud"] = self.target(user_oidc=told)
        self.wish.targets["login"] = {
            "connector": "keycloak",
            "url": keycloak.url,
            **keycloak.credentials,
            **keycloak.settings,
        }
        self.wish.policy["login"] = {"required_actions": []}
        self.wish.add(
            body("pg-sensorik", "Sensorik"),
            body("pg-lora", "LoRaWAN"),
            person("Anna", "pg-sensorik", {"id": "pg-lora", "role": "moderator"}),
            person("Ben", "pg-sensorik"),
            person("Cleo", "pg-lora"),
        )

    def claims(self, given: str) -> dict[str, Any]:
        """What Keycloak tells Nextcloud of somebody. Raises `LoginRefused`."""
        return self.keycloak.login(f"{given.lower()}.muster")

    def sign_in(self, given: str) -> SignedIn:
        """Somebody logs in to Nextcloud."""
        return self.cloud.sign_in(self.claims(given))

    def everybody_signs_in(self) -> None:
        """All three come to the accounts of their names."""
        for given in ("Anna", "Ben", "Cleo"):
            assert self.sign_in(given) == SignedIn(f"{given.lower()}.muster")

    def members(self, group: str) -> set[str]:
        """Who is in a group of Nextcloud."""
        return set(self.cloud.groups[group].members)


@contextmanager
def login_setup(folder: Path, **settings: bool | str) -> Iterator[LoginSetup]:
    """Both servers running; ``settings`` of the provider in Nextcloud."""
    clock = VirtualClock()
    with cloud_of_a_login(clock, **settings) as cloud, KeycloakEmulator(clock=clock) as keycloak:
        yield LoginSetup(folder, cloud, keycloak)
