"""Team folders in the emulator: a sentence of the facts a test."""

from typing import Any

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from tests.nextcloud.emulator.client import HEADERS, SERVICE, Client

ROOT = "/index.php/apps/groupfolders/folders"


def test_folders_live_below_index_php_only(client: Client) -> None:
    assert client.call("GET", ROOT).status_code == 200
    answer = client.call("GET", "/ocs/v2.php/apps/groupfolders/folders")
    assert (answer.status_code, answer.json()["ocs"]["meta"]["statuscode"]) == (404, 998)


def test_the_list_is_a_dict_by_id_but_a_list_when_empty(client: Client) -> None:
    assert client.folders("GET") == (200, [])
    client.folders("POST", mountpoint="Team A")
    _, listed = client.folders("GET")
    assert listed == {
        "1": {
            "id": 1,
            "mount_point": "Team A",
            "quota": -3,
            "acl": False,
            "acl_default_no_permission": False,
            "size": 0,
            "groups": [],
            "group_details": [],
            "manage": [],
            "sortIndex": 0,
        }
    }


def test_an_empty_name_makes_a_folder_that_covers_every_home(client: Client, emulator: NextcloudEmulator) -> None:
    assert client.folders("POST", mountpoint="")[1]["mount_point"] == "/"
    assert [folder.mount_point for folder in emulator.folders.all.values()] == ["/"]


def test_creating_ignores_every_argument_but_the_name(client: Client) -> None:
    made = client.folders("POST", mountpoint="Team A", quota=5, acl=1, group="team-a")[1]
    assert (made["quota"], made["acl"], made["groups"]) == (-3, False, [])


@pytest.mark.parametrize("taken", ["Team A", "/Team A/", "Team A ", "./Team A", "Team A//"])
def test_a_mount_point_is_tidied_and_then_may_not_exist(client: Client, taken: str) -> None:
    client.folders("POST", mountpoint="Team A")
    assert client.folders("POST", mountpoint=taken) == (400, "Mount point already exists")


@pytest.mark.parametrize("name", ["a/b/c", "x:*?y", "m" * 300, "team a"])
def test_slashes_odd_characters_long_names_and_another_case_are_accepted(client: Client, name: str) -> None:
    client.folders("POST", mountpoint="Team A")
    assert client.folders("POST", mountpoint=name)[1]["mount_point"] == name


@pytest.mark.parametrize("name", ["..", "a/../b", "...", "a..b"])
def test_two_dots_anywhere_are_refused(client: Client, name: str) -> None:
    assert client.folders("POST", mountpoint=name) == (400, 'Mount point cannot contain ".."')


def test_a_group_is_assigned_once_with_all_rights_and_a_second_time_refused(client: Client) -> None:
    client.folders("POST", mountpoint="Team A")
    assert client.folders("POST", "/1/groups", group="team-a")[1]["folder"]["groups"] == {"team-a": 31}
    assert client.folders("POST", "/1/groups", group="team-a") == (400, "Group already assigned to this Groupfolder")


def test_a_group_that_does_not_exist_is_assigned_all_the_same(client: Client) -> None:
    client.folders("POST", mountpoint="Team A")
    assert client.folders("POST", "/1/groups", group="ghost")[1]["folder"]["groups"] == {"ghost": 31}


def test_rights_take_any_number_and_say_nothing_about_a_group_that_has_none(client: Client) -> None:
    client.folders("POST", mountpoint="Team A")
    client.folders("POST", "/1/groups", group="team-a")
    assert client.folders("POST", "/1/groups/team-a", permissions=99)[1]["folder"]["groups"] == {"team-a": 99}
    assert client.folders("POST", "/1/groups/team-b", permissions=1)[1]["folder"]["groups"] == {"team-a": 99}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("1073741824", 2**30), ("5 GB", 5), ("-3", -3), ("abc", 0), ("-5", -5), ("1e3", 1000), ("1.5", 1), ("-4", -3)],
)
def test_a_quota_is_cast_to_bytes_whatever_it_says(client: Client, sent: str, kept: int) -> None:
    client.folders("POST", mountpoint="Team A")
    assert client.folders("POST", "/1/quota", quota=sent)[1]["folder"]["quota"] == kept


def test_unknown_managers_are_taken_silently_and_never_shown(client: Client, emulator: NextcloudEmulator) -> None:
    client.folders("POST", mountpoint="Team A")
    client.folders("POST", "/1/acl", acl=1)
    client.folders("POST", "/1/manageACL", mappingType="user", mappingId="ghost", manageAcl=1)
    _, told = client.folders("POST", "/1/manageACL", mappingType="user", mappingId="anna", manageAcl=1)
    assert told["folder"]["manage"] == [{"type": "user", "id": "anna", "displayname": "Anna Amsel"}]
    assert ("user", "ghost") in emulator.folders.all[1].managers


def test_a_manager_named_twice_is_a_bad_gateway_and_stays_a_manager(client: Client) -> None:
    client.folders("POST", mountpoint="Team A")
    wish = {"mappingType": "user", "mappingId": "anna", "manageAcl": "1"}
    assert client.call("POST", f"{ROOT}/1/manageACL", data=wish).status_code == 200
    again = client.call("POST", f"{ROOT}/1/manageACL", data=wish)
    assert (again.status_code, again.headers["Content-Type"]) == (502, "text/html")
    assert [one["id"] for one in client.folders("GET", "/1")[1]["manage"]] == ["anna"]


