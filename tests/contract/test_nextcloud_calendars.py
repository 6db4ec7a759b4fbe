"""The contract of calendars on the emulator, and on a real server when the environment tells its address."""

from tests.contract.nextcloud_calendars import CalendarsContract
from tests.contract.nextcloud_servers import IS_LIVE, OnEmulator, OnLiveServer


class TestEmulator(OnEmulator, CalendarsContract):
    pass


if IS_LIVE:

    class TestLiveServer(OnLiveServer, CalendarsContract):
        pass
