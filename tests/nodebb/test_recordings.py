"""The emulator against what a real NodeBB 4.15.1 answered. It may say less, and nothing else."""

from pathlib import Path

import pytest

from connectors.nodebb.emulator import NodeBBEmulator
from tests.nodebb.exchanges import Player, calls_of, difference, recordings

TOKENS = {"chief": "emulated-token-1", "outsider": "emulated-token-3", "stranger": "", "wrong": "no-token"}


@pytest.mark.parametrize("recording", recordings(), ids=lambda path: path.stem)
def test_the_emulator_answers_as_the_real_one_did(recording: Path) -> None:
    with NodeBBEmulator() as emulator:
        emulator.world.add_category("Announcements")
        emulator.add_outsider()
        emulator.world.count_from(cids=200, uids=300, tids=400, pids=500)  # so that no two are the same
        player = Player(emulator.url, TOKENS, "probe1")
        found = []
        for number, call in enumerate(calls_of(recording)):
            told, real = player.play(call), call["answer"]
            where = difference(real, told)
            if where:
                found.append(f"{number} {call['method']} {call['path']} by {call.get('who', 'chief')}: {where}")
        assert not found, "\n".join(found)


def test_recordings_hold_no_token_and_no_real_address() -> None:
    said = "".join(recording.read_text(encoding="utf-8") for recording in recordings())
    assert "Bearer" not in said
    assert "127.0.0.1" not in said