def test_switching_advanced_permissions_off_forgets_who_manages_them(client: Client) -> None:
    client.folders("POST", mountpoint="Team A")
    client.folders("POST", "/1/acl", acl=1)
    client.folders("POST", "/1/manageACL", mappingType="group", mappingId="team-a", manageAcl=1)
    client.folders("POST", "/1/acl", acl=0)
    assert client.folders("POST", "/1/acl", acl=1)[1]["folder"]["manage"] == []


def test_renaming_takes_the_name_it_has_but_none_that_is_taken(client: Client) -> None:
    for name in ("Team A", "Team B"):
        client.folders("POST", mountpoint=name)
    assert client.folders("POST", "/1/mountpoint", mountpoint="Team A")[0] == 200
    assert client.folders("POST", "/1/mountpoint", mountpoint="Team B") == (400, "Mount point already exists")
    assert client.folders("POST", "/1/mountpoint", mountpoint="Archiv/A")[1]["folder"]["mount_point"] == "Archiv/A"


def test_deleting_twice_is_not_found_and_taking_a_group_twice_is_fine(client: Client) -> None:
    client.folders("POST", mountpoint="Team A")
    for _ in range(2):
        assert client.folders("DELETE", "/1/groups/team-a")[0] == 200
    assert client.folders("DELETE", "/1") == (200, {"success": True})
    assert client.folders("DELETE", "/1") == (404, "Groupfolder not found")


def test_ids_are_never_used_again(client: Client) -> None:
    client.folders("POST", mountpoint="Team A")
    client.folders("DELETE", "/1")
    assert client.folders("POST", mountpoint="Team A")[1]["id"] == 2


def test_a_deleted_group_loses_its_folder_and_a_new_one_does_not_get_it_back(client: Client) -> None:
    client.folders("POST", mountpoint="Team A")
    client.folders("POST", "/1/groups", group="team-b")
    client.ocs("DELETE", "/groups/team-b")
    client.ocs("POST", "/groups", data={"groupid": "team-b"})
    assert client.folders("GET", "/1")[1]["groups"] == []


def test_an_ordinary_account_that_writes_gets_200_with_403_inside(anna: Client, emulator: NextcloudEmulator) -> None:
    emulator.add_folder("Team A", ["team-a"])
    for method, path, form in (
        ("POST", "", {"mountpoint": "Mine"}),
        ("DELETE", "/1", {}),
        ("POST", "/1/quota", {"quota": "1"}),
        ("POST", "/1/groups", {"group": "team-b"}),
    ):
        answer = anna.call(method, ROOT + path, data=form)
        assert (answer.status_code, answer.json()["ocs"]["meta"]["statuscode"]) == (200, 403)
    assert emulator.folders.all[1].groups == {"team-a": 31}


def test_an_ordinary_account_sees_only_its_folders_and_only_its_groups_in_them(
    anna: Client, emulator: NextcloudEmulator
) -> None:
    emulator.add_folder("Team A", ["team-a", "team-b"])
    emulator.add_folder("Team B", ["team-b"])
    _, listed = anna.folders("GET")
    assert {key: item["groups"] for key, item in listed.items()} == {"1": {"team-a": 31}}
    assert anna.folders("GET", "/2") == (404, "")


def test_an_app_password_reads_folders_and_its_writes_are_200_with_403_inside(emulator: NextcloudEmulator) -> None:
    token = Client(emulator, (SERVICE[0], emulator.app_password(SERVICE[0])))
    assert token.folders("GET") == (200, [])
    answer = token.call("POST", ROOT, data={"mountpoint": "Team A"})
    assert (answer.status_code, answer.json()["ocs"]["meta"]["statuscode"]) == (200, 403)
    assert answer.json()["ocs"]["meta"]["message"] == "Password confirmation is required"
    assert not emulator.folders.all


def test_without_the_header_and_without_a_login_nothing_is_told(client: Client, emulator: NextcloudEmulator) -> None:
    assert client.call("GET", ROOT, headers={"Accept": "application/json"}).status_code == 412
    assert Client(emulator, None).call("GET", ROOT).status_code == 401
    wrong = Client(emulator, (SERVICE[0], "wrong")).call("GET", ROOT)
    assert (wrong.status_code, wrong.json()) == (401, {"message": ""})


def test_a_disabled_app_is_no_empty_list(client: Client, emulator: NextcloudEmulator) -> None:
    emulator.add_folder("Team A", ["team-a"])
    assert "groupfolders" in _capabilities(client)
    emulator.disable_app("groupfolders")
    answer = client.call("GET", ROOT)
    assert (answer.status_code, answer.content) == (404, b"")
    assert "groupfolders" not in _capabilities(client)
    emulator.enable_app("groupfolders")
    assert list(client.folders("GET")[1]) == ["1"]


def test_a_page_beyond_the_end_is_a_list_and_a_page_of_nothing_a_bad_gateway(client: Client) -> None:
    client.folders("POST", mountpoint="Team A")
    assert client.folders("GET", "?limit=1&offset=1") == (200, [])
    assert client.call("GET", f"{ROOT}?limit=0").status_code == 502


def test_a_missing_argument_is_an_empty_400(client: Client) -> None:
    answer = client.call("POST", ROOT, data={"name": "Team A"}, headers=HEADERS)
    assert (answer.status_code, answer.content) == (400, b"")


def _capabilities(client: Client) -> dict[str, Any]:
    told: dict[str, Any] = client.ocs("GET", "/capabilities")[2]["capabilities"]
    return told
