"""What a figure is, and the list of those there are. An area's file names its figures and how to measure them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

AREAS: Final = (
    "counts",
    "narrow",
    "first_sync",
    "plans",
    "commands",
    "directories",
    "people",
    "logins",
    "joins",
    "pages",
    "meetings",
    "calendars",
    "discourse",
    "nodebb",
    "alerts",
    "alert_books",
    "alert_posting",
    "alert_filling",
    "alert_killing",
)
"""The modules of this package that hold figures, in the order in which they are measured."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside what it is to be compared with."""

    name: str
    value: float
    unit: str
    baseline: float | None
    """The same, done by the barest means: without this project's code, or by the formula of the budget."""
    goal: float | None
    """At most this much; None: only shown."""
    note: str = ""
    """What baseline and value are, in a few words."""

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        return None if self.goal is None else self.value <= self.goal

    def as_json(self) -> dict[str, Any]:
        """What ``--json`` prints of it."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "baseline": self.baseline,
            "goal": self.goal,
            "met": self.met,
        }


Say = Callable[[str], None]
"""Tells whoever waits what is being done."""

Measure = Callable[[Say], Iterable[Figure]]


@dataclass(frozen=True, slots=True)
class Bench:
    """A few figures that are measured together."""

    names: tuple[str, ...]
    measure: Measure


_BENCHES: list[Bench] = []


def bench(*names: str) -> Callable[[Measure], Measure]:
    """Announces a function that measures the figures of these names."""

    def keep(measure: Measure) -> Measure:
        _BENCHES.append(Bench(names, measure))
        return measure

    return keep


def benches() -> Sequence[Bench]:
    """All of them; importing the areas announces them."""
    for area in AREAS:
        import_module(f"{__package__}.{area}")
    return tuple(_BENCHES)


def wanted(prefixes: Sequence[str]) -> Sequence[tuple[Bench, frozenset[str]]]:
    """The benches that hold a figure of these names, or whose name begins so (none given: all), and those names.

    A whole name means that figure alone: "growth_cpu_1000" begins "growth_cpu_10000", which takes minutes.
    """
    every = {name for one in benches() for name in one.names}
    beginnings = tuple(prefix for prefix in prefixes if prefix not in every)
    found = []
    for one in benches():
        names = frozenset(name for name in one.names if not prefixes or name in prefixes or name.startswith(beginnings))
        if names:
            found.append((one, names))
    return found
