"""The contract about speaking on the emulator, and on a real server when the environment tells its address."""

from tests.contract.nextcloud_servers import IS_LIVE, OnEmulator, OnLiveServer
from tests.contract.nextcloud_speaking import SpeakingContract


class TestEmulator(OnEmulator, SpeakingContract):
    pass


if IS_LIVE:

    class TestLiveServer(OnLiveServer, SpeakingContract):
        pass
