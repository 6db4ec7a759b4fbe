"""Installations whose service runs as a process of its own, on real time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.transport.clock import SystemClock
from tests.support.alert_rooms import first_sync
from tests.support.change import Known
from tests.support.mosquitto import Mosquitto
from tests.support.site import Installation, body, new_cloud, person


@pytest.fixture
def real_cloud() -> Iterator[NextcloudEmulator]:
    """An emulator whose clock is that of the service."""
    with new_cloud(SystemClock()) as emulator:
        yield emulator


@pytest.fixture
def served(tmp_path: Path, real_cloud: NextcloudEmulator) -> Installation:
    """Two project groups and two people, on any port; files written, nothing applied."""
    made = Installation(tmp_path, real_cloud)
    made.wish.add(
        body("pg-sensorik", "Sensorik", join="open"),
        body("pg-lora", "LoRaWAN", join="open"),
        person("Anna", "pg-sensorik", {"id": "pg-lora", "role": "moderator"}),
        person("Ben", "pg-sensorik"),
    )
    made.more_settings["service"] = {"listen": "127.0.0.1:0"}
    made.write()
    return made


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """One for all: each test has topics of its own."""
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as running:
        yield running


@pytest.fixture(scope="session")
def alerts_known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """A network with conversations and sensors after its first sync."""
    return first_sync(tmp_path_factory.mktemp("alerts-known"))
