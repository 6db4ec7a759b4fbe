"""Every test of the state runs on both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provisioner.state import Database
from tests.support.postgres import shared


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database."""
    if request.param == "sqlite":
        return str(tmp_path / "readi.sqlite3")
    return shared().new_database()


@pytest.fixture
def open_database(address: str) -> Iterator[Callable[[], Database]]:
    """Opens the one database as another process would."""
    opened: list[Database] = []

    def open_it() -> Database:
        opened.append(Database.open(address))
        return opened[-1]

    yield open_it
    for database in opened:
        database.close()


@pytest.fixture
def database(open_database: Callable[[], Database]) -> Database:
    return open_database()
