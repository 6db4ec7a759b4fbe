"""An emulated Jitsi-Admin where Mona may plan, and a connector on it that has met some people."""

from collections.abc import Iterator

import pytest

from connectors.jitsiadmin.emulator import JitsiAdminEmulator
from tests.support.jitsiadmin import Bench, create_account, settings_of


@pytest.fixture
def emulator() -> Iterator[JitsiAdminEmulator]:
    with JitsiAdminEmulator() as running:
        running.world.add_user("mona@stadt.example", running.server)
        yield running


@pytest.fixture
def bench(emulator: JitsiAdminEmulator) -> Iterator[Bench]:
    made = Bench(settings_of(emulator), emulator.clock)
    made.apply(*(create_account(key) for key in ("mona", "anna", "ben", "max")))
    yield made
    made.close()
