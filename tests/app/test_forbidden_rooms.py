"""What must never happen to folders and conversations, each shown through whole runs."""

import pytest

from provisioner.emulation import VirtualClock
from tests.support.rooms import folder_of, room_of
from tests.support.site import LONG_AGO, Installation, body, person, snapshot

GIB = 2**30
REGISTERED_RIGHTS = {1, 15, 31}
"""Reading, writing, sharing: the only masks that we ever set."""


def changes(installation: Installation) -> list[tuple[str, str, str]]:
    [part] = installation.plan()["targets"]
    return [(change["verb"], change["kind"], change["change_class"]) for change in part["changes"]]


def approve_all(installation: Installation) -> None:
    plan = installation.folder / "approved.json"
    assert installation.run("plan", "--out", plan).code == 2
    ran = installation.run("apply", plan)
    assert ran.code == 0, ran.all


# --- where folders are -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "/", "..", "a//b"])
def test_no_folder_is_ever_made_at_the_root_or_outside_of_it(furnished: Installation, name: str) -> None:
    furnished.wish.add(body("pg-odd", "Seltsam", overrides={"folder_name": name}), person("Fritz", "pg-odd"))
    furnished.run("apply", "--yes")
    assert furnished.run("validate").code == 1
    assert {folder.mount_point for folder in furnished.cloud.folders.all.values()} == {
        "Projektgruppen/Sensorik",
        "Projektgruppen/LoRaWAN",
    }


def test_two_bodies_that_want_one_folder_do_not_get_it_twice(furnished: Installation) -> None:
    furnished.wish.add(
        body("pg-eins", "Eins", overrides={"folder_name": "Gemeinsam", "conversation": False}),
        body("pg-zwei", "Zwei", overrides={"folder_name": "Gemeinsam", "conversation": False}),
        person("Fritz", "pg-eins", "pg-zwei"),
    )
    for _ in range(2):
        furnished.run("apply", "--yes")
    mounted = [folder.mount_point for folder in furnished.cloud.folders.all.values()]
    assert len(mounted) == len(set(mounted))
    assert mounted.count("Gemeinsam") <= 1


def test_five_gigabytes_are_five_gigabytes(furnished: Installation) -> None:
    furnished.wish.bodies["pg-lora"]["overrides"] = {"folder_quota": "5 GB"}
    furnished.apply()
    assert folder_of(furnished, "LoRaWAN").quota == 5 * GIB
    assert folder_of(furnished, "Sensorik").quota == 10 * GIB
    furnished.wish.bodies["pg-lora"]["overrides"] = {"folder_quota": "5 XB"}
    furnished.run("apply", "--yes")
    assert "folder_quota" in furnished.run("validate").all
    assert folder_of(furnished, "LoRaWAN").quota == 5 * GIB


def test_no_folder_is_given_to_a_group_that_does_not_exist(installation: Installation) -> None:
    installation.wish.add(body("pg-x", "X"), body("pg-y", "Y"), person("Anna", "pg-x"), person("Ben", "pg-y"))
    installation.cloud.faults.mishap("database-lock-nothing", method="POST", path="/cloud/groups[?]", nth=2, times=None)
    ran = installation.run("apply", "--yes", "--json")
    assert ran.code == 1
    known = set(installation.cloud.groups)
    assert [
        group for folder in installation.cloud.folders.all.values() for group in folder.groups if group not in known
    ] == []
    installation.cloud.faults.clear()
    installation.apply()
    assert installation.run("plan").code == 0
    assert {group for folder in installation.cloud.folders.all.values() for group in folder.groups} <= set(
        installation.cloud.groups
    )


