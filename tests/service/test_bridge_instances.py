"""Two bridges on one real PostgreSQL: one leads and speaks, and when it is killed the other one goes on."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.app.alerting import posting
from provisioner.service import looping
from provisioner.service.bridge_serving import BridgeService
from provisioner.service.serve import Options
from provisioner.state.waking import CHANNEL
from provisioner.transport.clock import SystemClock
from tests.service.bridges import AUTHORISED, settings
from tests.support.alert_rooms import with_alerts
from tests.support.alerting import eui, uplink_bytes
from tests.support.mosquitto import Mosquitto
from tests.support.mqtt import publish
from tests.support.postgres import shared
from tests.support.rooms import room_of
from tests.support.serving import Serving, wait_until
from tests.support.site import Installation

TOPIC = "doubled"


@pytest.fixture
def doubled(tmp_path: Path, real_cloud: NextcloudEmulator, broker: Mosquitto) -> Installation:
    """A network with conversations and sensors, its state on PostgreSQL."""
    installation = Installation(tmp_path, real_cloud)
    with_alerts(installation)
    installation.state = shared().new_database()
    installation.more_settings["ties_log"] = "ties.jsonl"
    installation.apply()
    installation.more_network = settings(broker, TOPIC)
    installation.write()
    return installation


def bridge(installation: Installation, name: str) -> Serving:
    return Serving(installation, name, ("bridge", "--listen", "127.0.0.1:0"))


def said(installation: Installation) -> list[str]:
    room = room_of(installation, "Sensorik")
    return [one.text for one in room.messages if "Hochwasser" in one.text and not one.system]


def test_when_the_leader_is_killed_the_other_one_hears_and_speaks_and_nothing_is_said_twice(
    doubled: Installation, broker: Mosquitto
) -> None:
    clock = SystemClock()
    with bridge(doubled, "first") as first, bridge(doubled, "second") as second:
        wait_until(lambda: any(one.said("listening to sender") for one in (first, second)), "somebody listens")
        [leader] = [one for one in (first, second) if one.said("leading")]
        standby = second if leader is first else first
        publish(broker, uplink_bytes(eui(1), 1, 290, clock.now()).decode(), topic=TOPIC)
        wait_until(lambda: len(said(doubled)) == 1, "the first word")
        # What calls may call any of them: whoever leads says it.
        payload = uplink_bytes(eui(11), 1, 290, clock.now())
        answer = requests.post(f"{standby.url}/redi/senders/ttn", data=payload, headers=dict(AUTHORISED), timeout=30)
        assert answer.status_code == 204
        wait_until(lambda: any("Hochwasser" in one.text for one in room_of(doubled, "LoRaWAN").messages), "the other")
        assert standby.get("/readyz").json()["role"] == "standby"
        leader.kill()
        # While nobody listens: the broker keeps it.
        publish(broker, uplink_bytes(eui(1), 2, 400, clock.now()).decode(), topic=TOPIC)
        standby.wait_for("listening to sender")
        wait_until(lambda: len(said(doubled)) == 2, "the end")
        assert standby.get("/readyz").json()["role"] == "leader"
        assert standby.end() == 0
    assert len(said(doubled)) == 2


@pytest.fixture
def two(doubled: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[BridgeService, BridgeService]]:
    """Two in this process, none of whom ever looks by itself what there is to be said: who leads, and who stands by."""
    monkeypatch.setattr(posting, "LONGEST_SLEEP", 3_600.0)
    monkeypatch.setattr(looping, "TROUBLED_PAUSE", 0.1)
    with ExitStack() as stack:
        services = [BridgeService(Options(doubled.settings), "127.0.0.1:0") for _ in range(2)]
        for one in services:
            stack.callback(one.stop)
            one.start()
        wait_until(lambda: any(one.bridge.leads() for one in services), "one leads")
        first, second = services
        yield (first, second) if first.bridge.leads() else (second, first)


def call(service: BridgeService, gauge: int, level: float, counter: int) -> None:
    payload = uplink_bytes(eui(gauge), counter, level, SystemClock().now())
    address = f"http://{service.address}/redi/senders/ttn"
    assert requests.post(address, data=payload, headers=dict(AUTHORISED), timeout=30).status_code == 204


def test_what_the_one_who_stands_by_commits_wakes_the_leader_also_after_the_server_hung_up(
    doubled: Installation, two: tuple[BridgeService, BridgeService]
) -> None:
    leader, standby = two
    call(standby, 1, 290, 1)
    wait_until(lambda: len(said(doubled)) == 1, "the first word")
    assert shared().end_listeners(str(doubled.state), CHANNEL) == 1
    call(standby, 1, 400, 2)
    wait_until(lambda: len(said(doubled)) == 2, "the end")
    assert leader.bridge.leads()
    assert not standby.bridge.leads()
