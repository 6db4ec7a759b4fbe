"""Makes entries of the registry ready: what their devices measure, and which rules watch them.

What is the same for many of thousands is made once, and shared by them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from zoneinfo import ZoneInfo

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
from provisioner.alerts.stations import Entry
from provisioner.model.alerts import Expression, Foreign, LowBattery, Rate, Rule, Silence, Threshold
from provisioner.model.sensors import Sensor, SensorModel
from provisioner.registry.applying import RulesOf, numbers
from provisioner.registry.patterns import is_pattern


@dataclass(frozen=True, slots=True)
class _Watched:
    """What entries share that the same rules are about."""

    rules: tuple[Rule, ...]
    checks: Mapping[str, Check]
    silences: tuple[SilenceCheck, ...]
    judged: tuple[tuple[str, Check], ...]


class Workshop:
    """For one book."""

    def __init__(
        self,
        rules: Iterable[Rule],
        zone: ZoneInfo,
        compiled: Mapping[str, tuple[Compiled, Compiled | None]],
        unread: frozenset[str] | None,
    ) -> None:
        """``compiled``: the expressions of those that are one. ``unread``: as in `Station`."""
        self._rules = tuple(rules)
        self._rules_of = RulesOf(rule.applies for rule in self._rules)
        self._compiled, self._unread = compiled, unread
        self._windows = [
            Window(zone, rule.hours.days, rule.hours.begin, rule.hours.end) if rule.hours else None
            for rule in self._rules
        ]
        self._readers: dict[tuple[str, float | None], tuple[Reader, ...]] = {}
        self._used = 0
        self._testable = cache(self._find_testable)
        self._watched = cache(self._make_watched)
        self._check = cache(self._make_check)

    def made_ready(self, sensor: Sensor, model: SensorModel) -> Entry:
        """One entry, of a sensor of this model."""
        kind, interval = (model.id, sensor.mount_height), sensor.interval or model.interval
        if kind not in self._readers:
            self._readers[kind] = _readers(model, sensor.mount_height)
        readers = self._readers[kind]
        testable = self._testable(frozenset(reader.name for reader in readers), interval is not None)
        rules = self._rules_of.about(sensor) & testable
        self._used |= rules
        watched = self._watched(rules, interval)
        exact = len(sensor.devices) == 1 and not is_pattern(sensor.devices[0])
        return Entry(
            sensor,
            model,
            watched.rules,
            watched.checks,
            readers,
            interval,
            watched.silences,
            watched.judged,
            exact,
            self._unread,
        )

    def unused(self) -> Iterator[Rule]:
        """Those that no entry made ready so far can be held against; of alerts of others none is."""
        for number, rule in enumerate(self._rules):
            if not self._used >> number & 1 and not isinstance(rule.test, Foreign):
                yield rule

    def _find_testable(self, measured: frozenset[str], has_interval: bool) -> int:
        """The bits of the rules whose tests can be made of this."""
        return sum(
            (1 << number for number, rule in enumerate(self._rules) if self._is_testable(rule, measured, has_interval)),
            0,
        )

    def _is_testable(self, rule: Rule, measured: frozenset[str], has_interval: bool) -> bool:
        match rule.test:
            case Threshold() as test:
                return test.quantity in measured and bool(test.levels)
            case Rate() as test:
                return test.quantity in measured
            case LowBattery():
                return True
            case Silence():
                return has_interval
            case Expression():
                return _names(*self._compiled[rule.id]) <= measured | {"battery"}
            case Foreign():
                return False

    def _make_watched(self, rules: int, interval: timedelta | None) -> _Watched:
        checks: dict[str, Check] = {}
        for number in numbers(rules):
            rule = self._rules[number]
            checks[rule.id] = self._check(number, interval if isinstance(rule.test, Silence | Expression) else None)
        silences = tuple(check for check in checks.values() if isinstance(check, SilenceCheck))
        judged = tuple((rule, check) for rule, check in checks.items() if not isinstance(check, SilenceCheck))
        return _Watched(tuple(check.rule for check in checks.values()), checks, silences, judged)

    def _make_check(self, number: int, interval: timedelta | None) -> Check:
        """Of a rule that `_is_testable`. ``interval``: of silence and expressions alone."""
        rule, hours = self._rules[number], self._windows[number]
        match rule.test:
            case Threshold() as test:
                return ThresholdCheck.of(rule, test, hours)
            case Rate() as test:
                return RateCheck.of(rule, test, hours)
            case LowBattery() as test:
                return BatteryCheck.of(rule, test, hours)
            case Silence() as test if interval is not None:
                return SilenceCheck.of(rule, test, interval.total_seconds(), hours)
            case Expression() as test:
                every = None if interval is None else interval.total_seconds()
                return ExpressionCheck.of(rule, test, self._compiled[rule.id], every, hours)
        raise ValueError(f"no sensor can be held against {rule.id}")


def _names(when: Compiled, clear: Compiled | None) -> frozenset[str]:
    return when.names | (clear.names if clear else frozenset())


def _readers(model: SensorModel, mount_height: float | None) -> tuple[Reader, ...]:
    return tuple(
        Reader(
            quantity.name,
            quantity.paths,
            quantity.factor,
            quantity.offset,
            mount_height if quantity.from_mount else None,
            float("-inf") if quantity.lowest is None else quantity.lowest,
            float("inf") if quantity.highest is None else quantity.highest,
        )
        for quantity in model.quantities.values()
        if not quantity.from_mount or mount_height is not None
    )
