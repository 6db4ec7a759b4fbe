"""What Talk's bot tells, and what strangers tell in its name: read for what concerns us, and never trusted."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from provisioner.app.alerting.bot_events import Reacted, Wrote, event_of, is_signed, number_of

SECRET = SecretStr("s" * 40)
RANDOM = "r" * 64
LIKE: dict[str, Any] = {
    "type": "Like",
    "actor": {"type": "Person", "id": "users/readi-provisioner", "name": "re@di"},
    "object": {"type": "Note", "id": "1567", "name": "", "content": '{"message":"Hochwasser","parameters":[]}'},
    "target": {"type": "Collection", "id": "n3xtc10ud", "name": "Sensorik"},
    "content": "👍",
}
UNDO: dict[str, Any] = {"type": "Undo", "actor": LIKE["actor"], "object": LIKE, "target": LIKE["target"]}


def wrote(text: str, parameters: object = (), **more: Any) -> bytes:
    content = json.dumps({"message": text, "parameters": parameters})
    event = {
        "type": "Create",
        "actor": {"type": "Person", "id": "users/ada", "name": "Ada Muster"},
        "object": {"type": "Note", "id": "1600", "name": "message", "content": content} | more,
        "target": LIKE["target"],
    }
    return json.dumps(event).encode()


def signature(body: bytes, secret: SecretStr = SECRET, random: str = RANDOM) -> dict[str, str]:
    word = hmac.new(secret.get_secret_value().encode(), random.encode() + body, hashlib.sha256).hexdigest()
    return {"x-nextcloud-talk-random": random, "x-nextcloud-talk-signature": word}


def test_what_the_bot_signed_is_known() -> None:
    body = wrote("@bot status")
    headers = signature(body)
    assert is_signed(headers, body, SECRET)
    assert is_signed(
        {**headers, "x-nextcloud-talk-signature": headers["x-nextcloud-talk-signature"].upper()}, body, SECRET
    )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-nextcloud-talk-random": RANDOM},
        signature(b"{}", SecretStr("t" * 40)),
        signature(b"{} "),
        signature(b"{}", random="r" * 31),
        signature(b"{}", random="r" * 257),
        {**signature(b"{}"), "x-nextcloud-talk-random": "q" * 64},
        {**signature(b"{}"), "x-nextcloud-talk-signature": "ä" * 64},
    ],
)
def test_a_forged_call_is_not_known(headers: dict[str, str]) -> None:
    assert not is_signed(headers, b"{}", SECRET)


def test_without_a_secret_nobody_is_known() -> None:
    assert not is_signed(signature(b"{}", SecretStr("")), b"{}", SecretStr(""))


def test_a_reaction_says_to_which_message_and_nothing_of_who_it_was() -> None:
    assert event_of(json.dumps(LIKE).encode()) == Reacted("n3xtc10ud", 1567, "👍", is_undo=False)
    assert event_of(json.dumps(UNDO).encode()) == Reacted("n3xtc10ud", 1567, "👍", is_undo=True)


def test_a_message_says_who_wrote_what_as_an_answer_to_which() -> None:
    parent = {"type": "Note", "actor": LIKE["actor"], "object": LIKE["object"]}
    assert event_of(wrote("@bot stumm 2h", inReplyTo=parent)) == Wrote("n3xtc10ud", 1600, "ada", "@bot stumm 2h", 1567)
    assert event_of(wrote("hallo")) == Wrote("n3xtc10ud", 1600, "ada", "hallo", None)


def test_whom_a_message_mentions_is_read_as_it_was_typed() -> None:
    mentioned = {"mention-user1": {"type": "user", "id": "readi-provisioner", "name": "re@di"}, "file": {"id": "1"}}
    told = event_of(wrote("{mention-user1} status {file} {nothing}", mentioned))
    assert isinstance(told, Wrote)
    assert told.text == "@readi-provisioner status {file} {nothing}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"type": 1}',
        b'{"type": "Join"}',
        b'{"type": "Activity"}',
        b'{"type": "Create"}',
        b'{"type": "Like", "object": {"id": "1"}, "target": {"id": "a"}, "content": ""}',
        b'{"type": "Like", "object": {"id": "-1"}, "target": {"id": "a"}, "content": "x"}',
        b'{"type": "Like", "object": {"id": "1"}, "target": {"id": "../a"}, "content": "x"}',
        b'{"type": "Like", "object": {"id": "99999999999999999999"}, "target": {"id": "a"}, "content": "x"}',
        b"\xff\xfe",
        b'{"type": "Create", "actor": ' + b"[" * 100_000,
        b'{"type": "Create", "x": ' + b'{"x":' * 100_000 + b"1" + b"}" * 100_001,
        wrote("x" * 2_001),
        wrote("hallo", content="no JSON"),
        wrote("hallo", content='{"message": ' + "[" * 100_000),
        wrote("hallo", name="user_added"),
        wrote("hallo").replace(b"users/ada", b"guests/ada"),
        wrote("hallo").replace(b"users/ada", b"bots/bot-1"),
        wrote("hallo").replace(b"users/ada", b"users/"),
    ],
)
def test_what_is_neither_a_reaction_nor_a_short_word_of_an_account_is_nothing(body: bytes) -> None:
    assert event_of(body) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda kin: st.lists(kin) | st.dictionaries(st.text(), kin)
    )
)
def test_whatever_comes_nothing_is_raised(told: Any) -> None:
    for event in ({**LIKE, "object": told}, {**LIKE, "target": told}, {"type": "Create", "object": told}, told):
        event_of(json.dumps(event).encode())
    event_of(wrote("hallo", content=json.dumps(told)))


@pytest.mark.parametrize(
    ("told", "number"), [("17", 17), (17, 17), ("017", 17), ("", None), ("٣", None), (0, None), (2**63, None)]
)
def test_a_messages_number_is_one_or_none(told: str | int, number: int | None) -> None:
    assert number_of(told) == number
