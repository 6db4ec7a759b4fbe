"""What was missed while nobody listened: read from the storage after a reconnect, and told once, as what it is."""

import itertools
import json
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from provisioner.alerts.alerting import decode_alert
from provisioner.app.alerting import filling, ticking
from provisioner.app.alerting.doctor import examine_bridge
from provisioner.app.alerting.status import last_status
from provisioner.emulation import Emulator, Request, Response
from provisioner.model.ports import Finding, Severity
from provisioner.senders.emulation import KEY, ThingsStackEmulator, to_broker
from provisioner.senders.emulation.devices import EmulatedDevice
from provisioner.senders.emulation.telling import ToBroker
from provisioner.service.bridge_leading import BridgeLeader
from provisioner.state import Alerts, Gateways, SenderStates, Uplinks
from tests.service.bridges import HOOK, Running, is_listening, running
from tests.support.alert_rooms import REGISTRY, another
from tests.support.alerting import eui
from tests.support.change import Known
from tests.support.mosquitto import Mosquitto
from tests.support.serving import wait_until
from tests.support.site import Installation

_NUMBERS = itertools.count()
SILENT = {"id": "stumm", "name": "Sensor schweigt", "silence": {"intervals": 3, "severity": "warning"}}


class Beats(Emulator):
    """Somebody else's monitor: counts the signs of life."""

    name = "beats"
    heard = 0

    def handle(self, request: Request) -> Response:
        self.heard += 1
        return Response(200)


class World:
    """A Things Stack with gauges, a broker that can be switched off, a monitor, and our bridge."""

    def __init__(self, installation: Installation, broker: Mosquitto, stack: ThingsStackEmulator, beats: Beats) -> None:
        self.installation, self.broker, self.stack, self.beats = installation, broker, stack, beats
        self.clock = installation.clock
        self.gauges = {
            number: stack.device(f"pegel-{number}", eui(number), (gateway,))
            for number, gateway in ((1, "gw-rathaus"), (2, "gw-rathaus"), (3, "gw-turm"), (11, "gw-turm"))
        }
        stack.gateways = {"gw-rathaus": True, "gw-turm": True}
        self.telling: ToBroker | None = None

    def hang_up(self) -> None:
        """The broker is there no more."""
        if self.telling is not None:
            self.telling.close()
            self.stack.listeners.remove(self.telling)
            self.telling = None
        self.broker.stop()

    def listen(self) -> None:
        """It is there, or there again."""
        if self.broker.process is None:
            self.broker.start()
        self.telling = to_broker("127.0.0.1", self.broker.port, qos=0)
        self.stack.listeners.append(self.telling)

    def send(self, number: int, level: float, *, simulated: bool = False) -> None:
        """A gauge sends how high the water stands; it is stored, and told to whoever listens."""
        self.stack.send(self.gauges[number], {"distance": 500 - level}, simulated=simulated)

    def section(self) -> dict[str, Any]:
        mqtt = {"host": "127.0.0.1", "port": self.broker.port, "tls": False, "user": f"{self.stack.application}@ttn"}
        server = {"url": self.stack.url, "key": KEY}
        ttn = {
            "kind": "things-stack",
            "mqtt": mqtt,
            "webhook": {"secret": HOOK},
            "storage": {**server, "application": self.stack.application},
            "gateways": {**server, "ids": sorted(self.stack.gateways)},
        }
        heartbeat = {"url": f"{self.beats.url}/redi", "every_seconds": 3600}
        return {"senders": {"ttn": ttn}, "heartbeat": heartbeat}


