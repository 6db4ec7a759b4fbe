"""The way to a directory: what may pass, over what kind of line, and what becomes of broken ones."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.ldap.emulator import LdapEmulator
from provisioner.model.errors import (
    Garbled,
    LoginRefused,
    OutcomeUnknown,
    Permanent,
    SettingsError,
    Transient,
    WriteRefused,
)
from provisioner.transport.directory import REPLACE, Directory, GuardedStrategy, ldap3
from provisioner.transport.directory_address import Address
from provisioner.transport.gate import WriteGate, WriteToken
from tests.support.certificates import Certificates, make
from tests.support.slapd import BASE, PASSWORD, TECHNICAL, Slapd

PERSON = {"objectClass": (b"inetOrgPerson",), "uid": (b"anna",), "cn": (b"a",), "sn": (b"a",)}
ANNA = f"uid=anna,ou=people,{BASE}"
PEOPLE = f"ou=people,{BASE}"


@pytest.fixture
def emulator() -> Iterator[LdapEmulator]:
    with LdapEmulator() as running:
        yield running


@pytest.fixture
def gate() -> WriteGate:
    return WriteGate()


@pytest.fixture
def open_gate(gate: WriteGate) -> Iterator[WriteGate]:
    with gate.opened(WriteToken("test", lambda: True)):
        yield gate


Reach = Callable[..., Directory]


@pytest.fixture
def reach(gate: WriteGate) -> Iterator[Reach]:
    """A `Directory` on an address, closed at the end."""
    opened: list[Directory] = []

    def build(url: str, user: str = TECHNICAL, password: str = PASSWORD, **more: Any) -> Directory:
        opened.append(Directory(Address(url, **more), user, SecretStr(password), gate))
        return opened[-1]

    yield build
    for directory in opened:
        directory.close()


@pytest.fixture
def directory(emulator: LdapEmulator, reach: Reach) -> Directory:
    return reach(emulator.url, **emulator.credentials)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[Slapd]:
    folder = tmp_path_factory.mktemp("secure")
    with Slapd(folder, certificate=certificates.certificate, key=certificates.key) as running:
        yield running


WRITES: dict[str, Callable[[Directory], object]] = {
    "add": lambda directory: directory.add(ANNA, PERSON, ()),
    "modify": lambda directory: directory.modify(PEOPLE, {"description": [(REPLACE, (b"x",))]}),
    "rename": lambda directory: directory.rename(PEOPLE, "ou=others"),
}

RAW_WRITES: dict[str, Callable[[Any], object]] = {
    "add": lambda raw: raw.add(ANNA, "inetOrgPerson", {"cn": "a", "sn": "a"}),
    "delete": lambda raw: raw.delete(PEOPLE),
    "modify": lambda raw: raw.modify(PEOPLE, {"ou": [(ldap3.MODIFY_ADD, ["x"])]}),
    "modify_dn": lambda raw: raw.modify_dn(PEOPLE, "ou=others"),
    "modify_password": lambda raw: raw.extend.standard.modify_password(TECHNICAL, new_password="x"),
    "add_members_to_groups": lambda raw: raw.extend.microsoft.add_members_to_groups(ANNA, PEOPLE, fix=False),
    "extended": lambda raw: raw.extended("1.2.3.4"),
    "abandon": lambda raw: raw.abandon(0),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_no_write_leaves_without_a_token(
    directory: Directory, emulator: LdapEmulator, write: Callable[[Directory], object]
) -> None:
    with pytest.raises(WriteRefused):
        write(directory)
    assert emulator.log.writes == []


@pytest.mark.parametrize("write", RAW_WRITES.values(), ids=RAW_WRITES)
def test_no_method_of_ldap3_goes_round_the_gate(
    directory: Directory, emulator: LdapEmulator, write: Callable[[Any], object]
) -> None:
    directory.root()
    raw = directory._connection  # the very connection that all methods of ldap3 share
    assert raw is not None
    assert isinstance(raw.strategy, GuardedStrategy)
    with pytest.raises(WriteRefused):
        write(raw)
    assert {entry.method for entry in emulator.log} <= {"BIND", "SEARCH"}


def test_who_loses_the_lock_writes_no_more(directory: Directory, emulator: LdapEmulator, gate: WriteGate) -> None:
    held = [True]
    with gate.opened(WriteToken("test", lambda: held[0])):
        directory.add(ANNA, PERSON, ())
        held[0] = False
        with pytest.raises(WriteRefused):
            directory.modify(ANNA, {"sn": [(REPLACE, (b"x",))]})
    assert [entry.method for entry in emulator.log.writes] == ["ADD"]


@pytest.mark.parametrize(("write", "nth"), [("add", 1), ("modify", 1), ("rename", 1)], ids=["add", "modify", "rename"])
def test_a_line_that_dies_after_a_write_leaves_its_outcome_unknown(
    directory: Directory, emulator: LdapEmulator, open_gate: WriteGate, write: str, nth: int
) -> None:
    for fault in (emulator.faults.reset_before, emulator.faults.reset_after):
        fault(nth_write=nth)
        with pytest.raises(OutcomeUnknown):
            WRITES[write](directory)


def test_half_an_answer_to_a_write_leaves_its_outcome_unknown(
    directory: Directory, emulator: LdapEmulator, open_gate: WriteGate
) -> None:
    emulator.faults.truncate(keep=5, nth_write=1)
    with pytest.raises(OutcomeUnknown):
        directory.add(ANNA, PERSON, ())
    assert directory.read(ANNA, ("uid",)) is not None


def test_no_answer_within_the_time_out_leaves_the_outcome_unknown(
    emulator: LdapEmulator, reach: Reach, open_gate: WriteGate
) -> None:
    directory = reach(emulator.url, **emulator.credentials, receive_timeout=1)
    directory.root()
    release = threading.Event()
    emulator.faults.hook(before=lambda _: release.wait(20) and None, writes=True)
    with pytest.raises(OutcomeUnknown):
        directory.add(ANNA, PERSON, ())
    release.set()


def test_a_line_that_dies_while_reading_may_be_tried_again(directory: Directory, emulator: LdapEmulator) -> None:
    directory.root()
    emulator.faults.reset_before(method="SEARCH")
    with pytest.raises(Transient):
        directory.read(PEOPLE, ("ou",))
    assert directory.read(PEOPLE, ("ou",)) is not None


@pytest.mark.parametrize("word", ["busy", "unavailable", "timeLimitExceeded"])
def test_a_busy_directory_may_be_asked_again(
    directory: Directory, emulator: LdapEmulator, open_gate: WriteGate, word: str
) -> None:
    emulator.faults.mishap(word, nth_write=1)
    with pytest.raises(Transient):
        directory.add(ANNA, PERSON, ())
    directory.add(ANNA, PERSON, ())
    assert directory.read(ANNA, ("uid",)) is not None


@pytest.mark.parametrize("word", ["unwillingToPerform", "other"])
def test_a_directory_that_will_not_is_not_asked_again(
    directory: Directory, emulator: LdapEmulator, open_gate: WriteGate, word: str
) -> None:
    emulator.faults.mishap(word, nth_write=1)
    with pytest.raises(Permanent):
        directory.add(ANNA, PERSON, ())


def test_a_line_that_was_idle_too_long_is_opened_anew_before_the_write(
    directory: Directory, emulator: LdapEmulator, open_gate: WriteGate
) -> None:
    directory.root()
    emulator.stop()
    emulator.start()
    directory.add(ANNA, PERSON, ())
    assert [entry.method for entry in emulator.log] == ["BIND", "SEARCH", "BIND", "ADD"]


def test_a_wrong_password_is_tried_once(emulator: LdapEmulator, reach: Reach) -> None:
    directory = reach(emulator.url, emulator.credentials["user"], "wrong")
    for _ in range(3):
        with pytest.raises(LoginRefused):
            directory.root()
    assert [entry.method for entry in emulator.log] == ["BIND"]


def test_a_page_of_html_is_no_answer(directory: Directory, emulator: LdapEmulator) -> None:
    directory.root()
    emulator.faults.login_page(method="SEARCH")
    with pytest.raises((Garbled, Transient)):
        directory.read(PEOPLE, ("ou",))
    assert directory.read(PEOPLE, ("ou",)) is not None


def test_nobody_at_the_port_is_a_matter_of_time(reach: Reach) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Transient):
            reach(f"ldap://127.0.0.1:{taken.getsockname()[1]}").root()


def test_entries_are_all_read_page_by_page(directory: Directory, emulator: LdapEmulator, open_gate: WriteGate) -> None:
    for number in range(7):
        name = f"p{number}"
        directory.add(f"uid={name},{PEOPLE}", {**PERSON, "uid": (name.encode(),)}, ())
    emulator.log.clear()
    found = directory.below(PEOPLE, "(objectClass=inetOrgPerson)", ("uid",), page_size=3)
    assert (len(found.entries), found.gap, found.missing) == (7, None, False)
    assert len(emulator.log) == 3


def test_a_line_that_dies_between_pages_gives_no_half_list(
    directory: Directory, emulator: LdapEmulator, open_gate: WriteGate
) -> None:
    for number in range(4):
        name = f"p{number}"
        directory.add(f"uid={name},{PEOPLE}", {**PERSON, "uid": (name.encode(),)}, ())
    emulator.faults.reset_before(method="SEARCH", nth=2)
    with pytest.raises(Transient):
        directory.below(PEOPLE, "(objectClass=inetOrgPerson)", ("uid",), page_size=3)


def test_the_new_entrys_id_comes_with_the_answer(directory: Directory, open_gate: WriteGate) -> None:
    made = directory.add(ANNA, PERSON, ("entryUUID",))
    read = directory.read(ANNA, ("entryUUID",))
    assert made is not None
    assert read is not None
    assert made.raw("entryUUID") == read.raw("entryUUID") != ()


@pytest.mark.parametrize("start_tls", [False, True], ids=["ldaps", "StartTLS"])
def test_a_certificate_of_a_trusted_authority_is_accepted(
    secure: Slapd, certificates: Certificates, reach: Reach, start_tls: bool
) -> None:
    url = secure.url if start_tls else secure.tls_url
    directory = reach(url, start_tls=start_tls, ca_file=certificates.authority)
    assert directory.read(PEOPLE, ("ou",)) is not None


@pytest.mark.parametrize("start_tls", [False, True], ids=["ldaps", "StartTLS"])
def test_a_certificate_of_an_unknown_authority_is_refused(secure: Slapd, reach: Reach, start_tls: bool) -> None:
    with pytest.raises(Permanent) as caught:
        reach(secure.url if start_tls else secure.tls_url, start_tls=start_tls).root()
    assert caught.value.text.code == "transport.directory_certificate"


def test_a_certificate_for_another_host_is_refused(tmp_path: Path, reach: Reach) -> None:
    elsewhere = make(tmp_path, "DNS:ldap.elsewhere.example")
    (tmp_path / "server").mkdir()
    server = Slapd(tmp_path / "server", certificate=elsewhere.certificate, key=elsewhere.key)
    with server, pytest.raises(Permanent) as caught:
        reach(server.tls_url, ca_file=elsewhere.authority).root()
    assert caught.value.text.code == "transport.directory_certificate"


def test_a_server_without_start_tls_gets_no_password(
    emulator: LdapEmulator, certificates: Certificates, reach: Reach
) -> None:
    directory = reach(emulator.url, **emulator.credentials, start_tls=True, ca_file=certificates.authority)
    with pytest.raises(Permanent) as caught:
        directory.root()
    assert caught.value.text.code == "transport.directory_no_tls"
    assert [entry.method for entry in emulator.log] == ["EXTENDED"]


def test_a_missing_file_of_authorities_is_a_mistake_in_the_settings(
    secure: Slapd, tmp_path: Path, reach: Reach
) -> None:
    with pytest.raises(SettingsError):
        reach(secure.tls_url, ca_file=tmp_path / "missing.pem").root()


@pytest.mark.parametrize(
    "address",
    [
        Address("ldap://ldap.stadt.example"),
        Address("ldap://192.0.2.7:389"),
        Address("http://ldap.stadt.example"),
        Address("ldap.stadt.example"),
        Address("ldaps://"),
        Address("ldaps://ldap.stadt.example:port"),
        Address("ldaps://ldap.stadt.example/dc=example"),
    ],
    ids=lambda address: address.url,
)
def test_an_address_without_secrecy_or_sense_is_refused(address: Address) -> None:
    with pytest.raises(SettingsError):
        address.parts()


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        (Address("ldaps://ldap.stadt.example"), ("ldap.stadt.example", 636, True)),
        (Address("ldap://ldap.stadt.example", start_tls=True), ("ldap.stadt.example", 389, False)),
        (Address("ldap://ldap.stadt.example:3389", plaintext=True), ("ldap.stadt.example", 3389, False)),
        (Address("ldap://127.0.0.1:10389"), ("127.0.0.1", 10389, False)),
        (Address("ldap://[::1]/"), ("::1", 389, False)),
        (Address("ldap://localhost"), ("localhost", 389, False)),
    ],
    ids=lambda value: getattr(value, "url", ""),
)
def test_an_address_tells_host_port_and_secrecy(address: Address, parts: tuple[str, int, bool]) -> None:
    assert address.parts() == parts


def test_one_server_is_one_server_by_either_port() -> None:
    assert Address("ldaps://LDAP.stadt.example").server() == Address("ldap://ldap.stadt.example", True).server()
    assert Address("ldap://127.0.0.1:1").server() != Address("ldap://127.0.0.1:2").server()


def test_a_password_is_never_shown(emulator: LdapEmulator, reach: Reach) -> None:
    directory = reach(emulator.url, emulator.credentials["user"], "ein-geheimnis")
    with pytest.raises(LoginRefused) as caught:
        directory.root()
    shown = f"{caught.value} {caught.value!r} {vars(directory)!r} {emulator.log.as_json()}"
    assert "ein-geheimnis" not in shown
