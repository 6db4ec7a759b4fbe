"""Every sender to the conversation: each in its own words and by each of its ways, several of them at once."""

import itertools
import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from provisioner.senders.emulation import to_webhook
from provisioner.senders.emulation.devices import EmulatedDevice
from provisioner.service import sender_calls
from provisioner.state import AlertOutbox, Alerts, SenderStates, UnknownDevices, Uplinks
from provisioner.state.alert_outbox import SaidState
from tests.service.bridges import HOOK, Running, running
from tests.support.alert_rooms import LORA, REGISTRY, SENSORIK, another
from tests.support.alerting import eui
from tests.support.change import Known
from tests.support.mosquitto import Mosquitto
from tests.support.mqtt import publish
from tests.support.payloads import payload
from tests.support.rooms import room_of
from tests.support.serving import wait_until

_TOPICS = itertools.count()
_RULES: list[dict[str, Any]] = [
    {
        "id": rule,
        "name": name,
        "foreign": {"labels": {"alertname": alert}},
        "tells": body,
        "advice": "Den Server ansehen.",
    }
    for rule, name, alert, body in (
        ("rechner", "Rechner überlastet", "hostCpuUsageAlert", LORA),
        ("speicher", "Speicher voll", "High memory usage", SENSORIK),
        ("tuer", "Tür offen", "Tür zum Archiv", SENSORIK),
    )
]


def senders(broker: Mosquitto, topic: str) -> dict[str, Any]:
    """All kinds, and all ways of each."""
    mqtt = {"host": "127.0.0.1", "port": broker.port, "tls": False}
    kinds: dict[str, dict[str, Any]] = {
        "ttn": {"kind": "things-stack", "mqtt": {**mqtt, "topics": [f"v3/{topic}@ttn/devices/+/up"]}},
        "chirp": {"kind": "chirpstack", "mqtt": {**mqtt, "topics": [f"application/{topic}/device/+/event/+"]}},
        "haus": {"kind": "json", "mqtt": {**mqtt, "topics": [f"{topic}/haus/#"]}},
        "mon": {"kind": "alertmanager"},
        "graf": {"kind": "grafana"},
    }
    return {name: {**kind, "webhook": {"secret": HOOK}} for name, kind in kinds.items()}


@pytest.fixture
def bridge(alerts_known: Known, tmp_path: Path, broker: Mosquitto) -> Iterator[Running]:
    topic = f"senders{next(_TOPICS)}"
    with another(tmp_path, alerts_known) as installation:
        registry = deepcopy(REGISTRY)
        registry["rules"] += _RULES
        installation.wish.more["sensors.yaml"] = registry
        with running(installation, broker, topic, {"senders": senders(broker, topic)}) as found:
            yield found


def chirp(gauge: int, level: float, counter: int, at: datetime) -> dict[str, Any]:
    """The documented uplink, of one of our gauges."""
    message: dict[str, Any] = json.loads(payload("chirpstack_up.json"))
    message["deviceInfo"]["devEui"] = eui(gauge)
    return {**message, "time": at.isoformat(), "fCnt": counter, "object": {"distance": 500 - level}}


def taken(bridge: Running) -> dict[str, int]:
    """How many uplinks each sender brought."""
    counts = SenderStates(bridge.site.database, "redi").counts()
    return {sender: found["taken"][0] for sender, found in counts.items() if "taken" in found}


