"""What doctor finds wrong with a bridge before anybody waits for an alert in vain."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from provisioner.app.alerting.doctor import examine_bridge
from provisioner.app.alerting.status import BridgeStatus, Line, keep_status
from provisioner.model.ports import Severity
from provisioner.model.text import Text
from provisioner.state import Outbox
from tests.support.alert_rooms import LORA, Rooms, another
from tests.support.change import Known
from tests.support.rooms import room_of


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


def test_moments_are_those_of_the_network(rooms: Rooms) -> None:
    rooms.level(1, 100)
    keep_status(rooms.site, BridgeStatus(rooms.site.clock.now()))
    [finding] = [one for one in examine_bridge(rooms.site) if one.what.code == "app.sender_was_heard"]
    at = finding.what.arguments["at"]
    assert isinstance(at, datetime)
    assert at.tzinfo == ZoneInfo("Europe/Berlin")


def test_devices_that_nobody_entered_are_counted(rooms: Rooms) -> None:
    assert "app.devices_unknown" not in codes(rooms)
    rooms.level(77, 100)
    assert codes(rooms)["app.devices_unknown"] is Severity.WARNING


def test_a_bot_that_is_not_there_is_an_error_and_of_targets_out_of_order_nothing_is_asked(rooms: Rooms) -> None:
    assert codes(rooms)["app.bot_missing"] is Severity.ERROR
    rooms.installation.cloud.log.clear()
    assert "app.bot_missing" not in {one.what.code for one in examine_bridge(rooms.site, ["cloud"])}
    assert not rooms.installation.cloud.log


def test_a_bot_is_enabled_by_the_first_message_and_deaf_when_later_ones_call_nobody(rooms: Rooms) -> None:
    talk = rooms.installation.cloud.talk
    bot = talk.install_bot("re@di", rooms.bot_secret, "http://127.0.0.1:9/never")
    assert codes(rooms)["app.bot_not_enabled"] is Severity.NOTE
    talk.enable_bot(room_of(rooms.installation, "Sensorik"), bot)
    rooms.say()
    rooms.poster.turn()
    assert not {"app.bot_deaf", "app.bot_hears"} & codes(rooms).keys()
    rooms.wait(1)
    rooms.say()
    rooms.poster.turn()
    assert codes(rooms)["app.bot_deaf"] is Severity.ERROR
    rooms.command("readi-provisioner", "unsere eigenen Worte")
    rooms.catching_up.look()
    found = codes(rooms)
    assert found["app.bot_hears"] is Severity.OK
    assert "app.bot_deaf" not in found


def test_a_conversation_whose_bots_we_may_not_see_is_named(rooms: Rooms) -> None:
    rooms.installation.cloud.talk.install_bot("re@di", rooms.bot_secret, "http://127.0.0.1:9/never")
    room_of(rooms.installation, "Sensorik").attendees.clear()
    [finding] = [one for one in examine_bridge(rooms.site) if one.what.code == "app.bot_not_asked"]
    assert finding.what.arguments["body"] == "Sensorik"


def test_what_could_not_be_said_is_counted_for_a_day_with_the_reason(rooms: Rooms) -> None:
    room_of(rooms.installation, "Sensorik").read_only = 1
    rooms.say()
    rooms.poster.turn()
    [finding] = [one for one in examine_bridge(rooms.site) if one.what.code == "app.alerts_refused"]
    assert finding.what.arguments["body"] == "Sensorik"
    rooms.wait(timedelta(days=2).total_seconds())
    assert "app.alerts_refused" not in codes(rooms)


def test_what_waits_too_long_to_be_said_is_an_error(rooms: Rooms) -> None:
    rooms.say()
    assert "app.alerts_wait" not in codes(rooms)
    rooms.wait(600)
    assert codes(rooms)["app.alerts_wait"] is Severity.ERROR


def test_mails_about_alerts_that_do_not_go_are_counted(rooms: Rooms) -> None:
    for _ in range(3):
        rooms.say(people=("p-ben",))
    rooms.poster.turn()
    assert not {"app.alert_mails_wait", "app.alert_mails_lost"} & codes(rooms).keys()
    letters = Outbox(rooms.site.database, "redi", rooms.site.clock.now())
    lost, moot = letters.take(), letters.take()
    assert lost is not None
    assert moot is not None
    letters.refused(lost.id, "messages.address_refused")
    letters.refused(moot.id, "messages.alert_forgotten")
    rooms.wait(600)
    found = {one.what.code: one.what.arguments for one in examine_bridge(rooms.site)}
    assert found["app.alert_mails_wait"] == {"count": 1, "minutes": 10}
    assert found["app.alert_mails_lost"] == {"count": 1}, "what nobody needs any more is not lost"


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
