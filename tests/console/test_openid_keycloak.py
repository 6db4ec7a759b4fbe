"""Logging in with a city's account at a real Keycloak: the whole way, as a browser goes it."""

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from provisioner.emulation import VirtualClock
from tests.support.console import MEMBER, House
from tests.support.keycloak_server import KeycloakServer, Realm, shared
from tests.support.openid import CLIENT, SECRET

PASSWORD = "only-for-tests"


@pytest.fixture(scope="module")
def realm() -> Realm:
    """With the console as a client that has to use PKCE, and Ben."""
    server: KeycloakServer = shared()
    found = server.new_realm()
    client: dict[str, Any] = {
        "clientId": CLIENT,
        "secret": SECRET,
        "publicClient": False,
        "standardFlowEnabled": True,
        "redirectUris": ["https://redi.example/redi/openid/back"],
        "attributes": {
            "pkce.code.challenge.method": "S256",
            "post.logout.redirect.uris": "https://redi.example/redi/login",
        },
    }
    found.admin("POST", "/clients", client)
    for name, address, verified in (
        ("ben", "ben@bretten.example", True),
        ("fremd", "fremd@anderswo.example", True),
        ("unbestaetigt", "mona@bretten.example", False),
    ):
        user = {
            "username": name,
            "email": address,
            "emailVerified": verified,
            "firstName": name,
            "lastName": "Muster",
            "enabled": True,
            "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
        }
        found.admin("POST", "/users", user)
    return found


def came_back(house: House, realm: Realm, name: str) -> tuple[Any, Any]:
    """Log in at Keycloak's own page: our browser, and what it was answered on its way back."""
    house.more["redi"]["openid"] = {
        "issuer": f"{realm.url}/realms/{realm.name}",
        "client_id": CLIENT,
        "client_secret": SECRET,
    }
    client = house.client()
    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.get(client.get("/redi/openid").headers["location"], timeout=60)
        action = re.search(r'action="([^"]+)"', page.text)
        assert action is not None, page.text
        # Keycloak marks its cookies "Secure"; browsers send such to loopback all the same.
        cookies = {cookie.name: cookie.value or "" for cookie in browser.cookies}
        answer = requests.post(
            html.unescape(action[1]),
            data={"username": name, "password": PASSWORD},
            cookies=cookies,
            allow_redirects=False,
            timeout=60,
        )
    assert answer.status_code == 302, answer.text
    back = answer.headers["location"]
    assert back.startswith("https://redi.example/redi/openid/back?")
    assert "iss=" in back
    return client, client.get(back)


def test_somebody_logs_in_and_out_at_a_real_keycloak(house: House, realm: Realm) -> None:
    house.clock = VirtualClock(datetime.now(UTC))
    client, answer = came_back(house, realm, "ben")
    assert (answer.status_code, answer.headers["location"]) == (303, "/redi/")
    page = client.get("/redi/me")
    assert "Guten Tag, Ben" in page.text
    network = house.networks["redi"]
    session = network.sessions.find(client.cookies["__Secure-readi-redi"], network.now())
    assert session is not None
    assert (session.person, session.via) == (MEMBER, "openid")
    word = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert word is not None
    out = client.post("/redi/logout", data={"csrf": word[1]})
    address = re.search(r'href="(http[^"]+/protocol/openid-connect/logout[^"]+)"', out.text)
    assert address is not None
    offered = requests.get(html.unescape(address[1]), timeout=60, allow_redirects=False)
    # Nobody is logged in there with this request's cookies, so that it asks nothing before it leads back.
    assert (offered.status_code, offered.headers["location"]) == (302, "https://redi.example/redi/login")


@pytest.mark.parametrize("name", ["fremd", "unbestaetigt"])
def test_strangers_and_unverified_addresses_are_refused_at_a_real_keycloak(
    house: House, realm: Realm, name: str
) -> None:
    house.clock = VirtualClock(datetime.now(UTC))
    client, answer = came_back(house, realm, name)
    assert answer.status_code == 403
    assert client.get("/redi/me").headers["location"] == "/redi/login"
