"""Talk in the emulator: a sentence of the facts, or of what was observed besides, a test."""

import hashlib
import hmac
from typing import Any

import pytest

from connectors.nextcloud.emulation.talk.state import Room
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.nextcloud.emulator.client import GOOD, SERVICE, Client

SECRET = "s" * 40
RANDOM = "r" * 32


@pytest.fixture
def anna(emulator: NextcloudEmulator) -> Client:
    return Client(emulator, ("anna", GOOD))


@pytest.fixture
def room(emulator: NextcloudEmulator) -> Room:
    return emulator.add_room("Sensorik", SERVICE[0])


def attendee(room: Room, actor: str, kind: str = "users") -> int:
    found = room.find(kind, actor)
    assert found is not None
    return found.id


def test_capabilities_tell_the_lengths(client: Client) -> None:
    told = client.ocs("GET", "/capabilities")[2]["capabilities"]["spreed"]["config"]
    assert (told["chat"]["max-length"], told["conversations"]["description-length"]) == (32_000, 2_000)


def test_a_room_is_made_in_one_request_with_all_its_people(client: Client, emulator: NextcloudEmulator) -> None:
    status, made = client.talk(
        "POST",
        roomType=2,
        roomName="Sensorik",
        description="Alles",
        listable=1,
        readOnly=0,
        messageExpiration=3600,
        mentionPermissions=1,
        participants={"users": ["anna"], "groups": ["team-b"]},
    )
    room = emulator.talk.rooms[made["token"]]
    assert (status, room.users, room.groups) == (201, [SERVICE[0], "anna"], ["team-b"])
    assert (made["description"], made["listable"], made["messageExpiration"]) == ("Alles", 1, 3600)


def test_the_same_name_makes_a_second_room(client: Client, emulator: NextcloudEmulator) -> None:
    for _ in range(2):
        assert client.talk("POST", roomType=2, roomName="Sensorik")[0] == 201
    assert [room.name for room in emulator.talk.rooms.values()] == ["Sensorik", "Sensorik"]


def test_an_empty_name_becomes_dashes_and_a_blank_one_is_refused(client: Client) -> None:
    assert client.talk("POST", roomType=2, roomName="")[1]["name"] == "---"
    assert client.talk("POST", roomType=2, roomName="  ") == (400, {"error": "name"})


def test_some_unknown_people_are_a_202_and_only_unknown_ones_a_404(client: Client, emulator: NextcloudEmulator) -> None:
    status, made = client.talk("POST", roomType=2, roomName="A", participants={"users": ["anna", "ghost"]})
    assert (status, made["invalidParticipants"]) == (202, {"users": ["ghost"]})
    assert client.talk("POST", roomType=2, roomName="B", participants={"groups": ["none"]}) == (
        404,
        {"error": "invite"},
    )
    assert len(emulator.talk.rooms) == 1


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        ({"roomName": "x" * 256}, "name"),
        ({"description": "x" * 2001}, "description"),
        ({"roomType": 4}, "type"),
        ({"objectType": "readi", "objectId": "1"}, "object-type"),
        ({"listable": 7}, "listable"),
        ({"readOnly": 5}, "read-only"),
        ({"lobbyState": 5}, "lobby"),
        ({"messageExpiration": -1}, "message-expiration"),
    ],
)
def test_a_wish_out_of_bounds_is_refused_with_its_word(
    client: Client, emulator: NextcloudEmulator, wish: dict[str, Any], word: str
) -> None:
    assert client.talk("POST", **{"roomType": 2, "roomName": "A", **wish}) == (400, {"error": word})
    assert not emulator.talk.rooms


def test_a_password_on_a_room_that_is_not_public_is_dropped_silently(client: Client) -> None:
    assert client.talk("POST", roomType=2, roomName="A", password=GOOD)[1]["hasPassword"] is False
    assert client.talk("POST", roomType=3, roomName="A", password=GOOD)[1]["hasPassword"] is True


