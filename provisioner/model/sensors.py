"""Sensors: what measures something somewhere, what its numbers mean, and what its senders tell of it.

Moments are aware datetimes in UTC. A sensor is known by its ``key`` wherever something is kept of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from provisioner.model.origin import Origin

Measured = float | bool | str
"""What a field can hold. Numbers are finite."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity that a model of sensors measures, as rules and people name it.

    What was measured is ``factor`` times what came + ``offset``; with ``from_mount`` that is a distance to the surface
    below, and the quantity is the mount height minus it.
    """

    name: str
    """What rules call it, e.g. ``level``."""
    paths: tuple[str, ...]
    """Where it stands in what the sender decoded, with dots: ``air.temperature``. The first that is there counts."""
    label: str = ""
    """What people call it, e.g. ``Wasserstand``; "": the name."""
    unit: str = ""
    """As people write it: ``cm``, ``ppm``, ``%``, ``°C``."""
    decimals: int = 1
    """Digits behind the comma that people read."""
    factor: float = 1.0
    offset: float = 0.0
    from_mount: bool = False
    lowest: float | None = None
    """What lies below is no value but a fault: it is counted, not kept, and meets no rule."""
    highest: float | None = None


@dataclass(frozen=True, slots=True)
class Battery:
    """How a model tells what is left of its battery, in percent or as a voltage between ``empty`` and ``full``."""

    paths: tuple[str, ...] = ()
    """As in `Quantity`; where the sender tells percents of its own accord these count only when it does not."""
    empty: float = 0.0
    full: float = 100.0


@dataclass(frozen=True, slots=True)
class SensorModel:
    """A product: what its decoded messages hold."""

    id: str
    name: str
    quantities: Mapping[str, Quantity]
    interval: timedelta | None = None
    """How often one reports; None: nothing is said when one is silent, unless the sensor's entry names one."""
    battery: Battery = Battery()
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Sensor:
    """One entry of the registry: a device, or a pattern that stands for many."""

    id: str
    devices: tuple[str, ...]
    """EUIs, device ids or ``application/device``, in small letters; ``*`` and ``?`` stand for letters."""
    organisation: str
    model: str
    place: str
    """In words, e.g. ``Alb, Brücke an der Pforzheimer Straße``; ``{device}`` is the device's id."""
    tells: tuple[str, ...] = ()
    """Bodies that are told. One whose own entry is malformed is named here, and is no body of the registry."""
    sender: str | None = None
    """Only devices of this sender; None: of any."""
    mount_height: float | None = None
    """Of what measures downwards, in the quantity's unit."""
    interval: timedelta | None = None
    map_link: str | None = None
    dashboard_link: str | None = None
    tags: frozenset[str] = frozenset()
    """Words of the operator's own, for rules."""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class DeviceName:
    """A device as its sender names it, all in small letters."""

    device: str
    """The sender's id of it; the EUI where there is no other."""
    eui: str = ""
    """16 hexadecimal digits, or "" where the sender tells none."""
    application: str = ""

    @property
    def key(self) -> str:
        """The same device, whoever sent it."""
        return self.eui or (f"{self.application}/{self.device}" if self.application else self.device)


@dataclass(frozen=True, slots=True)
class Uplink:
    """One message of a device. The same message has the same ``session`` and ``counter``, whoever sent it."""

    sender: str
    """Which of the network's senders, as the settings name it."""
    device: DeviceName
    at: datetime
    """When the network server got it; never later than ``received``."""
    received: datetime
    """When it came to us."""
    session: str
    """Begins anew when the device joins; with ``counter`` None the message's own word."""
    counter: int | None
    values: Mapping[str, Measured]
    """What was decoded, flat: ``air.temperature``. Bounded by the parser; nothing that is not finite; no place."""
    battery: float | None = None
    """Percent, where the sender itself tells it."""
    gateways: tuple[str, ...] = ()
    simulated: bool = False
    filled: bool = False
    """It comes from a storage, and not at the moment in which it was sent."""


@dataclass(frozen=True, slots=True)
class BatteryNews:
    """A sender told a device's battery apart from any measurement."""

    sender: str
    device: DeviceName
    at: datetime
    percent: float


@dataclass(frozen=True, slots=True)
class GatewayNews:
    """A gateway is connected, or is not."""

    sender: str
    gateway: str
    online: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ForeignAlert:
    """What somebody else's alert engine said (Alertmanager, Grafana, a plain webhook): it fires, or it is over."""

    sender: str
    fingerprint: str
    """The same alert has the same one."""
    name: str
    firing: bool
    at: datetime
    """When it came to us; begin and end of the alert stand in ``began`` and ``ended``."""
    began: datetime
    ended: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""
    description: str = ""
    value: str = ""
    links: tuple[str, ...] = ()
    """https addresses: where to read more."""


News = Uplink | BatteryNews | GatewayNews | ForeignAlert
"""What one message of a sender can mean."""
