"""A book with one sensor, and its sensor on virtual time: minutes count from a Monday morning at nine."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from policies.alertsections import AlertsPolicy
from provisioner.alerts.book import Book, Station
from provisioner.alerts.sensing import Circumstances, Heard, SensorState, battery, decode, due, encode, hear, look
from provisioner.model.alerts import AlertSeverity, Happened, Level, Rule, Silence, Test, Threshold
from provisioner.model.registry import Body, BodyKind, Organisation, OrganisationKind, Person, Registry
from provisioner.model.sensors import Battery, BatteryNews, DeviceName, Measured, Quantity, Sensor, SensorModel, Uplink

START = datetime(2026, 6, 1, 7, tzinfo=UTC)
"""Monday, 9:00 in Berlin."""
INFO, WARNING, CRITICAL = AlertSeverity.INFO, AlertSeverity.WARNING, AlertSeverity.CRITICAL

RIVER = SensorModel(
    "river",
    "Pegel",
    {
        "level": Quantity("level", ("distance",), "Wasserstand", "m", 2, factor=0.001, from_mount=True, lowest=-1),
        "temperature": Quantity("temperature", ("air.temperature", "temp"), "Temperatur", "°C"),
    },
    timedelta(minutes=10),
    Battery(("volts",), 3.0, 3.6),
)
ROOM = SensorModel(
    "room",
    "Raumluft",
    {
        "co2": Quantity("co2", ("co2",), "CO₂", "ppm", 0, lowest=0, highest=20_000),
        "window": Quantity("window", ("window",), "Fenster", "", 0),
    },
    timedelta(minutes=10),
)
ALB = Sensor("alb", ("pegel-alb",), "ettlingen", "river", "Alb, Pforzheimer Straße", ("pegel",), mount_height=4.0)
SCHOOL = Sensor("schule", ("raum-*",), "rheinstetten", "room", "Schule, {device}", ("schule",))


def minute(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def registry(
    *rules: Rule, sensors: Iterable[Sensor] = (ALB, SCHOOL), models: Iterable[SensorModel] = (RIVER, ROOM), **more: Any
) -> Registry:
    city = OrganisationKind.CITY
    organisations = [Organisation("ettlingen", "Ettlingen", city), Organisation("rheinstetten", "Rheinstetten", city)]
    bodies = [Body(name, name.title(), BodyKind.PROJECT) for name in ("pegel", "schule", "bauhof", "rangers")]
    people = [Person("p-1", "Ada", "Muster", "ada@ettlingen.example"), Person("p-2", "Bo", "Beispiel", "bo@x.example")]
    return Registry(
        "redi",
        "re@di",
        organisations={one.id: one for one in organisations},
        people={one.id: one for one in people},
        bodies={one.id: one for one in bodies},
        sensor_models={one.id: one for one in models},
        sensors={one.id: one for one in sensors},
        rules={rule.id: rule for rule in rules},
        **more,
    )


def book(*rules: Rule, policy: Mapping[str, Any] | None = None, **more: Any) -> Book:
    """``policy``: what differs from its defaults."""
    return Book.of(registry(*rules, **more), AlertsPolicy.model_validate(policy or {}))


def rule(test: Test, identity: str = "rule", **more: Any) -> Rule:
    return Rule(identity, more.pop("name", "Hochwasser"), test, **more)


def over(limit: float, clear: float | None = None, severity: AlertSeverity = WARNING, lasting: float = 0) -> Threshold:
    """A level above ``limit`` metres."""
    return Threshold("level", (Level(severity, above=limit, clear=clear),), timedelta(minutes=lasting))


FLOOD = Threshold("level", (Level(WARNING, above=1.0, clear=0.8), Level(CRITICAL, above=2.0, clear=1.5)))
SILENT = Silence(3, WARNING)
HEARD = Circumstances(listening_since=START)


class Watched:
    """One sensor with its state, which is written and read as the database does. Turns gather in ``turns``."""

    def __init__(self, *rules: Rule, device: str = "pegel-alb", **more: Any) -> None:
        self.book = book(*rules, **more)
        self.device = DeviceName(device)
        self.about: str | None = None
        self.turns: list[Happened] = []
        self.counter = 0
        self.refused: list[str] = []

    @property
    def station(self) -> Station:
        station = self.book.sensor("ttn", self.device)
        assert station is not None
        return station

    @property
    def state(self) -> SensorState | None:
        return None if self.about is None else decode(self.about)

    @property
    def known(self) -> SensorState:
        assert self.state is not None
        return self.state

    def level(self, minutes: float, metres: float, **more: Any) -> Heard:
        """The river stood so high. It is a distance that is sent: mounted 4 m above the ground."""
        return self.send(minutes, {"distance": round((4.0 - metres) * 1000, 6)}, **more)

    def send(
        self,
        minutes: float,
        values: Mapping[str, Measured],
        *,
        received: float | None = None,
        filled: bool = False,
        **more: Any,
    ) -> Heard:
        came = minute(minutes if received is None else received)
        self.counter = more.pop("counter", self.counter + 1)
        uplink = Uplink("ttn", self.device, minute(minutes), came, "s", self.counter, values, filled=filled)
        uplink = replace(uplink, **more)
        return self._heard(hear(self.station, self.state, uplink, came, settled=not filled))

    def tell_battery(self, minutes: float, percent: float) -> Heard:
        news = BatteryNews("ttn", self.device, minute(minutes), percent)
        return self._heard(battery(self.station, self.state, news, minute(minutes), settled=True))

    def look(self, minutes: float, circumstances: Circumstances = HEARD) -> Heard:
        return self._heard(look(self.station, self.state, minute(minutes), circumstances))

    def due(self, minutes: float, circumstances: Circumstances = HEARD) -> datetime | None:
        return due(self.station, self.known, circumstances, minute(minutes))

    def said(self) -> list[str]:
        """The turns so far, and none are left."""
        said = [f"{turn.turn} {turn.severity}" for turn in self.turns]
        self.turns.clear()
        return said

    def _heard(self, heard: Heard) -> Heard:
        self.about = encode(heard.state)
        self.turns += heard.happened
        self.refused += heard.refused
        return heard
