"""What a verdict warns of, and that no token can bring the checker down."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.jitsi.judging import judge
from connectors.jitsi.lua_pattern import found_by
from connectors.jitsi.rules import Deployment, Refused, Why, enter, login
from provisioner.model.meetings import Stage, Standing, Verdict
from tests.jitsi.cases import CLOCK, NOW, ROOM, SECRET, by_key, deployment, signed, token

LOBBY = Deployment(SecretStr(SECRET), lobby=True)
OPEN = Deployment(SecretStr(SECRET))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def judged(changes: dict[str, Any] | None = None, how: Deployment = OPEN, **more: Any) -> Verdict:
    return judge(token(changes, **more), ROOM, how, CLOCK.now())


def warned(verdict: Verdict) -> list[str]:
    assert verdict.accepted
    return [warning.code.removeprefix("jitsi.") for warning in verdict.warnings]


LEFT_OUT = {"aud": "jitsi", "iss": "readi", "sub": "meet.jitsi", "room": ROOM}


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({}, []),
        ({"exp": False}, ["unsafe_no_end"]),
        ({"exp": NOW + 3601}, ["unsafe_long"]),
        ({"exp": NOW + 3600}, []),
        ({"exp": 10**400}, ["unsafe_long"]),
        ({"exp": float("inf")}, ["unsafe_long"]),
        ({"exp": float("nan")}, ["unsafe_long"]),
        ({"room": "*"}, ["unsafe_all_rooms"]),
        ({"room": False}, ["unsafe_all_rooms"]),
        ({"sub": "*"}, ["unsafe_all_tenants"]),
        ({"sub": "evil"}, ["unsafe_subject"]),
        ({"sub": None}, ["unsafe_subject"]),
        ({"context": {"user": {"email": "max@stadt.example"}}}, ["unsafe_email"]),
        ({"context": {"room": {"lobby_autostart": False}}}, ["unsafe_lobby_off"]),
        ({"moderator": True}, ["moderator_unheard"]),
        ({"context": {"moderator": True}}, ["moderator_unheard"]),
        ({"context": {"user": {"moderator": 1}}}, ["moderator_unheard"]),
        ({"context": {"user": {"role": "moderator"}}}, ["moderator_unheard"]),
        ({"context": {"user": {"moderator": True}}}, []),
    ],
    ids=str,
)
def test_what_is_unsafe_about_an_accepted_token_is_said(changes: dict[str, Any], warning: list[str]):
    assert warned(judged(changes)) == warning


def test_only_a_to_z_of_a_claim_are_put_into_small_letters():
    assert judge(token({"room": "AG-Über"}), "ag-über", OPEN, CLOCK.now()).stage is Stage.ROOM
    assert judge(token({"room": "AG-über"}), "ag-über", OPEN, CLOCK.now()).accepted


def test_without_an_end_it_never_runs_out():
    endless = signed(json.dumps(LEFT_OUT).encode(), {"typ": "JWT"}, SECRET, "HS256")
    assert warned(judge(endless, ROOM, OPEN, CLOCK.now())) == ["unsafe_no_end"]


def test_a_pattern_of_rooms_is_warned_of_where_it_is_one():
    changes = {"room": "ag-.*", "context": {"room": {"regex": "true"}}}
    assert warned(judged(changes, deployment("domver"))) == ["unsafe_pattern"]
    assert judged(changes).stage is Stage.ROOM


def test_a_moderator_who_would_wait_is_told():
    found = judged(None, LOBBY, user={"moderator": True})
    assert (found.standing, warned(found)) == (Standing.GUEST, ["moderator_waits"])
    found = judged(None, LOBBY, user={"moderator": True, "lobby_bypass": True})
    assert (found.standing, warned(found)) == (Standing.MODERATOR, [])
    assert judged(None, LOBBY, user={"lobby_bypass": "true"}).standing is Standing.GUEST


@pytest.mark.parametrize(
    ("claims", "accepted"),
    [
        *(({"context": {"user": user}}, [True, True, True]) for user in ("x", [1])),
        *(({"context": {"user": user}}, [False, False, False]) for user in (7, None, True)),
        *(({"context": {"room": room}}, [True, False, False]) for room in (7, None)),
        *(({"context": context}, [True, True, True]) for context in ("x", [])),
        *(({"context": context}, [False, False, False]) for context in (7, None, False)),
        ({"room": False}, [True, False, True]),
        ({"room": None}, [False, False, False]),
        ({"room": 7.5}, [False, False, False]),
        ({"sub": None}, [True, False, True]),
        ({"sub": 7}, [True, False, True]),
        ({"aud": None}, [True, True, False]),
        ({"iss": None}, [False, False, False]),
        ({"exp": 1e300}, [True, True, True]),
    ],
    ids=str,
)
def test_odd_claims_end_as_on_the_real_server(claims: dict[str, Any], accepted: list[bool]):
    """Observed on Prosody 0.12.3 with the plugins of August 2026, deployed three ways."""
    found = [judged(claims, deployment(profile)).accepted for profile in ("hs256", "domver", "full")]
    assert found == accepted


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"room": None}, Why.HANGS),
        ({"room": {"a": 1}}, Why.HANGS),
        ({"room": True}, Why.HANGS),
        ({"context": None}, Why.HANGS),
        ({"context": 7}, Why.HANGS),
        ({"exp": None}, Why.EXP_TYPE),
        ({"nbf": "now"}, Why.NBF_TYPE),
    ],
    ids=str,
)
def test_what_breaks_the_plugins_is_refused(claims: dict[str, Any], why: Why):
    found = login(token(claims), OPEN, CLOCK.now())
    refused = found if isinstance(found, Refused) else enter(found, ROOM, None, OPEN)
    assert refused is not None
    assert refused.why is why


@settings(deadline=None, max_examples=60)
@given(claims=st.dictionaries(st.sampled_from(["aud", "iss", "sub", "room", "exp", "nbf", "context", "x"]), JSON))
@pytest.mark.parametrize("profile", ["hs256", "domver", "full", "lobby"])
def test_no_claim_brings_the_checker_down(profile: str, claims: dict[str, Any]):
    judge(token(claims), ROOM, deployment(profile), CLOCK.now(), "musterstadt")


@settings(deadline=None, max_examples=60)
@given(text=st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_.=-]{0,60}", fullmatch=True))
@pytest.mark.parametrize("profile", ["hs256", "asap"])
def test_no_text_is_a_token_by_chance_or_brings_the_checker_down(profile: str, text: str):
    assert not judge(text, ROOM, deployment(profile), CLOCK.now()).accepted


@settings(deadline=None, max_examples=30)
@given(payload=JSON)
def test_a_body_that_is_no_object_is_refused(payload: object):
    if not isinstance(payload, dict):
        body = json.dumps(payload).encode()
        assert not judge(signed(body, {"typ": "JWT"}, SECRET, "HS256"), ROOM, OPEN, CLOCK.now()).accepted


def test_json_without_end_is_refused():
    deep = signed(b'{"a":' + b"[" * 100_000, {"typ": "JWT"}, SECRET, "HS256")
    assert not judge(deep, ROOM, OPEN, CLOCK.now()).accepted


def test_a_key_that_is_not_published_any_more_opens_nothing():
    assert judge(by_key(), ROOM, deployment("asap"), CLOCK.now()).accepted
    assert not judge(by_key(kid="other"), ROOM, deployment("asap"), CLOCK.now()).accepted


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("ag-.*", "ag-klima", "ag-klima"),
        ("ag-.*", "bg-x", None),
        ("a.c", "abc", "abc"),
        ("%a+", "abc1", "abc"),
        ("%d%d?", "7x", "7"),
        ("[a-c]*", "abcd", "abc"),
        ("[^a]+", "bca", "bc"),
        ("[%a%-]+", "ag-klima1", "ag-klima"),
        ("a-", "aaa", ""),
        ("a-$", "aaa", "aaa"),
        ("^ag$", "ag", "ag"),
        ("a%$", "a$", "a$"),
        ("%A+", "12a", "12"),
        ("(a)", "a", None),
        ("%b()", "()", None),
        ("[a", "a", None),
        ("%", "%", None),
        (".*" * 40, "x", None),
        (".*", "x" * 129, None),
    ],
)
def test_luas_patterns_mean_what_lua_means_by_them(pattern: str, text: str, found: str | None):
    assert found_by(pattern, text) == found


def test_no_pattern_takes_for_ever():
    assert found_by(".*" * 15 + "y", "x" * 128) is None
