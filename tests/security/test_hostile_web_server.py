"""What a web server may answer without hanging us, filling our memory, or ending us in a traceback."""

import gzip
import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from provisioner.model.errors import Garbled, OutcomeUnknown, Transient
from provisioner.transport import http, portal
from provisioner.transport.answer import NOT_JSON, Answer
from provisioner.transport.gate import WriteGate, WriteToken
from provisioner.transport.http import HttpSession
from provisioner.transport.portal import NextcloudSession
from tests.security.hostile import listening, read_head

Ask = Callable[[str, int], Answer]
"""Method and port → answer."""


@pytest.fixture(params=["requests", "niquests"])
def ask(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Either transport, with an open gate and room for little."""
    for module in (http, portal):
        monkeypatch.setattr(module, "MOST_BYTES", 100_000)
    gate = WriteGate()
    opened: list[HttpSession | NextcloudSession] = []

    def by_requests(method: str, port: int) -> Answer:
        session = HttpSession(gate, timeout=20.0)
        opened.append(session)
        return session.call(method, f"http://127.0.0.1:{port}/x")

    def by_niquests(method: str, port: int) -> Answer:
        session = NextcloudSession(gate, f"http://127.0.0.1:{port}", "u", SecretStr("p"), timeout=20.0)
        opened.append(session)
        return session.ocs(method, "/ocs/v2.php/x")

    with gate.opened(WriteToken("s", lambda: True)):
        yield by_requests if request.param == "requests" else by_niquests
    for session in opened:
        session.close()


def answering(head: str, body: bytes) -> Callable[[socket.socket], None]:
    """One answer with a right length."""

    def converse(connection: socket.socket) -> None:
        read_head(connection)
        lines = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{head}\r\n"
        connection.sendall(lines.encode("latin-1") + body)

    return converse


def without_end(connection: socket.socket) -> None:
    """Chunks for ever."""
    read_head(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"2000\r\n" + b" " * 0x2000 + b"\r\n")


BOMB = gzip.compress(b" " * 5_000_000)
ENDLESS = {
    "chunks": without_end,
    "length": answering("", b" " * 200_000),
    "packed": answering("Content-Encoding: gzip\r\nContent-Type: application/json\r\n", BOMB),
}


@pytest.mark.parametrize("converse", ENDLESS.values(), ids=ENDLESS)
def test_a_read_gives_up_an_answer_that_is_too_long(ask: Ask, converse: Callable[[socket.socket], None]) -> None:
    with listening(converse) as port, pytest.raises(Garbled):
        ask("GET", port)


@pytest.mark.parametrize("converse", ENDLESS.values(), ids=ENDLESS)
def test_after_a_write_an_answer_too_long_leaves_the_outcome_unknown(
    ask: Ask, converse: Callable[[socket.socket], None]
) -> None:
    with listening(converse) as port, pytest.raises(OutcomeUnknown):
        ask("POST", port)


def test_an_answer_that_trickles_in_is_given_up(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (http, portal):
        monkeypatch.setattr(module, "LONGEST_ANSWER", 0.05)
        monkeypatch.setattr(module, "MOST_BYTES", 1 << 40)
    with listening(without_end) as port, pytest.raises((Transient, Garbled)):
        ask("GET", port)


def test_a_head_without_end_is_given_up_by_the_transport_that_logs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal, "LONGEST_ANSWER", 0.05)

    def silent(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        connection.recv(1 << 16)
        connection.recv(1 << 16)  # until the other side ends

    with listening(silent) as port:
        session = NextcloudSession(WriteGate(), f"http://127.0.0.1:{port}", "u", SecretStr("p"), timeout=20.0)
        with pytest.raises(Transient):
            session.ocs("GET", "/ocs/v2.php/x")
        session.close()


@pytest.mark.parametrize(
    "body",
    [b"[" * 50_000, b"[" * 40_000 + b"]" * 40_000, b"1" * 6_000, b'{"a": "\xff"}', b"<html>", b"", b"\x00"],
    ids=["open", "deep", "digits", "latin-1", "HTML", "nothing", "NUL"],
)
@pytest.mark.parametrize("kind", ["application/json", "text/html; charset=undefined", "application/x; charset=idna"])
def test_what_is_no_sound_json_is_an_answer_without_a_value(ask: Ask, body: bytes, kind: str) -> None:
    with listening(answering(f"Content-Type: {kind}\r\n", body)) as port:
        answer = ask("GET", port)
    assert answer.status == 200
    assert answer.value is NOT_JSON or answer.value == {"a": "\ufffd"}


def test_halves_of_letters_become_a_sign_that_can_be_printed_and_kept(ask: Ask) -> None:
    body = b'{"\\ud800": ["a\\uDC00b", "\\ud83d\\ude00", "\\u00fc"]}'
    with listening(answering("Content-Type: application/json\r\n", body)) as port:
        value = ask("GET", port).value
    assert json.dumps(value, ensure_ascii=False).encode()
    assert value == {"\ufffd": ["a\ufffdb", "\U0001f600", "ü"]}


@pytest.mark.parametrize("said", ["²", "٣", "9" * 5000, "Mon, 01 Jan 99999 00:00:00 GMT", "-1", "nan", ""])
def test_a_strange_wish_to_wait_is_no_error_and_never_long(said: str) -> None:
    wait = Answer(429, {"retry-after": said}).retry_after(datetime(2026, 1, 1, tzinfo=UTC))
    assert wait is None or 0 <= wait <= 60


def test_a_redirect_elsewhere_takes_no_credentials_along(ask: Ask) -> None:
    seen: list[bytes] = []
    with listening(lambda connection: seen.append(read_head(connection))) as elsewhere:
        there = f'Location: http://127.0.0.1:{elsewhere}/\r\nAlt-Svc: h2="127.0.0.1:{elsewhere}"\r\n'

        def redirect(connection: socket.socket) -> None:
            read_head(connection)
            connection.sendall(f"HTTP/1.1 307 There\r\nContent-Length: 0\r\n{there}\r\n".encode())

        with listening(redirect) as port:
            for _ in range(2):
                assert ask("GET", port).status == 307
                assert ask("POST", port).status == 307
    assert seen == []
