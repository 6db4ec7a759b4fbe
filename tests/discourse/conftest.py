"""A forum without anybody in it."""

from collections.abc import Iterator

import pytest

from connectors.discourse.emulator import DiscourseEmulator
from tests.support.discourse import Forum, forum


@pytest.fixture
def site() -> Iterator[Forum]:
    with forum() as bench:
        yield bench


@pytest.fixture
def emulator(site: Forum) -> DiscourseEmulator:
    return site.emulator
