"""Versions, formats, log-ins and the lock-out."""

from typing import Any

import pytest
import requests

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.nextcloud.emulator.client import GOOD, HEADERS, SERVICE, Client


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
