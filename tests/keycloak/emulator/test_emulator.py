"""What the emulated Keycloak does that no recording shows: time, faults, and its ways to be tampered with."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connectors.keycloak.emulator import KeycloakEmulator, LoginRefused
from provisioner.emulation import VirtualClock
from provisioner.model.ports import Sandbox

Answer = requests.Response


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def login(clock: VirtualClock) -> Iterator[KeycloakEmulator]:
    with KeycloakEmulator(clock=clock) as emulator:
        yield emulator


def token(login: Sandbox) -> Answer:
    credentials = login.credentials
    form = {"client_id": credentials["user"], "client_secret": credentials["password"]}
    address = f"{login.url}/realms/{login.settings['realm']}/protocol/openid-connect/token"
    return requests.post(address, data=form | {"grant_type": "client_credentials"})


class Caller:
    def __init__(self, login: Sandbox) -> None:
        self.root = f"{login.url}/admin/realms/{login.settings['realm']}"
        self.headers = {"Authorization": f"Bearer {token(login).json()['access_token']}"}

    def __call__(self, method: str, path: str, body: Any = None) -> Answer:
        return requests.request(method, self.root + path, json=body, headers=self.headers)


def test_a_token_ends_after_its_five_minutes(login: KeycloakEmulator, clock: VirtualClock) -> None:
    call = Caller(login)
    clock.advance(299)
    assert call("GET", "/users").status_code == 200
    clock.advance(1)
    assert call("GET", "/users").status_code == 401
    assert Caller(login)("GET", "/users").status_code == 200


def test_tokens_can_be_short_and_be_revoked(login: KeycloakEmulator, clock: VirtualClock) -> None:
    login.set_token_lifespan(10)
    assert token(login).json()["expires_in"] == 10
    call = Caller(login)
    login.revoke_tokens()
    assert call("GET", "/users").status_code == 401


def test_a_changed_secret_stops_the_next_token_only(login: KeycloakEmulator) -> None:
    call, known = Caller(login), dict(login.credentials)
    login.set_secret("another")
    assert call("GET", "/users").status_code == 200
    form = {"client_id": known["user"], "client_secret": known["password"], "grant_type": "client_credentials"}
    refused = requests.post(f"{login.url}/realms/readi/protocol/openid-connect/token", data=form)
    assert refused.status_code == 401


def test_secrets_do_not_reach_the_log(login: KeycloakEmulator) -> None:
    Caller(login)("PUT", "/users/nobody/reset-password", {"value": "plain-Word-1"})
    secret = login.credentials["password"]
    assert all(secret not in entry.body for entry in login.log)


def test_what_happened_behind_our_back_is_seen(login: KeycloakEmulator) -> None:
    login.add_provider("stadt")
    login.add_user("anna", email="Anna@a.example", first_name="Anna", last_name="Amsel")
    login.link("anna", "stadt", "4711")
    login.add_group("PG_Sensorik", ["anna"])
    login.add_role("readi-ranger", ["anna"])
    call = Caller(login)
    anna = call("GET", "/users?idpAlias=stadt&idpUserId=4711").json()[0]
    assert (anna["username"], anna["email"]) == ("anna", "anna@a.example")
    assert [group["path"] for group in call("GET", f"/users/{anna['id']}/groups").json()] == ["/re@di/PG_Sensorik"]
    assert [user["id"] for user in call("GET", "/roles/readi-ranger/users").json()] == [anna["id"]]


def test_a_failure_inside_changes_nothing(login: KeycloakEmulator) -> None:
    call = Caller(login)
    login.faults.mishap("database", writes=True)
    assert call("POST", "/users", {"username": "anna"}).status_code == 500
    assert call("POST", "/users", {"username": "anna"}).status_code == 201


def test_mails_are_sent_once_there_is_a_server(login: KeycloakEmulator) -> None:
    anna = login.add_user("anna", email="anna@a.example")
    call, mail = Caller(login), f"/users/{anna.id}/execute-actions-email"
    assert call("PUT", mail, ["UPDATE_PASSWORD"]).status_code == 500
    login.serve_mail()
    assert call("PUT", mail, ["UPDATE_PASSWORD"]).status_code == 204
    assert [(one.to, one.actions) for one in login.mails] == [("anna@a.example", ("UPDATE_PASSWORD",))]


def test_state_outlives_a_restart(login: KeycloakEmulator) -> None:
    call, address = Caller(login), login.url
    assert call("POST", "/users", {"username": "anna"}).status_code == 201
    login.stop()
    login.start()
    assert login.url == address
    assert [user["username"] for user in call("GET", "/users").json()] == ["anna"]


def test_it_counts_requests_and_writes_and_takes_asking_for_a_token_for_none(login: KeycloakEmulator) -> None:
    call = Caller(login)
    call("GET", "/users")
    assert login.traffic() == (2, 0)
    call("POST", "/users", {"username": "anna"})
    assert login.traffic() == (3, 1)


def test_a_first_login_waits_for_what_is_still_to_be_done(login: KeycloakEmulator) -> None:
    login.add_user("anna", email="a@a.example", first_name="A", last_name="B", required_actions={"UPDATE_PASSWORD"})
    with pytest.raises(LoginRefused, match="not fully set up"):
        login.login("anna")
    login.finish_setup("anna")
    assert login.login("anna")["preferred_username"] == "anna"
    with pytest.raises(KeyError):
        login.login("nobody")
