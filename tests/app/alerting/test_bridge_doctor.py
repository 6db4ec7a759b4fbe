"""What doctor finds wrong with a bridge before anybody waits for an alert in vain."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from provisioner.app.alerting.doctor import examine_bridge
from provisioner.app.alerting.status import BridgeStatus, Line, keep_status
from provisioner.model.ports import Severity
from provisioner.model.text import Text
from tests.support.alert_rooms import LORA, Rooms, another
from tests.support.change import Known


def codes(rooms: Rooms) -> dict[str, Severity]:
    return {finding.what.code: finding.severity for finding in examine_bridge(rooms.site)}


def test_a_bridge_that_never_ran_and_one_that_stands_are_errors(rooms: Rooms) -> None:
    assert codes(rooms)["app.bridge_never"] is Severity.ERROR
    keep_status(rooms.site, BridgeStatus(rooms.site.clock.now()))
    found = codes(rooms)
    assert not {"app.bridge_never", "app.bridge_stands"} & found.keys()
    assert found["app.sender_never_heard"] is Severity.WARNING
    rooms.wait(timedelta(minutes=10).total_seconds())
    assert codes(rooms)["app.bridge_stands"] is Severity.ERROR


def test_who_is_heard_and_who_is_not_is_said(rooms: Rooms) -> None:
    rooms.level(1, 100)
    trouble = Text.of("senders.mqtt_credentials", host="broker.example", port=8883)
    keep_status(rooms.site, BridgeStatus(rooms.site.clock.now(), {"other": Line(None, trouble)}))
    found = codes(rooms)
    assert found["app.sender_was_heard"] is Severity.OK
    assert found["app.sender_unheard"] is Severity.ERROR


def test_bodies_that_are_told_and_have_no_conversation_are_named(rooms: Rooms) -> None:
    assert "app.body_without_talk" not in codes(rooms)
    rooms.installation.wish.add({"id": "pg-neu", "name": "Neu", "kind": "project"})
    sensors = rooms.installation.wish.more["sensors.yaml"]["sensors"]
    changed = [{**one, "tells": "pg-neu"} if one["tells"] == LORA else one for one in sensors]
    rooms.installation.wish.more["sensors.yaml"] = {
        **rooms.installation.wish.more["sensors.yaml"],
        "sensors": changed,
    }
    rooms.installation.write()
    [finding] = [one for one in examine_bridge(rooms.site) if one.what.code == "app.body_without_talk"]
    assert finding.what.arguments["body"] == "Neu"


@pytest.mark.parametrize(
    ("bridge", "code"),
    [
        ({}, "app.no_senders"),
        ({}, "app.no_bot"),
        ({}, "app.no_heartbeat"),
        ({"heartbeat": {}}, "app.heartbeat_nowhere"),
        ({"test": True}, "app.bridge_in_test"),
        ({"bot": {"secret": "short"}}, "alerting.no_bot_secret"),
        ({"senders": {"ttn": {"kind": "things-stack", "webhook": {"secret_file": "gone"}}}}, "app.no_way_to_hooks"),
    ],
)
def test_what_the_settings_lack_is_said_with_its_mend(
    alerts_known: Known, tmp_path: Path, bridge: dict[str, Any], code: str
) -> None:
    with another(tmp_path, alerts_known) as installation:
        installation.more_network = {"bridge": bridge}
        ran = installation.run("doctor", "--json")
    found = {one["what"]["code"]: one for one in ran.json["bridge"]}
    assert code in found
    assert found[code]["mend"]["text"]


def test_a_secret_that_others_can_read_is_a_warning(alerts_known: Known, tmp_path: Path) -> None:
    with another(tmp_path, alerts_known) as installation:
        secret = installation.folder / "hook"
        secret.write_text("s" * 40, encoding="utf-8")
        secret.chmod(0o644)
        installation.more_network = {
            "bridge": {"senders": {"ttn": {"kind": "things-stack", "webhook": {"secret_file": "hook"}}}}
        }
        ran = installation.run("doctor", "--json")
    assert "app.readable_secret" in {one["what"]["code"] for one in ran.json["bridge"]}


def test_without_a_bridge_doctor_says_nothing_of_one(alerts_known: Known, tmp_path: Path) -> None:
    with another(tmp_path, alerts_known) as installation:
        installation.more_network = {}
        assert installation.run("doctor", "--json").json["bridge"] == []
