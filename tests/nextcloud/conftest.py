from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.nextcloud.emulator import NextcloudEmulator
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.emulation import VirtualClock
from tests.support.nextcloud import SERVICE, Bench


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def cloud(clock: VirtualClock) -> Iterator[NextcloudEmulator]:
    with NextcloudEmulator(service=SERVICE, clock=clock) as emulator:
        yield emulator


@pytest.fixture
def settings(cloud: NextcloudEmulator) -> NextcloudSettings:
    return NextcloudSettings(url=cloud.url, user=SERVICE[0], password=SecretStr(SERVICE[1]))


@pytest.fixture
def bench(settings: NextcloudSettings, clock: VirtualClock) -> Iterator[Bench]:
    bench = Bench(settings, clock)
    yield bench
    bench.close()
