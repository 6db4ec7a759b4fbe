"""Whether two rules are about one thing, so that people would read everything twice."""

from collections.abc import Hashable, Iterator
from datetime import time

from provisioner.model.alerts import Hours
from provisioner.registry.expressions import looked_at
from provisioner.registry.ruledocuments import RuleDocument
from provisioner.registry.rules import hours_of

_ALWAYS = Hours()
_MINUTES_A_DAY = 24 * 60


def same_thing(one: RuleDocument, other: RuleDocument, common: set[str]) -> bool:
    """``common``: sensors that both are about. Rules that share a limit, but no sensor or no hour, are two."""
    if set(_limits(one)).isdisjoint(_limits(other)):
        return False
    if one.foreign is not None and other.foreign is not None:
        senders, others = set(one.applies.senders), set(other.applies.senders)
        return not senders or not others or not senders.isdisjoint(others)
    return bool(common) and _hours_meet(one, other)


def _limits(rule: RuleDocument) -> Iterator[Hashable]:
    """What makes it fire, severities apart: the same limit with two severities is a contradiction, too."""
    if rule.threshold is not None:
        for level in rule.threshold.levels:
            yield "threshold", rule.threshold.quantity, level.above, level.below
    elif rule.rate is not None:
        yield "rate", rule.rate.quantity, rule.rate.within, rule.rate.rises, rule.rate.falls
    elif rule.silence is not None:
        yield "silence", rule.silence.intervals
    elif rule.battery is not None:
        yield "battery", rule.battery.below
    elif rule.expression is not None:
        yield "expression", looked_at(rule.expression.when).form
    elif rule.foreign is not None:
        yield "foreign", frozenset(rule.foreign.labels.items())


def _hours_meet(one: RuleDocument, other: RuleDocument) -> bool:
    """Whether there is a minute of the week in which both hold."""
    mine = _ALWAYS if one.hours is None else hours_of(one.hours)
    theirs = _ALWAYS if other.hours is None else hours_of(other.hours)
    return any(
        begin < its_end and its_begin < end for begin, end in _minutes(mine) for its_begin, its_end in _minutes(theirs)
    )


def _minutes(hours: Hours) -> Iterator[tuple[int, int]]:
    """Spans in minutes since Monday 0:00; what goes over the week's end is cut in two."""
    length = (_minute(hours.end) - _minute(hours.begin)) % _MINUTES_A_DAY or _MINUTES_A_DAY
    week = 7 * _MINUTES_A_DAY
    for day in hours.days:
        begin = day * _MINUTES_A_DAY + _minute(hours.begin)
        yield begin, min(begin + length, week)
        if begin + length > week:
            yield 0, begin + length - week


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute
