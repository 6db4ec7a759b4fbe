"""What is remembered of one sensor between two of its messages; kept as JSON. Moments are seconds since 1970.

What is calm is not written down: a state is small, since it is read and written with every uplink.
"""

from typing import Final

import msgspec


class Watch(msgspec.Struct, array_like=True):
    """One rule that is not calm on this sensor."""

    held: list[float]
    """By level: since when its limit is crossed without a break; 0: it is not."""
    on: int = 0
    """Bits of the levels that fire."""
    since: float = 0.0
    """When what fires began."""
    told: str = ""
    """The severity that was last told as a turn; "": none was."""
    value: float | None = None
    peak: float | None = None
    """The worst value since ``since``."""
    late: bool = False
    """It began to fire through an uplink that came from a storage."""
    before: float | None = None
    """Of a rate: from where it changed."""
    measured: float = 0.0
    """When ``value`` was; 0: nothing was measured."""


class SensorState(msgspec.Struct, omit_defaults=True):
    """All of it. Moved in place by `provisioner.alerts.sensing`."""

    since: float
    """When this sensor was first looked at."""
    newest: float = 0.0
    """By the time of the network server; 0: nothing came yet. What is not newer than this is late."""
    heard: float = 0.0
    """When something came the last time, late or not."""
    sender: str = ""
    """Who sent the newest."""
    device: str = ""
    """The device's id: patterns stand for many."""
    session: str = ""
    counter: int | None = None
    first: int = 0
    """The lowest counter known of this generation."""
    generation: int = 0
    """How often the counter began anew."""
    missing: int = 0
    """Uplinks that never came, by the counters. Late ones are taken off it."""
    values: dict[str, tuple[float, float]] = {}
    """Quantity → (its last value, when)."""
    battery: float | None = None
    battery_at: float = 0.0
    ordinal: int = 0
    """Newer uplinks so far."""
    hour: int = 0
    in_hour: int = 0
    """How many uplinks came in this hour since 1970 as they were sent (and not out of a storage)."""
    gateways: dict[str, int] = {}
    """Gateway → the ordinal of the last uplink that it heard; those of the last few uplinks."""
    watches: dict[str, Watch] = {}
    """By rule."""
    recent: dict[str, list[tuple[float, float]]] = {}
    """By rule about a rate: what was measured within its time."""


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(SensorState)


def encode(state: SensorState) -> str:
    """For the column `about`."""
    return _ENCODER.encode(state).decode()


def decode(about: str | bytes) -> SensorState:
    """`encode` undone. Raises `msgspec.DecodeError` for what it never wrote."""
    return _DECODER.decode(about)
