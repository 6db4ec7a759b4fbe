"""A Nextcloud emulator with two groups and one account, and clients for its service account and administrator."""

from collections.abc import Iterator

import pytest

from connectors.nextcloud.emulation.talk.state import Room
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.nextcloud.emulator.client import GOOD, SERVICE, Client


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def emulator(clock: VirtualClock) -> Iterator[NextcloudEmulator]:
    with NextcloudEmulator(clock=clock, service=SERVICE) as running:
        running.add_group("team-a", "Team A")
        running.add_group("team-b")
        running.add_user("anna", GOOD, display_name="Anna Amsel", email="anna@example.test", groups=["team-a"])
        yield running


@pytest.fixture
def client(emulator: NextcloudEmulator) -> Client:
    return Client(emulator)


@pytest.fixture
def boss(emulator: NextcloudEmulator) -> Client:
    return Client(emulator, ("admin", "emulated-Admin-1"))


@pytest.fixture
def anna(emulator: NextcloudEmulator) -> Client:
    return Client(emulator, ("anna", GOOD))


@pytest.fixture
def room(emulator: NextcloudEmulator) -> Room:
    return emulator.add_room("Sensorik", SERVICE[0])
