"""The section of the settings for a directory says what it needs, and keeps the password to itself."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.ldap import LDAP
from connectors.ldap.client import Client
from connectors.ldap.settings import LdapSettings
from provisioner.emulation import VirtualClock
from provisioner.model.errors import SettingsError
from provisioner.model.ports import Wiring
from provisioner.transport.gate import WriteGate
from tests.ldap.rig import Ledger

GIVEN = {"url": "ldaps://ldap.stadt.example", "user": "cn=provisioner,dc=x", "base": "dc=x"}
WIRING = Wiring(WriteGate(), VirtualClock(), Ledger())


def test_branches_and_placeholder_hang_below_the_base() -> None:
    settings = LdapSettings(**GIVEN, password="x")
    assert (settings.people, settings.groups, settings.placeholder) == (
        "ou=people,dc=x",
        "ou=groups,dc=x",
        "cn=nobody,dc=x",
    )


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"password": ""},
        {"password": "x", "password_file": "y"},
        {"password": "x", "bind_dn": "cn=x"},
        {"password": "x", "page_size": 0},
    ],
    ids=str,
)
def test_mistakes_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LdapSettings(**GIVEN, **more)


def test_the_password_is_never_printed() -> None:
    settings = LdapSettings(**GIVEN, password="ein-geheimnis")
    assert "ein-geheimnis" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_the_password_is_the_files_first_line(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("ein-geheimnis\nrest")
    client = Client(LdapSettings(**GIVEN, password_file=file), WIRING)
    assert client.directory._password.get_secret_value() == "ein-geheimnis"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_password_file_without_a_password_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError):
        Client(LdapSettings(**GIVEN, password_file=file), WIRING)


def test_two_ways_to_one_server_share_its_lock() -> None:
    one = LdapSettings(**GIVEN, password="x")
    other = LdapSettings(**{**GIVEN, "url": "ldap://LDAP.stadt.example"}, start_tls=True, password="x")
    assert LDAP.server(one) == LDAP.server(other) == "ldap://ldap.stadt.example"
