"""Doctor says of each directory what keeps people from being read from it, and what mends it."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.ldap.emulator import LdapEmulator
from provisioner.model.ports import Finding, Severity
from provisioner.sources.directory.source import DirectorySource
from provisioner.texts import Catalogue
from tests.ldap.rig import Lacks, Server
from tests.sources.directory.city import City
from tests.support.certificates import Certificates, make
from tests.support.slapd import Slapd

Lacking = Callable[[Lacks], City]


def findings(source: DirectorySource) -> dict[str, Finding]:
    """By code, without the room."""
    return {finding.what.code.removeprefix("directory."): finding for finding in source.examine()}


def mended(finding: Finding) -> str:
    assert finding.mend is not None
    return finding.mend.code.removeprefix("directory.")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def secure(tmp_path: Path, certificates: Certificates) -> Iterator[City]:
    with Slapd(tmp_path, certificate=certificates.certificate, key=certificates.key) as server:
        city = City(Server(server.tls_url))
        yield city
        city.close()


def test_a_directory_set_up_as_advised_has_nothing_to_mend(telling: City) -> None:
    telling.many(3)
    telling.add("anna", mail=None)
    found = findings(telling.source())
    assert {code for code, finding in found.items() if finding.severity is Severity.ERROR} == set()
    assert found["doctor_people"].what.arguments["count"] == 4
    assert found["doctor_unusable"].what.arguments["count"] == 1
    assert found["doctor_way_sync"].severity is Severity.OK
    assert mended(found["doctor_write_unknown"]) == "mend_write_unknown"


def test_a_line_is_said_to_be_checked_only_where_it_is(secure: City, certificates: Certificates, telling: City) -> None:
    # The administrator's own line, which makes entries, trusts nobody: nobody is made here.
    assert "doctor_tls" in findings(secure.source(ca_file=certificates.authority))
    untrusted = findings(secure.source())
    assert list(untrusted) == ["transport.directory_certificate"]
    assert mended(untrusted["transport.directory_certificate"]) == "mend_certificate"
    assert mended(findings(telling.source())["doctor_plaintext"]) == "mend_plaintext"


def test_a_refused_log_in_is_the_only_finding(telling: City) -> None:
    (finding,) = findings(telling.source(password="falsch")).values()
    assert (finding.what.code, mended(finding)) == ("transport.directory_login", "mend_login")


def test_nobody_at_the_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        city = City(Server(f"ldap://127.0.0.1:{taken.getsockname()[1]}"))
        (finding,) = findings(city.source()).values()
    assert mended(finding) == "mend_unreachable"


def test_stamps_are_said_to_tell_where_nothing_better_is_offered(city: City) -> None:
    city.many(3)
    found = findings(city.source())
    assert found["doctor_way_time"].severity is Severity.NOTE
    assert "doctor_group_whole" in findings(city.source(members_of=city.server.add_group("g", [city.add("anna")])))


@pytest.mark.parametrize(
    ("lacks", "code", "mend"),
    [
        (Lacks(hidden_branch=True), "base_hidden", "mend_base"),
        (Lacks(hidden_people=True), "emptied", "mend_base"),
        (Lacks(hidden_attributes=("entryUUID",)), "key_hidden", "mend_base"),
        (Lacks(hidden_attributes=("sn",)), "attribute_hidden", "mend_base"),
        (Lacks(size_limit=7, page_limit=True), "transport.directory_size_limit", "mend_size_limit"),
    ],
    ids=str,
)
def test_what_is_kept_from_us_is_an_error_with_its_mend(lacking: Lacking, lacks: Lacks, code: str, mend: str) -> None:
    city = lacking(lacks)
    city.many(12)
    finding = findings(city.source())[code]
    assert (finding.severity, mended(finding)) == (Severity.ERROR, mend)


def test_a_filter_that_fits_nobody_is_said_so(city: City) -> None:
    city.many(3)
    found = findings(city.source(filter="(employeeType=intern)"))
    assert mended(found["doctor_people"]) == "mend_filter"
    assert "emptied" in found


def test_doctor_never_fails_and_never_shows_a_password_or_a_person(rehearsed: City, emulator: LdapEmulator) -> None:
    rehearsed.add("anna", mail="kein Zeichen davon")
    german = Catalogue("de", {"directory": "provisioner.sources.directory"})
    for nth in range(1, 8):
        emulator.faults.reset_after(method="SEARCH", nth=nth)
        said = list(rehearsed.source().examine())
        shown = " ".join(german(text) for one in said for text in (one.what, one.mend) if text is not None)
        assert said
        assert rehearsed.server.password not in shown
        assert "kein Zeichen" not in shown
        assert "directory." not in shown
        emulator.faults.clear()
