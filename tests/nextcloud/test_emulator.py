"""The Nextcloud emulator's behaviours by name; the recordings beside hold it to single answers."""

import asyncio
import base64
import hashlib
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

from connectors.nextcloud.emulation.fields import PasswordPolicy
from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import Request, Response, VirtualClock

SERVICE = ("readi-provisioner", "emulated-Service-1")
GOOD = "Example-Word-1"
HEADERS = {"OCS-APIRequest": "true", "Accept": "application/json"}


class Client:
    """A client that keeps no cookies unless it is given a session."""

    def __init__(self, emulator: NextcloudEmulator, auth: tuple[str, str] | None = SERVICE) -> None:
        self.emulator = emulator
        self.auth = auth
        self.session: requests.Session | None = None

    def raw(self, method: str, path: str, version: int = 2, **more: Any) -> requests.Response:
        more.setdefault("headers", HEADERS)
        ask = self.session.request if self.session is not None else requests.request
        return ask(method, f"{self.emulator.url}/ocs/v{version}.php/cloud{path}", auth=self.auth, **more)

    def ocs(self, method: str, path: str, **more: Any) -> tuple[int, int, Any]:
        """HTTP status, OCS code, data."""
        answer = self.raw(method, path, **more)
        told = answer.json()["ocs"]
        return answer.status_code, told["meta"]["statuscode"], told["data"]

    def user(self, user_id: str) -> dict[str, Any]:
        data = self.ocs("GET", f"/users/{quote(user_id, safe='')}")[2]
        assert isinstance(data, dict)
        return data

    def pages(self, size: int) -> list[list[str]]:
        """Ids of every page of details until one is empty."""
        found: list[list[str]] = []
        while True:
            users = self.ocs("GET", f"/users/details?limit={size}&offset={len(found) * size}")[2]["users"]
            if not users:
                assert users == [], "past the end it is a list"
                return found
            found.append(list(users))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def emulator(clock: VirtualClock) -> Iterator[NextcloudEmulator]:
    with NextcloudEmulator(clock=clock, service=SERVICE) as running:
        running.add_group("team-a", "Team A")
        running.add_group("team-b")
        running.add_user("anna", GOOD, display_name="Anna Amsel", email="anna@example.test", groups=["team-a"])
        yield running


@pytest.fixture
def client(emulator: NextcloudEmulator) -> Client:
    return Client(emulator)


@pytest.fixture
def boss(emulator: NextcloudEmulator) -> Client:
    return Client(emulator, ("admin", "emulated-Admin-1"))


# --- the three things that decide the design -----------------------------------------------------------------------


