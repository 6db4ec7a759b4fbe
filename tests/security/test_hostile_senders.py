"""Senders, devices and others' alert engines that mean harm, or are broken: they fill nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from provisioner.app.alerting.listening import Listening
from provisioner.app.alerting.ticking import Ticker
from provisioner.emulation import VirtualClock
from provisioner.model.alerts import Foreign, Rule
from provisioner.model.sensors import Sensor
from provisioner.senders.parsing import REFUSALS
from provisioner.senders.receiving import Delivery
from provisioner.state import Database, Gateways, UnknownDevices
from tests.support.alerting import BODY, FLOOD, NETWORK, SENDER, SILENT, Bridge, Shelf, book, eui, gauge

FORGER = "schule"
"""A sender of plain JSON whose key is known to somebody who means harm."""
FOREIGN = Rule("foreign", "Rechner", Foreign({}), tells=(BODY,))


@pytest.fixture
def bridge(tmp_path: Path, clock: VirtualClock) -> Iterator[Bridge]:
    with Database.open(str(tmp_path / "readi.sqlite3")) as database:
        yield Bridge(database, clock, Shelf(book()))


def forged(bridge: Bridge, **said: Any) -> Delivery:
    return bridge.post.delivery(msgspec.json.encode(said), "json", FORGER)


def firing(number: int, status: str = "firing", **labels: str) -> dict[str, Any]:
    named = {"alertname": "Disk", "instance": f"host-{number}", **labels}
    notes = {"summary": "x" * 2_000, "description": "y" * 2_000}
    return {"status": status, "labels": named, "annotations": notes, "fingerprint": f"f{number}"}


def alertmanager(bridge: Bridge, *alerts: dict[str, Any]) -> Delivery:
    return bridge.post.delivery(msgspec.json.encode({"version": "4", "alerts": alerts}), "alertmanager", "prom")


def test_a_sender_that_an_entry_does_not_name_writes_nothing_of_its_devices(bridge: Bridge) -> None:
    """Neither with the same session and counter before the true message, nor with a later moment."""
    own = {f"gauge-{number}": gauge(number, sender=SENDER) for number in range(2)}
    bridge.shelf.book = book(sensors=own)
    bridge.take(bridge.post.uplink(0, 1, 100))
    for more in ({"counter": 2, "session": "AYc"}, {}, {"counter": 2**62}):
        lie = {"device": f"eui-{eui(0)}", "eui": eui(0), "application": "pegel", "values": {"distance": 499}, **more}
        bridge.take(forged(bridge, **lie))
    bridge.clock.sleep(1)
    bridge.take(bridge.post.uplink(0, 2, 250))
    assert bridge.said() == [(BODY, "first")]
    assert bridge.counts(FORGER) == {"unknown": 3}


def test_an_alert_of_somebody_elses_engine_is_never_a_sensor_of_ours(bridge: Bridge) -> None:
    """Whatever it calls itself, and also where a sender is called as an entry is."""
    pattern = Sensor(
        FORGER, ("eui-*",), "ettlingen", "radar", "Brücke {device}", (BODY,), sender=SENDER, mount_height=500.0
    )
    bridge.shelf.book = book(FLOOD, SILENT, FOREIGN, sensors={FORGER: pattern})
    bridge.take(bridge.post.uplink(0, 1, 250))
    (flood,) = bridge.alerts.going_on()
    for word in (eui(0), f"{eui(0)}/x"):
        bridge.take(forged(bridge, alert="Disk", id=word, summary="Platte voll"))
    ticker = Ticker(bridge.database, NETWORK, bridge.shelf, bridge.clock, Listening({}, bridge.clock.now()))
    ticker.turn()
    assert {row.rule for row in bridge.alerts.going_on()} == {"flood", "foreign"}
    bridge.clock.sleep(60)
    bridge.take(bridge.post.uplink(0, 2, 100))
    assert {row.rule for row in bridge.alerts.going_on()} == {"foreign"}
    assert bridge.alerts.get(flood.id)


def test_an_engine_that_names_ever_new_alerts_fills_no_table(bridge: Bridge) -> None:
    """Its first ones are told, the rest is counted; others' alerts are told as ever."""
    bridge.shelf.book = book(FLOOD, FOREIGN)
    for start in range(0, 6_000, 200):
        bridge.take(alertmanager(bridge, *(firing(number) for number in range(start, start + 200))))
        bridge.clock.sleep(1)
    (row,) = bridge.alerts.going_on()
    assert len(row.about) < 3_000_000
    assert len(bridge.states.all()) <= 2_000
    assert bridge.counts("prom")["refused:crowd"] >= 4_000
    bridge.take(bridge.post.uplink(0, 1, 250))
    assert {row.rule for row in bridge.alerts.going_on()} == {"flood", "foreign"}


