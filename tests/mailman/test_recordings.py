"""The emulator, and the Mailman that is installed here, against what a real Mailman 3.3.8 answered."""

from pathlib import Path

import pytest

from connectors.mailman.emulator import MailmanEmulator
from tests.mailman.exchanges import Player, asked, calls_of, recordings
from tests.support.mailman_server import ADMIN, MailmanServer


def differences(player: Player, recording: Path) -> list[str]:
    found = []
    for number, exchange in enumerate(calls_of(recording)):
        told = player.play(asked(exchange))
        if told != exchange["answer"]:
            found.append(f"{number} {exchange['method']} {exchange['path']}: {exchange['answer']} became {told}")
    return found


@pytest.mark.parametrize("recording", recordings(), ids=lambda path: path.stem)
def test_the_emulator_answers_as_the_real_server_did(recording: Path) -> None:
    with MailmanEmulator(service=ADMIN, domain=None) as emulator:
        assert not differences(Player(emulator.url), recording)


@pytest.mark.parametrize("recording", recordings(), ids=lambda path: path.stem)
def test_the_real_server_still_answers_as_it_did(recording: Path, empty_mailman: MailmanServer) -> None:
    assert not differences(Player(empty_mailman.url), recording)


def test_recordings_hold_no_secrets() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in recordings())
    assert "$6$" not in text
    assert ADMIN[1] not in text
