"""Accounts: what is refused, what is accepted, what happens half-way."""

import pytest

from connectors.nextcloud.emulation.accounts.fields import PasswordPolicy
from connectors.nextcloud.emulator import NextcloudEmulator
from tests.nextcloud.emulator.client import FULL, GOOD, SERVICE, Client


@pytest.mark.parametrize(
    ("user_id", "answer"),
    [
        ("ANNA", (400, 102)),
        ("anna@example.test", (400, 102)),
        *[(bad, (400, 101)) for bad in ("ä", "a/b", "a:b", "a*b", "a+b", ".", "..", "x" * 65, "", " ", "a ")],
        *[(fine, (200, 200)) for fine in ("a b", "a@b", "o'x", "a.b_c-d", "x" * 64, "...", "12345", "details")],
    ],
)
def test_which_ids_an_account_can_have(client: Client, user_id: str, answer: tuple[int, int]) -> None:
    assert client.ocs("POST", "/users", data={"userid": user_id, "password": GOOD})[:2] == answer


def test_an_account_named_like_a_list_can_not_be_read_alone(client: Client) -> None:
    client.raw("POST", "/users", data={"userid": "details", "password": GOOD})
    assert "users" in client.ocs("GET", "/users/details")[2]


def test_neither_password_nor_mail_is_a_108_and_a_weak_password_says_why(client: Client) -> None:
    assert client.ocs("POST", "/users", data={"userid": "new"})[:2] == (400, 108)
    answer = client.raw("POST", "/users", data={"userid": "new", "password": "Aa1!x"})
    assert answer.json()["ocs"]["meta"] == {
        "status": "failure",
        "statuscode": 107,
        "message": "Password needs to be at least 10 characters long.",
    }


def test_the_password_policy_is_a_knob() -> None:
    policy = PasswordPolicy(min_length=4, numeric=True, upper_lower=True, special=True)
    with NextcloudEmulator(service=SERVICE, password_policy=policy) as emulator:
        client = Client(emulator)
        answer = client.raw("POST", "/users", data={"userid": "new", "password": "aaaaa"})
        assert answer.json()["ocs"]["meta"]["message"].count("Password needs") == 3
        assert client.raw("POST", "/users", data={"userid": "new", "password": "aA1!"}).ok


def test_unknown_manager_malformed_and_duplicate_addresses_are_accepted(client: Client) -> None:
    for user_id, email in (("a1", "not a mail"), ("a2", "anna@example.test")):
        data = {"userid": user_id, "password": GOOD, "email": email, "manager": "ghost"}
        assert client.raw("POST", "/users", data=data).ok
        assert (client.user(user_id)["email"], client.user(user_id)["manager"]) == (email, "ghost")


@pytest.mark.parametrize("smtp_up", [True, False])
def test_an_invitation_is_sent_and_a_dead_mail_server_is_not_told(
    client: Client, emulator: NextcloudEmulator, smtp_up: bool
) -> None:
    emulator.world.smtp_up = smtp_up
    assert client.ocs("POST", "/users", data={"userid": "new", "email": "New@Example.test"})[:2] == (200, 200)
    (mail,) = emulator.mails
    assert (mail.to, mail.kind, mail.user, mail.delivered) == ("new@example.test", "welcome", "new", smtp_up)


def test_mail_also_goes_out_for_new_passwords_and_for_addresses_of_those_who_logged_in(
    client: Client, emulator: NextcloudEmulator
) -> None:
    client.raw("PATCH", "/users/anna", data={"email": "first@example.test"})
    client.raw("PATCH", "/users/anna", data={"password": GOOD + "2"})
    emulator.users["anna"].last_login = 1
    client.raw("PUT", "/users/anna", data={"key": "email", "value": "second@example.test"})
    assert [(mail.kind, mail.to) for mail in emulator.mails] == [
        ("password-changed", "first@example.test"),
        ("email-changed", "first@example.test"),
    ]


def test_patch_replaces_lists_and_lowers_the_address(client: Client) -> None:
    status, _, anna = client.ocs(
        "PATCH", "/users/anna", json={"groups": ["team-b"], "subadminGroups": ["team-b"], "email": "A@Example.TEST"}
    )
    assert status == 200
    assert (anna["groups"], anna["subadmin"], anna["email"]) == (["team-b"], ["team-b"], "a@example.test")
    anna = client.ocs("PATCH", "/users/anna", json={"groups": [], "subadminGroups": [], "email": ""})[2]
    assert (anna["groups"], anna["subadmin"], anna["email"]) == ([], [], None)


def test_patch_checks_all_fields_before_it_applies_one(client: Client) -> None:
    before = client.user("anna")
    status, code, data = client.ocs(
        "PATCH", "/users/anna", json={"displayName": "New", "email": "bad", "groups": ["nope"], "quota": "lots"}
    )
    assert (status, code) == (422, 422)
    assert set(data["errors"]) == {"email", "groups", "quota"}
    assert client.user("anna") == before


