"""The contract of team folders on the emulator, and on a real server when the environment tells its address."""

import os
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.nextcloud.emulator import PROVISIONERS, NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from tests.contract.nextcloud_folders import FoldersContract
from tests.support.nextcloud import SERVICE

LIVE = {name: os.environ.get(f"READI_LIVE_NEXTCLOUD_{name}", "") for name in ("URL", "USER", "PASSWORD")}


class TestEmulator(FoldersContract):
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[NextcloudSettings]:
        with NextcloudEmulator(service=SERVICE) as emulator:
            password = SecretStr(SERVICE[1])
            yield NextcloudSettings(url=emulator.url, user=SERVICE[0], password=password, working_group=PROVISIONERS)


if all(LIVE.values()):

    class TestLiveServer(FoldersContract):
        @pytest.fixture(scope="class")
        @classmethod
        def server(cls) -> NextcloudSettings:
            password = SecretStr(LIVE["PASSWORD"])
            group = os.environ.get("READI_LIVE_NEXTCLOUD_WORKING_GROUP", PROVISIONERS)
            return NextcloudSettings(url=LIVE["URL"], user=LIVE["USER"], password=password, working_group=group)
