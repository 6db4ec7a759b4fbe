"""Lists that shift, and accounts from several backends."""

from collections.abc import Iterator

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import Request, Response, VirtualClock
from tests.nextcloud.emulator.client import GOOD, SERVICE, Client


@pytest.mark.parametrize("limit", ["0", "-1", "501", "1000", "abc"])
@pytest.mark.parametrize("path", ["/users", "/users/details", "/groups", "/groups/details"])
def test_limits_outside_1_to_500_crash_the_server(client: Client, path: str, limit: str) -> None:
    assert client.ocs("GET", f"{path}?limit={limit}")[:2] == (500, 996)


def test_pages_are_cut_by_display_name_and_sorted_by_id_inside(client: Client, emulator: NextcloudEmulator) -> None:
    for user_id, name in (("d", "Aaa"), ("a", "bbb"), ("c", "BBA"), ("b", "zzz")):
        emulator.add_user(user_id, display_name=name)
    nameless = ["admin", SERVICE[0]]
    assert client.pages(2) == [nameless, ["anna", "d"], ["a", "c"], ["b"]]
    assert client.pages(500) == [["a", "admin", "anna", "b", "c", "d", SERVICE[0]]]


def test_a_rename_between_two_pages_skips_one_and_repeats_another(client: Client, emulator: NextcloudEmulator) -> None:
    for number in range(6):
        emulator.add_user(f"u{number}", display_name=f"Name {number}")
    emulator.remove_user("anna")

    def rename(request: Request, response: Response) -> None:
        emulator.rename("u0", "zzz")

    emulator.faults.hook(after=rename, path=r"offset=2\b")
    read = [user_id for page in client.pages(2) for user_id in page]
    assert read.count("u0") == 2
    assert "u2" not in read


def test_reorder_turns_the_list_round(client: Client, emulator: NextcloudEmulator) -> None:
    for number in range(4):
        emulator.add_user(f"u{number}", display_name=f"Name {number}")
    before = client.pages(1)
    emulator.reorder()
    assert client.pages(1) == before[::-1]


def test_decimal_ids_are_numbers_in_the_list_of_ids_and_may_turn_details_into_a_list(
    client: Client, emulator: NextcloudEmulator
) -> None:
    emulator.add_user("12345")
    assert 12345 in client.ocs("GET", "/users")[2]["users"]
    assert client.ocs("GET", "/users/details")[2]["users"]["12345"]["id"] == "12345"
    emulator.add_user("0", display_name="")
    found = client.ocs("GET", "/users/details?search=0")[2]["users"]
    assert isinstance(found, list)
    assert [user["id"] for user in found] == ["0"]


def test_details_hold_what_an_inventory_needs(client: Client, emulator: NextcloudEmulator) -> None:
    emulator.users["anna"].last_login = 1_767_000_000
    anna = client.ocs("GET", "/users/details")[2]["users"]["anna"]
    assert anna["lastLogin"] == 1_767_000_000_000
    assert anna["backend"] == "Database"
    assert anna["backendCapabilities"] == {"setDisplayName": True, "setPassword": True}
    for key in ("groups", "subadmin", "enabled", "quota", "manager", "email", "language", "organisation"):
        assert key in anna


def test_a_log_in_is_noted(client: Client, emulator: NextcloudEmulator, clock: VirtualClock) -> None:
    Client(emulator, ("anna", GOOD)).raw("GET", "/user")
    assert client.user("anna")["lastLoginTimestamp"] == int(clock.now().timestamp())
    assert client.user("anna")["firstLoginTimestamp"] == int(clock.now().timestamp())


def test_a_cold_list_is_slow_once() -> None:
    with NextcloudEmulator(service=SERVICE, cold_list=0.05) as emulator:
        client = Client(emulator)
        assert client.raw("GET", "/users/details?limit=500").elapsed.total_seconds() >= 0.05
        emulator.cold_list = 10
        assert client.raw("GET", "/users/details?limit=500").elapsed.total_seconds() < 5
        emulator.cold_list = 0.05
        emulator.chill()
        assert client.raw("GET", "/users/details?limit=500").elapsed.total_seconds() >= 0.05


@pytest.fixture
def mixed() -> Iterator[NextcloudEmulator]:
    with NextcloudEmulator(service=SERVICE, backends=("Database", "user_oidc", "LDAP")) as running:
        running.add_group("team-a")
        for number in range(4):
            running.add_user(f"db{number}", display_name=f"N{number}")
            running.add_user(f"oidc{number}", display_name=f"N{number}", backend="user_oidc")
            running.add_user(f"ldap{number}", display_name=f"N{number}", backend="LDAP")
        yield running


def test_limit_and_offset_apply_to_each_backend_so_only_an_empty_page_is_the_end(mixed: NextcloudEmulator) -> None:
    client = Client(mixed)
    assert len(client.ocs("GET", "/users?limit=3")[2]["users"]) == 9
    pages = client.pages(4)
    assert [len(page) for page in pages] == [12, 2]
    assert sorted(user_id for page in pages for user_id in page) == sorted(mixed.users)


@pytest.mark.parametrize("user_id", ["oidc1", "ldap1"])
def test_directory_accounts_keep_their_name_and_password(mixed: NextcloudEmulator, user_id: str) -> None:
    client = Client(mixed)
    assert client.user(user_id)["backendCapabilities"] == {"setDisplayName": False, "setPassword": False}
    name = {"key": "displayname", "value": "New"}
    assert client.ocs("PUT", f"/users/{user_id}", data=name)[:2] == (400, 113)
    assert client.ocs("PUT", f"/users/{user_id}", data={"key": "password", "value": GOOD})[:2] == (400, 112)
    errors = client.ocs("PATCH", f"/users/{user_id}", json={"displayName": "x", "password": GOOD, "quota": "1 GB"})[2]
    assert set(errors["errors"]) == {"displayName", "password"}
    everything = {"email": "x@example.test", "quota": "1 GB", "language": "de", "manager": "db1", "groups": ["team-a"]}
    assert client.raw("PATCH", f"/users/{user_id}", json=everything).ok
    assert client.raw("PUT", f"/users/{user_id}/disable").ok


def test_an_oidc_account_can_be_deleted_one_from_ldap_not_while_the_directory_has_it(mixed: NextcloudEmulator) -> None:
    client = Client(mixed)
    assert client.ocs("DELETE", "/users/oidc1")[:2] == (200, 200)
    assert client.ocs("DELETE", "/users/ldap1")[:2] == (400, 101)
    assert client.raw("GET", "/users/ldap1").ok


def test_oidc_ids_differ_by_case_and_a_create_on_one_is_refused(mixed: NextcloudEmulator) -> None:
    client = Client(mixed)
    mixed.add_user("OIDC1", backend="user_oidc")
    assert client.user("OIDC1")["id"] == "OIDC1"
    assert client.raw("GET", "/users/Oidc1").status_code == 404
    assert client.ocs("POST", "/users", data={"userid": "oidc1", "password": GOOD})[:2] == (400, 102)


def test_joining_a_directory_group_says_200_and_changes_nothing(mixed: NextcloudEmulator) -> None:
    client = Client(mixed)
    mixed.groups["team-a"].directory = True
    assert client.ocs("POST", "/users/db1/groups", data={"groupid": "team-a"})[:2] == (200, 200)
    assert client.user("db1")["groups"] == []
    (shown,) = client.ocs("GET", "/groups/details?search=team-a")[2]["groups"]
    assert (shown["canAdd"], shown["canRemove"]) == (False, False)
