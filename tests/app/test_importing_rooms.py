"""A grown server with folders and rooms: after import and adoption nothing is taken away, and nothing made twice."""

from typing import Any

import pytest

from connectors.nextcloud.emulation.folders.state import ALL
from connectors.nextcloud.emulation.talk.state import MODERATOR
from connectors.nextcloud.emulator import NextcloudEmulator
from tests.app.test_importing import body_of, changes, fresh, run, take
from tests.support.site import Installation

READ, WRITE = 1, 15
SERVICE = "readi-provisioner"
PROJECTS, GROUPS, FOLDERS, ROOMS = 30, 300, 40, 60


@pytest.fixture
def grown(installation: Installation, cloud: NextcloudEmulator) -> Installation:
    """300 groups, 40 folders, 60 rooms, all made by hand; 20 folders and 30 rooms are for project groups of ours.

    Ten of the project groups' rooms are such as our account was never invited to.
    """
    with cloud.lock:
        accounts = cloud.accounts
        crowd = [
            accounts.add_user(
                f"person.{number:03}",
                display_name=f"Invented Person {number}",
                email=f"person{number}@{city}.example",
                quota="5 GB",
                language="de",
            ).id
            for number in range(90)
            for city in (("bretten", "rastatt", "bruchsal")[number % 3],)
        ]
        for number in range(PROJECTS):
            accounts.add_group(f"PG_Vorhaben-{number}", f"PG_Vorhaben {number}", crowd[number : number + 5])
            accounts.add_group(
                f"PG_Vorhaben-{number}-Administratoren",
                f"PG_Vorhaben {number}-Administratoren",
                crowd[number : number + 2],
            )
        for number in range(GROUPS - 2 * PROJECTS):
            accounts.add_group(f"Runde {number}", members=crowd[number % 80 : number % 80 + 3])
    for number in range(20):
        rights = (WRITE, ALL, READ, WRITE)[number % 4]
        folder = cloud.add_folder(f"Projekte alt/V{number}", [f"PG_Vorhaben-{number}"], permissions=rights)
        folder.groups[f"PG_Vorhaben-{number}-Administratoren"] = ALL
        folder.quota = (10 * 1024**3, -3)[number % 2]
        folder.acl = number % 3 == 0
    for number in range(FOLDERS - 20):
        cloud.add_folder(f"Ablage {number}", ["nirgends"] if number % 2 else [])
    for number in range(ROOMS // 2):
        owner = crowd[number] if number < 10 else SERVICE
        room = cloud.add_room(f"Chat {number}", owner, users=[crowd[number]], groups=[f"PG_Vorhaben-{number}"])
        room.description = "Absprachen, jeden Dienstag"
        for who in crowd[number : number + 2]:
            attendee = room.find("users", who)
            if attendee is not None and not attendee.moderates:
                attendee.type = MODERATOR
    for number in range(ROOMS // 2):
        cloud.add_room(f"Kaffee {number % 7}", SERVICE if number % 2 else crowd[number], users=crowd[:3])
    installation.wish.policy = {}
    return fresh(installation)


def taking_away(found: list[dict[str, Any]]) -> list[str]:
    """What costs somebody something, or makes a room that may be there already."""
    return [
        f"{change['verb']} {change['kind']} {change['name']}"
        for change in found
        if change["verb"] in ("leave", "suspend", "regrade", "erase")
        or (change["verb"] == "create" and change["kind"] != "account")
    ]


def test_the_first_plan_takes_nothing_away_and_makes_no_second_room(grown: Installation) -> None:
    report = take(grown)
    assert report["first_plan"]["team_folders"] == 20
    assert report["first_plan"]["conversations"] == 20
    assert taking_away(changes(grown)) == []
    folder = body_of(grown, "Vorhaben 3")["overrides"]
    assert (folder["folder_name"], folder["folder_quota"]) == ("Projekte alt/V3", "unlimited")
    assert body_of(grown, "Vorhaben 25")["overrides"]["folder"] is False
    assert body_of(grown, "Vorhaben 3")["overrides"]["conversation"] is False, "nobody invited us"
    assert body_of(grown, "Vorhaben 12")["overrides"]["conversation_name"] == "Chat 12"


def test_after_adoption_neither_a_removal_nor_a_duplicate_is_planned(grown: Installation) -> None:
    take(grown)
    adopted = run(grown, "adopt", "--all", "--yes")
    assert adopted.code == 0, adopted.all
    assert grown.writes() == []
    found = changes(grown)
    assert taking_away(found) == []
    assert not [change for change in found if change["verb"] in ("adopt", "create")]
    assert run(grown, "apply", "--yes").code in (0, 2)
    assert len(grown.cloud.folders.all) == FOLDERS
    chats = [room for room in grown.cloud.talk.rooms.values() if room.name.startswith("Chat ")]
    assert len(chats) == ROOMS // 2
    assert {room.description for room in chats} == {"Absprachen, jeden Dienstag"}, "people's own text waits to be read"
