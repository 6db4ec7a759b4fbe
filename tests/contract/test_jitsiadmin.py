"""The contract on the emulator, and live when READI_LIVE_JITSIADMIN_URL is set.

_PASSWORD: the API key; _SERVER: the Jitsi server as it is entered there; _USER: the address of somebody linked to it;
_ZONE: the zone of its PHP, Europe/Berlin if nothing is said.
"""

import os
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.jitsiadmin.emulator import JitsiAdminEmulator
from connectors.jitsiadmin.settings import JitsiAdminSettings
from provisioner.model.ports import Clock
from provisioner.transport.clock import SystemClock
from tests.contract.jitsiadmin import JitsiAdminContract
from tests.support.jitsiadmin import settings_of


class TestEmulator(JitsiAdminContract):
    @pytest.fixture
    def emulator(self) -> Iterator[JitsiAdminEmulator]:
        with JitsiAdminEmulator() as running:
            yield running

    @pytest.fixture
    def server(self, emulator: JitsiAdminEmulator) -> JitsiAdminSettings:
        return settings_of(emulator)

    @pytest.fixture
    def organiser(self, emulator: JitsiAdminEmulator) -> str:
        return emulator.world.add_user("mona@stadt.example", emulator.server, username="mona.muster").email

    @pytest.fixture
    def clock(self, emulator: JitsiAdminEmulator) -> Clock:
        return emulator.clock


if "READI_LIVE_JITSIADMIN_URL" in os.environ:

    class TestLive(JitsiAdminContract):
        @pytest.fixture
        def server(self) -> JitsiAdminSettings:
            given = {name: os.environ[f"READI_LIVE_JITSIADMIN_{name}"] for name in ("URL", "PASSWORD", "SERVER")}
            return JitsiAdminSettings(
                url=given["URL"],
                password=SecretStr(given["PASSWORD"]),
                meeting_server=given["SERVER"],
                time_zone=os.environ.get("READI_LIVE_JITSIADMIN_ZONE", "Europe/Berlin"),
            )

        @pytest.fixture
        def organiser(self) -> str:
            return os.environ["READI_LIVE_JITSIADMIN_USER"]

        @pytest.fixture
        def clock(self) -> Clock:
            return SystemClock()
