"""The registry's sensors and rules made ready: which station is this device, which rules watch it, who is told?

Immutable; made anew when registry or policy change.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import translate
from zoneinfo import ZoneInfo

from policies.alertsections import AlertsPolicy
from provisioner.alerts.bridge_rules import bridge_rules
from provisioner.alerts.checks import (
    BatteryCheck,
    Check,
    ExpressionCheck,
    RateCheck,
    Reader,
    SilenceCheck,
    ThresholdCheck,
)
from provisioner.alerts.expressions import Compiled, Fault
from provisioner.alerts.hours import Window
from provisioner.model.alerts import Expression, Foreign, LowBattery, Rate, Rule, Silence, Threshold
from provisioner.model.registry import Registry
from provisioner.model.sensors import DeviceName, ForeignAlert, Sensor, SensorModel
from provisioner.model.text import Text

_REMEMBERED = 100_000
"""Devices of which is remembered which station they are; senders can name as many as they like."""


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
    silence: float
    """Seconds after which the first rule about silence would fire; 0: none does."""
    device: str
    """The device's id."""

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
class _Made:
    """What all stations of one entry share."""

    sensor: Sensor
    model: SensorModel
    rules: tuple[Rule, ...]
    checks: Mapping[str, Check]
    readers: tuple[Reader, ...]
    interval: timedelta | None
    silence: float
    exact: bool
    """It stands for one device, and its key is its id."""

    def station(self, key: str, device: str) -> Station:
        return Station(
            key,
            self.sensor,
            self.model,
            self.rules,
            self.checks,
            self.readers,
            self.interval,
            self.silence,
            device,
        )


