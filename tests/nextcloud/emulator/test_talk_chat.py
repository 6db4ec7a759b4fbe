"""What is said in Talk's rooms, by people and by bots, in the emulator."""

import hashlib
import hmac
from typing import Any

import pytest

from connectors.nextcloud.emulation.talk.state import Room
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.nextcloud.emulator.client import SERVICE, Client

SECRET = "s" * 40
RANDOM = "r" * 32


def test_a_message_comes_back_with_its_id_and_a_reference_does_not_prevent_a_second(client: Client, room: Room) -> None:
    path = f"/chat/{room.token}"
    first = client.talk("POST", path, message="Hallo", referenceId="readi-1")
    second = client.talk("POST", path, message="Hallo", referenceId="readi-1")
    assert (first[0], second[0], room.comments) == (201, 201, ["Hallo", "Hallo"])
    assert second[1]["id"] > first[1]["id"]
    assert (first[1]["referenceId"], first[1]["markdown"]) == ("readi-1", True)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"message": "x" * 32_001}, (413, {"error": "message"})),
        ({"message": " "}, (400, {"error": "message"})),
        ({"message": "x", "replyTo": 999}, (400, {"error": "reply-to"})),
    ],
)
def test_a_message_that_can_not_be_said(
    client: Client, room: Room, body: dict[str, Any], answer: tuple[int, Any]
) -> None:
    assert client.talk("POST", f"/chat/{room.token}", **body) == answer
    assert room.comments == []


def test_a_locked_room_takes_no_words_but_still_a_new_name_and_people(client: Client, room: Room) -> None:
    room.read_only = 1
    assert client.talk("POST", f"/chat/{room.token}", message="x") == (403, [])
    assert client.talk("PUT", f"/{room.token}", roomName="Archiv")[0] == 200
    assert client.talk("POST", f"/{room.token}/participants", newParticipant="anna")[0] == 200


def test_a_lobby_keeps_members_from_reading_and_writing(anna: Client, emulator: NextcloudEmulator) -> None:
    room = emulator.add_room("Sensorik", SERVICE[0], users=["anna"])
    room.lobby = 1
    assert anna.talk("POST", f"/chat/{room.token}", message="x") == (412, [])
    assert anna.talk("GET", f"/chat/{room.token}?lookIntoFuture=0") == (412, [])
    assert "lastMessage" not in anna.talk("GET", f"/{room.token}")[1]


def test_mentions_become_places_with_parameters(client: Client, room: Room) -> None:
    said = client.talk("POST", f"/chat/{room.token}", message='@anna @all @"group/team-a" @ghost')[1]
    assert said["message"] == "{mention-user1} {mention-call1} {mention-group1} @ghost"
    assert said["messageParameters"]["mention-user1"]["id"] == "anna"


def test_messages_are_read_newest_first_or_after_a_known_one(client: Client, room: Room) -> None:
    path = f"/chat/{room.token}"
    ids = [client.talk("POST", path, message=str(number))[1]["id"] for number in range(3)]
    newest = client.talk("GET", f"{path}?lookIntoFuture=0&limit=2")[1]
    assert [said["id"] for said in newest] == [ids[2], ids[1]]
    later = client.talk("GET", f"{path}?lookIntoFuture=1&lastKnownMessageId={ids[0]}&timeout=0")[1]
    assert [said["id"] for said in later] == ids[1:]
    assert client.talk("GET", f"{path}?lookIntoFuture=1&lastKnownMessageId={ids[2]}&timeout=0") == (304, None)


def test_a_message_runs_out_when_the_room_says_so(client: Client, room: Room, clock: VirtualClock) -> None:
    room.message_expiration = 3600
    client.talk("POST", f"/chat/{room.token}", message="bald weg")
    clock.advance(3601)
    told = client.talk("GET", f"/chat/{room.token}?lookIntoFuture=0")[1]
    assert [said["message"] for said in told if not said["systemMessage"]] == []


