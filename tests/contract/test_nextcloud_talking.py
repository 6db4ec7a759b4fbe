"""The contract about talking on the emulator, and on a real server when the environment tells its address."""

from tests.contract.nextcloud_servers import IS_LIVE, OnEmulator, OnLiveServer
from tests.contract.nextcloud_talking import TalkingContract


class TestEmulator(OnEmulator, TalkingContract):
    pass


if IS_LIVE:

    class TestLiveServer(OnLiveServer, TalkingContract):
        pass
