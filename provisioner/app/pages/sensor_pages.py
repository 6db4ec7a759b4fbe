"""Sensors as pages show them: where they are, what they said last, how their battery is; and devices nobody entered."""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from provisioner.alerts.book import Book, Station
from provisioner.alerts.states import SensorState, decode
from provisioner.app.picture import sorted_as
from provisioner.app.site import Site
from provisioner.model.sensors import Quantity
from provisioner.state.sensor_states import SensorStates
from provisioner.state.unknown_devices import UnknownDevice
from provisioner.texts import harmless

LOW_BATTERY: Final = 20.0
"""Percent: below it a page shows the sensor among those with a low battery."""
_PATIENCE: Final = 3
"""Intervals after which a page calls a sensor overdue; rules about silence have their own."""
_PATHS_SHOWN: Final = 20


class Show(StrEnum):
    """Which sensors a page shows."""

    ALL = "all"
    ALERT = "alert"
    LATE = "late"
    BATTERY = "battery"


@dataclass(frozen=True, slots=True)
class Measured:
    """The last value of one quantity."""

    quantity: Quantity
    value: float | bool | str
    at: datetime

    @property
    def label(self) -> str:
        """What people call it."""
        return self.quantity.label or self.quantity.name


@dataclass(frozen=True, slots=True)
class SensorLine:
    """One station as far as it is known."""

    key: str
    name: str
    organisation: str
    model: str
    map_link: str | None
    dashboard_link: str | None
    values: tuple[Measured, ...]
    battery: float | None
    heard: datetime | None
    late: bool
    """It should have said something by now."""
    gaps: int
    """Messages that never came, by the counters."""


def sensor_lines(site: Site, book: Book, bodies: Collection[str] | None) -> list[SensorLine]:
    """All stations of which these bodies are told (None: all), by name. Raises `StateError`."""
    now, known = site.clock.now(), {row.sensor: row.about for row in SensorStates(site.database, site.network).all()}
    stations = {station.key: station for station in book.stations()}
    for key in known.keys() - stations.keys():
        if (station := book.station(key)) is not None:  # of a pattern
            stations[key] = station
    found = [
        _line(book, station, decode(about) if (about := known.get(key)) else None, now)
        for key, station in stations.items()
        if bodies is None or not bodies_of(book, station).isdisjoint(bodies)
    ]
    return sorted(found, key=lambda one: (sorted_as(one.name), one.key))


def bodies_of(book: Book, station: Station) -> frozenset[str]:
    """Who is told of it: by its entry, and by each rule that watches it."""
    told = {body for rule in station.rules for body in book.bodies(rule, station)}
    return frozenset(told | (set(station.tells) & book.registry.bodies.keys()))


def wanted(
    lines: Iterable[SensorLine], words: Collection[str], show: Show, in_alert: Collection[str]
) -> Iterator[SensorLine]:
    """Those with all of these words in their place, id or organisation, and of this kind."""
    for one in lines:
        text = f"{one.name}\n{one.key}\n{one.organisation}\n{one.model}".casefold()
        if all(word in text for word in words) and _is_shown(one, show, in_alert):
            yield one


def _is_shown(one: SensorLine, show: Show, in_alert: Collection[str]) -> bool:
    match show:
        case Show.ALERT:
            return one.key in in_alert
        case Show.LATE:
            return one.late
        case Show.BATTERY:
            return one.battery is not None and one.battery < LOW_BATTERY
        case Show.ALL:
            return True


def _line(book: Book, station: Station, state: SensorState | None, now: datetime) -> SensorLine:
    sensor, registry = station.sensor, book.registry
    organisation = registry.organisations.get(sensor.organisation)
    heard = moment(state.newest) if state is not None else None
    patience = station.interval * _PATIENCE if station.interval is not None else None
    return SensorLine(
        station.key,
        station.name,
        organisation.name if organisation is not None else sensor.organisation,
        station.model.name,
        sensor.map_link,
        sensor.dashboard_link,
        tuple(_measured(station, state)) if state is not None else (),
        state.battery if state is not None else None,
        heard,
        heard is not None and patience is not None and now - heard > patience,
        state.missing if state is not None else 0,
    )


def _measured(station: Station, state: SensorState) -> Iterator[Measured]:
    for name, quantity in station.model.quantities.items():
        if name in state.values:
            value, at = state.values[name]
            yield Measured(quantity, value, moment(at) or datetime.fromtimestamp(0, UTC))


def moment(seconds: float) -> datetime | None:
    """Of the engine's states; None for 0: never."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def entry_for(*devices: UnknownDevice) -> str:
    """The lines by which devices come into the registry, with gaps that somebody has to fill in.

    What a device says of itself is a stranger's word: it stands in quotes, or is a comment on one line.
    """
    return "\n".join(("sensors:", *map(_item_for, devices)))


def _item_for(device: UnknownDevice) -> str:
    paths = harmless(", ".join(device.paths[:_PATHS_SHOWN]))
    return "\n".join(
        (
            f"  - id: {_id_for(device.device)}",
            f"    devices: {json.dumps(device.device, ensure_ascii=True)}",
            f"    sender: {device.sender}",
            "    organisation: …",
            f"    model: …  # {paths}" if paths else "    model: …",
            "    place: …",
            "    tells: […]",
        )
    )


def _id_for(device: str) -> str:
    """An id that could be given to it."""
    word = re.sub(r"[^a-z0-9]+", "-", device.lower().rpartition("/")[2]).strip("-")[:40].strip("-")
    return word if word[:1].isalpha() else f"sensor-{word}".rstrip("-")
