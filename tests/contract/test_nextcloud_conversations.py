"""The contract about Talk on the emulator, and on a real server when the environment tells its address."""

from tests.contract.nextcloud_conversations import ConversationsContract
from tests.contract.nextcloud_servers import IS_LIVE, OnEmulator, OnLiveServer


class TestEmulator(OnEmulator, ConversationsContract):
    pass


if IS_LIVE:

    class TestLiveServer(OnLiveServer, ConversationsContract):
        pass
