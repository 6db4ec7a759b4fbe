"""A restart with files that can't be read: those are left out by name, and everybody else is heard and told."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.app.alerting.status import last_status
from provisioner.transport.clock import SystemClock
from tests.service.bridges import AUTHORISED, HOOK
from tests.support.alert_rooms import with_alerts
from tests.support.alerting import eui, uplink_bytes
from tests.support.mosquitto import Mosquitto
from tests.support.mqtt import publish
from tests.support.rooms import room_of
from tests.support.serving import Serving, opened, wait_until
from tests.support.site import Installation

TOPIC = "left-out"


def section(broker: Mosquitto) -> dict[str, Any]:
    """One sender that is whole, one that lacks a part, two that can't be heard; and no bot, and no sign of life."""
    mqtt = {"host": "127.0.0.1", "port": broker.port, "tls": False, "topics": [TOPIC], "client_id": TOPIC}
    gateways = {"url": "https://stack.example", "ids": ["one"], "key_file": "gone/gateways"}
    return {
        "senders": {
            "ttn": {"kind": "things-stack", "mqtt": mqtt, "gateways": gateways},
            "mon": {"kind": "alertmanager", "webhook": {"secret": HOOK}},
            "graf": {"kind": "grafana", "webhook": {"secret": "too-short"}},
            "chirp": {"kind": "chirpstack", "webhook": {"secret_file": "gone/chirp"}},
        },
        "bot": {"name": "re@di", "secret_file": "gone/bot"},
        "heartbeat": {"url_file": "gone/beat"},
    }


@pytest.fixture
def lacking(tmp_path: Path, real_cloud: NextcloudEmulator, broker: Mosquitto) -> Installation:
    installation = Installation(tmp_path, real_cloud)
    with_alerts(installation)
    installation.apply()
    installation.more_network = {"bridge": section(broker)}
    installation.write()
    return installation


def call(serving: Serving, sender: str) -> int:
    address, headers = f"{serving.url}/redi/senders/{sender}", dict(AUTHORISED)
    return requests.post(address, data=b'{"alerts": []}', headers=headers, timeout=30).status_code


def kept_lines(installation: Installation) -> Mapping[str, tuple[bool, str]]:
    """By sender: whether it is heard, and the code of what is wrong."""
    with opened(installation) as site:
        status = last_status(site)
    lines = {} if status is None else status.lines
    return {
        name: (line.listening_since is not None, "" if line.trouble is None else line.trouble.code)
        for name, line in lines.items()
    }


def test_what_can_not_be_read_keeps_nobody_else_from_being_heard_and_told(
    lacking: Installation, broker: Mosquitto
) -> None:
    left = "app.left_out"
    with Serving(lacking, "bridge", ("bridge", "--listen", "127.0.0.1:0")) as bridge:
        wait_until(lambda: kept_lines(lacking).get("ttn") == (True, left), "ttn is heard")
        publish(broker, uplink_bytes(eui(1), 1, 290, SystemClock().now()).decode(), topic=TOPIC)
        wait_until(
            lambda: any("Hochwasser" in one.text for one in room_of(lacking, "Sensorik").messages), "people are told"
        )
        assert {sender: call(bridge, sender) for sender in ("mon", "graf", "chirp")} == {
            "mon": 204,
            "graf": 404,
            "chirp": 404,
        }
        told = requests.post(f"{bridge.url}/redi/hooks/talk", data=b"{}", timeout=30)
        assert told.status_code == 403
        assert kept_lines(lacking) == {"ttn": (True, left), "graf": (False, left), "chirp": (False, left)}
        with opened(lacking) as site:
            status = last_status(site)
        assert status is not None
        assert [one.code for one in status.troubles()] == [
            "app.sender_unheard",
            "app.sender_unheard",
            "app.sender_half_heard",
            "app.bot_unheard",
        ]
        assert bridge.wait_for("heartbeat withheld")
        assert {(one["sender"], one["part"]) for one in bridge.said("sender left out")} == {
            ("ttn", "gateways"),
            ("graf", "webhook"),
            ("chirp", "webhook"),
        }
        assert len(bridge.said("bot left out")) == 1
        assert bridge.end() == 0
        words = bridge.log_file.read_text(encoding="utf-8")
    for sentence in ("! Der Sender „chirp“ ist nicht zu hören", "! Vom Sender „ttn“", "! Der Bot hört niemanden"):
        assert sentence in words
    assert "too-short" not in words


def test_validate_and_doctor_name_each_as_an_error(lacking: Installation) -> None:
    validated = lacking.run("validate", "--json")
    assert validated.code == 1
    found = [one for one in validated.json["problems"] if one["file"] == str(lacking.settings)]
    expected = [
        "transport.password_file",
        "transport.short_secret",
        "transport.password_file",
        "alerting.no_bot_secret",
        "app.heartbeat_unreadable",
    ]
    assert [one["what"]["code"] for one in found] == expected
    assert all(one["mend"]["text"] for one in found)
    doctor = lacking.run("doctor", "--json")
    errors = [one["what"]["code"] for one in doctor.json["bridge"] if one["severity"] == "error"]
    assert errors[: len(expected)] == expected


def test_settings_that_are_wrong_in_themselves_are_refused_at_the_start_as_ever(lacking: Installation) -> None:
    lacking.more_network["bridge"]["senders"]["mon"]["kind"] = "alertmanger"
    lacking.write()
    ran = lacking.run("bridge", "--listen", "127.0.0.1:0")
    assert ran.code == 1
    assert "alertmanager" in ran.err
