"""What a synchronisation's answer says (RFC 4533), and that none of another form is believed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.model.errors import Garbled
from provisioner.transport.directory_answers import Answer
from provisioner.transport.directory_sync import refreshed, request_value

ANNA, BERT, CEM = (UUID(int=number) for number in (1, 2, 3))
STATE, DONE, INFO = (f"1.3.6.1.4.1.4203.1.9.1.{number}" for number in (2, 3, 4))
PRESENT, ADD, MODIFY, DELETE = range(4)


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content


def entry(who: UUID, state: int) -> dict[str, Any]:
    value = tlv(0x30, tlv(0x0A, bytes([state])), tlv(4, who.bytes))
    attributes = {} if state in (PRESENT, DELETE) else {"cn": [b"x"]}
    return {
        "type": "searchResEntry",
        "dn": f"cn={who}",
        "raw_attributes": attributes,
        "controls": {STATE: {"value": value}},
    }


def info(value: bytes) -> dict[str, Any]:
    return {"type": "intermediateResponse", "responseName": INFO, "responseValue": value}


def ids(deleted: bool, *who: UUID) -> dict[str, Any]:
    flag = tlv(1, b"\xff") if deleted else b""
    return info(tlv(0xA3, tlv(4, b"c"), flag, tlv(0x31, *(tlv(4, one.bytes) for one in who))))


def answer(*responses: Mapping[str, Any], done: bytes | None = None, deletes: bool = True) -> Answer:
    value = tlv(0x30, tlv(4, b"cookie"), tlv(1, b"\xff") if deletes else b"") if done is None else done
    return Answer(0, "success", "", responses, {DONE: {"value": value}})


def test_the_request_asks_for_a_refresh_alone() -> None:
    assert request_value(b"") == bytes.fromhex("30030a0101")
    assert request_value(b"ab") == bytes.fromhex("30070a010104026162")
    assert request_value(b"x" * 200)[:3] == bytes.fromhex("3081ce")


def test_changes_and_deletions_are_told_apart() -> None:
    found = refreshed(answer(entry(ANNA, MODIFY), entry(BERT, DELETE), ids(True, CEM)))
    assert [one.name for one in found.entries] == [f"cn={ANNA}"]
    assert (found.deleted, found.present, found.cookie) == ({str(BERT), str(CEM)}, None, b"cookie")


def test_who_is_present_is_named_together_with_who_changed() -> None:
    found = refreshed(answer(entry(ANNA, ADD), entry(BERT, PRESENT), ids(False, CEM), deletes=False))
    assert [one.name for one in found.entries] == [f"cn={ANNA}"]
    assert (found.deleted, found.present) == (set(), {str(ANNA), str(BERT), str(CEM)})


def test_deletions_can_follow_those_who_are_present() -> None:
    found = refreshed(answer(ids(False, ANNA, BERT), info(tlv(0xA2)), ids(True, BERT)))
    assert (found.deleted, found.present) == ({str(BERT)}, {str(ANNA)})


def test_cookies_on_the_way_and_what_others_say_in_between_are_passed_over() -> None:
    other = {"type": "intermediateResponse", "responseName": "1.2.3", "responseValue": b"x"}
    found = refreshed(answer(info(tlv(0x80, b"cookie")), info(tlv(0xA1)), other))
    assert (found.entries, found.deleted, found.present) == ((), set(), None)


@pytest.mark.parametrize(
    "broken",
    [
        answer(done=b""),
        answer(done=b"\x30\x05\x04"),
        answer(done=tlv(4, b"x")),
        Answer(0, "success", "", (), {}),
        answer({"type": "searchResEntry", "dn": "cn=x", "raw_attributes": {}}),
        answer({**entry(ANNA, ADD), "controls": {STATE: {"value": b"\x30\x03\x0a\x01\x07"}}}),
        answer(entry(ANNA, 4)),
        answer({**entry(ANNA, ADD), "controls": {STATE: {"value": tlv(0x30, tlv(0x0A, b"\1"), tlv(4, b"short"))}}}),
        answer(info(tlv(0xA3, tlv(4, b"c")))),
        answer(info(tlv(0xA9))),
        answer(info(b"")),
    ],
    ids=str,
)
def test_another_form_is_never_believed(broken: Answer) -> None:
    with pytest.raises(Garbled):
        refreshed(broken)


@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60))
def test_no_bytes_end_in_anything_but_an_answer_or_no_answer(state: bytes, said: bytes, done: bytes) -> None:
    odd = {**entry(ANNA, ADD), "controls": {STATE: {"value": state}}}
    for one in (answer(odd), answer(info(said)), answer(done=done)):
        try:
            refreshed(one)
        except Garbled:
            continue
