"""Rules: what can be wrong with one though its shape is right, and the model's form of it."""

from collections.abc import Iterator
from datetime import time, timedelta
from itertools import pairwise
from typing import Final

from provisioner.model.alerts import (
    Applies,
    Escalation,
    Expression,
    Foreign,
    Hours,
    Level,
    LowBattery,
    Rate,
    Rule,
    Silence,
    Test,
    Threshold,
)
from provisioner.model.registry import Origin
from provisioner.registry.expressions import looked_at
from provisioner.registry.meetings import Flaw
from provisioner.registry.mistakes import shown
from provisioner.registry.ruledocuments import (
    TESTS,
    ExpressionDocument,
    HoursDocument,
    LevelDocument,
    LowBatteryDocument,
    RateDocument,
    RuleDocument,
    ThresholdDocument,
    days_of,
)

SHORTEST_REPEAT: Final = timedelta(minutes=5)
_BATTERY_RISE: Final = 10.0
_PERCENT: Final = 100.0


def rule_flaws(rule: RuleDocument) -> Iterator[Flaw]:
    """All that is wrong with a rule by itself."""
    tests = [name for name in TESTS if getattr(rule, name) is not None]
    if not tests:
        yield Flaw((), "registry.no_test", {"known": ", ".join(TESTS)})
    for name in tests[1:]:
        yield Flaw((name,), "registry.two_tests", {"first": tests[0], "second": name})
    if rule.threshold is not None:
        yield from _of_threshold(rule.threshold)
    if rule.rate is not None:
        yield from _of_rate(rule.rate)
    if rule.silence is not None and rule.silence.intervals < 1:
        yield Flaw(("silence", "intervals"), "registry.few_intervals", {"value": number(rule.silence.intervals)})
    if rule.battery is not None:
        yield from _of_battery(rule.battery)
    if rule.expression is not None:
        yield from _of_expression(rule.expression)
    if rule.foreign is not None:
        yield from _of_foreign(rule)
    if rule.hours is not None and (rule.hours.begin is None) != (rule.hours.end is None):
        missing = "begin" if rule.hours.begin is None else "end"
        yield Flaw(("hours",), "registry.half_of_hours", {"missing": missing})
    if rule.repeat is not None and rule.repeat < SHORTEST_REPEAT:
        yield Flaw(("repeat",), "registry.short_repeat", {})
    for index, escalation in enumerate(rule.escalations):
        if not escalation.bodies and not escalation.people:
            yield Flaw(("escalations", index), "registry.escalates_to_nobody", {})


def number(value: float) -> str:
    """As it is written in the files."""
    return f"{value:.12g}"


def _of_threshold(threshold: ThresholdDocument) -> Iterator[Flaw]:
    flawed = False
    for index, level in enumerate(threshold.levels):
        for flaw in _of_level(level):
            flawed = True
            yield flaw._replace(path=("threshold", "levels", index, *flaw.path))
    if flawed:
        return
    path = ("threshold", "levels")
    first = _side(threshold.levels[0])
    for index, level in enumerate(threshold.levels):
        if _side(level) != first:
            yield Flaw((*path, index, _side(level)), "registry.levels_two_ways", {"first": first})
            return
        if any(level.severity is other.severity for other in threshold.levels[:index]):
            yield Flaw((*path, index, "severity"), "registry.severity_twice", {"severity": level.severity.value})
            return
    steps = sorted(enumerate(threshold.levels), key=lambda step: step[1].severity.rank)
    for (_, lesser), (index, worse) in pairwise(steps):
        arguments = {"worse": worse.severity.value, "lesser": lesser.severity.value, "side": first}
        if not _beyond(worse, lesser, clear=False):
            yield Flaw((*path, index, first), "registry.levels_crossed", arguments)
        elif _beyond(lesser, worse, clear=True):
            at = "clear" if worse.clear is not None else first
            yield Flaw((*path, index, at), "registry.clears_crossed", arguments)


def _of_level(level: LevelDocument) -> Iterator[Flaw]:
    if (level.above is None) == (level.below is None):
        yield Flaw((), "registry.one_limit", {"one": "above", "other": "below"})
    elif level.clear is not None and (
        (level.above is not None and level.clear > level.above)
        or (level.below is not None and level.clear < level.below)
    ):
        arguments = {"clear": number(level.clear), "limit": number(_limit(level)), "side": _side(level)}
        yield Flaw(("clear",), "registry.clear_beyond", arguments)


def _side(level: LevelDocument) -> str:
    return "above" if level.above is not None else "below"


def _limit(level: LevelDocument) -> float:
    return level.above if level.above is not None else level.below or 0.0