WRITES: list[tuple[str, str, dict[str, str]]] = [
    ("POST", "/users", {"userid": "new", "password": GOOD}),
    ("PUT", "/users/anna", {"key": "displayname", "value": "x"}),
    ("PATCH", "/users/anna", {"displayName": "x"}),
    ("PUT", "/users/anna/disable", {}),
    ("DELETE", "/users/anna", {}),
    ("POST", "/users/anna/groups", {"groupid": "team-b"}),
    ("DELETE", "/users/anna/groups", {"groupid": "team-a"}),
    ("POST", "/users/anna/subadmins", {"groupid": "team-a"}),
    ("POST", "/groups", {"groupid": "new"}),
    ("PUT", "/groups/team-a", {"key": "displayname", "value": "x"}),
    ("DELETE", "/groups/team-a", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_an_app_password_reads_and_provisions_nothing(
    emulator: NextcloudEmulator, method: str, path: str, body: dict[str, str]
) -> None:
    client = Client(emulator, (SERVICE[0], emulator.app_password(SERVICE[0])))
    before = client.ocs("GET", "/users/details")[2]
    answer = client.raw(method, path, data=body)
    assert answer.status_code == 403
    assert answer.json()["ocs"]["meta"]["message"] == "Password confirmation is required"
    assert client.ocs("GET", "/users/details")[2] == before


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_session_with_cookies_loses_its_right_to_write_after_half_an_hour(
    client: Client, clock: VirtualClock, method: str, path: str, body: dict[str, str]
) -> None:
    client.session = requests.Session()
    with client.session:
        for _ in range(2):  # the server believes in cookies when it sees them come back
            assert client.raw("GET", "/user").ok
        clock.advance(29 * 60)
        assert client.raw("GET", "/user").ok
        clock.advance(2 * 60)
        refused = client.raw(method, path, data=body)
        assert (refused.status_code, refused.json()["ocs"]["meta"]["message"]) == (
            403,
            "Password confirmation is required",
        )
        assert client.raw("GET", "/user").ok
    client.session = None
    assert client.raw(method, path, data=body).ok


def test_a_valid_session_wins_over_whatever_basic_says(client: Client) -> None:
    client.session = requests.Session()
    with client.session:
        for _ in range(2):
            client.raw("GET", "/user")
        for auth in (None, (SERVICE[0], "wrong"), ("anna", GOOD)):
            client.auth = auth
            assert client.ocs("GET", "/user")[2]["id"] == SERVICE[0]


def test_the_first_cookies_alone_are_no_session(client: Client) -> None:
    client.session = requests.Session()
    with client.session:
        client.raw("GET", "/user")
        client.auth = None
        assert client.raw("GET", "/user").status_code == 401


def test_a_session_ends_with_its_account(client: Client, emulator: NextcloudEmulator) -> None:
    client.session = requests.Session()
    client.auth = ("anna", GOOD)
    with client.session:
        for _ in range(2):
            client.raw("GET", "/user")
        emulator.users["anna"].enabled = False
        assert client.raw("GET", "/user").status_code == 401


EDITS: list[tuple[str, dict[str, str]]] = [
    ("PUT", {"key": "organisation", "value": "re@di"}),
    ("PATCH", {"language": "de"}),
]


@pytest.mark.parametrize(("method", "body"), EDITS)
@pytest.mark.parametrize("version", [1, 2])
def test_the_51st_edit_in_ten_minutes_is_an_empty_429_without_advice(
    client: Client, clock: VirtualClock, method: str, body: dict[str, str], version: int
) -> None:
    for _ in range(50):
        assert client.raw(method, "/users/anna", data=body).ok
    refused = client.raw(method, "/users/anna", version, data=body)
    assert (refused.status_code, refused.content) == (429, b"")
    assert refused.headers["Content-Type"].startswith("text/html")
    assert "Retry-After" not in refused.headers
    clock.advance(601)
    assert client.raw(method, "/users/anna", data=body).ok


def test_failed_edits_count_refused_ones_do_not_and_the_window_slides(client: Client, clock: VirtualClock) -> None:
    for _ in range(25):
        client.raw("PATCH", "/users/ghost", data={"language": "de"})
    clock.advance(300)
    for _ in range(25):
        client.raw("PATCH", "/users/anna", data={"email": "nonsense"})
    for _ in range(10):
        assert client.raw("PATCH", "/users/anna", data={"language": "de"}).status_code == 429
    clock.advance(301)
    answers = [client.raw("PATCH", "/users/anna", data={"language": "de"}).status_code for _ in range(26)]
    assert answers == [200] * 25 + [429]


def test_put_and_patch_and_every_account_count_on_their_own_and_nothing_else_counts(
    client: Client, boss: Client
) -> None:
    for _ in range(50):
        client.raw("PATCH", "/users/anna", data={"language": "de"})
    assert client.raw("PATCH", "/users/anna", data={}).status_code == 429
    assert client.raw("PUT", "/users/anna", data={"key": "quota", "value": "none"}).ok
    assert boss.raw("PATCH", "/users/anna", data={"language": "en"}).ok
    assert client.raw("PUT", "/users/anna/disable").ok
    assert client.raw("POST", "/users/anna/groups", data={"groupid": "team-b"}).ok
    full = {
        "userid": "bert",
        "password": GOOD,
        "displayName": "B",
        "quota": "1 GB",
        "language": "de",
        "manager": "anna",
    }
    assert client.raw("POST", "/users", data=full).ok


def test_the_limit_is_a_knob() -> None:
    with NextcloudEmulator(service=SERVICE, edit_limit=(2, 60)) as emulator:
        client = Client(emulator)
        data = {"language": "de"}
        assert [client.raw("PATCH", f"/users/{SERVICE[0]}", data=data).status_code for _ in range(3)] == [200, 200, 429]


FULL = {
    "userid": "bert",
    "password": GOOD,
    "displayName": "Bert",
    "email": "Bert@Example.test",
    "groups": ["team-a", "team-b"],
    "subadmin": ["team-b"],
    "quota": "1 GB",
    "language": "de",
    "manager": "anna",
}


def test_one_create_carries_everything(client: Client) -> None:
    assert client.ocs("POST", "/users", json=FULL) == (200, 200, {"id": "bert"})
    bert = client.user("bert")
    assert (bert["displayname"], bert["email"], bert["language"], bert["manager"]) == (
        "Bert",
        "bert@example.test",
        "de",
        "anna",
    )
    assert (bert["groups"], bert["subadmin"]) == (["team-a", "team-b"], ["team-b"])
    assert bert["quota"]["quota"] == 1024**3


@pytest.mark.parametrize(
    ("broken", "code", "left"),
    [
        (
            {"quota": "lots"},
            101,
            {"displayname": "Bert", "groups": ["team-a", "team-b"], "email": None, "language": "en"},
        ),
        ({"quota": "-5"}, 101, {"displayname": "Bert", "groups": ["team-a", "team-b"], "email": None, "manager": ""}),
        ({"language": "xx"}, 101, {"displayname": "Bert", "email": None, "manager": ""}),
        ({"displayName": "D" * 65}, 101, None),
        ({"groups": ["team-a", "nope"]}, 104, None),
        ({"groups": ["admin"]}, 105, None),
        ({"subadmin": ["nope"]}, 109, None),
        ({"password": "weak"}, 107, None),
    ],
)
def test_a_failed_create_may_still_create(
    client: Client, broken: dict[str, Any], code: int, left: dict[str, Any] | None
) -> None:
    assert client.ocs("POST", "/users", json=FULL | broken)[:2] == (400, code)
    status = client.ocs("GET", "/users/bert")[0]
    if left is None:
        assert status == 404
    else:
        assert {key: client.user("bert")[key] for key in left} == left
        assert client.ocs("POST", "/users", json=FULL)[:2] == (400, 102)


@pytest.mark.parametrize(
    ("mishap", "answer", "exists"),
    [
        ("database-lock", (400, 101), True),
        ("database-lock-500", (500, 996), True),
        ("database-lock-nothing", (400, 101), False),
    ],
)
def test_a_locked_database_leaves_an_account_without_groups_or_none(
    client: Client, emulator: NextcloudEmulator, mishap: str, answer: tuple[int, int], exists: bool
) -> None:
    emulator.faults.mishap(mishap, method="POST")
    assert client.ocs("POST", "/users", json=FULL)[:2] == answer
    assert ("bert" in emulator.users) is exists
    if exists:
        assert emulator.users["bert"].groups == ()


@pytest.mark.parametrize(("method", "path", "body"), WRITES[1:])
def test_a_locked_database_stops_any_other_write_before_it_happens(
    client: Client, emulator: NextcloudEmulator, method: str, path: str, body: dict[str, str]
) -> None:
    before = client.ocs("GET", "/users/details")[2], client.ocs("GET", "/groups/details")[2]
    emulator.faults.mishap("database-lock", writes=True)
    assert client.ocs(method, path, data=body)[:2] == (500, 996)
    assert (client.ocs("GET", "/users/details")[2], client.ocs("GET", "/groups/details")[2]) == before


# --- conventions ---------------------------------------------------------------------------------------------------


def test_version_1_always_says_200_and_tells_the_result_inside(client: Client) -> None:
    for path, code in (("/users", 100), ("/users/ghost", 404), ("/users/details?limit=0", 996), ("/nonsense", 998)):
        answer = client.raw("GET", path, version=1)
        assert (answer.status_code, answer.json()["ocs"]["meta"]["statuscode"]) == (200, code)
    assert client.raw("POST", "/users", version=1, data={"userid": "anna"}).json()["ocs"]["meta"]["statuscode"] == 102


def test_without_the_ocs_header_it_is_a_412(client: Client) -> None:
    answer = client.raw("GET", "/users", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()) == (412, {"message": "CSRF check failed"})


@pytest.mark.parametrize(
    ("accept", "query", "kind"),
    [
        (None, "", "xml"),
        ("*/*", "", "xml"),
        ("text/html, application/json", "", "json"),
        ("application/json, text/plain", "", "json"),
        (None, "?format=json", "json"),
        ("application/json", "?format=xml", "xml"),
    ],
)
def test_xml_unless_json_is_asked_for(client: Client, accept: str | None, query: str, kind: str) -> None:
    answer = client.raw("GET", f"/users{query}", headers={"OCS-APIRequest": "true", "Accept": accept})
    assert answer.headers["Content-Type"] == f"application/{kind}; charset=utf-8"
    assert "anna" in answer.text


def test_xml_escapes_what_it_must(client: Client, emulator: NextcloudEmulator) -> None:
    emulator.rename("anna", "A & B <c>")
    answer = client.raw("GET", "/users/anna?format=xml", headers={"OCS-APIRequest": "true"})
    assert "<displayname>A &amp; B &lt;c&gt;</displayname>" in answer.text


def test_eleven_wrong_passwords_lock_everybody_out_for_half_an_hour(client: Client, clock: VirtualClock) -> None:
    wrong = Client(client.emulator, (SERVICE[0], "wrong"))
    assert [wrong.ocs("GET", "/users")[:2] for _ in range(11)] == [(401, 997)] * 11
    answer = client.raw("GET", "/users")
    assert (answer.status_code, answer.json()["ocs"]["meta"]["message"]) == (429, "Reached maximum delay")
    assert "Retry-After" not in answer.headers
    assert requests.get(client.emulator.url + "/status.php").ok
    anonymous = Client(client.emulator, None)
    assert anonymous.ocs("GET", "/capabilities")[2]["capabilities"]["bruteforce"]["delay"] == 25_000
    clock.advance(30 * 60 + 1)
    assert client.raw("GET", "/users").ok


def test_the_lock_can_be_switched_off(client: Client) -> None:
    client.emulator.world.doorkeeper.brute_force_protection = False
    wrong = Client(client.emulator, (SERVICE[0], "wrong"))
    assert {wrong.raw("GET", "/users").status_code for _ in range(15)} == {401}


@pytest.mark.parametrize("auth", [(SERVICE[0], "wrong"), ("ghost", GOOD), ("anna", GOOD)])
def test_wrong_unknown_and_disabled_log_ins_look_alike(emulator: NextcloudEmulator, auth: tuple[str, str]) -> None:
    emulator.users["anna"].enabled = False
    answer = Client(emulator, auth).raw("GET", "/user")
    assert (answer.status_code, answer.json()["ocs"]["meta"]) == (
        401,
        {"status": "failure", "statuscode": 997, "message": "Unauthorised"},
    )


def test_enforced_tokens_make_the_password_useless(client: Client, emulator: NextcloudEmulator) -> None:
    emulator.world.doorkeeper.require_app_password = True
    assert client.raw("GET", "/users").status_code == 401
    assert Client(emulator, (SERVICE[0], emulator.app_password(SERVICE[0]))).raw("GET", "/users").ok


def test_status_and_capabilities_tell_the_version(client: Client) -> None:
    assert requests.get(client.emulator.url + "/status.php").json()["versionstring"] == "34.0.1"
    assert client.ocs("GET", "/capabilities")[2]["version"]["major"] == 34
    with NextcloudEmulator(version=33) as older:
        assert requests.get(older.url + "/status.php").json()["versionstring"] == "33.0.1"


def test_maintenance_is_a_503_with_its_own_header(client: Client) -> None:
    client.emulator.world.maintenance = True
    for version in (1, 2):
        answer = client.raw("GET", "/users", version=version)
        assert (answer.status_code, answer.headers["X-Nextcloud-Maintenance-Mode"]) == (503, "1")
    assert requests.get(client.emulator.url + "/status.php").json()["maintenance"] is True


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("POST", "/users", {"data": {"password": GOOD}}),
        ("POST", "/users", {"data": {"userid": "x", "password": GOOD, "groups": "team-a"}}),
        ("POST", "/groups", {"data": {}}),
        ("PUT", "/users/anna", {"data": {"key": "quota"}}),
        ("PATCH", "/users/anna", {"json": {"quota": 5}}),
        ("POST", "/users", {"data": "{", "headers": HEADERS | {"Content-Type": "application/json"}}),
    ],
)
def test_missing_and_mistyped_arguments_are_an_empty_400(
    client: Client, method: str, path: str, more: dict[str, Any]
) -> None:
    answer = client.raw(method, path, **more)
    assert (answer.status_code, answer.content, answer.headers["Content-Type"][:9]) == (400, b"", "text/html")


