"""Sensors, rules and alerts for tests of pages and commands: entered in the registry, told by a webhook's messages."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from provisioner.app.alerting.books import Books
from provisioner.app.alerting.intake import Intake
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.senders.receiving import Delivery
from tests.support.alerting import eui, uplink_bytes
from tests.support.console import House
from tests.support.site import Wish

SENDER: Final = "ttn"
SECRET: Final = "invented-Secret-of-thirty-two-letters"
BRIDGE: Final[Mapping[str, Any]] = {
    "senders": {SENDER: {"kind": "things-stack", "webhook": {"secret": SECRET}}, "mon": {"kind": "alertmanager"}}
}
GAUGE, BOOKS = 1, 2
"""Devices: the gauge tells pg-sensorik, the showcase of books pg-akte."""
FLOOD, DAMP = "hochwasser", "feucht"
"""Rules."""


def with_sensors(wish: Wish) -> None:
    """Two sensors of two bodies, and what is watched of them."""
    wish.more["sensors.yaml"] = {
        "sensor_models": [
            {
                "id": "radar",
                "name": "Radar",
                "interval": "15 min",
                "quantities": {
                    "level": {"fields": "distance", "label": "Wasserstand", "unit": "cm", "from_mount": True}
                },
            },
            {
                "id": "klima",
                "name": "Klima",
                "interval": "15 min",
                "quantities": {
                    "temperature": {"fields": "temperature", "unit": "°C"},
                    "damp": {"fields": "distance", "label": "Feuchte", "unit": "%", "decimals": 0},
                },
            },
        ],
        "sensors": [
            {
                "id": "pegel-alb",
                "devices": eui(GAUGE),
                "organisation": "bretten",
                "model": "radar",
                "place": "Alb, Brücke am Markt",
                "tells": "pg-sensorik",
                "mount_height": 500,
                "map": "https://karte.example/alb",
            },
            {
                "id": "vitrine",
                "devices": eui(BOOKS),
                "organisation": "bruchsal",
                "model": "klima",
                "place": "Archiv, Vitrine 3",
                "tells": "pg-akte",
            },
        ],
        "rules": [
            {
                "id": FLOOD,
                "name": "Hochwasser",
                "applies": {"models": "radar"},
                "threshold": {"quantity": "level", "levels": [{"severity": "critical", "above": 200, "clear": 180}]},
                "meaning": "Der Uferweg wird in etwa einer Stunde überflutet.",
                "advice": "Uferweg sperren, Bauhof anrufen.",
            },
            {
                "id": DAMP,
                "name": "Zu feucht für Bücher",
                "applies": {"models": "klima"},
                "threshold": {"quantity": "damp", "levels": [{"severity": "warning", "above": 65}]},
            },
        ],
    }


def with_alerts(house: House, network: str = "redi") -> None:
    """Sensors and a bridge for this network; before its application is asked for."""
    with_sensors(house.wishes[network])
    house.more[network]["bridge"] = dict(BRIDGE)


class Told:
    """What senders tell a network, taken in as the bridge does."""

    def __init__(self, site: Site, pictures: Pictures) -> None:
        self._site = site
        self._intake = Intake(site.database, site.network, Books(pictures), site.clock)
        self._counter = 0

    def uplink(self, device: int, distance: float, at: datetime | None = None) -> None:
        """A device tells a distance."""
        self._counter += 1
        moment = at or self._site.clock.now()
        self.take(uplink_bytes(eui(device), self._counter, distance, moment), "things-stack", SENDER)

    def flood(self) -> None:
        """The river stands at 210 cm."""
        self.uplink(GAUGE, 290)

    def damp(self) -> None:
        """The showcase is at 70 %."""
        self.uplink(BOOKS, 70)

    def calm(self) -> None:
        """The river is back at 100 cm."""
        self.uplink(GAUGE, 400, self._site.clock.now() + timedelta(microseconds=1))

    def take(self, payload: bytes, kind: str, sender: str) -> None:
        """Any message."""
        self._intake.take([Delivery(sender, kind, payload, "", self._site.clock.now(), lambda _: None)])


def told(house: House, network: str = "redi") -> Told:
    """Of a house that is built."""
    _ = house.app
    found = house.networks[network]
    return Told(found.site, found.pictures)