def _beyond(one: LevelDocument, other: LevelDocument, *, clear: bool) -> bool:
    """Whether ``one`` lies further out than ``other``: its limit, or where it is over."""
    mine, theirs = _limit(one), _limit(other)
    if clear:
        mine = one.clear if one.clear is not None else mine
        theirs = other.clear if other.clear is not None else theirs
    return mine > theirs if one.above is not None else mine < theirs


def _of_rate(rate: RateDocument) -> Iterator[Flaw]:
    if (rate.rises is None) == (rate.falls is None):
        yield Flaw(("rate",), "registry.one_limit", {"one": "rises", "other": "falls"})
        return
    name, limit = ("rises", rate.rises) if rate.rises is not None else ("falls", rate.falls or 0.0)
    if limit <= 0:
        yield Flaw(("rate", name), "registry.rate_not_positive", {"field": name})
    elif rate.clear is not None and not 0 <= rate.clear <= limit:
        yield Flaw(("rate", "clear"), "registry.rate_clear", {"limit": number(limit)})


def _of_battery(battery: LowBatteryDocument) -> Iterator[Flaw]:
    if not 0 < battery.below < _PERCENT:
        yield Flaw(("battery", "below"), "registry.no_percent", {"field": "below"})
    elif battery.clear is not None and not battery.below <= battery.clear <= _PERCENT:
        arguments = {"clear": number(battery.clear), "limit": number(battery.below), "side": "below"}
        code = "registry.clear_beyond" if battery.clear < battery.below else "registry.no_percent"
        yield Flaw(("battery", "clear"), code, {**arguments, "field": "clear"})


def _of_expression(expression: ExpressionDocument) -> Iterator[Flaw]:
    for field, text in (("when", expression.when), ("clear_when", expression.clear_when)):
        looked = looked_at(text) if text is not None else None
        if looked is not None and looked.code:
            yield Flaw(("expression", field), looked.code, {"field": field, "part": shown(looked.part)})


def _of_foreign(rule: RuleDocument) -> Iterator[Flaw]:
    for field in ("models", "sensors", "organisations", "tags"):
        if getattr(rule.applies, field):
            yield Flaw(("applies", field), "registry.foreign_applies", {"field": field})
    if not rule.tells:
        yield Flaw((), "registry.foreign_tells_nobody", {})


def build_rule(document: RuleDocument, origin: Origin) -> Rule:
    """One rule without flaws."""
    applies = document.applies
    return Rule(
        id=document.id,
        name=document.name,
        test=_test(document),
        applies=Applies(
            models=frozenset(applies.models),
            sensors=frozenset(applies.sensors),
            organisations=frozenset(applies.organisations),
            tags=frozenset(applies.tags),
            senders=frozenset(applies.senders),
        ),
        tells=tuple(dict.fromkeys(document.tells)),
        meaning=document.meaning,
        advice=document.advice,
        hours=None if document.hours is None else hours_of(document.hours),
        repeat=document.repeat,
        escalations=tuple(
            Escalation(one.after, tuple(dict.fromkeys(one.bodies)), tuple(dict.fromkeys(one.people)))
            for one in sorted(document.escalations, key=lambda one: one.after)
        ),
        picture=document.picture,
        origin=origin,
    )


def hours_of(document: HoursDocument) -> Hours:
    """The model's form."""
    days = frozenset[int]().union(*map(days_of, document.days))
    return Hours(days, document.begin or time(0), document.end or time(0))


def _test(rule: RuleDocument) -> Test:
    """The one test that a rule without flaws has."""
    if rule.threshold is not None:
        levels = sorted(rule.threshold.levels, key=lambda level: level.severity.rank)
        return Threshold(
            rule.threshold.quantity,
            tuple(Level(one.severity, one.above, one.below, one.clear) for one in levels),
            rule.threshold.lasting or timedelta(),
        )
    if rule.rate is not None:
        rate = rule.rate
        return Rate(rate.quantity, rate.within, rate.severity, rate.rises, rate.falls, rate.clear)
    if rule.silence is not None:
        return Silence(rule.silence.intervals, rule.silence.severity)
    if rule.battery is not None:
        battery = rule.battery
        clear = battery.clear if battery.clear is not None else min(_PERCENT, battery.below + _BATTERY_RISE)
        return LowBattery(battery.below, clear, battery.severity)
    if rule.expression is not None:
        said = rule.expression
        return Expression(said.when, said.clear_when, said.severity, said.lasting or timedelta())
    if rule.foreign is not None:
        return Foreign(dict(rule.foreign.labels), rule.foreign.severity, rule.foreign.unheard)
    raise ValueError(rule.id)
