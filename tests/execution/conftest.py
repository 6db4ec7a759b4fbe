from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.state import Database
from tests.execution.bench import Bench
from tests.execution.fake import FakeConnector, FakeServer


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Database.open(tmp_path / "readi.sqlite3") as database:
        yield Bench(database)


@pytest.fixture
def connector() -> FakeConnector:
    return FakeConnector(FakeServer())
