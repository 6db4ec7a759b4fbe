"""What the emulated Talk tells its bots, and when."""

import json
from collections.abc import Iterator

import pytest
import requests

from connectors.nextcloud.emulation.talk.state import BOT_DISABLED, REACTION, WEBHOOK, Room
from connectors.nextcloud.emulator import NextcloudEmulator
from tests.nextcloud.emulator.client import SERVICE, Client
from tests.nextcloud.emulator.hearing import SECRET, Ears


@pytest.fixture
def ears() -> Iterator[Ears]:
    with Ears() as ears:
        yield ears


@pytest.fixture
def heard(emulator: NextcloudEmulator, ears: Ears) -> Room:
    """A room with anna in which a bot hears everything."""
    room = emulator.add_room("Pegel", SERVICE[0], users=["anna"])
    bot = emulator.talk.install_bot("re@di", SECRET, ears.url, WEBHOOK | REACTION)
    emulator.talk.enable_bot(room, bot)
    emulator.talk.calls.clear()
    return room


def kinds(ears: Ears) -> list[str]:
    return [event["type"] for event in ears.told]


def test_who_reacted_is_not_told(emulator: NextcloudEmulator, client: Client, heard: Room, ears: Ears) -> None:
    number = client.talk("POST", f"/chat/{heard.token}", message="Der Pegel steigt")[1]["id"]
    emulator.reacts("anna", heard.token, number)
    emulator.reacts("anna", heard.token, number, back=True)
    created, liked, revoked, undone = ears.told
    assert (created["type"], created["actor"]["id"]) == ("Create", f"users/{SERVICE[0]}")
    assert (liked["type"], liked["actor"]["id"], liked["content"]) == ("Like", f"users/{SERVICE[0]}", "👍")
    assert (undone["type"], undone["object"]["content"]) == ("Undo", "👍")
    assert liked["object"]["id"] == undone["object"]["object"]["id"] == str(number)
    assert (revoked["object"]["name"], revoked["actor"]["id"]) == ("reaction_revoked", "users/anna")


def test_an_answer_tells_what_it_answers(emulator: NextcloudEmulator, client: Client, heard: Room, ears: Ears) -> None:
    number = client.talk("POST", f"/chat/{heard.token}", message="Der Pegel steigt")[1]["id"]
    emulator.says("anna", heard.token, f"@{SERVICE[0]} übernehme", number)
    note = ears.told[-1]["object"]
    content = json.loads(note["content"])
    assert content["message"] == "{mention-user1} übernehme"
    assert content["parameters"]["mention-user1"]["id"] == SERVICE[0]
    assert note["inReplyTo"]["object"]["id"] == str(number)


def test_bots_hear_before_whoever_wrote_has_an_answer_and_may_ask_talk_meanwhile(
    emulator: NextcloudEmulator, client: Client, heard: Room, ears: Ears
) -> None:
    seen: list[int] = []
    chat = f"{emulator.url}/ocs/v2.php/apps/spreed/api/v1/chat/{heard.token}?lookIntoFuture=0&format=json"

    def ask() -> None:
        answer = requests.get(chat, headers={"OCS-APIRequest": "true"}, auth=SERVICE, timeout=5)
        seen.append(answer.json()["ocs"]["data"][0]["id"])

    ears.before = ask
    assert client.talk("POST", f"/chat/{heard.token}", message="Der Pegel steigt")[1]["id"] == seen[0]


def test_a_bot_that_answers_with_an_error_hinders_nobody(
    emulator: NextcloudEmulator, client: Client, heard: Room, ears: Ears
) -> None:
    ears.status = 500
    assert client.talk("POST", f"/chat/{heard.token}", message="Der Pegel steigt")[0] == 201
    ears.__exit__(None, None, None)
    assert client.talk("POST", f"/chat/{heard.token}", message="Er steigt")[0] == 201
    assert (kinds(ears), emulator.talk.bots[1].errors) == (["Create"], 2)


def test_a_bot_is_told_only_what_it_was_installed_for(
    emulator: NextcloudEmulator, client: Client, heard: Room, ears: Ears
) -> None:
    bot = emulator.talk.bots[1]
    bot.features = WEBHOOK
    number = client.talk("POST", f"/chat/{heard.token}", message="Der Pegel steigt")[1]["id"]
    emulator.reacts("anna", heard.token, number)
    bot.features = REACTION
    emulator.says("anna", heard.token, "Hallo")
    emulator.reacts("anna", heard.token, number, "✅")
    bot.state = BOT_DISABLED
    emulator.reacts("anna", heard.token, number, "🎉")
    assert kinds(ears) == ["Create", "Like"]


def test_the_server_calls_itself_what_it_was_told_to(emulator: NextcloudEmulator, heard: Room, ears: Ears) -> None:
    emulator.says("anna", heard.token, "Hallo")
    assert ears.headers["X-Nextcloud-Talk-Backend"] == f"{emulator.url}/"
    emulator.talk.backend = "https://cloud.example/"
    emulator.says("anna", heard.token, "Hallo")
    assert ears.headers["X-Nextcloud-Talk-Backend"] == "https://cloud.example/"
    assert len(ears.headers["X-Nextcloud-Talk-Random"]) == 64


def test_a_bot_hears_that_it_comes_and_goes(client: Client, heard: Room, ears: Ears) -> None:
    path = f"/bot/{heard.token}/1"
    assert [client.talk(method, path)[0] for method in ("DELETE", "DELETE", "POST", "POST")] == [200, 200, 201, 200]
    assert kinds(ears) == ["Leave", "Leave", "Join"]
