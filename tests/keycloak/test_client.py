"""What each answer means, and how a token that runs out is no failure and no second write."""

import logging

import pytest
import requests

from connectors.kit.answers import Refusal
from provisioner.model.errors import (
    Garbled,
    LoginRefused,
    NotAllowed,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    TargetError,
    Transient,
    WriteRefused,
)
from tests.keycloak.served import ADMIN, SECRET, TOKEN, Served, token
from tests.support.keycloak import TOKEN as OPEN


def sent(served: Served, path: str) -> list[str]:
    """The tokens with which an address was asked, in order."""
    calls = [call.request for call in served.mock.calls if (call.request.url or "").startswith(f"{ADMIN}{path}")]
    return [str(call.headers["Authorization"]) for call in calls]


def test_one_token_serves_until_shortly_before_its_end(served: Served) -> None:
    served.once("GET", "/users/count", 200, 3)
    for _ in range(3):
        assert served.client.get("/users/count") == 3
    assert served.tokens == 1
    served.clock.sleep(269)
    served.client.get("/users/count")
    assert served.tokens == 1
    served.clock.sleep(2)
    served.client.get("/users/count")
    assert served.tokens == 2


def test_a_short_token_is_used_for_half_its_life(served: Served) -> None:
    served.life = 20
    served.once("GET", "/users/count", 200, 3)
    served.client.get("/users/count")
    served.clock.sleep(9)
    served.client.get("/users/count")
    assert served.tokens == 1
    served.clock.sleep(2)
    served.client.get("/users/count")
    assert served.tokens == 2


def test_a_token_that_ran_out_in_the_middle_is_renewed_and_the_write_is_done_once(served: Served) -> None:
    served.once("PUT", "/users/u/groups/g", 401, {"error": "HTTP 401 Unauthorized"})
    served.once("PUT", "/users/u/groups/g", 204, "")
    with served.gate.opened(OPEN):
        served.client.write("PUT", "/users/u/groups/g")
    assert sent(served, "/users/u") == [f"Bearer {token(1)}", f"Bearer {token(2)}"]


def test_a_fresh_token_that_is_not_taken_either_ends_everything(served: Served) -> None:
    served.once("GET", "/users/count", 401, {"error": "HTTP 401 Unauthorized"})
    for _ in range(3):
        with pytest.raises(LoginRefused):
            served.client.get("/users/count")
    assert (served.tokens, len(sent(served, "/users"))) == (2, 2)


@pytest.mark.parametrize(("status", "word"), [(401, "unauthorized_client"), (401, "invalid_client"), (400, "other")])
def test_a_refused_log_in_is_never_tried_twice(served: Served, status: int, word: str) -> None:
    served.mock.replace("POST", TOKEN, json={"error": word, "error_description": "x"}, status=status)
    for _ in range(3):
        with pytest.raises(LoginRefused, match="login_refused"):
            served.client.get("/users/count")
    assert len(served.mock.calls) == 1


def test_a_realm_that_is_not_there_is_no_refused_log_in(served: Served) -> None:
    served.mock.replace("POST", TOKEN, json={"error": "Realm does not exist"}, status=404)
    with pytest.raises(Permanent, match="no_realm"):
        served.client.get("/users/count")


def test_a_token_that_does_not_come_leaves_a_write_undone_and_repeatable(served: Served) -> None:
    for failure in ({"body": "<html>", "status": 502}, {"body": requests.exceptions.ReadTimeout()}, {"body": "<html>"}):
        served.mock.replace("POST", TOKEN, **failure)
        with served.gate.opened(OPEN), pytest.raises(Transient):
            served.client.write("POST", "/users", {"username": "x"})
    assert sent(served, "") == []


def test_a_closed_gate_lets_nothing_out_not_even_for_a_token(served: Served) -> None:
    with pytest.raises(WriteRefused):
        served.client.write("DELETE", "/users/u")
    assert len(served.mock.calls) == 0


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, {"error": "User not found"}, Refusal),
        (404, {"error": "HTTP 404 Not Found"}, Garbled),
        (404, {"error": "Unable to find matching target resource method"}, Garbled),
        (404, "", Garbled),
        (404, "<html>nginx</html>", Garbled),
        (403, {"error": "HTTP 403 Forbidden"}, NotAllowed),
        (403, "<html>WAF</html>", Garbled),
        (200, "<html>please log in</html>", Garbled),
        (302, "", Permanent),
        (400, {"field": "email", "errorMessage": "error-invalid-email", "params": ["email", "geheim@x"]}, Refusal),
        (429, {"error": "slow"}, RateLimited),
        (500, {"error": "unknown_error"}, Transient),
        (503, "<html>", Transient),
    ],
)
def test_each_answer_to_a_read_has_its_meaning(
    served: Served, status: int, body: object, kind: type[TargetError]
) -> None:
    served.once("GET", "/users/u", status, body, {"Location": "https://elsewhere.example"} if status == 302 else None)
    with pytest.raises(kind) as failed:
        served.client.get("/users/u")
    assert type(failed.value) is kind
    assert "geheim" not in str(failed.value)


def test_only_the_servers_own_word_means_that_something_is_gone(served: Served) -> None:
    served.once("GET", "/users/u", 404, {"error": "User not found"})
    assert served.client.find("/users/u") is None
    served.once("GET", "/users/v", 404, "")
    with pytest.raises(Garbled):
        served.client.find("/users/v")


@pytest.mark.parametrize(("status", "body"), [(200, "<html>"), (404, "<html>"), (404, {"error": "HTTP 404 Not Found"})])
def test_an_odd_answer_to_a_write_leaves_its_outcome_open(served: Served, status: int, body: object) -> None:
    served.once("POST", "/users", status, body)
    with served.gate.opened(OPEN), pytest.raises(OutcomeUnknown):
        served.client.write("POST", "/users", {})


def test_a_read_is_tried_again_and_a_write_is_not(served: Served) -> None:
    served.once("GET", "/users/count", 503, "", {"Retry-After": "7"})
    served.once("GET", "/users/count", 200, 3)
    before = served.clock.monotonic()
    assert served.client.get("/users/count") == 3
    assert served.clock.monotonic() - before == 7
    served.once("DELETE", "/users/u", 503, "")
    with served.gate.opened(OPEN), pytest.raises(Transient):
        served.client.write("DELETE", "/users/u")
    assert len(sent(served, "/users/u")) == 1


def test_neither_secret_nor_token_reaches_a_log_or_an_error(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    served.once("GET", "/users/u", 400, {"errorMessage": "no"})
    with pytest.raises(Refusal) as failed:
        served.client.get("/users/u")
    told = f"{caplog.text} {failed.value!r} {failed.value.detail} {served.client.who()!r} {served.client.settings!r}"
    assert SECRET not in told
    assert token(1) not in told
    (asking,) = [call.request for call in served.mock.calls if call.request.url == TOKEN]
    assert SECRET not in (asking.url or "")
    assert "grant_type=client_credentials" in str(asking.body)
