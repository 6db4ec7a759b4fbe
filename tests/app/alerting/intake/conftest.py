"""Alerts from the message to the outbox: on SQLite, and on PostgreSQL, too, where the databases differ."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provisioner.emulation import VirtualClock
from provisioner.state import Database
from tests.support.alerting import Bridge, Shelf, book
from tests.support.postgres import shared


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database: SQLite, unless `ON_BOTH` says otherwise."""
    is_shared = getattr(request, "param", "sqlite") == "postgresql"
    return shared().new_database() if is_shared else str(tmp_path / "readi.sqlite3")


@pytest.fixture
def open_bridge(address: str, clock: VirtualClock) -> Iterator[Callable[[], Bridge]]:
    """One more instance on the one database."""
    opened: list[Database] = []

    def open_it() -> Bridge:
        opened.append(Database.open(address))
        return Bridge(opened[-1], clock, Shelf(book()))

    yield open_it
    for database in opened:
        database.close()


@pytest.fixture
def bridge(open_bridge: Callable[[], Bridge]) -> Bridge:
    """Three gauges under bridges: a flood above 200 cm, silence after three quarters of an hour."""
    return open_bridge()
