"""Doctor names each thing that is wrong with a directory, and what mends it."""

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from connectors.ldap.emulator import LdapEmulator
from provisioner.model.ports import Finding, Severity
from tests.ldap.rig import Lacks, Rig, Server, emulated

Lacking = Callable[[Lacks], Server]
RigOn = Callable[..., Rig]


def findings(rig: Rig) -> dict[str, Finding]:
    return {finding.what.code: finding for finding in rig.connector.examine()}


def mended(finding: Finding) -> str:
    assert finding.mend is not None
    return finding.mend.code


def with_a_group(server: Server) -> Server:
    server.add_group("g", [server.add_person("anna"), server.add_person("bert")])
    return server


def test_a_directory_set_up_as_advised_has_no_errors(directory: Server, rig_on: RigOn) -> None:
    found = findings(rig_on(with_a_group(directory)))
    assert [code for code, finding in found.items() if finding.severity is Severity.ERROR] == []
    assert found["ldap.doctor_member_of"].severity is Severity.OK
    assert found["ldap.doctor_reachable"].severity is Severity.OK
    assert mended(found["ldap.doctor_write_unknown"]) == "ldap.mend_write_unknown"


def test_doctor_never_writes_and_its_password_goes_nowhere(rig_on: RigOn) -> None:
    with LdapEmulator() as emulator:
        server = with_a_group(emulated(emulator))
        emulator.log.clear()
        shown = repr(list(rig_on(server).connector.examine()))
        assert emulator.log.writes == []
        assert server.password not in shown


def test_a_wrong_password(directory: Server, rig_on: RigOn) -> None:
    (finding,) = findings(rig_on(directory, password="falsch")).values()
    assert (finding.what.code, mended(finding)) == ("transport.directory_login", "ldap.mend_login")


def test_a_wrong_name_of_our_account(directory: Server, rig_on: RigOn) -> None:
    (finding,) = findings(rig_on(directory, user=f"cn=niemand,{directory.base}")).values()
    assert mended(finding) == "ldap.mend_login"


def test_a_name_of_our_account_that_is_none(directory: Server, rig_on: RigOn) -> None:
    (finding,) = findings(rig_on(directory, user="provisioner")).values()
    assert mended(finding) == "ldap.mend_refused"


def test_nobody_at_that_address(rig_on: RigOn) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        (finding,) = findings(rig_on(Server(f"ldap://127.0.0.1:{taken.getsockname()[1]}"))).values()
    assert mended(finding) == "ldap.mend_unreachable"


def test_something_else_at_that_address(rig_on: RigOn) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            client, _ = listener.accept()
            client.recv(1000)
            client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n" + b"x" * 200)
            client.close()

        thread = threading.Thread(target=answer)
        thread.start()
        (finding,) = findings(rig_on(Server(f"ldap://127.0.0.1:{listener.getsockname()[1]}"))).values()
        thread.join()
    assert (finding.what.code, mended(finding)) == ("transport.directory_garbled", "ldap.mend_garbled")


def test_no_start_tls_there(directory: Server, rig_on: RigOn) -> None:
    (finding,) = findings(rig_on(directory, start_tls=True)).values()
    assert mended(finding) == "ldap.mend_no_tls"


def test_an_address_that_would_show_the_password(directory: Server, rig_on: RigOn) -> None:
    (finding,) = findings(rig_on(directory, url="ldap://ldap.stadt.example")).values()
    assert mended(finding) == "ldap.mend_plaintext"


def test_an_unencrypted_line_is_warned_of(directory: Server, rig_on: RigOn) -> None:
    found = findings(rig_on(directory))
    assert found["ldap.doctor_plaintext"].severity is Severity.WARNING


def test_a_branch_that_is_not_there(directory: Server, rig_on: RigOn) -> None:
    finding = findings(rig_on(directory, groups_branch="ou=grups"))["ldap.branch_hidden"]
    assert (finding.severity, mended(finding)) == (Severity.ERROR, "ldap.mend_branch")


@pytest.mark.parametrize(
    ("lacks", "code"),
    [
        (Lacks(hidden_branch=True), "ldap.branch_hidden"),
        (Lacks(hidden_people=True), "ldap.branch_emptied"),
        (Lacks(hidden_attributes=("entryUUID",)), "ldap.branch_hidden"),
        (Lacks(hidden_attributes=("uid",)), "ldap.doctor_names_hidden"),
    ],
)
def test_rights_to_read_that_are_missing(lacking: Lacking, rig_on: RigOn, lacks: Lacks, code: str) -> None:
    finding = findings(rig_on(with_a_group(lacking(lacks))))[code]
    assert (finding.severity, mended(finding)) == (Severity.ERROR, "ldap.mend_branch")


def test_a_limit_that_hides_people(lacking: Lacking, rig_on: RigOn) -> None:
    server = lacking(Lacks(size_limit=3, page_limit=True))
    for number in range(5):
        server.add_person(f"p{number}")
    finding = findings(rig_on(server, page_size=2))["transport.directory_size_limit"]
    assert (finding.severity, mended(finding)) == (Severity.ERROR, "ldap.mend_size_limit")


def test_a_limit_that_only_others_would_meet(lacking: Lacking, rig_on: RigOn) -> None:
    server = lacking(Lacks(size_limit=3))
    for number in range(5):
        server.add_person(f"p{number}")
    finding = findings(rig_on(server, page_size=2))["ldap.doctor_size_limit"]
    assert finding.severity is Severity.NOTE
    assert dict(finding.what.arguments) == {"branch": server.people, "count": 5, "limit": 3}


def test_no_member_of(lacking: Lacking, rig_on: RigOn) -> None:
    finding = findings(rig_on(with_a_group(lacking(Lacks(no_member_of=True)))))["ldap.doctor_no_member_of"]
    assert (finding.severity, mended(finding)) == (Severity.WARNING, "ldap.mend_member_of")


def test_no_refint(lacking: Lacking, rig_on: RigOn) -> None:
    server = with_a_group(lacking(Lacks(no_refint=True)))
    server.do("delete", f"uid=anna,{server.people}")
    finding = findings(rig_on(server))["ldap.doctor_no_refint"]
    assert (finding.severity, mended(finding)) == (Severity.WARNING, "ldap.mend_refint")


def test_our_own_account_among_the_people(directory: Server, rig_on: RigOn) -> None:
    name = directory.add_person("provisioner", userPassword="geheim")
    finding = findings(rig_on(directory, user=name, password="geheim"))["ldap.doctor_own_account"]
    assert (finding.severity, mended(finding)) == (Severity.ERROR, "ldap.mend_own_account")


def test_our_own_account_is_no_subject_of_changes(directory: Server, rig_on: RigOn) -> None:
    rig: Any = rig_on(directory, user=directory.admin_user, password=directory.admin_password)
    assert rig.connector.observe([]).own_account is None
