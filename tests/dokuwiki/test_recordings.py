"""The emulator, and the DokuWiki that is fetched here, against what real ones of 2024 and of 2026 answered."""

from pathlib import Path

import pytest

from connectors.dokuwiki.emulator import DokuwikiEmulator
from tests.dokuwiki.exchanges import VERSIONS, Player, asked, calls_of, recordings
from tests.support.dokuwiki import EmulatedWiki, RealWiki

ALL = [(recording, api) for version, api in VERSIONS.items() for recording in recordings(version)]
OURS = recordings("dokuwiki-2024-02-06")


def differences(player: Player, recording: Path) -> list[str]:
    found = []
    for number, exchange in enumerate(calls_of(recording)):
        told = player.play(asked(exchange))
        if told != exchange["answer"]:
            found.append(f"{number} {exchange['method']}: {exchange['answer']} became {told}")
    return found


@pytest.mark.parametrize(("recording", "api"), ALL, ids=lambda value: getattr(value, "stem", str(value)))
def test_the_emulator_answers_as_the_real_ones_did(recording: Path, api: int) -> None:
    with DokuwikiEmulator(api=api) as emulator:
        assert differences(Player(EmulatedWiki(emulator)), recording) == []


@pytest.mark.parametrize("recording", OURS, ids=lambda path: path.stem)
def test_the_real_one_still_answers_as_it_did(recording: Path, dokuwiki_server: RealWiki) -> None:
    assert differences(Player(dokuwiki_server), recording) == []


def test_recordings_hold_no_token() -> None:
    assert "eyJ" not in "".join(recording.read_text(encoding="utf-8") for recording, _ in ALL)