@dataclass(frozen=True, slots=True)
class Book:
    policy: AlertsPolicy
    zone: ZoneInfo
    registry: Registry
    rules: Mapping[str, Rule]
    """Those that can be used."""
    problems: tuple[Text, ...]
    _entries: Mapping[str, _Made]
    _exact: Mapping[str, tuple[_Made, ...]]
    """By what a device can be called."""
    _patterns: tuple[tuple[re.Pattern[str], _Made], ...]
    """The longest first."""
    _found: dict[tuple[str, DeviceName], Station | None] = field(default_factory=dict)

    @classmethod
    def of(cls, registry: Registry, policy: AlertsPolicy) -> "Book":
        zone = ZoneInfo(registry.time_zone)
        problems: list[Text] = []
        rules: dict[str, Rule] = {}
        compiled: dict[str, tuple[Compiled, Compiled | None]] = {}
        for rule in (*registry.rules.values(), *bridge_rules(registry, policy)):
            if isinstance(rule.test, Expression):
                try:
                    clear = rule.test.clear_when
                    compiled[rule.id] = (Compiled.of(rule.test.when), None if clear is None else Compiled.of(clear))
                except Fault:
                    problems.append(Text.of("alerts.bad_expression", rule=rule.id))
                    continue
            rules[rule.id] = rule
        entries: dict[str, _Made] = {}
        exact: dict[str, list[_Made]] = {}
        patterns: list[tuple[str, _Made]] = []
        windows = {
            rule.id: Window(zone, rule.hours.days, rule.hours.begin, rule.hours.end) if rule.hours else None
            for rule in rules.values()
        }
        for sensor in registry.sensors.values():
            model = registry.sensor_models.get(sensor.model)
            if model is None:
                continue
            entries[sensor.id] = made = _made(sensor, model, rules, windows, compiled)
            for device in sensor.devices:
                if _is_pattern(device):
                    patterns.append((device, made))
                else:
                    exact.setdefault(device, []).append(made)
        patterns.sort(key=lambda one: (one[1].sensor.sender is None, -len(one[0]), one[0]))
        for named in exact.values():
            named.sort(key=lambda one: one.sensor.sender is None)
        used = {rule.id for made in entries.values() for rule in made.rules}
        problems += [
            Text.of("alerts.rule_without_sensors", rule=rule.id)
            for rule in rules.values()
            if rule.id not in used and not isinstance(rule.test, Foreign)
        ]
        return cls(
            policy,
            zone,
            registry,
            rules,
            tuple(problems),
            entries,
            {name: tuple(named) for name, named in exact.items()},
            tuple((_compiled(pattern), made) for pattern, made in patterns),
        )

    def sensor(self, sender: str, device: DeviceName) -> Station | None:
        """None: no entry knows this device. Exact names beat patterns, longer patterns beat shorter ones."""
        asked = (sender, device)
        try:
            return self._found[asked]
        except KeyError:
            found = self._search(sender, device)
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[asked] = found
            return found

    def station(self, key: str, called: str = "") -> Station | None:
        """By its key. ``called``: the device's id, where it is known (`SensorState.device`); names may hold it."""
        entry, slash, device = key.partition("/")
        made = self._entries.get(entry)
        if made is None or made.exact == bool(slash):
            return None
        return made.station(key, called or device or made.sensor.devices[0])

    def stations(self) -> Iterator[Station]:
        """Those that stand in the registry by an exact name, whether they ever sent or not."""
        for made in self._entries.values():
            if made.exact:
                yield made.station(made.sensor.id, made.sensor.devices[0])

    def bodies(self, rule: Rule, station: Station | None) -> tuple[str, ...]:
        """Who is told: the sensor's bodies, then the rule's; only such as are in the registry."""
        told = (*(station.tells if station else ()), *rule.tells)
        return tuple(body for body in dict.fromkeys(told) if body in self.registry.bodies)

    def foreign(self, alert: ForeignAlert) -> Rule | None:
        """The rule that names the most of its labels; None: no rule names it, and nobody wants to hear of such."""
        labels = {"alertname": alert.name, **alert.labels}
        fitting = [
            rule
            for rule in self.rules.values()
            if isinstance(rule.test, Foreign)
            and (not rule.applies.senders or alert.sender in rule.applies.senders)
            and rule.test.labels.items() <= labels.items()
        ]
        return max(fitting, key=lambda rule: (len(rule.test.labels), rule.id), default=None)  # type: ignore[union-attr]

    def worse(self, rule: str, one: float | None, other: float | None) -> float | None:
        """The worse of two values in the eyes of a rule."""
        if one is None or other is None:
            return other if one is None else one
        known = self.rules.get(rule)
        return max(one, other) if known is None or worse_is_higher(known) else min(one, other)

    def watches(self, rule: str, sensor: str) -> bool:
        """Whether this rule still is about this sensor (its key, or a foreign alert's)."""
        known = self.rules.get(rule)
        if known is None or isinstance(known.test, Foreign):
            return known is not None
        station = self.station(sensor)
        return station is not None and rule in station.checks

    def _search(self, sender: str, device: DeviceName) -> Station | None:
        names = [f"{device.application}/{device.device}", device.eui, device.device]
        for name in names:
            for made in self._exact.get(name, ()):
                if made.sensor.sender in (None, sender):
                    return made.station(
                        made.sensor.id if made.exact else f"{made.sensor.id}/{device.key}", device.device
                    )
        for pattern, made in self._patterns:
            if made.sensor.sender in (None, sender) and any(name and pattern.match(name) for name in names):
                return made.station(f"{made.sensor.id}/{device.key}", device.device)
        return None


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


def _is_pattern(device: str) -> bool:
    return "*" in device or "?" in device


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern.replace("[", "[[]")))


def _made(
    sensor: Sensor,
    model: SensorModel,
    rules: Mapping[str, Rule],
    windows: Mapping[str, Window | None],
    compiled: Mapping[str, tuple[Compiled, Compiled | None]],
) -> _Made:
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
    limits = [check.limit for check in checks.values() if isinstance(check, SilenceCheck)]
    own = tuple(check.rule for check in checks.values())
    exact = len(sensor.devices) == 1 and not _is_pattern(sensor.devices[0])
    return _Made(sensor, model, own, checks, readers, interval, min(limits, default=0.0), exact)


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
