"""An entry of the registry made ready: what its devices measure, and which rules watch them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from provisioner.alerts.checks import (
    BatteryCheck,
    Check,
    ExpressionCheck,
    RateCheck,
    Reader,
    SilenceCheck,
    ThresholdCheck,
)
from provisioner.alerts.expressions import Compiled
from provisioner.alerts.hours import Window
from provisioner.model.alerts import Expression, Foreign, LowBattery, Rate, Rule, Silence, Threshold
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


def is_pattern(device: str) -> bool:
    return "*" in device or "?" in device


def made_ready(
    sensor: Sensor,
    model: SensorModel,
    rules: Mapping[str, Rule],
    windows: Mapping[str, Window | None],
    compiled: Mapping[str, tuple[Compiled, Compiled | None]],
    unread: frozenset[str] | None = frozenset(),
) -> Entry:
    """``unread``: as in `Station`."""
    interval = sensor.interval or model.interval
    readers = tuple(
        Reader(
            quantity.name,
            quantity.paths,
            quantity.factor,
            quantity.offset,
            sensor.mount_height if quantity.from_mount else None,
            float("-inf") if quantity.lowest is None else quantity.lowest,
            float("inf") if quantity.highest is None else quantity.highest,
        )
        for quantity in model.quantities.values()
        if not quantity.from_mount or sensor.mount_height is not None
    )
    measured = frozenset(reader.name for reader in readers)
    checks: dict[str, Check] = {}
    for rule in rules.values():
        if _concerns(rule, sensor):
            check = _check(rule, measured, interval, windows[rule.id], compiled)
            if check is not None:
                checks[rule.id] = check
    own = tuple(check.rule for check in checks.values())
    silences = tuple(check for check in checks.values() if isinstance(check, SilenceCheck))
    judged = tuple((rule, check) for rule, check in checks.items() if not isinstance(check, SilenceCheck))
    exact = len(sensor.devices) == 1 and not is_pattern(sensor.devices[0])
    return Entry(sensor, model, own, checks, readers, interval, silences, judged, exact, unread)


def _concerns(rule: Rule, sensor: Sensor) -> bool:
    applies = rule.applies
    return (
        (not applies.models or sensor.model in applies.models)
        and (not applies.sensors or sensor.id in applies.sensors)
        and (not applies.organisations or sensor.organisation in applies.organisations)
        and (not applies.tags or not applies.tags.isdisjoint(sensor.tags))
        and (not applies.senders or sensor.sender in applies.senders)
    )


def _check(
    rule: Rule,
    measured: frozenset[str],
    interval: timedelta | None,
    hours: Window | None,
    compiled: Mapping[str, tuple[Compiled, Compiled | None]],
) -> Check | None:
    match rule.test:
        case Threshold() as test:
            return ThresholdCheck.of(rule, test, hours) if test.quantity in measured and test.levels else None
        case Rate() as test:
            return RateCheck.of(rule, test, hours) if test.quantity in measured else None
        case LowBattery() as test:
            return BatteryCheck.of(rule, test, hours)
        case Silence() as test:
            return SilenceCheck.of(rule, test, interval.total_seconds(), hours) if interval else None
        case Expression() as test:
            when, clear = compiled[rule.id]
            names = when.names | (clear.names if clear else frozenset())
            if not names <= measured | {"battery"}:
                return None
            return ExpressionCheck(rule, (test.severity,), when, clear, test.lasting.total_seconds(), hours)
        case Foreign():
            return None
