"""Which rules are about which sensors, where there are thousands of both.

A set of sensors (or rules) is a number whose bits are theirs, so that a condition is one "and" for all of them: looking
at each rule with each sensor takes a minute for 2,000 of both.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import reduce
from operator import and_, or_
from typing import Final, Protocol

CONDITIONS: Final = ("models", "sensors", "organisations", "tags", "senders")


class Conditions(Protocol):
    """All that are given have to hold, each with any of its words: of a rule, in the files or in the model."""

    @property
    def models(self) -> Collection[str]: ...
    @property
    def sensors(self) -> Collection[str]: ...
    @property
    def organisations(self) -> Collection[str]: ...
    @property
    def tags(self) -> Collection[str]: ...
    @property
    def senders(self) -> Collection[str]: ...


class Described(Protocol):
    """What conditions ask of a sensor, in the files or in the model."""

    @property
    def id(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def organisation(self) -> str: ...
    @property
    def tags(self) -> Collection[str]: ...
    @property
    def sender(self) -> str | None: ...


def _words(sensor: Described) -> Iterator[tuple[str, str]]:
    """Each condition with each word by which it finds the sensor."""
    yield "models", sensor.model
    yield "sensors", sensor.id
    yield "organisations", sensor.organisation
    for tag in sensor.tags:
        yield "tags", tag
    if sensor.sender is not None:
        yield "senders", sensor.sender


def numbers(bits: int) -> Iterator[int]:
    """Of those in the set, the lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


class SensorsOf:
    """Asks which sensors a rule is about."""

    def __init__(self, sensors: Iterable[Described]) -> None:
        """They are numbered as they come."""
        self._called: dict[tuple[str, str], int] = {}
        self._all = 0
        for number, sensor in enumerate(sensors):
            self._all |= 1 << number
            for word in _words(sensor):
                self._called[word] = self._called.get(word, 0) | 1 << number

    def about(self, rule: Conditions) -> int:
        """The bits of those that meet all of its conditions."""
        found = self._all
        for condition in CONDITIONS:
            named: Collection[str] = getattr(rule, condition)
            if named:
                found &= reduce(or_, (self._called.get((condition, word), 0) for word in named))
        return found


class RulesOf:
    """Asks which rules are about a sensor."""

    def __init__(self, rules: Iterable[Conditions]) -> None:
        """They are numbered as they come."""
        self._without = dict.fromkeys(CONDITIONS, 0)
        self._naming: dict[tuple[str, str], int] = {}
        for number, rule in enumerate(rules):
            for condition in CONDITIONS:
                named: Collection[str] = getattr(rule, condition)
                if not named:
                    self._without[condition] |= 1 << number
                for word in named:
                    self._naming[condition, word] = self._naming.get((condition, word), 0) | 1 << number

    def about(self, sensor: Described) -> int:
        """The bits of those all of whose conditions it meets."""
        met = dict(self._without)
        for condition, word in _words(sensor):
            met[condition] |= self._naming.get((condition, word), 0)
        return reduce(and_, met.values())
