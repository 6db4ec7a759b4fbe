"""The NodeBB contract on the emulator, and live when the environment tells where."""

import os
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.kit.contract import Contract, EmulatedContract, Site
from connectors.nodebb.emulator import PROVIDER, TOKEN, NodeBBEmulator
from connectors.nodebb.settings import NodeBBSettings
from tests.contract.nodebb import SAMPLES, NodeBBContract, Server
from tests.support.nodebb import Chief, Somebody, site_of

CHIEFS_TOKEN = "emulated-token-of-a-chief"
LIVE = {name: os.environ.get(f"READI_LIVE_NODEBB_{name}", "") for name in ("URL", "TOKEN", "OUTSIDER_TOKEN")}
CHIEF = os.environ.get("READI_LIVE_NODEBB_CHIEF_TOKEN", "") or LIVE["TOKEN"]
"""An administrator's, where the connector acts as somebody with fewer rights."""


def emulated(emulator: NodeBBEmulator) -> NodeBBSettings:
    return NodeBBSettings(url=emulator.url, token=SecretStr(TOKEN), login_provider=PROVIDER)


class TestWhatAllConnectorsShare(EmulatedContract):
    samples = SAMPLES

    @pytest.fixture
    def site(self) -> Iterator[Site]:
        with NodeBBEmulator() as emulator, site_of(emulated(emulator), emulator) as site:
            emulator.add_template()  # so that the first write is that of what is made
            yield site


class TestEmulator(NodeBBContract):
    @pytest.fixture
    def server(self) -> Iterator[Server]:
        with NodeBBEmulator() as emulator:
            emulator.world.add_category("Ankündigungen")
            outsider = Somebody(emulator.url, emulator.add_outsider())
            yield Server(emulated(emulator), outsider, Chief(emulator.url, TOKEN), emulator)


class TestEmulatorWithLeastRights(NodeBBContract):
    @pytest.fixture
    def server(self) -> Iterator[Server]:
        with NodeBBEmulator() as emulator:
            emulator.world.add_category("Ankündigungen")
            outsider, chief = Somebody(emulator.url, emulator.add_outsider()), Chief(emulator.url, CHIEFS_TOKEN)
            emulator.tokens[CHIEFS_TOKEN] = emulator.administrator.uid
            emulator.add_template()
            emulator.give_least_rights()
            yield Server(emulated(emulator), outsider, chief, emulator)


if all(LIVE.values()):
    ON_THE_WIRE = NodeBBSettings(url=LIVE["URL"], token=SecretStr(LIVE["TOKEN"]), login_provider=PROVIDER)

    class TestLiveShared(Contract):
        samples = SAMPLES

        @pytest.fixture
        def site(self) -> Iterator[Site]:
            with site_of(ON_THE_WIRE) as site:
                yield site
                Chief(LIVE["URL"], CHIEF).wipe(site.prefix)

    class TestLive(NodeBBContract):
        @pytest.fixture
        def server(self) -> Server:
            return Server(ON_THE_WIRE, Somebody(LIVE["URL"], LIVE["OUTSIDER_TOKEN"]), Chief(LIVE["URL"], CHIEF))