# --- users ---------------------------------------------------------------------------------------------------------


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


# --- lists ---------------------------------------------------------------------------------------------------------


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


# --- several account backends --------------------------------------------------------------------------------------


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


# --- groups --------------------------------------------------------------------------------------------------------


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


# --- what other tools got wrong ------------------------------------------------------------------------------------


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


# --- the library, the size, the speed ------------------------------------------------------------------------------


def with_library(emulator: NextcloudEmulator, work: Callable[[Any], Any]) -> Any:
    from nc_py_api import AsyncNextcloud

    async def run() -> Any:
        nc = AsyncNextcloud(nextcloud_url=emulator.url, nc_auth_user=SERVICE[0], nc_auth_pass=SERVICE[1])
        try:
            return await work(nc)
        finally:
            await nc._session.adapter.close()
            await nc._session.adapter_dav.close()

    return asyncio.run(run())


def test_nc_py_api_reads_and_writes(emulator: NextcloudEmulator) -> None:
    async def work(nc: Any) -> Any:
        await nc.ocs("POST", "/ocs/v2.php/cloud/users", json={"userid": "new", "password": GOOD, "groups": ["team-a"]})
        await nc.ocs("PATCH", "/ocs/v2.php/cloud/users/new", json={"displayName": "New"})
        return await nc.ocs("GET", "/ocs/v2.php/cloud/users/details", params={"limit": 500})

    users = with_library(emulator, work)["users"]
    assert (users["new"]["displayname"], users["new"]["groups"]) == ("New", ["team-a"])