def test_only_masks_with_a_meaning_are_ever_set(furnished: Installation) -> None:
    folder = folder_of(furnished, "Sensorik")
    assert set(folder.groups.values()) <= REGISTERED_RIGHTS
    folder.groups["PG_Sensorik"] = 99
    furnished.cloud.log.clear()
    furnished.run("apply", "--yes")
    assert (folder.groups["PG_Sensorik"], furnished.writes()) == (99, []), "somebody set it: a ranger decides"
    approve_all(furnished)
    assert folder.groups["PG_Sensorik"] == 15
    furnished.wish.policy["folders"] = {"members": 99}
    assert furnished.run("apply", "--yes").code == 1
    assert folder.groups["PG_Sensorik"] == 15


# --- what people made --------------------------------------------------------------------------------------------


def test_peoples_sub_folders_notes_and_descriptions_stay(furnished: Installation) -> None:
    folder, room = folder_of(furnished, "Sensorik"), room_of(furnished, "Sensorik")
    folder.tree.write("Willkommen.md", b"Unser eigener Text")
    folder.tree.write("Protokolle/2026-11.md", b"Protokoll")
    folder.tree.remove("Unterlagen")
    folder.tree.write("Messwerte", None)
    room.description = f"Unsere Beschreibung\n{room.description.splitlines()[-1]}"
    kept, described = folder.tree.paths(), room.description
    furnished.wish.bodies["pg-sensorik"] |= {"name": "Sensorik und Daten", "purpose": "Neuer Zweck."}
    for _ in range(2):
        furnished.run("apply", "--yes")
    assert folder.mount_point == "Projektgruppen/Sensorik und Daten"
    assert (folder.tree.paths(), room.description) == (kept, described)
    assert ("write", "conversation", "queued") in changes(furnished)


def test_a_first_message_is_posted_once_whatever_becomes_of_it(furnished: Installation) -> None:
    room = room_of(furnished, "Sensorik")
    assert len(room.comments) == 1
    room.messages = [message for message in room.messages if message.system]
    furnished.wish.bodies["pg-sensorik"]["name"] = "Sensorik und Daten"
    furnished.wish.policy["conversations"] = {"first_message": "Eine andere Begrüßung"}
    furnished.apply()
    assert furnished.run("plan").code == 0
    assert room.comments == []


def test_folders_and_rooms_of_others_are_not_touched(installation: Installation) -> None:
    cloud = installation.cloud
    cloud.add_user("vera", display_name="Vera Vogt", email="vera@other.example", groups=["Andere"])
    cloud.add_folder("Projektgruppen/Sensorik", ["Andere"])
    cloud.add_folder("Privates", ["Andere"])
    cloud.add_room("PG Sensorik", "vera", groups=["Andere"])
    cloud.add_room("Unser Kreis", "readi-provisioner", users=["vera"])
    before = snapshot(cloud)
    installation.wish.add(body("pg-sensorik", "Sensorik"), person("Anna", "pg-sensorik"))
    installation.run("apply", "--yes")
    after = snapshot(cloud)
    assert set(before["folders"]) <= set(after["folders"])
    assert {name for name, *_ in after["folders"]} == {name for name, *_ in before["folders"]}, "adopting is a choice"
    assert [room for room in before["rooms"] if room not in after["rooms"]] == []


# --- who reads a chat --------------------------------------------------------------------------------------------


def test_no_guest_turns_a_room_public(furnished: Installation) -> None:
    assert [guest for guest in furnished.cloud.users if guest == "gerda.muster"] == ["gerda.muster"]
    for room in furnished.cloud.talk.rooms.values():
        if not room.object_type and room.type in (2, 3):
            assert room.type == 2
            assert {one.kind for one in room.attendees} <= {"users", "groups"}
    assert "gerda.muster" in room_of(furnished, "Sensorik").users
    assert [entry.body for entry in furnished.cloud.log.writes if "emails" in entry.body] == []


