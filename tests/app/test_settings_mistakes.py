"""Whoever mistypes a setting is told where, in their language, and how to mend it; never what they typed."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.app.connectors import connector_types
from provisioner.app.settings import load_settings, target_settings
from provisioner.model.errors import SettingsError
from provisioner.texts import Catalogue

NETWORK: dict[str, Any] = {"registry": "registry"}


def refused(folder: Path, content: Any, language: Any = "de") -> str:
    file = folder / "settings.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(SettingsError) as refusal:
        load_settings(file)
    return Catalogue(language).error(refusal.value)


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ({"lisen": "x"}, "„service.lisen“ gibt es nicht. Meinten Sie „listen“?"),
        ({"url": "mitmachen.redi.example"}, "„service.url“ muss mit https:// beginnen"),
        ({"listen": 8765}, "„service.listen“ muss ein Text sein"),
        ({"mail": {"server": "smtp.example", "security": "ssl", "sender": "a@b.example"}}, "starttls, tls, none"),
        ({"mail": {"server": "smtp.example"}}, "„service.mail.sender“ fehlt."),
        ({"mail": "yes"}, "Unter „service.mail“ gehören eingerückte Zeilen"),
        ({"backup_days": "two weeks"}, "„service.backup_days“ muss eine Zahl sein."),
        ({"backup_days": 9999}, "„service.backup_days“: "),
        ({"trusted_proxies": 7}, "„service.trusted_proxies“: "),
    ],
)
def test_each_mistake_of_the_service_is_named_with_its_mend(tmp_path: Path, service: Any, said: str) -> None:
    assert said in refused(tmp_path, {"service": service, "networks": {"redi": NETWORK}})


@pytest.mark.parametrize(
    ("sender", "said"),
    [
        ({"kind": "ttn"}, "„networks.redi.bridge.senders.ttn.kind“ muss eines von diesen sein: things-stack,"),
        ({"webhook": {}}, "„networks.redi.bridge.senders.ttn.kind“ fehlt."),
    ],
)
def test_a_sender_of_no_kind_is_told_the_kinds(tmp_path: Path, sender: Any, said: str) -> None:
    wrong = {**NETWORK, "bridge": {"senders": {"ttn": sender}}}
    refusal = refused(tmp_path, {"networks": {"redi": wrong}})
    assert said in refusal
    assert "tag" not in refusal


def test_a_time_that_is_none_is_told_what_times_look_like(tmp_path: Path) -> None:
    wrong = {**NETWORK, "schedule": {"sync": "every hour"}}
    assert "networks.redi.schedule.sync" in refused(tmp_path, {"networks": {"redi": wrong}})
    assert '"17 * * * *"' in refused(tmp_path, {"networks": {"redi": wrong}}, "en")


def test_whose_calls_are_answered_has_to_be_said_in_addresses(tmp_path: Path) -> None:
    for callers, said in ((["meet.example"], "eine Adresse oder ein Adressbereich"), ([], "callers"), (7, "callers")):
        wrong = {**NETWORK, "meetings": {"reservations": {"secret": "hunter2", "callers": callers}}}
        refusal = refused(tmp_path, {"networks": {"redi": wrong}})
        assert "networks.redi.meetings.reservations.callers" in refusal
        assert said in refusal
        assert "hunter2" not in refusal


@pytest.mark.parametrize("name", ["Mein Netz", "größe", "a/b", "", "-x"])
def test_a_network_is_called_as_an_address_can_be(tmp_path: Path, name: str) -> None:
    assert "Adressen von Seiten" in refused(tmp_path, {"networks": {name: NETWORK}})


def test_all_mistakes_come_at_once_and_none_shows_what_was_typed(tmp_path: Path) -> None:
    mail = {"server": "smtp.example", "sender": "a@b.example", "pasword": "hunter2", "port": "hunter2"}
    said = refused(tmp_path, {"service": {"mail": mail, "url": "hunter2"}, "networks": {"redi": NETWORK}})
    assert "service.mail.pasword" in said
    assert "service.mail.port" in said
    assert "service.url" in said
    assert "hunter2" not in said


def test_those_of_a_target_are_said_in_the_same_way() -> None:
    with pytest.raises(SettingsError) as refusal:
        target_settings(connector_types()["nextcloud"].settings, {"usr": "x"}, Path("/"), "cloud")
    said = Catalogue("de").error(refusal.value)
    assert "Ziels cloud" in said
    assert "„usr“ gibt es nicht. Meinten Sie „user“?" in said


def test_a_variable_that_does_not_fit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READI_NETWORKS", "{not json")
    assert "networks" in refused(tmp_path, {"networks": {"redi": NETWORK}})
