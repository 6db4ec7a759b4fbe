from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.support.change import Known, Undisturbed, another, install
from tests.support.site import LONG_AGO, Installation, body, new_cloud, person, snapshot


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def cloud(clock: VirtualClock) -> Iterator[NextcloudEmulator]:
    with new_cloud(clock) as emulator:
        yield emulator


@pytest.fixture
def installation(tmp_path: Path, cloud: NextcloudEmulator) -> Installation:
    """Nobody wished for yet."""
    return Installation(tmp_path, cloud)


@pytest.fixture
def small(installation: Installation) -> Installation:
    """Two project groups and three people, not yet applied."""
    installation.wish.add(
        body("pg-sensorik", "Sensorik"),
        body("pg-lora", "LoRaWAN"),
        person("Anna", "pg-sensorik", {"id": "pg-lora", "role": "moderator"}),
        person("Ben", "pg-sensorik"),
        person("Cleo", "pg-lora"),
    )
    return installation


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """Everybody was there, and Emil has left again: two runs."""
    folder = tmp_path_factory.mktemp("known")
    with new_cloud() as cloud:
        installation = install(folder, cloud)
        installation.apply()
        installation.wish.people["p-emil"]["leaves"] = LONG_AGO
        installation.apply()
        return folder, snapshot(cloud)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, known: Known) -> Undisturbed:
    """The very change that tests disturb, without any trouble."""
    with another(tmp_path_factory.mktemp("undisturbed"), known) as installation:
        installation.apply()
        assert installation.run("plan").code == 0
        return Undisturbed(snapshot(installation.cloud), installation.writes())
