"""user_oidc as it was observed: its call, and logins through the real code flow of a Keycloak 26.4."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
import requests

from connectors.nextcloud.emulation.oidc.sign_in import SignedIn
from connectors.nextcloud.emulator import APPS, NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.nextcloud.emulator.client import GOOD, HEADERS, SERVICE

ADMIN = ("admin", "emulated-Admin-1")
USER = "/apps/user_oidc/api/v1/user"
PROVIDER = "/apps/user_oidc/api/v1/provider"


@pytest.fixture
def emulator(clock: VirtualClock) -> Iterator[NextcloudEmulator]:
    with NextcloudEmulator(clock=clock, service=SERVICE, apps=(*APPS, "user_oidc")) as running:
        running.oidc.configure(uniqueUid=False, mappingUid="preferred_username")
        yield running


def call(
    emulator: NextcloudEmulator, method: str, path: str, body: object = None, who: tuple[str, str] = ADMIN
) -> tuple[int, Any]:
    """HTTP status, and the data of the answer (None where there is no envelope)."""
    answer = requests.request(
        method, f"{emulator.url}/ocs/v2.php{path}", json=body, auth=who, headers=HEADERS, timeout=9
    )
    return answer.status_code, answer.json()["ocs"]["data"] if answer.content else None


def post(emulator: NextcloudEmulator, name: str, provider: object = 1, **more: str) -> tuple[int, Any]:
    return call(emulator, "POST", USER, {"providerId": provider, "userId": name, **more})


def claims(name: str, **more: object) -> dict[str, object]:
    return {"preferred_username": name, "name": f"{name} Keycloak", "email": f"{name}@a.example", **more}


def test_only_an_administrator_may_and_an_app_password_of_theirs_will_do(emulator: NextcloudEmulator) -> None:
    assert call(emulator, "GET", PROVIDER, who=SERVICE)[0] == 403
    assert call(emulator, "POST", USER, {"providerId": 1, "userId": "anna"}, who=SERVICE)[0] == 403
    app_password = ("admin", emulator.app_password("admin"))
    assert call(emulator, "POST", USER, {"providerId": 1, "userId": "anna"}, who=app_password) == (
        200,
        {"user_id": "anna"},
    )
    status, providers = call(emulator, "GET", PROVIDER, who=app_password)
    assert (status, providers[0]["id"], providers[0]["settings"]["uniqueUid"]) == (200, 1, False)


@pytest.mark.parametrize(
    ("body", "status", "made"),
    [
        ({"providerId": 99, "userId": "bert"}, 200, sha256(b"99_0_bert").hexdigest()),
        ({"providerId": "x", "userId": "bert"}, 200, sha256(b"0_0_bert").hexdigest()),
        ({"providerId": 1, "userId": "x" * 80}, 200, sha256(b"x" * 80).hexdigest()),
        ({"providerId": 1, "userId": "bad/../id"}, 200, "bad/../id"),
        ({"providerId": 1, "userId": "cleo", "quota": "lots"}, 500, "cleo"),
        ({"providerId": 1, "userId": "cleo", "quota": "-5"}, 200, "cleo"),
        ({"providerId": 1, "userId": "cleo", "email": "keine Adresse"}, 200, "cleo"),
        ({"providerId": 1, "userId": ""}, 500, ""),
        ({"providerId": 1}, 400, None),
    ],
)
def test_hardly_anything_is_checked(
    emulator: NextcloudEmulator, body: dict[str, object], status: int, made: str | None
) -> None:
    before = set(emulator.users)
    assert call(emulator, "POST", USER, body)[0] == status
    assert set(emulator.users) - before == (set() if made is None else {made})


def test_the_call_neither_blanks_a_field_nor_switches_anybody_on(emulator: NextcloudEmulator) -> None:
    post(emulator, "anna", displayName="Anna", email="Anna@a.example", quota="1 GB")
    emulator.users["anna"].enabled = False
    assert post(emulator, "anna", displayName="", email="", quota="")[0] == 200
    user = emulator.users["anna"]
    assert (user.name, user.email, user.quota, user.enabled) == ("Anna", "anna@a.example", "1 GB", False)
    assert emulator.oidc.skeletons == ["anna", "anna"]


def test_a_local_account_of_the_same_id_is_covered_and_comes_back_without_its_address(
    emulator: NextcloudEmulator,
) -> None:
    emulator.add_user("dbuser", GOOD, display_name="DB User", email="dbuser@a.example")
    assert post(emulator, "dbuser", displayName="Same") == (200, {"user_id": "dbuser"})
    _, covered = call(emulator, "GET", "/cloud/users/dbuser")
    assert (covered["backend"], covered["displayname"], covered["email"]) == ("user_oidc", "Same", "dbuser@a.example")
    assert call(emulator, "DELETE", f"{USER}/dbuser")[0] == 200
    _, back = call(emulator, "GET", "/cloud/users/dbuser")
    assert (back["backend"], back["displayname"], back["email"]) == ("Database", "DB User", None)
    assert call(emulator, "DELETE", f"{USER}/dbuser")[0] == 404


def test_ids_differ_by_case_in_this_backend_alone(emulator: NextcloudEmulator) -> None:
    emulator.add_user("dbuser", GOOD)
    assert post(emulator, "DBUSER") == (200, {"user_id": "DBUSER"})
    assert set(call(emulator, "GET", "/cloud/users?search=dbuser")[1]["users"]) == {"DBUSER", "dbuser"}
    assert call(emulator, "GET", "/cloud/users/DbUser")[1]["id"] == "dbuser"
    assert post(emulator, "odile")[0] == 200
    assert call(emulator, "GET", "/cloud/users/ODILE")[0] == 404
    assert call(emulator, "POST", "/cloud/users", {"userid": "odile", "password": GOOD})[0] == 400
    assert call(emulator, "POST", "/cloud/users", {"userid": "ODILE", "password": GOOD})[0] == 200


def test_without_the_app_there_is_no_such_address(emulator: NextcloudEmulator) -> None:
    emulator.disable_app("user_oidc")
    assert call(emulator, "GET", PROVIDER)[0] == 404
    assert post(emulator, "anna")[0] == 404


def test_a_login_overwrites_name_and_address_and_leaves_groups_alone(emulator: NextcloudEmulator) -> None:
    post(emulator, "anna", displayName="Anna A.", email="alt@a.example")
    emulator.join("anna", "PG_X")
    assert emulator.sign_in(claims("anna", groups=["PG_Sensorik"])) == SignedIn("anna")
    user = emulator.users["anna"]
    assert (user.name, user.email, user.groups) == ("anna Keycloak", "anna@a.example", ("PG_X",))


def test_a_disabled_account_is_refused_after_all_was_written(emulator: NextcloudEmulator) -> None:
    emulator.oidc.configure(groupProvisioning=True, groupWhitelistRegex="^PG_")
    post(emulator, "anna")
    emulator.users["anna"].enabled = False
    assert emulator.sign_in(claims("anna", groups=["PG_Sensorik"])) == SignedIn(None, "disabled")
    assert (emulator.users["anna"].name, emulator.users["anna"].groups) == ("anna Keycloak", ("PG_Sensorik",))


@pytest.mark.parametrize("told", [None, []])
def test_a_token_without_groups_takes_all_that_the_whitelist_allows(
    emulator: NextcloudEmulator, told: list[str] | None
) -> None:
    emulator.oidc.configure(groupProvisioning=True, groupWhitelistRegex="^PG_")
    post(emulator, "anna")
    emulator.join("anna", "PG_X", "X_PG_l", "Lokal")
    emulator.sign_in(claims("anna") if told is None else claims("anna", groups=told))
    assert emulator.users["anna"].groups == ("X_PG_l", "Lokal")


@pytest.mark.parametrize(
    ("told", "group", "shown"),
    [
        (["PG_Sensorik"], "PG_Sensorik", "PG_Sensorik"),
        ("PG_Sensorik, Chor", "PG_Sensorik", "PG_Sensorik"),
        ([{"gid": "PG_1", "displayName": "Sensorik"}], "PG_1", "Sensorik"),
        (["/re@di/PG_Sensorik"], "/re@di/PG_Sensorik", "/re@di/PG_Sensorik"),
    ],
)
def test_groups_come_as_words_or_as_objects(emulator: NextcloudEmulator, told: object, group: str, shown: str) -> None:
    emulator.oidc.configure(groupProvisioning=True)
    post(emulator, "anna")
    emulator.sign_in(claims("anna", groups=told))
    assert group in emulator.users["anna"].groups
    assert emulator.groups[group].display_name == shown


def test_a_local_account_is_taken_over_by_its_name_in_any_case(emulator: NextcloudEmulator) -> None:
    emulator.add_user("DORA", GOOD, display_name="Dora DB")
    assert emulator.sign_in(claims("dora")) == SignedIn("DORA")
    assert (emulator.users["DORA"].backend.name, emulator.users["DORA"].name) == ("Database", "dora Keycloak")
    emulator.oidc.system["soft_auto_provision"] = False
    assert emulator.sign_in(claims("dora")) == SignedIn(None, "conflict")


def test_the_same_address_under_another_name_is_a_second_account_or_a_takeover(emulator: NextcloudEmulator) -> None:
    emulator.add_user("local.emil", GOOD, display_name="Emil DB", email="emil@a.example")
    assert emulator.sign_in(claims("emil")) == SignedIn("emil")
    emulator.oidc.configure(mappingUid="email")
    assert emulator.sign_in(claims("emil")) == SignedIn("local.emil")
    assert emulator.users["local.emil"].name == "emil Keycloak"


def test_with_creation_disabled_plain_accounts_come_in_and_hashed_ones_do_not(emulator: NextcloudEmulator) -> None:
    emulator.oidc.system["disable_account_creation"] = True
    post(emulator, "anna")
    assert emulator.sign_in(claims("anna")) == SignedIn("anna")
    assert emulator.sign_in(claims("fritz")) == SignedIn(None, "unknown")
    emulator.oidc.configure(uniqueUid=True)
    hashed = post(emulator, "gerd")[1]["user_id"]
    assert emulator.sign_in(claims("gerd")) == SignedIn(None, "unknown")
    del emulator.oidc.system["disable_account_creation"]
    assert emulator.sign_in(claims("gerd")) == SignedIn(hashed)


def test_a_request_with_a_token_makes_an_account_and_provisions_it_only_where_told(emulator: NextcloudEmulator) -> None:
    assert emulator.bearer_request(claims("anna")) == SignedIn(None, "no-id")
    emulator.oidc.configure(checkBearer=True, groupProvisioning=True)
    assert emulator.bearer_request(claims("anna")) == SignedIn("anna")
    emulator.join("anna", "PG_X")
    emulator.bearer_request(claims("anna"))
    assert emulator.users["anna"].groups == ("PG_X",)
    emulator.oidc.configure(bearerProvisioning=True)
    emulator.bearer_request(claims("anna"))
    assert emulator.users["anna"].groups == ()


def test_a_token_without_the_mapped_claim_lets_nobody_in(emulator: NextcloudEmulator) -> None:
    assert emulator.sign_in({"sub": "0b1c", "email": "anna@a.example"}) == SignedIn(None, "no-id")
