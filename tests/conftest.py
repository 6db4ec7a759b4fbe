"""An installation on an emulated Nextcloud, for whoever tests the whole way."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.support.mailman_server import MailmanServer
from tests.support.site import Installation, body, new_cloud, person
from tests.support.slapd import Slapd

if TYPE_CHECKING:
    from tests.support.dokuwiki import RealWiki


@pytest.fixture(scope="session")
def mailman_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailmanServer]:
    """A real Mailman, for the whole session."""
    with MailmanServer(tmp_path_factory.mktemp("mailman")) as server:
        yield server


@pytest.fixture(scope="session")
def dokuwiki_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["RealWiki"]:
    """A real DokuWiki with a real directory behind it, for the whole session."""
    from tests.support.dokuwiki import RealWiki
    from tests.support.dokuwiki_server import DokuwikiServer

    folder = tmp_path_factory.mktemp("dokuwiki")
    with Slapd(folder) as slapd, DokuwikiServer(folder / "wiki", slapd.url) as server:
        wiki = RealWiki(server, slapd)
        yield wiki
        wiki.close()


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
