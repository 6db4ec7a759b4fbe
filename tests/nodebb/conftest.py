"""An emulated NodeBB, and a bench with a connector to it."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.kit.contract import Site
from connectors.nodebb.emulator import PROVIDER, TOKEN, NodeBBEmulator
from connectors.nodebb.settings import NodeBBSettings
from tests.support.nodebb import site_of


@pytest.fixture
def emulator() -> Iterator[NodeBBEmulator]:
    with NodeBBEmulator() as running:
        running.add_template()
        yield running


@pytest.fixture
def settings(emulator: NodeBBEmulator) -> NodeBBSettings:
    return NodeBBSettings(url=emulator.url, token=SecretStr(TOKEN), login_provider=PROVIDER)


@pytest.fixture
def forum(emulator: NodeBBEmulator, settings: NodeBBSettings) -> Iterator[Site]:
    with site_of(settings, emulator) as site:
        yield site