@pytest.fixture
def world(
    alerts_known: Known, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """Not running yet. Loops look often, since the time that passes is the emulator's."""
    monkeypatch.setattr(ticking, "_LONGEST", 0.05)
    monkeypatch.setattr(filling, "_LONGEST", 0.05)
    with another(tmp_path, alerts_known) as installation:
        registry = deepcopy(REGISTRY)
        registry["rules"].append(SILENT)
        installation.wish.more["sensors.yaml"] = registry
        with (
            Mosquitto(tmp_path_factory.mktemp("broker")) as broker,
            ThingsStackEmulator(clock=installation.clock) as stack,
            Beats(clock=installation.clock) as beats,
        ):
            made = World(installation, broker, stack, beats)
            made.listen()
            yield made
            if made.telling is not None:
                made.telling.close()


@pytest.fixture
def bridge(world: World) -> Iterator[Running]:
    with running(world.installation, world.broker, f"gaps{next(_NUMBERS)}", world.section()) as found:
        yield found


def counts(bridge: Running) -> dict[str, int]:
    return {what: found[0] for what, found in SenderStates(bridge.site.database, "redi").counts()["ttn"].items()}


def filled_until(bridge: Running) -> str:
    return str(SenderStates(bridge.site.database, "redi").get("ttn").get("cursor", ""))


def leader_of(bridge: Running) -> BridgeLeader:
    """As soon as it leads."""
    wait_until(lambda: bridge.bridge._leader is not None, "it leads")
    leader = bridge.bridge._leader
    assert leader is not None
    return leader


def turned(bridge: Running) -> None:
    """Everything whose time has come by now was looked at: by a whole turn that began after this."""
    leader = leader_of(bridge)
    for _ in range(2):
        leader._ticked = -math.inf
        wait_until(lambda: leader._ticked > -math.inf, "the clock is looked at")


def test_what_was_missed_is_filled_after_the_reconnect_and_what_is_still_true_is_told_as_late(
    world: World, bridge: Running
) -> None:
    world.send(1, 100)
    world.send(2, 100)
    uplinks = Uplinks(bridge.site.database, "redi")
    wait_until(lambda: uplinks.count() == 2, "both are heard")
    world.hang_up()
    wait_until(lambda: not is_listening(bridge), "nobody listens")
    world.clock.sleep(300)
    for number, level in ((1, 230), (2, 230)):
        world.send(number, level)
    world.clock.sleep(300)
    for number, level in ((1, 250), (2, 100)):
        world.send(number, level)
    world.send(11, 260, simulated=True)
    world.clock.sleep(60)
    before = world.clock.now()
    world.listen()
    first = bridge.wait_for("Hochwasser")
    assert "nachgemeldet" in first.text.lower()
    assert "Brücke 1" in first.text
    assert "Brücke 2" not in first.text, "it came and went meanwhile: that is history"
    assert filled_until(bridge) >= before.isoformat()
    assert uplinks.count() == 6
    assert (counts(bridge)["filled"], counts(bridge).get("missing", 0)) == (4, 0)
    assert bridge.messages("LoRaWAN") == [], "what is simulated fills nothing"
    # The newest word goes on to count: a live value ends it, and the same from the storage once more is nothing new.
    world.clock.sleep(60)
    world.send(1, 100)
    bridge.wait_for("Hochwasser", times=2)
    world.clock.sleep(30 * 60)
    reached = filled_until(bridge)
    wait_until(lambda: filled_until(bridge) > reached, "it is looked at again by the timer")
    turned(bridge)
    assert uplinks.count() == 7
    assert len(bridge.words()) == 2


def test_a_late_uplink_completes_the_history_and_neither_begins_nor_ends_anything(
    world: World, bridge: Running
) -> None:
    start = world.clock.now()
    world.clock.sleep(600)
    world.send(1, 230)
    bridge.wait_for("Hochwasser")
    for number, level in ((1, 100), (3, 240)):
        late = EmulatedDevice(f"pegel-{number}", eui(number), world.stack.application, counter=100)
        if number == 3:
            world.send(3, 100)
            wait_until(lambda: Uplinks(bridge.site.database, "redi").count() == 3, "the newer one is there")
        said = json.dumps(late.uplink(start, {"distance": 500 - level})).encode()
        assert bridge.call("ttn", said).status_code == 204
    assert counts(bridge)["late"] == 2
    [alert] = Alerts(bridge.site.database, "redi").going_on()
    assert set(decode_alert(alert.about).members) == {"pegel-1"}
    turned(bridge)
    assert len(bridge.words()) == 1


def test_a_dead_gateway_mutes_the_silence_of_those_that_it_alone_hears(world: World, bridge: Running) -> None:
    for number in world.gauges:
        world.send(number, 100)
    wait_until(lambda: Uplinks(bridge.site.database, "redi").count() == 4, "all are heard")
    world.stack.gateways["gw-rathaus"] = False
    world.clock.sleep(5 * 60)
    wait_until(lambda: "gw-rathaus" in down(bridge), "it is asked for")
    world.clock.sleep(40 * 60)
    bridge.wait_for("Brücke 3")
    bridge.wait_for("Brücke 11", name="LoRaWAN")
    turned(bridge)
    assert silent(bridge) == {"pegel-3", "pegel-11"}
    world.stack.gateways["gw-rathaus"] = True
    world.clock.sleep(5 * 60)
    wait_until(lambda: not down(bridge), "it is there again")
    world.clock.sleep(46 * 60)
    wait_until(lambda: silent(bridge) == {"pegel-1", "pegel-2", "pegel-3", "pegel-11"}, "all of them are silent")
    world.clock.sleep(60)  # further ones of one alert are gathered
    bridge.wait_for("Brücke 1")


def silent(bridge: Running) -> set[str]:
    """Sensors of which is told that they say nothing."""
    going_on = Alerts(bridge.site.database, "redi").going_on()
    return {sensor for row in going_on for sensor in decode_alert(row.about).members}


def down(bridge: Running) -> set[str]:
    """Gateways that are known to be."""
    return set(Gateways(bridge.site.database, "redi").down())


@pytest.fixture
def beats(world: World, bridge: Running, caplog: pytest.LogCaptureFixture) -> Callable[[], bool]:
    """Whether one more sign of life goes out, now that it is time for one."""
    caplog.set_level(logging.WARNING)
    [beating] = [loop for loop in leader_of(bridge)._loops if loop.name.endswith("heartbeat")]

    def beats_once() -> bool:
        turned(bridge)
        sent, withheld = world.beats.heard, caplog.messages.count("heartbeat withheld")
        beating.wake()
        wait_until(
            lambda: world.beats.heard > sent or caplog.messages.count("heartbeat withheld") > withheld, "it turns"
        )
        return world.beats.heard > sent

    return beats_once


def test_the_heartbeat_stops_when_nothing_is_heard_or_can_be_said_and_comes_back(
    world: World, bridge: Running, beats: Callable[[], bool]
) -> None:
    assert beats()
    world.installation.cloud.faults.status(503, path="/chat/", times=None)
    world.send(1, 230)
    wait_until(lambda: len(Alerts(bridge.site.database, "redi").going_on()) == 1, "there is something to say")
    assert beats(), "a moment is nothing"
    world.clock.sleep(timedelta(minutes=11).total_seconds())
    assert not beats()
    world.installation.cloud.faults.clear()
    bridge.wait_for("Hochwasser")
    assert beats()
    world.hang_up()
    wait_until(lambda: not is_listening(bridge), "nobody listens")
    assert not beats()


def found(bridge: Running) -> Mapping[str, Finding]:
    """By code, what doctor finds, as soon as the bridge put down that it runs."""
    wait_until(lambda: runs(bridge), "it put down that it runs")
    return {one.what.code: one for one in examine_bridge(bridge.site)}


def runs(bridge: Running) -> bool:
    """Whether that was put down a moment ago."""
    status = last_status(bridge.site)
    return status is not None and not status.is_stale(bridge.site.clock.now())


def test_a_storage_that_cannot_be_read_is_named_at_once_and_stops_the_heartbeat_when_it_lasts(
    world: World, bridge: Running, beats: Callable[[], bool]
) -> None:
    wait_until(lambda: bool(filled_until(bridge)), "it was read")
    assert not {"app.storage_unread", "app.gateways_unasked"} & found(bridge).keys()
    ours, world.stack.application = world.stack.application, "somebody-elses"
    world.clock.sleep(31 * 60)
    wait_until(lambda: "app.storage_unread" in found(bridge), "it is tried")
    finding = found(bridge)["app.storage_unread"]
    assert (finding.severity, finding.mend and finding.mend.code) == (Severity.ERROR, "app.mend_storage_right")
    assert beats(), "it may be mended in a moment"
    world.clock.sleep(61 * 60)
    assert not beats(), "what is missed may be lost"
    world.stack.application = ours
    world.clock.sleep(60)
    wait_until(lambda: "app.storage_unread" not in found(bridge), "it is read again")
    assert beats()


def test_a_storage_that_does_not_answer_is_a_warning_until_it_lasts(world: World, bridge: Running) -> None:
    wait_until(lambda: bool(filled_until(bridge)), "it was read")
    world.stack.faults.status(503, path="/storage/", times=None)
    world.clock.sleep(31 * 60)
    wait_until(lambda: "app.storage_unread" in found(bridge), "it is tried")
    finding = found(bridge)["app.storage_unread"]
    assert (finding.severity, finding.mend and finding.mend.code) == (Severity.WARNING, "app.mend_storage")
    world.clock.sleep(61 * 60)
    assert found(bridge)["app.storage_unread"].severity is Severity.ERROR


def test_gateways_that_may_not_be_asked_for_are_named_and_stop_no_heartbeat(
    world: World, bridge: Running, beats: Callable[[], bool]
) -> None:
    del world.stack.gateways["gw-turm"]
    world.clock.sleep(6 * 60)
    wait_until(lambda: "app.gateways_unasked" in found(bridge), "they are asked for")
    finding = found(bridge)["app.gateways_unasked"]
    assert (finding.severity, finding.mend and finding.mend.code) == (Severity.WARNING, "app.mend_gateways_right")
    world.clock.sleep(2 * 3600)
    assert beats()
