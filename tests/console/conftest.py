"""The console on two small networks: see `tests.support.console`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.support.console import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Not yet built: tests may wish for more before they ask for a browser."""
    found = House(tmp_path)
    yield found
    found.close()


@pytest.fixture
def client(house: House) -> TestClient:
    """A browser in which nobody is logged in."""
    return house.client()
