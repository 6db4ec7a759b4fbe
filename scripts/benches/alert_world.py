"""Sensors and rules to measure with, as the registry's documents. At most three rules are about a device."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scripts.benches.alert_payloads import DEVICES_A_CITY, MOUNT, device_id

_WITH_ENTRY: Final = 2_000
"""So many of the devices have an entry of their own; of the others a city's stand behind one pattern."""
_ORGANISATION: Final = "bretten"
_MODEL: Final = {
    "id": "messer",
    "name": "Abstandsmesser",
    "interval": "15 min",
    "quantities": {
        "level": {"fields": "distance", "label": "Wasserstand", "unit": "cm", "from_mount": True},
        "temperature": {"fields": "temperature", "label": "Temperatur", "unit": "°C"},
        "humidity": {"fields": "humidity", "unit": "%"},
    },
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A device, or with ``*`` many; which rules by number, and which body."""

    device: str
    rules: frozenset[int]
    body: str


@dataclass(frozen=True, slots=True)
class World:
    """What is measured."""

    entries: Sequence[Entry]
    rules: Sequence[Mapping[str, Any]]
    """Their tests."""


def many(devices: int, rules: int, bodies: int) -> World:
    """Devices of all sorts of rules: thresholds, durations, rates, silence, batteries, expressions."""
    entries = []
    for number in range(min(devices, _WITH_ENTRY)):
        entries.append(_entry(device_id(number), number, rules, bodies))
    for number in range(_WITH_ENTRY, devices, DEVICES_A_CITY):
        entries.append(_entry(device_id(number)[: -len("00")] + "*", number // DEVICES_A_CITY, rules, bodies))
    return World(entries, [_test(number) for number in range(rules)])


def one_body(devices: int, rules: int) -> World:
    """All of them tell the same one. A device has one rule."""
    entries = [Entry(device_id(number), frozenset({number % rules}), body_id(0)) for number in range(devices)]
    return World(entries, [_level(number) for number in range(rules)])


def each_its_own(bodies: int, rules: int) -> World:
    """For each body and rule one device: its alert is nobody else's."""
    entries = [
        Entry(device_id(body * rules + rule), frozenset({rule}), body_id(body))
        for body in range(bodies)
        for rule in range(rules)
    ]
    return World(entries, [_level(number) for number in range(rules)])


def body_id(number: int) -> str:
    """A project of the networks in `tests.support.networks`."""
    return f"pg-{number:05d}"


def place(device: str) -> str:
    """What people read of a device: letters and digits alone, which nothing has to escape."""
    return f"Messpunkt {device.replace('-', '')}"


def documents(world: World) -> Mapping[str, Any]:
    """For a file of the registry."""
    sensors = [
        {
            "id": f"s-{number:05d}",
            "devices": [entry.device],
            "organisation": _ORGANISATION,
            "model": _MODEL["id"],
            "place": "Messpunkt {device}" if "*" in entry.device else place(entry.device),
            "tells": [entry.body],
            "mount_height": MOUNT,
            "tags": [_tag(rule) for rule in sorted(entry.rules)],
        }
        for number, entry in enumerate(world.entries)
    ]
    rules = [
        {"id": f"r-{number:03d}", "name": f"Regel {number}", "applies": {"tags": [_tag(number)]}, **test}
        for number, test in enumerate(world.rules)
    ]
    return {"sensor_models": [_MODEL], "sensors": sensors, "rules": rules}


def _entry(device: str, number: int, rules: int, bodies: int) -> Entry:
    chosen = frozenset({number % rules, (3 * number + 1) % rules, (7 * number + 2) % rules})
    return Entry(device, chosen, body_id(number % bodies))


def _tag(rule: int) -> str:
    return f"t{rule}"


def _test(number: int) -> Mapping[str, Any]:
    match number % 10:
        case 5:
            return {"threshold": {**_level(number)["threshold"], "lasting": "30 min"}}
        case 6:
            return {"rate": {"quantity": "level", "within": "1 h", "rises": 100 + number}}
        case 7:
            return {"silence": {"intervals": 3 + number / 100}}
        case 8:
            return {"battery": {"below": 10 + number / 10}}
        case 9:
            return {"expression": {"when": f"level > {300 + number} and humidity < 90"}}
        case _:
            return _level(number)


def _level(number: int) -> Mapping[str, Any]:
    limit = 300 + number
    return {
        "threshold": {
            "quantity": "level",
            "levels": [
                {"severity": "warning", "above": limit, "clear": limit - 20},
                {"severity": "critical", "above": limit + 190},
            ],
        }
    }
