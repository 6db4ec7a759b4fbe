"""The three things that decide the design: confirmation, the edit limit, creates that fail late."""

from typing import Any

import pytest
import requests

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.nextcloud.emulator.client import FULL, GOOD, SERVICE, WRITES, Client


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


def test_checking_a_password_costs_time_that_a_session_saves() -> None:
    with NextcloudEmulator(service=SERVICE, hashing=0.03) as emulator:
        client = Client(emulator)
        assert client.raw("GET", "/user").elapsed.total_seconds() >= 0.03
        client.session = requests.Session()
        with client.session:
            for _ in range(2):
                assert client.raw("GET", "/user").elapsed.total_seconds() >= 0.03
            emulator.hashing = 5
            assert client.raw("GET", "/user").elapsed.total_seconds() < 3


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
