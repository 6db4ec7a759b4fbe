"""Takes quantities out of what a sender decoded."""

from typing import Final

from provisioner.alerts.stations import Station
from provisioner.model.sensors import Uplink

_HUGE: Final = 1e15
"""No quantity is as large as that; it could be neither counted with nor read."""


def read(station: Station, uplink: Uplink) -> tuple[dict[str, float], list[str]]:
    kept: dict[str, float] = {}
    refused: list[str] = []
    values = uplink.values
    for reader in station.readers:
        for path in reader.paths:
            raw = values.get(path)
            if raw is None:
                continue
            if isinstance(raw, str):
                refused.append(f"no_number:{reader.name}")
                break
            value = reader.read(raw)
            if reader.lowest <= value <= reader.highest and -_HUGE < value < _HUGE:
                kept[reader.name] = value
            else:
                refused.append(f"outside:{reader.name}")
            break
    percent = uplink.battery
    if percent is None:
        told = station.model.battery
        for path in told.paths:
            raw = values.get(path)
            if isinstance(raw, float | int) and not isinstance(raw, bool):
                percent = (raw - told.empty) / (told.full - told.empty) * 100 if told.full != told.empty else None
                break
    if percent is not None:
        kept["battery"] = min(100.0, max(0.0, percent))
    return kept, refused
