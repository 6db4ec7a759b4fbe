"""The DokuWiki contract on the emulator and on a real one with a real directory; another tree by environment.

``READI_LIVE_DOKUWIKI_TREE``: the folder of another version of DokuWiki, which is run in place of the fetched one.
"""

from collections.abc import Iterator

import pytest

from connectors.dokuwiki.emulator import DokuwikiEmulator
from tests.contract.dokuwiki import DokuwikiContract
from tests.support.dokuwiki import EmulatedWiki, RealWiki, Wiki


class TestEmulator(DokuwikiContract):
    @pytest.fixture(scope="class")
    @classmethod
    def wiki(cls) -> Iterator[Wiki]:
        with DokuwikiEmulator() as emulator:
            yield EmulatedWiki(emulator)


class TestRealServer(DokuwikiContract):
    @pytest.fixture(scope="class")
    @classmethod
    def wiki(cls, dokuwiki_server: RealWiki) -> Wiki:
        return dokuwiki_server
