"""What every connector's contract asks, of Jitsi's: on the emulator."""

from collections.abc import Iterator

import pytest

from connectors.jitsi import JITSI
from connectors.jitsi.emulator import JitsiEmulator
from connectors.kit.contract import Emulated, EmulatedContract, Sample, Site
from provisioner.model.resources import Kind
from tests.jitsi.makers import settings


class TestWhatAllConnectorsShare(EmulatedContract):
    """No server keeps a room. Nothing that becomes of the server's answers can change what is known of one."""

    samples = (Sample(Kind.MEETING_ROOM, {}, served=False),)

    @pytest.fixture
    def site(self) -> Iterator[Site]:
        with JitsiEmulator() as emulator:
            given = settings(url=emulator.url)
            with Site(lambda target, wiring: JITSI.open(target, given, wiring), emulator) as site:
                yield site

    @pytest.mark.parametrize("status", [200, 302, 403, 404])
    def test_a_page_instead_of_an_answer_concludes_nothing(self, site: Site, emulator: Emulated, status: int) -> None:
        """Nobody is asked."""
        emulator.faults.login_page(status, times=None)
        self.asks_nobody(site, emulator)

    @pytest.mark.parametrize("status", [429, 503])
    def test_a_server_that_is_tired_is_asked_again(self, site: Site, emulator: Emulated, status: int) -> None:
        """Nobody is asked."""
        emulator.faults.status(status, times=None)
        self.asks_nobody(site, emulator)

    def test_whoever_is_not_let_in_asks_once(self, site: Site, emulator: Emulated) -> None:
        """Nobody is asked, not even once."""
        emulator.faults.status(401, times=None)
        self.asks_nobody(site, emulator)

    def asks_nobody(self, site: Site, emulator: Emulated) -> None:
        identity = site.some(self.samples[0])
        assert site.remote(identity).remote_id == site.ids[identity]
        assert emulator.log.requests == []