def test_nc_py_api_raises_with_the_code(emulator: NextcloudEmulator) -> None:
    from nc_py_api import NextcloudException

    async def work(nc: Any) -> Any:
        with pytest.raises(NextcloudException) as refusal:
            await nc.ocs("GET", "/ocs/v1.php/cloud/users/ghost")
        return refusal.value.status_code

    assert with_library(emulator, work) == 404


def test_ten_thousand_accounts_are_loaded_in_a_second_and_read_at_30_ms_of_work_a_page() -> None:
    emulator = NextcloudEmulator(service=SERVICE)
    begun = time.process_time()
    for number in range(200):
        emulator.add_group(f"group-{number}")
    for number in range(10_000):
        groups = [f"group-{(number * 7 + step * 31) % 200}" for step in range(6)]
        emulator.add_user(f"user{number:05}", display_name=f"Person {number % 977}", groups=groups)
    loaded = time.process_time() - begun
    assert sum(len(group.members) for group in emulator.groups.values()) == 60_002
    assert loaded < 2  # about 0.15 s on two slow cores; the bound is for a machine that is busy otherwise
    begun = time.process_time()
    target = "/ocs/v2.php/cloud/users/details?limit=500&offset=5000"
    headers = {"host": "127.0.0.1", "ocs-apirequest": "true", "accept": "application/json"}
    headers["authorization"] = "Basic " + base64.b64encode(":".join(SERVICE).encode()).decode()
    answers = [emulator.handle(Request("GET", target, headers)) for _ in range(10)]
    a_page = (time.process_time() - begun) / 10
    assert all(answer.status == 200 and len(answer.body) > 300_000 for answer in answers)
    assert a_page < 0.06  # about 0.015 s alone