def test_patch_falls_over_half_way_all_the_same(client: Client, emulator: NextcloudEmulator) -> None:
    wish = {"displayName": "New", "email": "new@example.test", "quota": "-5", "language": "de", "groups": ["team-b"]}
    assert client.ocs("PATCH", "/users/anna", json=wish)[:2] == (500, 996)
    anna = client.user("anna")
    assert (anna["displayname"], anna["email"]) == ("New", "new@example.test")
    assert (anna["language"], anna["groups"]) == ("en", ["team-a"])
    assert client.ocs("PATCH", "/users/anna", json={"password": GOOD + "9", "displayName": "D" * 65})[:2] == (500, 996)
    assert emulator.users["anna"].password == GOOD + "9"


def test_a_delegated_account_can_not_grant_admin_and_patch_does_not_say_so(client: Client, boss: Client) -> None:
    assert client.ocs("PATCH", "/users/anna", json={"groups": ["team-a", "admin"]})[2]["groups"] == ["team-a"]
    assert client.ocs("POST", "/users/anna/groups", data={"groupid": "admin"})[:2] == (400, 104)
    assert client.ocs("POST", "/users", json=FULL | {"groups": ["admin"]})[:2] == (400, 105)
    assert boss.ocs("PATCH", "/users/anna", json={"groups": ["team-a", "admin"]})[2]["groups"] == ["team-a", "admin"]


@pytest.mark.parametrize(
    ("method", "path", "body", "answer"),
    [
        ("PATCH", "/users/admin", {"displayName": "x"}, (403, 403)),
        ("PUT", "/users/admin", {"key": "displayname", "value": "x"}, (404, 998)),
        ("PUT", "/users/admin/disable", {}, (404, 998)),
        ("DELETE", "/users/admin", {}, (404, 998)),
    ],
)
def test_a_delegated_account_can_not_touch_an_administrator(
    client: Client, method: str, path: str, body: dict[str, str], answer: tuple[int, int]
) -> None:
    assert client.ocs(method, path, data=body)[:2] == answer


def test_rights_can_be_lost_in_the_middle_of_a_run(client: Client, emulator: NextcloudEmulator) -> None:
    assert client.raw("GET", "/users").ok
    emulator.set_rights(SERVICE[0], "none")
    for path in ("/users", "/users/details", "/groups", "/groups/details"):
        assert client.ocs("GET", path)[:2] == (403, 403)
    assert client.ocs("GET", "/users/anna")[:2] == (404, 998)
    emulator.accounts.make_subadmin(SERVICE[0], "team-a")
    assert client.ocs("GET", "/users") == (200, 200, {"users": ["anna"]})
    emulator.set_rights(SERVICE[0], "admin")
    assert client.raw("GET", "/users/admin").ok


@pytest.mark.parametrize(
    ("wish", "kept"),
    [
        ("none", -3),
        ("default", -3),
        ("0", 0),
        ("5000", 5120),
        ("1500000000", 1503238554),
        ("5 XB", 5),
        ("1.5 GB", 1610612736),
        ("1536 MB", 1610612736),
        ("5368709120000", 5387606976102),
    ],
)
def test_quotas_are_kept_as_people_write_them(client: Client, wish: str, kept: int) -> None:
    assert client.raw("PUT", "/users/anna", data={"key": "quota", "value": wish}).ok
    assert client.user("anna")["quota"]["quota"] == kept


def test_a_quota_knows_what_is_used(client: Client, emulator: NextcloudEmulator) -> None:
    emulator.users["anna"].quota, emulator.users["anna"].used = "1 KB", 256
    assert client.user("anna")["quota"] == {"free": 768, "used": 256, "total": 1024, "relative": 25, "quota": 1024}


@pytest.mark.parametrize(
    ("key", "value", "answer"),
    [
        ("displayname", "Anna B", (200, 200)),
        ("displayname", "D" * 65, (400, 101)),
        ("email", "bad", (400, 101)),
        ("quota", "lots", (400, 101)),
        ("quota", "-5", (500, 996)),
        ("language", "xx", (400, 101)),
        ("locale", "de_DE", (200, 200)),
        ("timezone", "Moon/Base", (400, 101)),
        ("timezone", "Europe/Berlin", (200, 200)),
        ("enabled", "false", (400, 113)),
        ("userid", "new", (400, 113)),
        ("password", "weak", (400, 107)),
        ("pronouns", "they", (200, 200)),
        ("profile_enabled", "0", (200, 200)),
        ("first_day_of_week", "9", (400, 101)),
    ],
)
def test_put_sets_one_field_and_says_what_is_wrong(
    client: Client, key: str, value: str, answer: tuple[int, int]
) -> None:
    assert client.ocs("PUT", "/users/anna", data={"key": key, "value": value})[:2] == answer


def test_enable_disable_and_delete(client: Client) -> None:
    for _ in range(2):
        assert client.ocs("PUT", "/users/anna/disable")[:2] == (200, 200)
    assert client.user("anna")["enabled"] is False
    assert Client(client.emulator, ("anna", GOOD)).raw("GET", "/user").status_code == 401
    assert client.ocs("PUT", "/users/anna/enable")[:2] == (200, 200)
    for verb in ("enable", "disable"):
        for user_id in ("ghost", SERVICE[0]):
            assert client.ocs("PUT", f"/users/{user_id}/{verb}")[:2] == (400, 101)
    assert client.ocs("DELETE", f"/users/{SERVICE[0]}")[:2] == (400, 101)
    assert client.ocs("DELETE", "/users/anna")[:2] == (200, 200)
    assert client.ocs("DELETE", "/users/anna")[:2] == (404, 998)