def test_the_list_begins_with_the_servers_own_rooms_and_shows_no_foreign_ones(
    client: Client, boss: Client, room: Room
) -> None:
    kinds = sorted((one["type"], one["objectType"]) for one in client.talk("GET")[1])
    assert kinds == [(2, ""), (2, "sample"), (4, ""), (6, "note_to_self")]
    assert len(client.talk("GET")[1]) == 4
    assert room.token not in {one["token"] for one in boss.talk("GET")[1]}
    assert boss.talk("GET", f"/{room.token}") == (404, [])


def test_a_listable_room_can_be_read_by_those_outside_but_not_its_people(boss: Client, room: Room) -> None:
    room.listable = 1
    status, seen = boss.talk("GET", f"/{room.token}")
    assert (status, seen["participantType"], seen["attendeeId"], "lastMessage" in seen) == (200, 4, 0, False)
    assert boss.talk("GET", f"/{room.token}/participants") == (404, [])


def test_adding_twice_is_fine_and_unknown_people_are_not_found(client: Client, room: Room) -> None:
    path = f"/{room.token}/participants"
    for _ in range(2):
        assert client.talk("POST", path, newParticipant="anna", source="users") == (200, [])
    assert room.users == [SERVICE[0], "anna"]
    assert client.talk("POST", path, newParticipant="ghost") == (404, {"error": "new-participant"})
    assert client.talk("POST", path, newParticipant="none", source="groups") == (404, {"error": "new-participant"})
    assert client.talk("POST", path, newParticipant="x", source="robots") == (400, {"error": "source"})


def test_an_address_turns_the_room_public_even_one_that_is_none(client: Client, room: Room) -> None:
    path = f"/{room.token}/participants"
    assert client.talk("POST", path, newParticipant="not an address", source="emails") == (200, {"type": 3})
    assert (room.type, room.attendees[-1].kind) == (3, "emails")
    assert [said.system for said in room.messages].count("guests_allowed") == 1
    assert client.talk("GET", path)[1][-1]["invitedActorId"] == "not an address"


def test_a_group_brings_its_members_and_they_follow_it(client: Client, room: Room, emulator: NextcloudEmulator) -> None:
    client.talk("POST", f"/{room.token}/participants", newParticipant="team-a", source="groups")
    assert room.users == [SERVICE[0], "anna"]
    emulator.add_user("bert", GOOD, groups=["team-a"])
    assert room.users == [SERVICE[0], "anna", "bert"]
    emulator.leave("bert", "team-a")
    assert room.users == [SERVICE[0], "anna"]


def test_whoever_leaves_a_group_is_out_even_when_somebody_had_added_them_by_hand(emulator: NextcloudEmulator) -> None:
    room = emulator.add_room("Sensorik", SERVICE[0], users=["anna"], groups=["team-a"])
    emulator.leave("anna", "team-a")
    assert room.users == [SERVICE[0]]


def test_a_second_group_keeps_its_member_in(emulator: NextcloudEmulator) -> None:
    emulator.join("anna", "team-b")
    room = emulator.add_room("Sensorik", SERVICE[0], groups=["team-a", "team-b"])
    emulator.leave("anna", "team-a")
    assert room.users == [SERVICE[0], "anna"]
    emulator.leave("anna", "team-b")
    assert room.users == [SERVICE[0]]


def test_a_moderator_stays_when_leaving_the_group_and_when_the_group_is_taken_out(
    client: Client, emulator: NextcloudEmulator
) -> None:
    emulator.add_user("bert", GOOD, groups=["team-a"])
    room = emulator.add_room("Sensorik", SERVICE[0], groups=["team-a"])
    client.talk("POST", f"/{room.token}/moderators", attendeeId=attendee(room, "anna"))
    emulator.leave("anna", "team-a")
    client.talk("DELETE", f"/{room.token}/attendees", attendeeId=attendee(room, "team-a", "groups"))
    assert (room.users, room.groups) == ([SERVICE[0], "anna"], [])


