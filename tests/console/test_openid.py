"""Logging in with a city's account: who is let in, and what is not believed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from provisioner.model.bindings import Binding
from provisioner.model.resources import Kind, ResourceId
from provisioner.state import BindingWriter
from tests.support.console import MEMBER, OTHER, SUSPENDED, House
from tests.support.openid import CLIENT, SECRET, OpenIdEmulator

BEN = {"sub": "kc-ben", "email": "Ben@Bretten.example", "email_verified": True}


@pytest.fixture
def provider(house: House) -> Iterator[OpenIdEmulator]:
    """The provider of "redi"; Ben logs in."""
    found = OpenIdEmulator(house.clock, dict(BEN))
    house.more["redi"]["openid"] = {"issuer": found.issuer, "client_id": CLIENT, "client_secret": SECRET}
    yield found
    found.stop()


def begin(house: House) -> tuple[Any, str]:
    """A browser at the provider's page: the browser, and that page's address."""
    client = house.client()
    answer = client.get("/redi/openid")
    assert answer.status_code == 303
    return client, answer.headers["location"]


def back(house: House, provider: OpenIdEmulator, **changed: str) -> tuple[Any, Any]:
    """The whole way: the browser, and what it was answered in the end."""
    client, address = begin(house)
    return client, client.get("/redi/openid/back", params={**provider.log_in(address), **changed})


def person_of(house: House, client: Any, network: str = "redi") -> str | None:
    """Who is logged in there."""
    found = house.networks[network]
    word = client.cookies.get(found.cookie())
    session = found.sessions.find(word, found.now()) if word else None
    return None if session is None else session.person


def assert_refused(house: House, client: Any, answer: Any) -> None:
    assert answer.status_code == 403
    assert person_of(house, client) is None
    assert house.networks["redi"].cookie() not in client.cookies
    assert "<b>" not in answer.text


def test_a_verified_address_of_one_person_lets_them_in(house: House, provider: OpenIdEmulator) -> None:
    client, answer = back(house, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/redi/")
    assert person_of(house, client) == MEMBER
    assert house.networks["redi"].cookie("openid") not in client.cookies


def test_the_account_decides_whose_it_is_and_not_its_address(house: House, provider: OpenIdEmulator) -> None:
    house.more["redi"]["openid"] |= {"target": "login"}  # type: ignore[operator]
    tie(house, OTHER, "kc-ben")
    client, answer = back(house, provider)
    assert answer.status_code == 303
    assert person_of(house, client) == OTHER


def test_an_address_opens_nothing_for_another_account_than_its_owners(house: House, provider: OpenIdEmulator) -> None:
    house.more["redi"]["openid"] |= {"target": "login"}  # type: ignore[operator]
    tie(house, MEMBER, "kc-the-true-ben")
    assert_refused(house, *back(house, provider))


def tie(house: House, person: str, account: str) -> None:
    """Their account at the login is this one."""
    _ = house.app
    site = house.networks["redi"].site
    binding = Binding(ResourceId(Kind.ACCOUNT, f"person:{person}"), account, "x", "f", {})
    with site.database.writing() as connection:
        BindingWriter(connection, "redi", "login", "https://login.example").bind(binding, site.clock.now())


def test_a_newcomer_of_a_city_may_register(house: House, provider: OpenIdEmulator) -> None:
    provider.claims |= {"sub": "kc-neu", "email": "neu@bretten.example"}
    client, answer = back(house, provider)
    assert answer.status_code == 303
    assert client.get("/redi/").headers["location"] == "/redi/register"


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email": None},
        {"email": "jemand@fremd.example"},
        {"email": ["ben@bretten.example"]},
        {"email": "udo@bretten.example"},
    ],
    ids=str,
)
def test_nobody_is_let_in_by_an_address_that_is_not_verified_or_not_known(
    house: House, provider: OpenIdEmulator, claims: dict[str, Any]
) -> None:
    provider.claims |= claims
    assert_refused(house, *back(house, provider))


def test_whose_time_is_over_is_not_let_in_by_their_account_either(house: House, provider: OpenIdEmulator) -> None:
    house.more["redi"]["openid"] |= {"target": "login"}  # type: ignore[operator]
    tie(house, SUSPENDED, "kc-ben")
    assert_refused(house, *back(house, provider))


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"aud": [CLIENT, "another-client"], "azp": None},
        {"azp": "another-client"},
        {"iss": "http://127.0.0.1:1/realms/redi"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"exp": "9999999999"},
        {"iat": 99_999_999_999},
        {"sub": ""},
        {"sub": 7},
        {"sub": None},
        {"sub": "x" * 300},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_login_is_not_believed(
    house: House, provider: OpenIdEmulator, claims: dict[str, Any]
) -> None:
    provider.claims |= claims
    assert_refused(house, *back(house, provider))


def test_clocks_may_differ_by_a_minute_and_no_more(house: House, provider: OpenIdEmulator) -> None:
    now = int(house.clock.now().timestamp())
    provider.claims |= {"exp": now - 55, "iat": now - 300}
    assert back(house, provider)[1].status_code == 303
    provider.claims |= {"exp": now - 65}
    assert_refused(house, *back(house, provider))


def test_a_token_that_nobody_signed_is_not_believed(house: House, provider: OpenIdEmulator) -> None:
    provider.sign = OpenIdEmulator.unsigned
    assert_refused(house, *back(house, provider))


def test_a_public_key_is_no_secret(house: House, provider: OpenIdEmulator) -> None:
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert back(house, provider)[1].status_code == 303
    provider.sign = lambda self, claims: self.signed_with_secret(claims, self.key.as_pem(private=False))
    assert_refused(house, *back(house, provider))


def test_a_secret_among_the_keys_signs_nothing(house: House, provider: OpenIdEmulator) -> None:
    secret = OctKey.generate_key(256, {"kid": "one"})
    keys = [secret.as_dict(private=True), provider.key.as_dict(private=False, kid="two")]
    provider.jwks = lambda _: json.dumps({"keys": keys}).encode()
    provider.sign = lambda self, claims: self.signed_with_secret(claims, secret.raw_value)
    assert_refused(house, *back(house, provider))


def test_a_strangers_key_signs_nothing(house: House, provider: OpenIdEmulator) -> None:
    stranger = ECKey.generate_key("P-256", {"kid": "one"})
    provider.sign = lambda self, claims: self.signed(claims, stranger)
    assert_refused(house, *back(house, provider))


def test_keys_named_in_a_token_itself_are_not_fetched_or_believed(house: House, provider: OpenIdEmulator) -> None:
    stranger = ECKey.generate_key("P-256", {"kid": "two"})
    provider.header = {"kid": "two", "jwk": stranger.as_dict(private=False)}
    provider.sign = lambda self, claims: self.signed(claims, stranger)
    assert_refused(house, *back(house, provider))


def test_new_keys_are_read_once_more_and_not_for_every_unknown_name(house: House, provider: OpenIdEmulator) -> None:
    assert back(house, provider)[1].status_code == 303
    house.clock.advance(60)
    provider.key = ECKey.generate_key("P-256", {"kid": "two"})
    assert back(house, provider)[1].status_code == 303
    read = provider.asked.count("/realms/redi/certs")
    provider.header = {"kid": "three"}
    for _ in range(3):
        assert_refused(house, *back(house, provider))
    assert provider.asked.count("/realms/redi/certs") == read


def test_a_code_is_good_once(house: House, provider: OpenIdEmulator) -> None:
    client, address = begin(house)
    given, cookie = provider.log_in(address), house.networks["redi"].cookie("openid")
    word = client.cookies[cookie]
    assert client.get("/redi/openid/back", params=given).status_code == 303
    again = house.client()
    again.cookies.set(cookie, word, domain="redi.example", path="/redi")
    assert_refused(house, again, again.get("/redi/openid/back", params=given))


def test_another_browser_can_not_finish_what_one_began(house: House, provider: OpenIdEmulator) -> None:
    _, address = begin(house)
    mallory = provider.log_in(address)
    victim, _ = begin(house)
    assert_refused(house, victim, victim.get("/redi/openid/back", params=mallory))
    nobody = house.client()
    assert_refused(house, nobody, nobody.get("/redi/openid/back", params=mallory))
    assert "token" not in provider.asked


def test_an_answer_of_another_provider_is_not_redeemed(house: House, provider: OpenIdEmulator) -> None:
    assert_refused(house, *back(house, provider, iss="https://evil.example"))
    client, address = begin(house)
    given = provider.log_in(address)
    del given["iss"]
    assert_refused(house, client, client.get("/redi/openid/back", params=given))
    assert "token" not in provider.asked


def test_who_gives_up_at_the_provider_is_told_so_in_our_own_words(house: House, provider: OpenIdEmulator) -> None:
    client, _ = begin(house)
    answer = client.get("/redi/openid/back", params={"error": "access_denied", "error_description": "<b>x</b>"})
    assert_refused(house, client, answer)
    assert "abgebrochen" in answer.text


@pytest.mark.parametrize(
    "keys",
    [
        b'{"keys": [' + b" " * 400_000 + b"]}",
        b'{"keys": []}',
        b'{"keys": "all"}',
        b"[]",
        b"<html>",
        b'{"keys": [' + b",".join([b'{"kty": "RSA", "n": "AQAB", "e": "AQAB"}'] * 60) + b"]}",
        b'{"keys": [{"kty": "RSA", "n": "!", "e": 7}]}',
    ],
    ids=["endless", "none", "a word", "a list", "a page", "many", "broken"],
)
def test_keys_that_are_too_many_or_none_let_nobody_in(house: House, provider: OpenIdEmulator, keys: bytes) -> None:
    provider.jwks = lambda _: keys
    assert_refused(house, *back(house, provider))


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"padding": "x" * 400_000},
    ],
    ids=["issuer", "script", "nowhere", "file", "endless"],
)
def test_a_provider_that_says_odd_things_of_itself_is_not_followed(
    house: House, provider: OpenIdEmulator, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata
    for _ in range(3):
        assert house.client().get("/redi/openid").status_code == 403
    assert len(provider.asked) == 1
    provider.metadata = {}
    house.clock.advance(31)
    assert house.client().get("/redi/openid").status_code == 303


def test_after_the_login_a_browser_goes_to_the_page_that_it_asked_for_and_nowhere_else(
    house: House, provider: OpenIdEmulator
) -> None:
    client = house.client()
    assert client.get("/redi/me?page=2").headers["location"] == "/redi/login"
    given = provider.log_in(client.get("/redi/openid").headers["location"])
    assert client.get("/redi/openid/back", params=given).headers["location"] == "/redi/me?page=2"


@pytest.mark.parametrize(
    "path",
    ["https://evil.example/", "//evil.example", "/redi/\\evil", "/\\evil.example", "/ortenau/", "/redi", "redi/"],
)
def test_a_planted_cookie_leads_nowhere(house: House, provider: OpenIdEmulator, path: str) -> None:
    client, address = begin(house)
    quoted = '"' + path.replace("\\", "\\\\") + '"'
    client.cookies.set(house.networks["redi"].cookie("next"), quoted, domain="redi.example", path="/redi")
    answer = client.get("/redi/openid/back", params=provider.log_in(address))
    assert answer.headers["location"] == "/redi/"


def test_logging_out_offers_to_end_the_providers_session_too(house: House, provider: OpenIdEmulator) -> None:
    client, _ = back(house, provider)
    word = client.cookies[house.networks["redi"].cookie()]
    visitor = house.visitor(None)
    visitor.client, visitor.word = client, word
    answer = visitor.post("logout")
    assert f"{provider.issuer}/logout?client_id={CLIENT}&amp;post_logout_redirect_uri=https%3A%2F%2Fredi.example" in (
        answer.text
    )
    assert person_of(house, client) is None
    assert house.networks["redi"].sessions.find(word, house.clock.now()) is None


def test_a_network_without_a_provider_has_no_such_page(house: House, provider: OpenIdEmulator) -> None:
    assert house.client().get("/ortenau/openid").status_code == 404
    assert house.client().get("/ortenau/openid/back").status_code == 404