def test_several_senders_at_once_each_by_broker_and_by_call_and_nothing_counts_twice(bridge: Running) -> None:
    now, clock = bridge.installation.clock.now(), bridge.installation.clock
    by_broker = json.dumps(chirp(1, 210, 1, now))
    where = f"application/{bridge.topic}/device/{eui(1)}/event/up"
    publish(bridge.broker, by_broker, topic=where)
    bridge.wait_for("Alb, Brücke 1")
    haus = {"device": eui(11), "at": now.isoformat(), "values": {"distance": 280}, "counter": 1}
    publish(bridge.broker, json.dumps(haus), topic=f"{bridge.topic}/haus/pegel")
    bridge.wait_for("Alb, Brücke 11", name="LoRaWAN")
    device = EmulatedDevice("pegel-2", eui(2), "pegel")
    said = json.dumps(device.uplink(now, {"distance": 270})).encode()
    publish(bridge.broker, said.decode(), topic=f"v3/{bridge.topic}@ttn/devices/pegel-2/up")
    wait_until(lambda: Uplinks(bridge.site.database, "redi").count() == 3, "all three are kept")
    for sender, again in (("chirp?event=up", by_broker.encode()), ("haus", json.dumps(haus).encode()), ("ttn", said)):
        assert bridge.call(sender, again).status_code == 204
    assert Uplinks(bridge.site.database, "redi").count() == 3
    assert taken(bridge) == {"chirp": 1, "haus": 1, "ttn": 1}
    clock.sleep(60)
    later = clock.now()
    assert bridge.call("chirp?event=up", json.dumps(chirp(1, 100, 2, later)).encode()).status_code == 204
    assert (
        bridge.call("haus", json.dumps([{**haus, "at": later.isoformat(), "counter": 2}]).encode()).status_code == 204
    )
    to_webhook(f"http://{bridge.service.address}/redi/senders/ttn", HOOK)(
        "pegel", "pegel-2", json.dumps(device.uplink(later, {"distance": 400})).encode()
    )
    assert taken(bridge) == {"chirp": 2, "haus": 2, "ttn": 2}
    assert [row.body for row in Alerts(bridge.site.database, "redi").going_on()] == [LORA]


def test_an_unknown_device_of_whichever_sender_is_shown_and_nobody_is_told(bridge: Running) -> None:
    now = bridge.installation.clock.now()
    publish(bridge.broker, json.dumps(chirp(77, 490, 1, now)), topic=f"application/{bridge.topic}/device/x/event/up")
    publish(bridge.broker, '{"device": "keller", "values": {"humidity": 71.5}}', topic=f"{bridge.topic}/haus/keller")
    unknown = UnknownDevices(bridge.site.database, "redi")
    wait_until(lambda: len(unknown.all()) == 2, "both are shown")
    assert {(one.sender, one.device, one.paths) for one in unknown.all()} == {
        ("chirp", eui(77), ("distance",)),
        ("haus", "keller", ("humidity",)),
    }
    assert Alerts(bridge.site.database, "redi").going_on() == []
    assert (bridge.messages(), bridge.messages("LoRaWAN")) == ([], [])


@pytest.mark.parametrize(
    ("sender", "name", "where", "words"),
    [
        ("mon", "alertmanager_v4_firing_real.json", "LoRaWAN", "Rechner überlastet"),
        ("graf", "grafana_webhook_docs.json", "Sensorik", "Speicher voll"),
    ],
)
def test_a_real_alert_is_told_to_whom_a_rule_names_and_its_end_answers_it(
    bridge: Running, sender: str, name: str, where: str, words: str
) -> None:
    message = json.loads(payload(name))
    assert bridge.call(sender, payload(name)).status_code == 204
    first = bridge.wait_for(words, name=where)
    assert "Den Server ansehen." in first.text
    assert bridge.call(sender, payload(name)).status_code == 204, "they repeat what goes on"
    bridge.installation.clock.sleep(600)
    ends = {"status": "resolved", "endsAt": bridge.installation.clock.now().isoformat()}
    over = {**message, "status": "resolved", "alerts": [{**one, **ends} for one in message["alerts"]]}
    assert bridge.call(sender, json.dumps(over).encode()).status_code == 204
    last = bridge.wait_for(words, times=2, name=where)
    assert last.parent is not None
    assert last.parent.id == first.id
    assert len(bridge.messages(where)) == 2