def test_a_deleted_group_leaves_its_members_in_the_room(client: Client, emulator: NextcloudEmulator) -> None:
    room = emulator.add_room("Sensorik", SERVICE[0], groups=["team-a"])
    emulator.talk.actor = ("users", "anna")
    client.ocs("DELETE", "/groups/team-a")
    assert (room.users, room.groups) == ([SERVICE[0], "anna"], [])
    assert (room.messages[-1].system, room.messages[-1].actor) == ("group_removed", SERVICE[0]), "who deleted it did"


def test_a_disabled_account_stays_and_a_deleted_one_does_not(client: Client, emulator: NextcloudEmulator) -> None:
    room = emulator.add_room("Sensorik", SERVICE[0], users=["anna"])
    emulator.users["anna"].enabled = False
    assert [one["actorId"] for one in client.talk("GET", f"/{room.token}/participants")[1]] == [SERVICE[0], "anna"]
    emulator.remove_user("anna")
    assert [one["actorId"] for one in client.talk("GET", f"/{room.token}/participants")[1]] == [SERVICE[0]]


def test_promoting_twice_is_a_400_with_null_and_nobody_changes_oneself_or_a_group(
    client: Client, emulator: NextcloudEmulator
) -> None:
    room = emulator.add_room("Sensorik", SERVICE[0], groups=["team-a"])
    path = f"/{room.token}/moderators"
    assert client.talk("POST", path, attendeeId=attendee(room, "anna")) == (200, None)
    assert client.talk("POST", path, attendeeId=attendee(room, "anna")) == (400, None)
    assert client.talk("DELETE", path, attendeeId=attendee(room, SERVICE[0])) == (403, None)
    assert client.talk("POST", path, attendeeId=attendee(room, "team-a", "groups")) == (400, None)
    assert client.talk("POST", path, attendeeId=999) == (404, None)
    assert client.talk("DELETE", path, attendeeId=attendee(room, "anna")) == (200, None)


def test_the_last_moderator_can_not_leave_others_and_the_only_one_takes_the_room_along(
    client: Client, emulator: NextcloudEmulator
) -> None:
    room = emulator.add_room("Sensorik", SERVICE[0], users=["anna"])
    assert client.talk("DELETE", f"/{room.token}/participants/self") == (400, {"error": "last-moderator"})
    client.talk("DELETE", f"/{room.token}/attendees", attendeeId=attendee(room, "anna"))
    assert client.talk("DELETE", f"/{room.token}/participants/self") == (200, None)
    assert room.token not in emulator.talk.rooms


def test_one_who_was_thrown_out_sees_nothing_until_invited_again(
    client: Client, anna: Client, emulator: NextcloudEmulator
) -> None:
    room = emulator.add_room("Sensorik", "anna", users=[SERVICE[0]])
    anna.talk("DELETE", f"/{room.token}/attendees", attendeeId=attendee(room, SERVICE[0]))
    assert client.talk("GET", f"/{room.token}") == (404, [])
    anna.talk("POST", f"/{room.token}/participants", newParticipant=SERVICE[0])
    assert client.talk("GET", f"/{room.token}")[0] == 200


def test_an_owner_can_not_be_removed_by_a_moderator(client: Client, emulator: NextcloudEmulator) -> None:
    room = emulator.add_room("Sensorik", "anna", users=[SERVICE[0]])
    room.attendees[1].type = 2
    path = f"/{room.token}/attendees"
    assert client.talk("DELETE", path, attendeeId=attendee(room, "anna")) == (403, {"error": "owner"})


