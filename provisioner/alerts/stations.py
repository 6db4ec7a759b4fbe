"""An entry of the registry made ready: what its devices measure, and which rules watch them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from provisioner.alerts.checks import Check, Reader, SilenceCheck
from provisioner.model.alerts import LowBattery, Rate, Rule, Threshold
from provisioner.model.sensors import Sensor, SensorModel


@dataclass(frozen=True, slots=True)
class Station:
    """One device of an entry. ``key`` is the entry's id where it stands for one exact device, else id/device."""

    key: str
    sensor: Sensor
    model: SensorModel
    rules: tuple[Rule, ...]
    checks: Mapping[str, Check]
    """By rule."""
    readers: tuple[Reader, ...]
    interval: timedelta | None
    silences: tuple[SilenceCheck, ...]
    judged: tuple[tuple[str, Check], ...]
    """All other checks, by rule: what measurements are held against."""
    device: str
    """The device's id."""
    unread: frozenset[str] | None = frozenset()
    """Rules that are not here and may not be gone either: their entries can't be read. None: any may be missing."""

    def has_lost(self, rule: str) -> bool:
        """Whether a rule that watched it does so no more."""
        return rule not in self.checks and self.unread is not None and rule not in self.unread

    @property
    def silence(self) -> float:
        """Seconds after which the first rule about silence would fire; 0: none does."""
        return min((check.limit for check in self.silences), default=0.0)

    @property
    def organisation(self) -> str:
        return self.sensor.organisation

    @property
    def tells(self) -> tuple[str, ...]:
        """Bodies; a rule may tell others besides: `Book.bodies`."""
        return self.sensor.tells

    @property
    def name(self) -> str:
        """Where it is, for people."""
        return self.sensor.place.replace("{device}", self.device)


@dataclass(frozen=True, slots=True)
class Entry:
    """What all stations of one entry share."""

    sensor: Sensor
    model: SensorModel
    rules: tuple[Rule, ...]
    checks: Mapping[str, Check]
    readers: tuple[Reader, ...]
    interval: timedelta | None
    silences: tuple[SilenceCheck, ...]
    judged: tuple[tuple[str, Check], ...]
    exact: bool
    """It stands for one device, and its key is its id."""
    unread: frozenset[str] | None

    def station(self, key: str, device: str) -> Station:
        return Station(
            key,
            self.sensor,
            self.model,
            self.rules,
            self.checks,
            self.readers,
            self.interval,
            self.silences,
            self.judged,
            device,
            self.unread,
        )


def worse_is_higher(rule: Rule) -> bool:
    """Whether it is about values that are too high; false: too low."""
    match rule.test:
        case Threshold(levels=levels):
            return not levels or levels[0].above is not None
        case Rate(rises=rises):
            return rises is not None
        case LowBattery():
            return False
    return True
