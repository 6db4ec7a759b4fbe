"""The Nextcloud servers on which contracts run: the emulator, and a real one when the environment tells its address."""

import os
from collections.abc import Iterator
from typing import Final

import pytest
from pydantic import SecretStr

from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from tests.support.nextcloud import SERVICE

LIVE: Final = {name: os.environ.get(f"READI_LIVE_NEXTCLOUD_{name}", "") for name in ("URL", "USER", "PASSWORD")}
IS_LIVE: Final = all(LIVE.values())


class OnEmulator:
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[NextcloudSettings]:
        with NextcloudEmulator(service=SERVICE) as emulator:
            yield NextcloudSettings(url=emulator.url, user=SERVICE[0], password=SecretStr(SERVICE[1]))


class OnLiveServer:
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> NextcloudSettings:
        return NextcloudSettings(url=LIVE["URL"], user=LIVE["USER"], password=SecretStr(LIVE["PASSWORD"]))
