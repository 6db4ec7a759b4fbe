"""The DokuWiki contract, and what every connector's asks: on the emulator and on a real one with a real directory.

``READI_LIVE_DOKUWIKI_TREE``: the folder of another version of DokuWiki, which is run in place of the fetched one.
"""

from collections.abc import Iterator

import pytest

from connectors.dokuwiki.emulator import DokuwikiEmulator
from connectors.kit.contract import Contract, EmulatedContract, Sample, Site, identify
from provisioner.model.inventory import Absent, Present
from provisioner.model.resources import EdgeRole, Kind
from tests.contract.dokuwiki import DokuwikiContract
from tests.support.dokuwiki import EmulatedWiki, RealWiki, Wiki, WikiBench

SAMPLES = (
    Sample(Kind.GROUP, {}, served=False),
    Sample(
        Kind.WIKI_SPACE,
        {"open": False},
        {"open": True},
        (EdgeRole.READER, EdgeRole.WRITER, EdgeRole.MANAGER),
        Kind.GROUP,
        name="PG {word}",
        graded=True,
    ),
    Sample(Kind.WIKI_PAGE, {"open": True}, {"open": False}, name="Seite {word}"),
)


@pytest.fixture(scope="module")
def emulated() -> Iterator[EmulatedWiki]:
    with DokuwikiEmulator() as emulator:
        yield EmulatedWiki(emulator)


class TestEmulator(DokuwikiContract):
    @pytest.fixture
    def wiki(self, emulated: EmulatedWiki) -> Wiki:
        return emulated


class TestRealServer(DokuwikiContract):
    @pytest.fixture
    def wiki(self, dokuwiki_server: RealWiki) -> Wiki:
        return dokuwiki_server


class _OfAWiki(Contract):
    samples = SAMPLES

    def test_what_was_made_is_looked_up_and_what_was_not_is_absent(self, site: Site) -> None:
        """A group is a name in the directory: one whose making was cut short left nothing behind."""
        for sample in self.samples:
            identity = site.new(sample, "one")
            found = site.connector.look_up(identity, site.name(sample, "one"))
            assert isinstance(found, Present if sample.served else Absent)
            assert site.connector.look_up(identify(sample.kind, "never"), site.name(sample, "never")) == Absent()


class TestEmulatorAsAll(_OfAWiki, EmulatedContract):
    @pytest.fixture
    def site(self) -> Iterator[Site]:
        with DokuwikiEmulator() as emulator:
            bench = WikiBench(EmulatedWiki(emulator))
            bench.emulator = emulator
            bench.do("plugin.acl.addAcl", scope="readi:*", user="@ALL", level=0)
            bench.do("plugin.acl.addAcl", scope="readi:*", user="@user", level=0)
            yield bench
            bench.close()


class TestRealServerAsAll(_OfAWiki):
    @pytest.fixture
    def site(self, dokuwiki_server: RealWiki) -> Iterator[Site]:
        dokuwiki_server.wipe()
        bench = WikiBench(dokuwiki_server)
        yield bench
        bench.close()
