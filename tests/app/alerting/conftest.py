from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.alert_rooms import Rooms, another, first_sync, rooms_of
from tests.support.change import Known


@pytest.fixture(scope="session")
def alerts_known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """A network with conversations and sensors after its first sync."""
    return first_sync(tmp_path_factory.mktemp("alerts-known"))


@pytest.fixture
def rooms(alerts_known: Known, tmp_path: Path) -> Iterator[Rooms]:
    """Two bodies with conversations and sensors, and what speaks for these."""
    with another(tmp_path, alerts_known) as installation, rooms_of(installation) as found:
        yield found
