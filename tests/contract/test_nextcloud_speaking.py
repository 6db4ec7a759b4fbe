"""The contract about speaking on the emulator, and on a real server when the environment tells its address."""

import os
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from tests.contract.nextcloud_speaking import SpeakingContract
from tests.support.nextcloud import SERVICE

LIVE = {name: os.environ.get(f"READI_LIVE_NEXTCLOUD_{name}", "") for name in ("URL", "USER", "PASSWORD")}


class TestEmulator(SpeakingContract):
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[NextcloudSettings]:
        with NextcloudEmulator(service=SERVICE) as emulator:
            yield NextcloudSettings(url=emulator.url, user=SERVICE[0], password=SecretStr(SERVICE[1]))


if all(LIVE.values()):

    class TestLiveServer(SpeakingContract):
        @pytest.fixture(scope="class")
        @classmethod
        def server(cls) -> NextcloudSettings:
            password = SecretStr(LIVE["PASSWORD"])
            return NextcloudSettings(url=LIVE["URL"], user=LIVE["USER"], password=password)
