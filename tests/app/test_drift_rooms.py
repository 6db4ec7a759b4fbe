"""What people change by hand about folders and conversations: asked about, kept or reverted, as policy says."""

from collections.abc import Callable

import pytest

from tests.support.rooms import folder_of, room_of
from tests.support.site import Installation, Snapshot, snapshot

Hand = Callable[[Installation], None]


def rename_folder(installation: Installation) -> None:
    folder_of(installation, "Sensorik").mount_point = "Umgezogen"


def let_share(installation: Installation) -> None:
    folder_of(installation, "Sensorik").groups["PG_Sensorik"] = 31


def set_quota(installation: Installation) -> None:
    folder_of(installation, "Sensorik").quota = 5


def take_the_group_out(installation: Installation) -> None:
    del folder_of(installation, "Sensorik").groups["PG_Sensorik"]


def let_another_group_in(installation: Installation) -> None:
    folder_of(installation, "Sensorik").groups["PG_LoRaWAN"] = 31


def rename_room(installation: Installation) -> None:
    room_of(installation, "Sensorik").name = "Anders"


def describe_anew(installation: Installation) -> None:
    room_of(installation, "Sensorik").description = "Anders"


def lock_room(installation: Installation) -> None:
    room_of(installation, "Sensorik").read_only = 1


def demote(installation: Installation) -> None:
    attendee = room_of(installation, "Sensorik").find("users", "anna.muster")
    assert attendee is not None
    attendee.type = 3


def promote(installation: Installation) -> None:
    attendee = room_of(installation, "Sensorik").find("users", "ben.muster")
    assert attendee is not None
    attendee.type = 2


def throw_a_moderator_out(installation: Installation) -> None:
    room = room_of(installation, "Sensorik")
    attendee = room.find("users", "anna.muster")
    assert attendee is not None
    installation.cloud.talk.drop(room, attendee)


def bring_somebody_in(installation: Installation) -> None:
    installation.cloud.talk.enter(room_of(installation, "LoRaWAN"), "users", "ben.muster")


FOLDERS: list[Hand] = [rename_folder, let_share, set_quota, take_the_group_out, let_another_group_in]
ROOMS: list[Hand] = [
    rename_room,
    describe_anew,
    lock_room,
    demote,
    promote,
    throw_a_moderator_out,
    bring_somebody_in,
]
SOME: list[Hand] = [let_share, take_the_group_out, describe_anew, demote, bring_somebody_in]
BY_HAND = pytest.mark.parametrize("hand", [*FOLDERS, *ROOMS], ids=lambda hand: hand.__name__)


def drift(installation: Installation) -> set[str]:
    ran = installation.run("drift", "--json")
    assert ran.code == (2 if ran.json["drift"] else 0)
    return {item["kind"] for item in ran.json["drift"]}


@BY_HAND
def test_ask_leaves_it_until_a_ranger_agreed(furnished: Installation, hand: Hand) -> None:
    before = snapshot(furnished.cloud)
    hand(furnished)
    changed = snapshot(furnished.cloud)
    assert changed != before
    assert drift(furnished) & {"field", "added", "removed"}
    ran = furnished.run("apply", "--yes", "--json")
    assert ran.code == 2
    assert ran.json["waiting"] >= 1
    plan = furnished.folder / "approved.json"
    assert furnished.run("plan", "--out", plan).code == 2
    assert furnished.run("apply", plan).code == 0
    furnished.apply()
    assert snapshot(furnished.cloud) == before
    assert furnished.run("plan").code == 0
    assert drift(furnished) == set()


@pytest.mark.parametrize("hand", [*SOME, rename_folder, rename_room], ids=lambda hand: hand.__name__)
def test_revert_takes_it_back_unattended(furnished: Installation, hand: Hand) -> None:
    furnished.wish.policy["on_drift"] = {"folder": "revert", "conversation": "revert"}
    before = snapshot(furnished.cloud)
    hand(furnished)
    furnished.apply()
    furnished.apply()
    assert snapshot(furnished.cloud) == before
    assert furnished.run("plan").code == 0
    assert drift(furnished) == set()


@pytest.mark.parametrize("hand", SOME, ids=lambda hand: hand.__name__)
def test_keep_leaves_it_for_good(furnished: Installation, hand: Hand) -> None:
    furnished.wish.policy["on_drift"] = {"folder": "keep", "conversation": "keep"}
    hand(furnished)
    kept = snapshot(furnished.cloud)
    for _ in range(2):
        furnished.apply()
    assert without_links(snapshot(furnished.cloud)) == without_links(kept)
    assert [change["verb"] for change in furnished.plan()["targets"][0]["changes"]] == []


def without_links(content: Snapshot) -> Snapshot:
    """Texts of ours follow what was renamed."""
    return {
        **content,
        "folders": [
            (name, quota, acl, groups, managers) for name, quota, acl, groups, managers, _ in content["folders"]
        ],
        "rooms": [(name, what, who, said) for name, _, what, who, said in content["rooms"]],
    }
