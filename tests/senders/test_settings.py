"""Settings of senders: what can't work is an error, and secrets are read from files beside the settings."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from provisioner.model.errors import SettingsError
from provisioner.senders.secrets import resolved
from provisioner.senders.settings import HookSettings, SenderSettings, ThingsStackSettings

SENDER: TypeAdapter[Any] = TypeAdapter(SenderSettings)
BROKER = {"host": "broker.example"}
STACK = {"url": "https://eu1.cloud.thethings.network", "key": "k"}


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "things-stack", "mqtt": {**BROKER, "user": "messnetz@ttn", "password": "p"}},
        {"kind": "things-stack", "mqtt": {**BROKER, "topics": ["v3/+/devices/+/up"]}},
        {"kind": "things-stack", "storage": {**STACK, "application": "messnetz"}, "gateways": {**STACK, "ids": ["g"]}},
        {"kind": "chirpstack", "mqtt": BROKER, "webhook": {"secret_file": "secret"}},
        {"kind": "alertmanager", "webhook": {"secret": "s" * 40}},
        {"kind": "chirpstack", "mqtt": {**BROKER, "certificate_file": "c.pem", "certificate_key_file": "c.key"}},
        {"kind": "grafana"},
        {"kind": "json", "mqtt": {**BROKER, "topics": ["sensors/#"], "shared": "bridges"}},
    ],
)
def test_what_can_work_is_taken(settings: dict[str, Any]) -> None:
    assert SENDER.validate_python(settings).kind == settings["kind"]


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "zigbee"},
        {"kind": "alertmanager", "mqtt": BROKER},
        {"kind": "json", "mqtt": BROKER},  # where would it listen?
        {"kind": "things-stack", "mqtt": BROKER},
        {"kind": "chirpstack", "mqtt": {**BROKER, "user": "u", "password": "p", "password_file": "f"}},
        {"kind": "chirpstack", "mqtt": {**BROKER, "password": "p"}},
        {"kind": "chirpstack", "mqtt": {**BROKER, "shared": "a/b"}},
        {"kind": "chirpstack", "mqtt": {**BROKER, "certificate_file": "c.pem"}},
        {"kind": "things-stack", "storage": {**STACK, "application": "a/../b"}},
        {"kind": "things-stack", "storage": {"url": STACK["url"], "application": "messnetz"}},
        {"kind": "things-stack", "storage": {**STACK, "url": "https://user:pw@host", "application": "messnetz"}},
        {"kind": "things-stack", "gateways": {**STACK, "ids": []}},
    ],
)
def test_what_can_not_work_is_an_error(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SENDER.validate_python(settings)


def test_secrets_and_certificates_are_found_beside_the_settings_file(tmp_path: Path) -> None:
    for name in ("password", "key", "hook"):
        (tmp_path / name).write_text(f"the-{name}\n")
    certificate = {"certificate_file": "c.pem", "certificate_key_file": "c.key"}
    found = resolved(
        ThingsStackSettings.model_validate(
            {
                "kind": "things-stack",
                "mqtt": {**BROKER, "user": "u", "password_file": "password", "ca_file": "ca.pem", **certificate},
                "storage": {"url": STACK["url"], "application": "messnetz", "key_file": "key"},
                "webhook": {"secret_file": str(tmp_path / "hook")},
            }
        ),
        tmp_path,
    )
    assert found.mqtt is not None
    assert found.mqtt.password is not None
    assert found.mqtt.password.get_secret_value() == "the-password"
    assert (found.mqtt.password_file, found.mqtt.ca_file) == (None, tmp_path / "ca.pem")
    assert (found.mqtt.certificate_file, found.mqtt.certificate_key_file) == (tmp_path / "c.pem", tmp_path / "c.key")
    assert found.storage is not None
    assert found.storage.key is not None
    assert found.storage.key.get_secret_value() == "the-key"
    assert found.webhook is not None
    assert found.webhook.secret is not None
    assert found.webhook.secret.get_secret_value() == "the-hook"
    assert "the-" not in repr(found)


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_secret_that_can_not_be_read_is_an_error(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "hook").write_text(content)
    with pytest.raises(SettingsError):
        resolved(HookSettings(secret_file=Path("hook")), tmp_path)
