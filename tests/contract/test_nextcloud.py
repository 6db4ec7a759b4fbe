"""The Nextcloud contract on the emulator, and on a real server when the environment tells its address."""

from tests.contract.nextcloud import NextcloudContract
from tests.contract.nextcloud_servers import IS_LIVE, OnEmulator, OnLiveServer


class TestEmulator(OnEmulator, NextcloudContract):
    pass


if IS_LIVE:

    class TestLiveServer(OnLiveServer, NextcloudContract):
        pass
