"""The emulator's apps against what a real Nextcloud 34.0.1 with Team folders 22 and Talk 22 answered.

Ids that the server draws by lot (tokens of rooms, numbers of participants and messages) are learned from the first
answer that shows them; from then on the emulator has to stay with its own.
"""

import json
from pathlib import Path

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.nextcloud.emulator.test_emulator_recordings import SERVICE, compare, replay

RECORDINGS = Path(__file__).parents[2] / "recordings" / "nextcloud-34" / "apps"


@pytest.mark.parametrize("recording", sorted(RECORDINGS.glob("*.json")), ids=lambda path: path.stem)
def test_every_recorded_exchange_with_an_app_is_answered_alike(recording: Path) -> None:
    exchanges = json.loads(recording.read_text())["exchanges"]
    assert exchanges
    differences: list[str] = []
    clock = VirtualClock()
    with NextcloudEmulator(clock=clock, service=SERVICE) as emulator:
        emulator.rename(SERVICE[0], "re@di provisioner")
        for number, exchange in enumerate(exchanges):
            clock.advance(1)
            if problem := compare(exchange, replay(emulator, exchange)):
                differences.append(f"{number} {exchange['note']}: {exchange['method']} {exchange['path']}: {problem}")
    assert not differences, "\n".join(differences)