@pytest.mark.parametrize("who", ["p-anna", "p-ben", "p-gerda"])
@pytest.mark.parametrize("way", ["the body", "the network"])
def test_who_leaves_by_date_reads_no_chat_any_more(furnished: Installation, who: str, way: str) -> None:
    entry, user = furnished.wish.people[who], f"{who[2:]}.muster"
    assert user in room_of(furnished, "Sensorik").users
    if way == "the network":
        entry["leaves"] = LONG_AGO
        if "guest" in entry:
            entry["guest"]["until"] = LONG_AGO
    else:
        entry["bodies"] = [{**one, "until": LONG_AGO} for one in entry["bodies"]]
    furnished.apply()
    assert user not in room_of(furnished, "Sensorik").users
    assert furnished.run("plan").code == 0
    assert furnished.run("drift").code == 0


@pytest.mark.parametrize("who", ["p-anna", "p-ben"])
def test_whoever_vanished_from_the_registry_reads_no_chat_once_a_ranger_agreed(
    furnished: Installation, who: str
) -> None:
    user = f"{who[2:]}.muster"
    del furnished.wish.people[who]
    assert furnished.run("apply", "--yes").code == 2
    assert user in room_of(furnished, "Sensorik").users
    approve_all(furnished)
    assert user not in room_of(furnished, "Sensorik").users
    assert furnished.run("plan").code == 0


def test_who_leaves_after_their_group_was_deleted_reads_no_chat_any_more(furnished: Installation) -> None:
    furnished.cloud.remove_group("PG_Sensorik")
    room = room_of(furnished, "Sensorik")
    assert "ben.muster" in room.users, "Talk leaves them there"
    furnished.wish.people["p-ben"]["bodies"] = [{"id": "pg-sensorik", "until": LONG_AGO}]
    furnished.wish.people["p-dora"]["leaves"] = LONG_AGO
    ran = furnished.run("apply", "--yes")
    assert ran.code in (0, 2)
    assert {"ben.muster", "dora.muster"} & set(room.users) == set()
    assert {"anna.muster", "cleo.muster"} <= set(room.users)


# --- when the server does not play along -------------------------------------------------------------------------


def test_a_limit_in_the_middle_of_the_rooms_is_waited_for(installation: Installation, clock: VirtualClock) -> None:
    installation.wish.add(
        body("pg-x", "X"), body("pg-y", "Y"), person("Anna", {"id": "pg-x", "role": "moderator"}, "pg-y")
    )
    begun = clock.monotonic()
    faults = installation.cloud.faults
    struck = [
        faults.status(429, retry_after=60, path=path, writes=True)
        for path in ("/room[?]", "/chat/", "/acl", "/moderators")
    ]
    installation.apply()
    assert all(fault.fired for fault in struck)
    assert clock.monotonic() - begun >= 60 * len(struck)
    assert installation.run("plan").code == 0


@pytest.mark.parametrize(
    "path", [r"/folders\?", r"/folders/\d+/quota", r"/api/v4/room\?", "/api/v1/chat/", "/moderators"]
)
def test_a_room_that_fails_for_good_ends_the_run_for_nobody_else(installation: Installation, path: str) -> None:
    names = ("X", "Y", "Z")
    for name in names:
        key = f"pg-{name.lower()}"
        installation.wish.add(body(key, name), person(f"Mo{name}", {"id": key, "role": "moderator"}))
    tries = 1 if "/v4/room" in path else 4  # what may have been made is not tried again within a run
    broken = installation.cloud.faults.status(500, path=path, writes=True, times=tries)
    ran = installation.run("apply", "--yes", "--json")
    assert (ran.code, broken.fired) == (1, tries)
    assert len({step["name"] for step in ran.json["failed"]}) == 1
    rooms = [room for room in installation.cloud.talk.rooms.values() if room.name.startswith("PG ")]
    assert len([room for room in rooms if room.comments and len(room.moderators) == 2]) >= 2
    assert len([folder for folder in installation.cloud.folders.all.values() if folder.acl]) >= 2
    installation.cloud.faults.clear()
    for _ in range(2):
        installation.run("apply", "--yes")
    assert installation.run("plan").code == 0
    assert sorted(room.name for room in installation.cloud.talk.rooms.values() if room.name.startswith("PG ")) == [
        f"PG {name}" for name in names
    ]
