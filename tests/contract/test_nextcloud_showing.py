"""The contract about pictures and bots on the emulator, and on a real server when the environment tells its address."""

from tests.contract.nextcloud_servers import IS_LIVE, OnEmulator, OnLiveServer
from tests.contract.nextcloud_showing import ShowingContract


class TestEmulator(OnEmulator, ShowingContract):
    pass


if IS_LIVE:

    class TestLiveServer(OnLiveServer, ShowingContract):
        pass
