"""A rule made ready for one kind of station: which levels do these values cross, and which have let go?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from provisioner.alerts.expressions import Compiled, Fault, Undecided
from provisioner.alerts.hours import Window
from provisioner.alerts.states import SensorState
from provisioner.model.alerts import AlertSeverity, Expression, LowBattery, Rate, Rule, Silence, Threshold

_SAMPLES = 60
"""The most values that a rate remembers; what comes closer together than its time divided by this is made one."""

INTERVALS: Final = 3
"""A value counts in an expression for so many of its sensor's intervals: as many as a rule about silence waits for
unless it says otherwise. A battery's is told once a day by many networks (LoRaWAN's DevStatusReq)."""
_DAY: Final = 86_400.0


class Judgement(NamedTuple):
    """Bits of levels, the least severe first."""

    crossed: int
    """The limit is crossed."""
    cleared: int
    """The value is back where the alert is over."""
    value: float | None = None
    worse_is_higher: bool = True
    before: float | None = None
    """Of a rate: from where it changed."""
    missing: frozenset[str] = frozenset()
    """Of an expression: without these nobody knows whether it is over."""


CALM = Judgement(0, -1)


class Check(Protocol):
    """What all have in common."""

    @property
    def rule(self) -> Rule: ...

    @property
    def severities(self) -> tuple[AlertSeverity, ...]:
        """By level."""
        ...

    @property
    def lasting(self) -> float:
        """Seconds."""
        ...

    @property
    def quantity(self) -> str:
        """The one that it is about; "" for what is about none."""
        ...

    @property
    def hours(self) -> Window | None: ...

    def judge(self, state: SensorState, fresh: Mapping[str, float], at: float, /) -> Judgement | None:
        """``fresh`` was measured ``at``; ``state`` holds what was known before. None: this tells nothing about it.

        Raises `Fault` for an expression that has no answer, `Undecided` for one that would need other values.
        """
        ...


@dataclass(frozen=True, slots=True)
class ThresholdCheck:
    rule: Rule
    quantity: str
    severities: tuple[AlertSeverity, ...]
    limits: tuple[float, ...]
    clears: tuple[float | None, ...]
    above: bool
    lasting: float
    hours: Window | None

    @classmethod
    def of(cls, rule: Rule, test: Threshold, hours: Window | None) -> "ThresholdCheck":
        above = test.levels[0].above is not None
        limits = tuple((each.above if above else each.below) or 0.0 for each in test.levels)
        severities = tuple(each.severity for each in test.levels)
        clears = tuple(each.clear for each in test.levels)
        return cls(rule, test.quantity, severities, limits, clears, above, test.lasting.total_seconds(), hours)

    def judge(self, state: SensorState, fresh: Mapping[str, float], _at: float, /) -> Judgement | None:
        value = fresh.get(self.quantity)
        if value is None:
            return None
        above, watched = self.above, self.rule.id in state.watches
        if not watched and not (value > self.limits[0] if above else value < self.limits[0]):
            return CALM
        crossed = cleared = 0
        for level, limit in enumerate(self.limits):
            if value > limit if above else value < limit:
                crossed |= 1 << level
                continue
            clear = self.clears[level]
            if clear is None or (value <= clear if above else value >= clear):
                cleared |= 1 << level
        return Judgement(crossed, cleared, value, above)


@dataclass(frozen=True, slots=True)
class RateCheck:
    """Against the lowest (highest) value within its time, the newest left out."""

    rule: Rule
    quantity: str
    severities: tuple[AlertSeverity, ...]
    within: float
    rises: float | None
    falls: float | None
    clear: float | None
    hours: Window | None
    lasting: float = 0.0

    @classmethod
    def of(cls, rule: Rule, test: Rate, hours: Window | None) -> "RateCheck":
        within = test.within.total_seconds()
        return cls(rule, test.quantity, (test.severity,), within, test.rises, test.falls, test.clear, hours)

    def judge(self, state: SensorState, fresh: Mapping[str, float], at: float, /) -> Judgement | None:
        value = fresh.get(self.quantity)
        if value is None:
            return None
        known = state.recent.get(self.rule.id, [])
        known = [one for one in known if one[0] >= at - self.within]
        crossed, is_over, higher, before = False, True, True, None
        if known:
            values = [one[1] for one in known]
            low, high = min(values), max(values)
            if self.rises is not None:
                crossed, before = value - low >= self.rises, low
                is_over = value - low < (self.rises / 2 if self.clear is None else self.clear)
            if self.falls is not None and not crossed:
                crossed = high - value >= self.falls
                is_over = is_over and high - value < (self.falls / 2 if self.clear is None else self.clear)
                if crossed or self.rises is None:
                    higher, before = False, high
        state.recent[self.rule.id] = _with(known, at, value, self.within / _SAMPLES, self.rises is not None)
        return Judgement(int(crossed), int(is_over and not crossed), value, higher, before)


def _with(
    known: list[tuple[float, float]], at: float, value: float, apart: float, rises: bool
) -> list[tuple[float, float]]:
    """One more; what comes close behind another is made one with it and keeps the value from which a change starts."""
    if len(known) < _SAMPLES // 2 or at - known[-1][0] >= apart:
        return [*known, (at, value)]
    last, other = known[-1]
    return [*known[:-1], (last, min(other, value) if rises else max(other, value))]


@dataclass(frozen=True, slots=True)
class BatteryCheck:
    rule: Rule
    severities: tuple[AlertSeverity, ...]
    below: float
    clear: float
    hours: Window | None
    quantity: str = "battery"
    lasting: float = 0.0

    @classmethod
    def of(cls, rule: Rule, test: LowBattery, hours: Window | None) -> "BatteryCheck":
        return cls(rule, (test.severity,), test.below, test.clear, hours)

    def judge(self, state: SensorState, fresh: Mapping[str, float], _at: float, /) -> Judgement | None:
        percent = fresh.get("battery")
        if percent is None:
            return None
        if percent >= self.clear and self.rule.id not in state.watches:
            return CALM
        return Judgement(int(percent < self.below), int(percent >= self.clear), percent, worse_is_higher=False)


@dataclass(frozen=True, slots=True)
class ExpressionCheck:
    """Of the last known values that are not too old; looked at only when one of those it names came just now."""

    rule: Rule
    severities: tuple[AlertSeverity, ...]
    when: Compiled
    clear_when: Compiled | None
    lasting: float
    hours: Window | None
    holds_for: float
    """Seconds for which a value counts after it was measured."""
    quantity: str = ""

    @classmethod
    def of(
        cls,
        rule: Rule,
        test: Expression,
        compiled: tuple[Compiled, Compiled | None],
        interval: float | None,
        hours: Window | None,
    ) -> "ExpressionCheck":
        """``interval``: of the sensor, in seconds."""
        holds_for = _DAY if interval is None else INTERVALS * interval
        return cls(rule, (test.severity,), *compiled, test.lasting.total_seconds(), hours, holds_for)

    def judge(self, state: SensorState, fresh: Mapping[str, float], at: float, /) -> Judgement | None:
        names = self.when.names | (self.clear_when.names if self.clear_when else frozenset())
        if fresh.keys().isdisjoint(names):
            return None
        known = {name: value for name, (value, then) in state.values.items() if at - then <= self.holds_for}
        if state.battery is not None and at - state.battery_at <= max(self.holds_for, INTERVALS * _DAY):
            known["battery"] = state.battery
        known.update(fresh)
        if self.when.holds(known):
            return Judgement(1, 0)
        if self.clear_when is None:
            return Judgement(0, 1)
        try:
            return Judgement(0, int(self.clear_when.holds(known)))
        except Undecided as undecided:
            return Judgement(0, 0, missing=undecided.names)


@dataclass(frozen=True, slots=True)
class SilenceCheck:
    """Nothing measured tells of it: see `sensing.look`."""

    rule: Rule
    severities: tuple[AlertSeverity, ...]
    limit: float
    """Seconds."""
    hours: Window | None
    quantity: str = ""
    lasting: float = 0.0

    @classmethod
    def of(cls, rule: Rule, test: Silence, interval: float, hours: Window | None) -> "SilenceCheck":
        return cls(rule, (test.severity,), test.intervals * interval, hours)

    def judge(self, _state: SensorState, _fresh: Mapping[str, float], _at: float, /) -> Judgement | None:
        return None


@dataclass(frozen=True, slots=True)
class Reader:
    """Takes one quantity out of what was decoded."""

    name: str
    paths: tuple[str, ...]
    factor: float = 1.0
    offset: float = 0.0
    mount: float | None = None
    """Of what measures downwards."""
    lowest: float = field(default=float("-inf"))
    highest: float = field(default=float("inf"))

    def read(self, raw: float) -> float:
        value = raw * self.factor + self.offset
        return value if self.mount is None else self.mount - value


__all__ = [
    "CALM",
    "BatteryCheck",
    "Check",
    "ExpressionCheck",
    "Fault",
    "Judgement",
    "RateCheck",
    "Reader",
    "SilenceCheck",
    "ThresholdCheck",
    "Undecided",
]