def test_one_edits_ones_own_words_for_a_day_and_moderators_edit_everybodys(
    client: Client, anna: Client, emulator: NextcloudEmulator, clock: VirtualClock
) -> None:
    room = emulator.add_room("Sensorik", SERVICE[0], users=["anna"])
    theirs = anna.talk("POST", f"/chat/{room.token}", message="Anna")[1]["id"]
    ours = client.talk("POST", f"/chat/{room.token}", message="Dienst")[1]["id"]
    assert client.talk("PUT", f"/chat/{room.token}/{theirs}", message="Anna 2")[1]["parent"]["message"] == "Anna 2"
    assert anna.talk("PUT", f"/chat/{room.token}/{ours}", message="x") == (403, {"error": "permission"})
    assert client.talk("PUT", f"/chat/{room.token}/999", message="x") == (404, {"error": "message"})
    clock.advance(24 * 3600 + 1)
    assert client.talk("PUT", f"/chat/{room.token}/{ours}", message="zu spät") == (400, {"error": "age"})


def test_deleted_words_leave_a_place_that_can_not_be_edited(client: Client, room: Room) -> None:
    said = client.talk("POST", f"/chat/{room.token}", message="x")[1]["id"]
    assert client.talk("DELETE", f"/chat/{room.token}/{said}")[1]["parent"]["deleted"] is True
    assert client.talk("DELETE", f"/chat/{room.token}/{said}") == (405, {"error": "message"})
    assert client.talk("PUT", f"/chat/{room.token}/{said}", message="y") == (405, {"error": "message"})


def test_a_bot_is_enabled_with_201_and_then_200_by_moderators_only(
    client: Client, anna: Client, emulator: NextcloudEmulator
) -> None:
    room = emulator.add_room("Sensorik", SERVICE[0], users=["anna"])
    bot = emulator.talk.install_bot("Sensoren", SECRET, "https://bot.example/")
    path = f"/bot/{room.token}/{bot.id}"
    assert anna.talk("POST", path)[0] == 403
    assert [client.talk("POST", path)[0] for _ in range(2)] == [201, 200]
    assert client.talk("GET", f"/bot/{room.token}")[1] == [{"id": 1, "name": "Sensoren", "description": "", "state": 1}]
    assert client.talk("POST", f"/bot/{room.token}/99") == (400, {"error": "bot"})


@pytest.mark.parametrize(("secret", "url"), [("s" * 39, "https://a.example/"), (SECRET, "https://bot.example/")])
def test_a_bots_secret_has_40_characters_and_its_url_is_its_own(
    emulator: NextcloudEmulator, secret: str, url: str
) -> None:
    emulator.talk.install_bot("Sensoren", SECRET, "https://bot.example/")
    with pytest.raises(ValueError):
        emulator.talk.install_bot("Zweiter", secret, url)


def test_a_bot_signs_its_words_and_is_locked_out_after_ten_wrong_signatures(
    emulator: NextcloudEmulator, room: Room, clock: VirtualClock
) -> None:
    bot = emulator.talk.install_bot("Sensoren", SECRET, "https://bot.example/")
    room.bots.add(bot.id)

    def say(text: str, secret: str = SECRET) -> int:
        signature = hmac.new(secret.encode(), (RANDOM + text).encode(), hashlib.sha256).hexdigest()
        answer = Client(emulator, None).call(
            "POST",
            f"/ocs/v2.php/apps/spreed/api/v1/bot/{room.token}/message",
            json={"message": text},
            headers={
                "OCS-APIRequest": "true",
                "Accept": "application/json",
                "X-Nextcloud-Talk-Bot-Random": RANDOM,
                "X-Nextcloud-Talk-Bot-Signature": signature,
            },
        )
        assert answer.json()["ocs"]["data"] in (None, [])
        return answer.status_code

    assert (say("Hallo"), room.comments) == (201, ["Hallo"])
    assert {say("x", "f" * 40) for _ in range(10)} == {401}
    assert say("Hallo") == 429
    clock.advance(1801)
    assert say("Hallo") == 201


def test_a_new_name_is_told_with_the_old_one(client: Client, room: Room) -> None:
    client.talk("PUT", f"/{room.token}", roomName="Neu")
    told = client.talk("GET", f"/chat/{room.token}?lookIntoFuture=0")[1]
    assert told[0]["message"] == 'You renamed the conversation from "Sensorik" to "Neu"'
