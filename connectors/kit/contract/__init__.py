"""What every connector's contract asks, for pytest: on its emulator, and on a real server where there is one.

A product says what its objects look like and where they are; all tests come along:

    class TestBoard(EmulatedContract):
        samples = (
            Sample(Kind.GROUP, {}),
            Sample(Kind.FORUM_CATEGORY, {"description": "a"}, {"description": "b"}, (READER, WRITER), Kind.GROUP),
        )

        @pytest.fixture
        def site(self) -> Iterator[Site]:
            with BoardEmulator() as emulator:
                settings = BoardSettings(url=emulator.url, token=SecretStr(TOKEN))
                with Site(lambda target, wiring: BOARD.open(target, settings, wiring), emulator) as site:
                    yield site

`Contract` alone is for real servers: it only uses the connector. What is particular to a product stays in its own
tests. Needs pytest; nothing that serves a target imports this.
"""

from connectors.kit.contract.emulated import EmulatedContract
from connectors.kit.contract.site import Emulated, Sample, Site, found_by, identify, is_called, verdicts
from connectors.kit.contract.whole import Contract

__all__ = [
    "Contract",
    "Emulated",
    "EmulatedContract",
    "Sample",
    "Site",
    "found_by",
    "identify",
    "is_called",
    "verdicts",
]
