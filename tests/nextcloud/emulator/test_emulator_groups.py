"""Groups and memberships, and the traps other tools fell into."""

import hashlib

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from tests.nextcloud.emulator.client import SERVICE, Client


def test_a_long_group_name_becomes_a_hash_and_a_display_name(client: Client, emulator: NextcloudEmulator) -> None:
    name = "g" * 65
    assert client.ocs("POST", "/groups", data={"groupid": name})[:2] == (200, 200)
    hashed = hashlib.sha256(name.encode()).hexdigest()
    assert emulator.groups[hashed].display_name == name
    assert client.ocs("GET", f"/groups/{name}/users")[:2] == (404, 404)
    assert client.ocs("GET", f"/groups/{hashed}/users")[:2] == (200, 200)
    assert client.ocs("POST", "/groups", data={"groupid": name})[:2] == (400, 103)


def test_group_paths_are_decoded_twice_so_a_plus_means_a_blank(client: Client, emulator: NextcloudEmulator) -> None:
    for name in ("R+D", "R D", "a/b", "50%20"):
        emulator.add_group(name)
    assert client.raw("DELETE", "/groups/R%2BD").ok
    assert ("R+D" in emulator.groups, "R D" in emulator.groups) == (True, False)
    assert client.raw("DELETE", "/groups/R%252BD").ok
    assert client.raw("GET", "/groups/a%2Fb/users").ok
    assert client.raw("GET", "/groups/50%2520/users").status_code == 404
    assert client.raw("GET", "/groups/50%252520/users").ok


@pytest.mark.parametrize(
    ("method", "path", "body", "answer"),
    [
        ("POST", "/groups", {"groupid": "team-a"}, (400, 102)),
        ("POST", "/groups", {"groupid": "TEAM-A"}, (200, 200)),
        ("POST", "/groups", {"groupid": ""}, (400, 101)),
        ("POST", "/groups", {"groupid": "0"}, (400, 101)),
        ("POST", "/groups", {"groupid": "x" * 256}, (500, 996)),
        ("PUT", "/groups/team-a", {"key": "other", "value": "x"}, (500, 999)),
        ("PUT", "/groups/nope", {"key": "displayname", "value": "x"}, (404, 998)),
        ("PUT", "/groups/team-a", {"key": "displayname", "value": ""}, (400, 101)),
        ("DELETE", "/groups/nope", {}, (400, 101)),
        ("DELETE", "/groups/admin", {}, (400, 102)),
        ("GET", "/groups/nope/users", {}, (404, 404)),
        ("POST", "/users/anna/groups", {"groupid": "nope"}, (400, 102)),
        ("POST", "/users/ghost/groups", {"groupid": "team-a"}, (400, 103)),
        ("DELETE", "/users/anna/groups", {"groupid": "team-b"}, (200, 200)),
        ("POST", "/users/anna/subadmins", {"groupid": "admin"}, (400, 103)),
        ("DELETE", "/users/anna/subadmins", {"groupid": "team-a"}, (400, 102)),
    ],
)
def test_group_calls_and_their_codes(
    client: Client, method: str, path: str, body: dict[str, str], answer: tuple[int, int]
) -> None:
    assert client.ocs(method, path, data=body)[:2] == answer


def test_memberships_and_sub_admins_can_be_given_twice_but_a_sub_admin_taken_once(client: Client) -> None:
    for _ in range(2):
        assert client.raw("POST", "/users/anna/groups", data={"groupid": "team-b"}).ok
        assert client.raw("POST", "/users/anna/subadmins", data={"groupid": "team-b"}).ok
    assert client.raw("DELETE", "/users/anna/subadmins", data={"groupid": "team-b"}).ok
    assert client.ocs("DELETE", "/users/anna/subadmins", data={"groupid": "team-b"})[:2] == (400, 102)


def test_a_deleted_group_takes_its_memberships_along_for_good(client: Client, emulator: NextcloudEmulator) -> None:
    emulator.accounts.make_subadmin("anna", "team-a")
    client.raw("DELETE", "/groups/team-a")
    emulator.add_group("team-a")
    assert (client.user("anna")["groups"], client.user("anna")["subadmin"]) == ([], [])
    client.raw("POST", "/users/anna/groups", data={"groupid": "team-a"})
    client.raw("DELETE", "/users/anna")
    assert client.ocs("GET", "/groups/team-a/users")[2] == {"users": []}


def test_an_unescaped_group_in_the_query_hits_another_group_with_200(
    client: Client, emulator: NextcloudEmulator
) -> None:
    for group in ("ns A", "ns A&B"):
        emulator.join("anna", group)
    assert client.ocs("DELETE", "/users/anna/groups?groupid=ns%20A&B")[:2] == (200, 200)
    assert emulator.users["anna"].groups == ("team-a", "ns A&B")


def test_a_raw_hash_in_the_path_cuts_the_id_off(client: Client, emulator: NextcloudEmulator) -> None:
    emulator.add_group("a")
    emulator.add_group("a#b")
    client.raw("DELETE", "/groups/a#b")
    assert ("a" in emulator.groups, "a#b" in emulator.groups) == (False, True)


def test_ids_are_found_in_any_case_and_by_address_and_answer_with_their_own(client: Client) -> None:
    for asked in ("ANNA", "anna@example.test", "Anna@Example.Test"):
        assert client.user(asked)["id"] == "anna"


def test_passwords_stay_out_of_the_log(client: Client, emulator: NextcloudEmulator) -> None:
    secret = "Marker-Word-4711"
    client.raw("POST", "/users", data={"userid": "new", "password": secret})
    client.raw("PATCH", "/users/new", json={"password": secret})
    client.raw("PUT", "/users/new", params={"key": "password", "value": secret})
    assert emulator.users["new"].password == secret
    assert secret not in repr(emulator.log.as_json())
    assert secret not in repr(emulator.users["new"])
    assert emulator.log.requests[0].user == SERVICE[0]
