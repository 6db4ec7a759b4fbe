"""Talk's rooms and who is in them: a sentence of the facts, or of what was observed besides, a test."""

from typing import Any

import pytest

from connectors.nextcloud.emulation.talk.state import Room
from connectors.nextcloud.emulator import NextcloudEmulator
from tests.nextcloud.emulator.client import GOOD, SERVICE, Client


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
