"""The contract of accounts of user_oidc on the emulator, and on a real server that has the app."""

import os
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.nextcloud.emulator import APPS, NextcloudEmulator
from connectors.nextcloud.settings import AdministratorSettings, NextcloudSettings, UserOidcSettings
from tests.contract.nextcloud_login import NextcloudLoginContract
from tests.support.nextcloud import SERVICE

NAMES = ("URL", "USER", "PASSWORD", "ADMIN_USER", "ADMIN_PASSWORD", "OIDC_PROVIDER")
LIVE = {name: os.environ.get(f"READI_LIVE_NEXTCLOUD_{name}", "") for name in NAMES}


def through(provider: int, user: str, password: str) -> UserOidcSettings:
    administrator = AdministratorSettings(user=user, password=SecretStr(password))
    return UserOidcSettings(provider_id=provider, administrator=administrator)


class TestEmulator(NextcloudLoginContract):
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[NextcloudSettings]:
        with NextcloudEmulator(service=SERVICE, apps=(*APPS, "user_oidc")) as emulator:
            emulator.oidc.configure(uniqueUid=False, mappingUid="preferred_username")
            yield NextcloudSettings(
                url=emulator.url,
                user=SERVICE[0],
                password=SecretStr(SERVICE[1]),
                user_oidc=through(1, "admin", emulator.app_password("admin")),
            )


if all(LIVE.values()):

    class TestLiveServer(NextcloudLoginContract):
        @pytest.fixture(scope="class")
        @classmethod
        def server(cls) -> NextcloudSettings:
            return NextcloudSettings(
                url=LIVE["URL"],
                user=LIVE["USER"],
                password=SecretStr(LIVE["PASSWORD"]),
                user_oidc=through(int(LIVE["OIDC_PROVIDER"]), LIVE["ADMIN_USER"], LIVE["ADMIN_PASSWORD"]),
            )
