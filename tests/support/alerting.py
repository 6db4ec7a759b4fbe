"""Sensors, rules and what senders tell of them, for whoever tests alerts from the message to the outbox."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from policies.alertsections import AlertsPolicy
from provisioner.alerts.book import Book
from provisioner.app.alerting.intake import Intake
from provisioner.app.alerting.judging import Taken
from provisioner.emulation import VirtualClock
from provisioner.model.alerts import AlertSeverity, Level, Rule, Silence, Threshold
from provisioner.model.registry import Body, BodyKind, Registry
from provisioner.model.sensors import Battery, Quantity, Sensor, SensorModel
from provisioner.senders.receiving import Delivery
from provisioner.state import AlertOutbox, Alerts, Database, SenderStates, SensorStates, Uplinks

ON_BOTH = pytest.mark.parametrize("address", ["sqlite", "postgresql"], indirect=True)
NETWORK, SENDER, BODY = "readi", "tts", "pg-pegel"
QUIET_POLICY = AlertsPolicy.model_validate({"quiet": {"up_to": None}})
"""Nothing waits for the morning."""

LEVEL = Quantity("level", ("distance",), "Wasserstand", "cm", from_mount=True)
RADAR = SensorModel("radar", "Radar", {"level": LEVEL}, timedelta(minutes=15), Battery())
FLOOD = Rule("flood", "Hochwasser", Threshold("level", (Level(AlertSeverity.CRITICAL, above=200, clear=180),)))
SILENT = Rule("silent", "Sensor schweigt", Silence(3, AlertSeverity.WARNING))


def gauge(number: int, **more: Any) -> Sensor:
    """A water level under a bridge, 500 cm above the ground."""
    options = {"organisation": "ettlingen", "model": "radar", "place": f"Brücke {number}", "tells": (BODY,), **more}
    return Sensor(f"gauge-{number}", (eui(number),), mount_height=500.0, **options)


def eui(number: int) -> str:
    return f"{0x70B3D57ED0000000 + number:016x}"


def book(*rules: Rule, gauges: int = 3, policy: AlertsPolicy = QUIET_POLICY, **registry: Any) -> Book:
    """Gauges and what is watched of them."""
    entries = [gauge(number) for number in range(gauges)]
    options = {
        "bodies": {name: Body(name, name, BodyKind.PROJECT) for name in (BODY, "rangers")},
        "sensor_models": {RADAR.id: RADAR},
        "sensors": {entry.id: entry for entry in entries},
        "rules": {rule.id: rule for rule in rules or (FLOOD, SILENT)},
        **registry,
    }
    return Book.of(Registry(NETWORK, NETWORK, **options), policy)


class Shelf:
    """Has one book until it is given another."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def now(self) -> Book:
        return self.book


@dataclass
class Post:
    """Messages, and what their senders were told of them."""

    clock: VirtualClock
    settled: list[tuple[int, bool]] = field(default_factory=list)
    _numbers: Any = field(default_factory=itertools.count)

    def delivery(
        self, payload: bytes, kind: str = "things-stack", sender: str = SENDER, topic: str = "", **more: Any
    ) -> Delivery:
        number = next(self._numbers)

        def settle(kept: bool) -> None:
            self.settled.append((number, kept))

        return Delivery(sender, kind, payload, topic, self.clock.now(), settle, **more)

    def uplink(
        self, sensor: int, counter: int, level: float, at: datetime | None = None, session: str = "AYc", **more: Any
    ) -> Delivery:
        """A gauge tells how far it is to the water: so high it stands. ``at``: now."""
        return self.delivery(uplink_bytes(eui(sensor), counter, 500 - level, at or self.clock.now(), session), **more)


def uplink_bytes(device_eui: str, counter: int, distance: float, at: datetime, session: str = "AYc") -> bytes:
    """As The Things Stack tells it."""
    moment = at.isoformat().replace("+00:00", "Z")
    uplink: dict[str, Any] = {
        "session_key_id": session,
        "f_port": 2,
        "decoded_payload": {"distance": distance, "temperature": 8.5},
        "rx_metadata": [{"gateway_ids": {"gateway_id": "gw-rathaus"}}],
        "received_at": moment,
    }
    if counter:
        uplink["f_cnt"] = counter
    ids = {
        "device_id": f"eui-{device_eui}",
        "application_ids": {"application_id": "pegel"},
        "dev_eui": device_eui.upper(),
    }
    return msgspec.json.encode({"end_device_ids": ids, "received_at": moment, "uplink_message": uplink})


@dataclass
class Bridge:
    """An intake on a database, and what lies in it."""

    database: Database
    clock: VirtualClock
    shelf: Shelf
    told: int = 0
    wrap: Callable[[Database], Any] = lambda database: database

    def __post_init__(self) -> None:
        self.post = Post(self.clock)
        self.intake = Intake(self.wrap(self.database), NETWORK, self.shelf, self.clock, told=self._note)

    def _note(self) -> None:
        self.told += 1

    def take(self, *deliveries: Delivery) -> Taken:
        return self.intake.take(deliveries)

    @property
    def outbox(self) -> AlertOutbox:
        return AlertOutbox(self.database, NETWORK)

    @property
    def alerts(self) -> Alerts:
        return Alerts(self.database, NETWORK)

    @property
    def uplinks(self) -> Uplinks:
        return Uplinks(self.database, NETWORK)

    @property
    def states(self) -> SensorStates:
        return SensorStates(self.database, NETWORK)

    def said(self) -> list[tuple[str, str]]:
        """(body, kind) of all that was or is to be said, in order."""
        rows = [one for alert in self.alerts.history(10_000) for one in self.outbox.of_alert(alert.id)]
        return [(one.body, str(one.kind)) for one in sorted(rows, key=lambda one: one.id)]

    def counts(self, sender: str = SENDER) -> Mapping[str, int]:
        return {
            what: count for what, (count, _) in SenderStates(self.database, NETWORK).counts().get(sender, {}).items()
        }