def test_an_engine_whose_alerts_come_and_go_leaves_nothing_to_grow(bridge: Bridge) -> None:
    """As where each container has a name of its own, while one of them never gets well."""
    bridge.shelf.book = book(FOREIGN)
    bridge.take(alertmanager(bridge, firing(0)))
    for start in range(1, 2_401, 200):
        numbers = range(start, start + 200)
        bridge.take(alertmanager(bridge, *(firing(number) for number in numbers)))
        bridge.clock.sleep(60)
        bridge.take(alertmanager(bridge, *(firing(number, "resolved") for number in numbers)))
        bridge.clock.sleep(60)
    (row,) = bridge.alerts.going_on()
    assert len(row.about) < 3_000_000
    assert len(bridge.states.all()) <= 2_000
    assert "refused:crowd" not in bridge.counts("prom")
    bridge.take(alertmanager(bridge, firing(0, "resolved")))
    assert bridge.alerts.going_on() == []


def test_a_counter_that_leaps_is_a_new_beginning_and_no_thousand_years_of_gaps(bridge: Bridge) -> None:
    for counter in (1, 2**62, 3, 2**61, 2**62, 5, 2**62):
        bridge.clock.sleep(60)
        bridge.take(bridge.post.uplink(0, counter, 100))
    assert bridge.counts() == {"taken": 7}
    bridge.clock.sleep(60)
    bridge.take(bridge.post.uplink(0, 1, 250, session="joined anew"))
    assert bridge.said() == [(BODY, "first")]


def test_one_sender_that_names_any_number_of_devices_hides_nobody_elses(bridge: Bridge) -> None:
    for start in range(0, 8_000, 500):
        told = [{"device": f"d-{number}", "values": {"x": 1}} for number in range(start, start + 500)]
        bridge.take(bridge.post.delivery(msgspec.json.encode(told), "json", FORGER))
    bridge.take(bridge.post.uplink(77, 1, 100))
    shown = UnknownDevices(bridge.database, NETWORK).all()
    assert SENDER in {one.sender for one in shown}
    assert len(shown) <= 5_000


def test_a_sender_that_names_any_number_of_gateways_fills_no_table(bridge: Bridge) -> None:
    for start in range(0, 6_000, 500):
        told = [{"gateway": f"gw-{number}", "online": False} for number in range(start, start + 500)]
        bridge.take(bridge.post.delivery(msgspec.json.encode(told), "json", FORGER))
    assert len(Gateways(bridge.database, NETWORK).all()) <= 2_000


def test_a_device_that_floods_is_held_back_by_itself(bridge: Bridge) -> None:
    """What is kept of it stays little, and so does what is looked through for each of its messages."""
    for start in range(0, 12_000, 500):
        told = [
            {"device": eui(0), "eui": eui(0), "values": {"distance": 400}, "id": f"{number}"}
            for number in range(start, start + 500)
        ]
        bridge.take(bridge.post.delivery(msgspec.json.encode(told), "json", FORGER))
    assert bridge.uplinks.count() <= 4_000
    assert bridge.counts(FORGER)["refused:too_often"] >= 8_000
    bridge.clock.sleep(1)
    bridge.take(bridge.post.uplink(1, 1, 250))
    assert bridge.said() == [(BODY, "first")]
    bridge.clock.sleep(3_600)
    before = bridge.uplinks.count()
    bridge.take(bridge.post.uplink(0, 1, 100))
    assert bridge.uplinks.count() == before + 1


def test_what_was_too_long_to_be_read_is_counted_with_a_clear_word(bridge: Bridge) -> None:
    bridge.intake.refused(FORGER, "too_big")
    assert bridge.counts(FORGER) == {"refused:too_big": 1}
    assert {"too_big", "too_often", "crowd"} <= REFUSALS.keys()
