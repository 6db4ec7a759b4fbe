"""Who may call a sender's webhook."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from provisioner.senders.hooks import caller_is_known
from provisioner.senders.settings import HookSettings

SECRET = "a-secret-of-some-forty-letters-and-digits-1"
HOOK = HookSettings(secret=SecretStr(SECRET))


def _basic(password: str, user: str = "readi") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "said", [f"Bearer {SECRET}", f"bearer  {SECRET} ", _basic(SECRET), _basic(SECRET, ""), _basic(SECRET, "ä")]
)
def test_a_caller_with_the_secret_is_known(said: str) -> None:
    assert caller_is_known(HOOK, {"authorization": said})


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Bearer",
        "Bearer ",
        SECRET,
        f"Bearer {SECRET}x",
        f"Bearer {SECRET[:-1]}",
        f"Digest {SECRET}",
        f"Basic {SECRET}",
        _basic("", SECRET),
        _basic(SECRET.upper()),
        "Basic ====",
        "Basic " + "A" * 100_000,
    ],
)
def test_nobody_else_is(said: str) -> None:
    assert not caller_is_known(HOOK, {"authorization": said})


def test_without_a_header_or_a_secret_nobody_is() -> None:
    assert not caller_is_known(HOOK, {})
    assert not caller_is_known(HookSettings(), {"authorization": "Bearer "})
    assert not caller_is_known(HookSettings(secret=SecretStr("")), {"authorization": "Bearer "})


@given(st.text())
def test_whatever_the_header_holds_is_no_fault(said: str) -> None:
    for scheme in ("", "Bearer ", "Basic "):
        assert not caller_is_known(HOOK, {"authorization": scheme + said})
