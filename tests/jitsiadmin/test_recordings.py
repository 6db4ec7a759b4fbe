"""The emulator against what the real controllers answered."""

from connectors.jitsiadmin.emulator import JitsiAdminEmulator
from provisioner.emulation import VirtualClock
from tests.jitsiadmin.exchanges import KEY, SERVER, Player, recorded


def test_the_emulator_answers_as_the_real_one_did() -> None:
    clock = VirtualClock()
    with JitsiAdminEmulator(clock=clock) as emulator:
        emulator.server.url, emulator.server.api_key = SERVER, KEY
        emulator.world.add_user("mona@stadt.example", emulator.server, username="mona.muster")
        player = Player(emulator.url)
        found = []
        for number, exchange in enumerate(recorded()):
            told = player.play(exchange)
            clock.advance(1)
            if told != exchange["answer"]:
                found.append(f"{number} {exchange['method']} {exchange['path']}: {exchange['answer']} became {told}")
    assert found == []


def test_the_recording_is_of_more_than_refusals() -> None:
    answers = [exchange["answer"] for exchange in recorded()]
    assert len({answer["status"] for answer in answers}) == 2
    assert sum(answer["body"] != "(a page)" and answer["body"]["error"] is False for answer in answers) > 20
