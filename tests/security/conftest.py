from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.support.site import Installation, body, new_cloud, person


@pytest.fixture
def cloud() -> Iterator[NextcloudEmulator]:
    with new_cloud(VirtualClock()) as emulator:
        yield emulator


@pytest.fixture
def small(tmp_path: Path, cloud: NextcloudEmulator) -> Installation:
    """One body, one person, not yet applied."""
    installation = Installation(tmp_path, cloud)
    installation.wish.add(body("pg-a", "Sensorik"), person("Anna", "pg-a"))
    return installation