@pytest.mark.parametrize(
    ("method", "path", "body", "field", "kept"),
    [
        ("PUT", "", {"roomName": "Neu"}, "name", "Neu"),
        ("PUT", "/description", {"description": "Neu"}, "description", "Neu"),
        ("PUT", "/listable", {"scope": 2}, "listable", 2),
        ("PUT", "/read-only", {"state": 1}, "readOnly", 1),
        ("PUT", "/webinar/lobby", {"state": 1, "timer": 4102444800}, "lobbyTimer", 4102444800),
        ("PUT", "/permissions/default", {"permissions": 15}, "defaultPermissions", 15),
        ("PUT", "/mention-permissions", {"mentionPermissions": 1}, "mentionPermissions", 1),
        ("POST", "/message-expiration", {"seconds": 3600}, "messageExpiration", 3600),
        ("POST", "/public", {}, "type", 3),
    ],
)
def test_a_moderator_sets_it_and_a_member_may_not(
    client: Client,
    anna: Client,
    emulator: NextcloudEmulator,
    method: str,
    path: str,
    body: dict[str, Any],
    field: str,
    kept: Any,
) -> None:
    room = emulator.add_room("Sensorik", SERVICE[0], users=["anna"])
    assert anna.talk(method, f"/{room.token}{path}", **body) == (403, [])
    status, told = client.talk(method, f"/{room.token}{path}", **body)
    assert (status, told[field]) == (200, kept)


@pytest.mark.parametrize(
    ("method", "path", "body", "error"),
    [
        ("PUT", "", {"roomName": " "}, "value"),
        ("PUT", "/description", {"description": "x" * 2001}, "value"),
        ("PUT", "/listable", {"scope": 9}, "value"),
        ("PUT", "/read-only", {"state": 9}, "value"),
        ("PUT", "/webinar/lobby", {"state": 9}, "value"),
        ("PUT", "/permissions/call", {"permissions": 1}, "mode"),
        ("PUT", "/password", {"password": GOOD}, "type"),
        ("POST", "/message-expiration", {"seconds": -1}, "value"),
    ],
)
def test_a_setting_out_of_bounds_changes_nothing(
    client: Client, room: Room, method: str, path: str, body: dict[str, Any], error: str
) -> None:
    before = client.talk("GET", f"/{room.token}")[1]
    assert client.talk(method, f"/{room.token}{path}", **body) == (400, {"error": error})
    assert client.talk("GET", f"/{room.token}")[1] == before


def test_a_room_of_two_can_not_be_deleted_and_is_never_made_twice(client: Client, emulator: NextcloudEmulator) -> None:
    status, made = client.talk("POST", roomType=1, invite="anna")
    assert (status, client.talk("POST", roomType=1, invite="anna")[0]) == (201, 200)
    assert client.talk("DELETE", f"/{made['token']}") == (400, None)
    assert len(emulator.talk.rooms) == 1


def test_a_deleted_room_is_gone_for_everybody(client: Client, room: Room) -> None:
    assert client.talk("DELETE", f"/{room.token}") == (200, None)
    assert client.talk("DELETE", f"/{room.token}") == (404, [])


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


def test_an_app_password_is_enough_for_talk(emulator: NextcloudEmulator) -> None:
    token = Client(emulator, (SERVICE[0], emulator.app_password(SERVICE[0])))
    assert token.talk("POST", roomType=2, roomName="Sensorik")[0] == 201


def test_a_disabled_talk_is_no_empty_list_and_forgets_nothing(
    client: Client, room: Room, emulator: NextcloudEmulator
) -> None:
    emulator.disable_app("spreed")
    for path in ("", f"/{room.token}"):
        answer = client.call("GET", f"/ocs/v2.php/apps/spreed/api/v4/room{path}")
        assert (answer.status_code, answer.json()["ocs"]["meta"]["statuscode"]) == (404, 998)
    assert "spreed" not in client.ocs("GET", "/capabilities")[2]["capabilities"]
    emulator.enable_app("spreed")
    assert client.talk("GET", f"/{room.token}")[0] == 200


def test_a_new_name_is_told_with_the_old_one(client: Client, room: Room) -> None:
    client.talk("PUT", f"/{room.token}", roomName="Neu")
    told = client.talk("GET", f"/chat/{room.token}?lookIntoFuture=0")[1]
    assert told[0]["message"] == 'You renamed the conversation from "Sensorik" to "Neu"'
