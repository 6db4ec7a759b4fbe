"""A real Prosody for the session: Debian's, without Jitsi's modules."""

from collections.abc import Iterator

import pytest

from tests.support.prosody import Prosody


@pytest.fixture(scope="session")
def prosody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    with Prosody(tmp_path_factory.mktemp("prosody")) as server:
        yield server
