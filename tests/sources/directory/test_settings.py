"""The section of the settings for a directory: what is refused, what is usual, what makes another reading of it."""

from typing import Any

import pytest
from pydantic import ValidationError

from provisioner.emulation import VirtualClock
from provisioner.model.errors import SettingsError
from provisioner.sources.directory import LDAP_SOURCE
from provisioner.sources.directory.settings import DirectorySettings
from provisioner.transport.gate import WriteGate

GIVEN = {
    "organisation": "stadt",
    "url": "ldaps://ldap.stadt.example",
    "user": "cn=leser,dc=stadt,dc=example",
    "password": "ein-geheimnis",
    "base": "ou=people,dc=stadt,dc=example",
}


def settings(**more: Any) -> DirectorySettings:
    return DirectorySettings.model_validate({**GIVEN, **more})


@pytest.mark.parametrize(
    "more",
    [
        {"filter": "(objectClass=*)(uid=*"},
        {"filter": ""},
        {"base": "people"},
        {"base": ""},
        {"members_of": "PG Sensorik"},
        {"scope": "base"},
        {"kind": "ad"},
        {"page_size": 1001},
        {"page_size": 0},
        {"mapping": {"email": "mail)(uid=*"}},
        {"mapping": {"phone": "telephoneNumber"}},
        {"key": "objectGUID;binary"},
        {"disabled": {"value": "x"}},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"password_file": "x"},
        {"password": ""},
        {"user": ""},
        {"domains": ["@stadt.example"]},
        {"bind_dn": "cn=x"},
    ],
    ids=str,
)
def test_mistakes_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**more)


def test_a_password_goes_over_no_open_line_and_is_never_printed() -> None:
    source = LDAP_SOURCE.open("stadt", settings(url="ldap://ldap.stadt.example"), WriteGate(), VirtualClock())
    with pytest.raises(SettingsError):
        source.read()
    assert "ein-geheimnis" not in f"{settings()!r} {settings()} {settings().model_dump_json()} {vars(source)!r}"


def test_opening_asks_nobody() -> None:
    LDAP_SOURCE.open("stadt", settings(url="ldaps://unreachable.invalid"), WriteGate(), VirtualClock()).close()


def test_what_is_usual_depends_on_the_product() -> None:
    plain, microsoft = settings(), settings(kind="active-directory")
    assert (plain.key_attribute, plain.who) == ("entryUUID", "(objectClass=inetOrgPerson)")
    assert (microsoft.key_attribute, microsoft.who) == ("objectGUID", "(&(objectCategory=person)(objectClass=user))")
    assert "leaves" not in plain.attributes
    assert microsoft.attributes["leaves"] == "accountExpires"


@pytest.mark.parametrize(
    "more",
    [
        {"base": "dc=stadt,dc=example"},
        {"scope": "one"},
        {"filter": "(objectClass=person)"},
        {"members_of": "cn=readi,dc=stadt,dc=example"},
        {"key": "employeeNumber"},
        {"mapping": {"email": "rfc822Mailbox"}},
        {"mapping": {"language": None}},
        {"disabled": {"attribute": "employeeType"}},
        {"domains": ["stadt.example"]},
        {"time_zone": "UTC"},
        {"kind": "active-directory"},
    ],
    ids=str,
)
def test_what_decides_who_and_what_makes_another_shape(more: dict[str, Any]) -> None:
    assert settings(**more).shape() != settings().shape()


@pytest.mark.parametrize(
    "more",
    [
        {"password": "another"},
        {"page_size": 7},
        {"receive_timeout": 99},
        {"url": "ldaps://ldap2.stadt.example"},
        {"user": "cn=other,dc=x"},
        {"brings": "everybody"},
        {"base": "OU=People, DC=Stadt,DC=example"},
        {"filter": "(objectClass=inetOrgPerson)"},
        {"mapping": {"given_name": "GIVENNAME"}},
        {"key": "entryuuid"},
    ],
    ids=str,
)
def test_what_decides_neither_who_nor_what_does_not(more: dict[str, Any]) -> None:
    assert settings(**more).shape() == settings().shape()
    assert len(settings().shape()) == 64