def test_an_alert_of_ones_own_in_plain_json_begins_and_ends(bridge: Running) -> None:
    alert = {"alert": "Tür zum Archiv", "id": "archiv-7", "status": "firing", "summary": "Archiv", "value": 1234.5}
    assert bridge.call("haus", json.dumps(alert).encode()).status_code == 204
    assert "Wert: 1.234,5" in bridge.wait_for("Tür offen").text
    assert bridge.call("haus", json.dumps({**alert, "status": "resolved"}).encode()).status_code == 204
    bridge.wait_for("Tür offen", times=2)
    assert Alerts(bridge.site.database, "redi").going_on() == []


def test_alertmanager_is_answered_5xx_until_its_alert_is_committed(
    bridge: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_calls, "_PATIENCE", 0.2)
    database = bridge.site.database
    with database.writing():  # somebody else has it: nothing can be committed
        assert bridge.call("mon", payload("alertmanager_v4_firing_real.json")).status_code == 503
        assert Alerts(database, "redi").going_on() == []
    monkeypatch.setattr(sender_calls, "_PATIENCE", 30)
    assert bridge.call("mon", payload("alertmanager_v4_firing_real.json")).status_code == 204
    bridge.wait_for("Rechner überlastet", name="LoRaWAN")
    assert len(bridge.words("LoRaWAN")) == 1


def test_what_is_simulated_counts_with_a_word_in_the_settings_alone(bridge: Running) -> None:
    device = EmulatedDevice("pegel-1", eui(1), "pegel")
    now = bridge.installation.clock.now()
    said = json.dumps(device.uplink(now, {"distance": 270}, simulated=True)).encode()
    assert bridge.call("ttn", said).status_code == 204
    assert Alerts(bridge.site.database, "redi").going_on() == []
    assert SenderStates(bridge.site.database, "redi").counts()["ttn"]["skipped"][0] == 1


def test_with_that_word_what_is_simulated_is_told_like_anything_else(
    alerts_known: Known, tmp_path: Path, broker: Mosquitto
) -> None:
    topic = f"senders{next(_TOPICS)}"
    with (
        another(tmp_path, alerts_known) as installation,
        running(installation, broker, topic, {"test": True}) as bridge,
    ):
        device = EmulatedDevice("pegel-1", eui(1), "pegel")
        said = json.dumps(device.uplink(installation.clock.now(), {"distance": 270}, simulated=True)).encode()
        assert bridge.call("ttn", said).status_code == 204
        bridge.wait_for("Hochwasser")


def is_put_off(bridge: Running, body: str) -> bool:
    """Whether what is said there was tried, and waits for another time: until that is known no time may pass."""
    waiting = AlertOutbox(bridge.site.database, "redi").latest(SaidState.WAITING)
    return any(one.body == body and one.tries for one in waiting)


def test_a_conversation_that_fails_delays_no_other_one_and_an_answer_that_was_lost_is_looked_up(
    bridge: Running,
) -> None:
    faults, cloud = bridge.cloud.faults, bridge.cloud
    faults.status(503, path=f"/chat/{bridge.room.token}", times=None)
    now = bridge.installation.clock.now()
    assert bridge.call("chirp?event=up", json.dumps(chirp(1, 210, 1, now)).encode()).status_code == 204
    wait_until(lambda: any(bridge.room.token in entry.path for entry in cloud.log.writes), "it was tried")
    faults.reset_after(path=f"/chat/{room_of(bridge.installation, 'LoRaWAN').token}", writes=True)
    assert bridge.call("chirp?event=up", json.dumps(chirp(11, 210, 1, now)).encode()).status_code == 204
    wait_until(lambda: len(bridge.messages("LoRaWAN")) == 1, "it stands there, and we were not told so")
    wait_until(lambda: is_put_off(bridge, LORA), "it is tried again later")
    bridge.installation.clock.sleep(5)
    bridge.wait_for("Alb, Brücke 11", name="LoRaWAN")
    assert len(bridge.words("LoRaWAN")) == 1, "it was looked up"
    assert bridge.messages() == []
    faults.clear()
    wait_until(lambda: is_put_off(bridge, SENSORIK) or bool(bridge.messages()), "no try is under way")
    bridge.installation.clock.sleep(600)
    bridge.wait_for("Alb, Brücke 1")
    assert len(bridge.words()) == 1
