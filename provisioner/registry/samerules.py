"""Whether two rules are about one thing, so that people would read everything twice."""

from collections.abc import Hashable, Iterable, Iterator
from datetime import time
from functools import lru_cache
from typing import Final, NamedTuple

from provisioner.model.alerts import Hours
from provisioner.registry.expressions import looked_at
from provisioner.registry.ruledocuments import RuleDocument
from provisioner.registry.rules import hours_of
from provisioner.registry.sources import Entry

_MINUTES_A_DAY: Final = 24 * 60
_EVERY: Final = -1
"""All bits: any sender, any minute."""


class _Reach(NamedTuple):
    """A rule, and where and when it holds."""

    number: int
    rule: Entry[RuleDocument]
    where: int
    """Bits of sensors, or of senders."""
    when: int
    """Bits of the minutes of a week."""


class DifferentRules:
    """Rules no two of which are about one thing. Rules that share a limit, but no sensor or no hour, are two."""

    def __init__(self) -> None:
        self._by_limit: dict[Hashable, list[_Reach]] = {}
        self._reached: dict[Hashable, int] = {}
        """Where any of those with a limit holds."""
        self._senders: dict[str, int] = {}
        self._count = 0

    def add(self, rule: Entry[RuleDocument], sensors: int) -> Entry[RuleDocument] | None:
        """The first of those before it that is about the same thing; only when there is none it becomes one of them.

        ``sensors``: the bits of those that it is about; of alerts of others its senders count.
        """
        document, self._count = rule.document, self._count + 1
        if document.foreign is not None:
            mine = _Reach(self._count, rule, self._bits_of(document.applies.senders), _EVERY)
        else:
            mine = _Reach(
                self._count, rule, sensors, _EVERY if document.hours is None else _minutes(hours_of(document.hours))
            )
        limits = set(_limits(document))
        same = [found for limit in limits if (found := self._first_like(mine, limit)) is not None]
        if same:
            return min(same, key=lambda one: one.number).rule
        for limit in limits:
            self._by_limit.setdefault(limit, []).append(mine)
            self._reached[limit] = self._reached.get(limit, 0) | mine.where
        return None

    def _first_like(self, mine: _Reach, limit: Hashable) -> _Reach | None:
        if not self._reached.get(limit, 0) & mine.where:
            return None  # as each of thousands of sensors with a rule of its own
        return next((one for one in self._by_limit[limit] if one.where & mine.where and one.when & mine.when), None)

    def _bits_of(self, senders: Iterable[str]) -> int:
        bits = 0
        for sender in senders:
            bits |= 1 << self._senders.setdefault(sender, len(self._senders))
        return bits or _EVERY


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


@lru_cache(maxsize=1000)
def _minutes(hours: Hours) -> int:
    """Bits of the minutes since Monday 0:00 in which it holds; the week's end goes on at its beginning."""
    length = (_minute(hours.end) - _minute(hours.begin)) % _MINUTES_A_DAY or _MINUTES_A_DAY
    week, bits = 7 * _MINUTES_A_DAY, 0
    for day in hours.days:
        bits |= ((1 << length) - 1) << (day * _MINUTES_A_DAY + _minute(hours.begin))
    return (bits | bits >> week) & ((1 << week) - 1)


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute
