"""Takes quantities out of what a sender decoded."""

from typing import Final

from provisioner.alerts.stations import Station
from provisioner.model.sensors import Uplink

_HUGE: Final = 1e15
"""No quantity is as large as that; it could be neither counted with nor read."""


def read(station: Station, uplink: Uplink) -> tuple[dict[str, float], list[str]]:
    """Its quantities by name, with `battery`; and what could not be used (`sensing.Heard.refused`)."""
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
    told = _battery(station, uplink)
    if told is not None:
        if (percent := percentage(told)) is None:
            refused.append("outside:battery")
        else:
            kept["battery"] = percent
    return kept, refused


def percentage(told: float) -> float | None:
    """Between 0 and 100, as many senders overshoot; None: it is no number."""
    return min(100.0, max(0.0, told)) if -_HUGE < told < _HUGE else None


def _battery(station: Station, uplink: Uplink) -> float | None:
    """What the sender itself tells counts more than what the model reads out of the message."""
    model = station.model.battery
    if uplink.battery is not None or model.full == model.empty:
        return uplink.battery
    for path in model.paths:
        raw = uplink.values.get(path)
        if isinstance(raw, float | int) and not isinstance(raw, bool):
            return (raw - model.empty) / (model.full - model.empty) * 100
    return None
