"""The NodeBB contract on the emulator, and live when the environment tells where."""

import os
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.kit.contract import Contract, EmulatedContract, Site
from connectors.nodebb import NODEBB
from connectors.nodebb.emulator import PROVIDER, TOKEN, NodeBBEmulator
from connectors.nodebb.settings import NodeBBSettings
from tests.contract.nodebb import SAMPLES

LIVE = {name: os.environ.get(f"READI_LIVE_NODEBB_{name}", "") for name in ("URL", "TOKEN")}


class TestWhatAllConnectorsShare(EmulatedContract):
    samples = SAMPLES

    @pytest.fixture
    def site(self) -> Iterator[Site]:
        with NodeBBEmulator() as emulator:
            settings = NodeBBSettings(url=emulator.url, token=SecretStr(TOKEN), login_provider=PROVIDER)
            with Site(lambda target, wiring: NODEBB.open(target, settings, wiring), emulator) as site:
                yield site


if all(LIVE.values()):

    class TestLive(Contract):
        samples = SAMPLES

        @pytest.fixture
        def site(self) -> Iterator[Site]:
            token = SecretStr(LIVE["TOKEN"])
            settings = NodeBBSettings(url=LIVE["URL"], token=token, login_provider=PROVIDER)
            with Site(lambda target, wiring: NODEBB.open(target, settings, wiring)) as site:
                yield site
