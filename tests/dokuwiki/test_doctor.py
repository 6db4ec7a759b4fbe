"""What doctor says of a DokuWiki, and to whom the token is shown."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from connectors.dokuwiki.connector import DokuwikiConnector
from connectors.dokuwiki.emulator import SERVICE, TOKEN, DokuwikiEmulator
from connectors.dokuwiki.settings import DokuwikiSettings
from connectors.kit.bench import CountingLedger
from provisioner.emulation import VirtualClock
from provisioner.model.ports import Finding, Severity, Wiring
from provisioner.transport.gate import WriteGate


@pytest.fixture
def emulator() -> Iterator[DokuwikiEmulator]:
    with DokuwikiEmulator() as running:
        yield running


def findings(emulator: DokuwikiEmulator, **more: Any) -> dict[str, Finding]:
    """By code. Nothing may have been written."""
    settings = DokuwikiSettings(**{"url": emulator.url, "token": SecretStr(TOKEN), **more})
    connector = DokuwikiConnector("wiki", settings, Wiring(WriteGate(), emulator.clock, CountingLedger()))
    found = {finding.what.code: finding for finding in connector.examine()}
    connector.close()
    assert emulator.log.writes == []
    return found


def test_a_wiki_in_order_is_said_to_be_in_order_and_what_we_could_do_there(emulator: DokuwikiEmulator) -> None:
    found = findings(emulator)
    assert list(found) == ["dokuwiki.version", "dokuwiki.all_rights", "dokuwiki.root_open", "dokuwiki.spaces"]
    assert not [one for one in found.values() if one.severity in (Severity.ERROR, Severity.WARNING)]
    emulator.acl.add("*", "@ALL", 0)
    assert "dokuwiki.root_open" not in findings(emulator)


def test_the_token_is_shown_to_nothing_but_a_dokuwiki(emulator: DokuwikiEmulator) -> None:
    emulator.faults.login_page(times=None)
    assert list(findings(emulator)) == ["kit.another_product"]
    assert [entry.user for entry in emulator.log.requests] == [None]


def test_what_keeps_us_out_is_said_with_its_mend(emulator: DokuwikiEmulator, tmp_path: Path) -> None:
    emulator.remote = False
    cases = {"dokuwiki.switched_off": findings(emulator)}
    emulator.remote = True
    cases["dokuwiki.does_not_know_us"] = findings(emulator, token=SecretStr("wrong"))
    cases["transport.password_file"] = findings(emulator, token=None, token_file=tmp_path / "nothing")
    emulator.people[SERVICE].groups.clear()
    cases["kit.not_allowed"] = findings(emulator)
    for code, found in cases.items():
        assert found[code].severity is Severity.ERROR, code
        assert found[code].mend is not None, code


def test_a_list_of_spaces_that_can_not_be_read_is_no_wiki_in_order(emulator: DokuwikiEmulator) -> None:
    emulator.faults.login_page(path="core.getPage", times=None)
    found = findings(emulator)
    assert "dokuwiki.spaces" not in found
    assert [one.severity for one in found.values()][-1] is Severity.ERROR


def test_an_old_interface_another_default_group_and_a_wrong_clock_are_told(emulator: DokuwikiEmulator) -> None:
    emulator.api = 11
    found = findings(emulator, everybody="mitglieder")
    assert found["dokuwiki.too_old"].severity is Severity.ERROR
    assert found["dokuwiki.another_default_group"].severity is Severity.ERROR
    settings = DokuwikiSettings(url=emulator.url, token=SecretStr(TOKEN))
    clock = VirtualClock()
    clock.advance(120)
    connector = DokuwikiConnector("wiki", settings, Wiring(WriteGate(), clock, CountingLedger()))
    off = [one for one in connector.examine() if one.what.code == "dokuwiki.clock_off"]
    connector.close()
    assert [one.what.arguments["seconds"] for one in off] == [-120]


def test_the_token_goes_to_no_other_machine_in_the_open() -> None:
    settings = DokuwikiSettings(url="http://wiki.musterstadt.example", token=SecretStr(TOKEN))
    connector = DokuwikiConnector("wiki", settings, Wiring(WriteGate(), VirtualClock(), CountingLedger()))
    assert [one.what.code for one in connector.examine()] == ["kit.not_encrypted"]
    assert TOKEN not in repr(settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"below": "Gremien"},
        {"below": "a::b"},
        {"own_namespace": ""},
        {"own_namespace": "a:b"},
        {"start": "Start Seite"},
        {"page_url": "https://wiki.example/"},
        {"everybody": ""},
        {"url": "ftp://wiki.example"},
        {"token": ""},
    ],
)
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        DokuwikiSettings(**{"url": "https://wiki.example", "token": TOKEN, **wrong})  # type: ignore[arg-type]


def test_addresses_are_as_the_wiki_writes_them() -> None:
    plain = DokuwikiSettings(url="https://wiki.example/lib/exe/jsonrpc.php", token=SecretStr(TOKEN), below="gremien")
    assert plain.url == "https://wiki.example"
    assert plain.page_address(plain.first_page(plain.namespace("pg_x"))) == (
        "https://wiki.example/doku.php?id=gremien:pg_x:start"
    )
    nice = DokuwikiSettings(url="https://wiki.example", token=SecretStr(TOKEN), page_url="https://wiki.example/{page}")
    assert nice.page_address("pg_x:start") == "https://wiki.example/pg_x:start"
