"""The Discourse contract on the emulator, and live when the environment tells where."""

import os
from collections.abc import Iterator
from functools import partial

import pytest
from pydantic import SecretStr

from connectors.discourse.connector import DiscourseConnector
from connectors.discourse.emulator import KEY, DiscourseEmulator
from connectors.discourse.settings import DiscourseSettings
from connectors.kit.contract import Contract, EmulatedContract, Site
from provisioner.model.ports import Wiring
from tests.contract.discourse import SAMPLES

LIVE = {name: os.environ.get(f"READI_LIVE_DISCOURSE_{name}", "") for name in ("URL", "TOKEN", "PROVIDER")}


def opened(settings: DiscourseSettings, target: str, wiring: Wiring) -> DiscourseConnector:
    return DiscourseConnector(target, settings, wiring)


class TestEmulator(EmulatedContract):
    samples = SAMPLES

    @pytest.fixture
    def site(self) -> Iterator[Site]:
        with DiscourseEmulator() as emulator:
            emulator.world.site.per_minute = None
            settings = DiscourseSettings(url=emulator.url, token=SecretStr(KEY))
            with Site(partial(opened, settings), emulator) as site:
                yield site


if all(LIVE.values()):

    class TestLiveServer(Contract):
        samples = SAMPLES

        @pytest.fixture
        def site(self) -> Iterator[Site]:
            settings = DiscourseSettings(
                url=LIVE["URL"], token=SecretStr(LIVE["TOKEN"]), login_provider=LIVE["PROVIDER"]
            )
            with Site(partial(opened, settings)) as site:
                yield site
