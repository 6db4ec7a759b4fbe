"""Sensors and their models: what can be wrong with one though its shape is right, and the model's form of it."""

import re
from collections.abc import Iterator
from typing import Final

from provisioner.model.registry import Origin
from provisioner.model.sensors import Battery, Quantity, Sensor, SensorModel
from provisioner.registry.meetings import Flaw
from provisioner.registry.mistakes import shown
from provisioner.registry.patterns import is_pattern
from provisioner.registry.sensordocuments import QuantityDocument, SensorDocument, SensorModelDocument

_LEAST_LETTERS: Final = 3
_BRACES: Final = re.compile(r"[{}]")


def model_flaws(document: SensorModelDocument) -> Iterator[Flaw]:
    """All that is wrong with a model by itself."""
    for name, quantity in document.quantities.items():
        path = ("quantities", name)
        if quantity.factor == 0:
            yield Flaw((*path, "factor"), "registry.factor_nothing", {"quantity": name})
        if quantity.lowest is not None and quantity.highest is not None and quantity.lowest >= quantity.highest:
            yield Flaw((*path, "highest"), "registry.range_backwards", {"low": "lowest", "high": "highest"})
    if document.battery is not None and document.battery.empty >= document.battery.full:
        yield Flaw(("battery", "full"), "registry.range_backwards", {"low": "empty", "high": "full"})


def sensor_flaws(document: SensorDocument) -> Iterator[Flaw]:
    """All that is wrong with a sensor by itself."""
    seen = set[str]()
    for index, device in enumerate(document.devices):
        letters = re.sub(r"[*?/]", "", device)
        if is_pattern(device) and len(letters) < _LEAST_LETTERS and document.sender is None:
            yield Flaw(("devices", index), "registry.wide_pattern", {"device": shown(device)})
        if device in seen:
            yield Flaw(("devices", index), "registry.device_again", {"device": shown(device)}, is_error=False)
        seen.add(device)
    if _BRACES.search(document.place.replace("{device}", "")):
        yield Flaw(("place",), "registry.place_braces", {})


def mount_flaws(document: SensorDocument, model: SensorModelDocument) -> Iterator[Flaw]:
    """What a sensor's mount height and its model say against each other."""
    downwards = [name for name, quantity in model.quantities.items() if quantity.from_mount]
    if downwards and document.mount_height is None:
        yield Flaw((), "registry.no_mount_height", {"model": model.id, "quantity": downwards[0]})
    if not downwards and document.mount_height is not None:
        yield Flaw(("mount_height",), "registry.mount_height_unused", {"model": model.id}, is_error=False)


def build_model(document: SensorModelDocument, origin: Origin) -> SensorModel:
    """One model."""
    battery = document.battery
    return SensorModel(
        id=document.id,
        name=document.name,
        quantities={name: _quantity(name, quantity) for name, quantity in document.quantities.items()},
        interval=document.interval,
        battery=Battery() if battery is None else Battery(tuple(battery.fields), battery.empty, battery.full),
        origin=origin,
    )


def _quantity(name: str, document: QuantityDocument) -> Quantity:
    return Quantity(
        name=name,
        paths=tuple(document.fields),
        label=document.label,
        unit=document.unit,
        decimals=document.decimals,
        factor=document.factor,
        offset=document.offset,
        from_mount=document.from_mount,
        lowest=document.lowest,
        highest=document.highest,
    )


def build_sensor(document: SensorDocument, origin: Origin) -> Sensor:
    """One sensor."""
    return Sensor(
        id=document.id,
        devices=tuple(dict.fromkeys(document.devices)),
        organisation=document.organisation,
        model=document.model,
        place=document.place,
        tells=tuple(dict.fromkeys(document.tells)),
        sender=document.sender,
        mount_height=document.mount_height,
        interval=document.interval,
        map_link=document.map,
        dashboard_link=document.dashboard,
        tags=frozenset(document.tags),
        origin=origin,
    )
