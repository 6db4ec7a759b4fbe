"""What a directory may answer without hanging us, filling our memory, or ending us in a traceback."""

import socket
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from connectors.nextcloud import listing
from connectors.nextcloud.listing import pages
from provisioner.model.errors import Garbled, OutcomeUnknown
from provisioner.transport import directory as transport
from provisioner.transport import directory_receiving
from provisioner.transport.directory import Directory
from provisioner.transport.directory_address import Address
from provisioner.transport.gate import WriteGate, WriteToken
from tests.security.hostile import listening

Answering = Callable[[socket.socket, bytes], None]
"""Told the connection and the id of the request's message."""


def ber(tag: int, *parts: bytes) -> bytes:
    """One element, with its length in four bytes."""
    content = b"".join(parts)
    return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content


def result(message: bytes, tag: int, *controls: bytes) -> bytes:
    """The end of an operation: success."""
    done = ber(tag, ber(0x0A, b"\x00"), ber(4), ber(4))
    return ber(0x30, message, done, *controls)


def cookie() -> bytes:
    value = ber(0x30, ber(2, b"\x00"), ber(4, b"more"))
    return ber(0xA0, ber(0x30, ber(4, b"1.2.840.113556.1.4.319"), ber(4, value)))


def after_login(answer: Answering) -> Callable[[socket.socket], None]:
    """Lets everybody log in; each later request is answered so."""

    def converse(connection: socket.socket) -> None:
        first = True
        while request := connection.recv(1 << 16):
            start = 2 if request[1] < 0x80 else 2 + request[1] - 0x80
            number = request[start : start + 2 + request[start + 1]]  # the message's id, as it was encoded
            if first:
                connection.sendall(result(number, 0x61))
                first = False
            else:
                answer(connection, number)

    return converse


def directory_on(port: int, gate: WriteGate | None = None) -> Directory:
    return Directory(Address(f"ldap://127.0.0.1:{port}"), "cn=x", SecretStr("p"), gate or WriteGate())


def entry(message: bytes, size: int) -> bytes:
    values = ber(0x30, ber(4, b"description"), ber(0x31, ber(4, b"x" * size)))
    return ber(0x30, message, ber(0x64, ber(4, b"cn=a"), ber(0x30, values)))


def for_ever(connection: socket.socket, number: bytes) -> None:
    while True:
        connection.sendall(entry(number, 10_000))


def huge(connection: socket.socket, number: bytes) -> None:
    connection.sendall(b"\x30\x88" + b"\x7f" + b"\xff" * 7)
    while True:
        connection.sendall(b"\x00" * 65_536)


@pytest.mark.parametrize("answer", [for_ever, huge])
def test_an_answer_without_end_is_given_up(answer: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_receiving, "MOST_BYTES", 300_000)
    with listening(after_login(answer)) as port, pytest.raises(Garbled):
        directory_on(port).below("dc=x", "(objectClass=*)", ("cn",))


def test_an_answer_that_trickles_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_receiving, "LONGEST_ANSWER", -1.0)
    with listening(after_login(for_ever)) as port, pytest.raises(Garbled):
        directory_on(port).below("dc=x", "(objectClass=*)", ("cn",))


def test_after_a_write_an_answer_without_end_leaves_the_outcome_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = WriteGate()
    with listening(after_login(huge)) as port, gate.opened(WriteToken("s", lambda: True)):
        directory = directory_on(port, gate)
        directory._live()
        monkeypatch.setattr(directory_receiving, "MOST_BYTES", 300_000)
        with pytest.raises(OutcomeUnknown):
            directory.modify("cn=a", {"cn": [("MODIFY_REPLACE", [b"b"])]})


def test_pages_that_never_end_are_given_up() -> None:
    def page(connection: socket.socket, number: bytes) -> None:
        connection.sendall(result(number, 0x65, cookie()))

    with listening(after_login(page)) as port, pytest.raises(Garbled, match="without end"):
        directory_on(port).below("dc=x", "(objectClass=*)", ("cn",))


def test_entries_that_never_end_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MOST_ENTRIES", 20)

    def page(connection: socket.socket, number: bytes) -> None:
        connection.sendall(entry(number, 10) + result(number, 0x65, cookie()))

    with listening(after_login(page)) as port, pytest.raises(Garbled, match="without end"):
        directory_on(port).below("dc=x", "(objectClass=*)", ("cn",))


@pytest.mark.parametrize("tag", [0x30, 0x64, 0xA0])
def test_elements_nested_a_thousand_deep_are_no_ldap(tag: int) -> None:
    nested = b""
    for _ in range(5_000):
        nested = ber(tag, nested)

    def deep(connection: socket.socket, number: bytes) -> None:
        connection.sendall(ber(0x30, number, ber(0x64, nested)))

    with listening(after_login(deep)) as port, pytest.raises(Garbled):
        directory_on(port).below("dc=x", "(objectClass=*)", ("cn",))


def test_a_list_that_a_server_makes_up_as_we_ask_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST", 50)

    class Endless:
        asked = 0

        def get(self, path: str, params: object = None) -> object:
            self.asked += 1
            return {"users": {f"u{self.asked}-{number}": {} for number in range(10)}}

    endless = Endless()
    with pytest.raises(Garbled):
        list(pages(endless, "/x", "users", 10))  # type: ignore[arg-type]
    assert endless.asked == 6
