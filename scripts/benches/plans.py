"""Policy and plan alone, in memory, each in a fresh process: CPU seconds and peak memory, and how both grow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from scripts.benches.children import run_module
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.sites import Size


@dataclass(frozen=True, slots=True)
class Goal:
    """At most so much; None: only shown."""

    cpu: float | None = None
    peak: float | None = None


SIZES: Final[Mapping[Size, Goal]] = {
    Size(10_000, 500, 60_000): Goal(cpu=2),
    Size(100_000, 5_000, 1_000_000): Goal(cpu=15, peak=800),
}
GROWTH: Final = (
    Size(1_000, 50, 6_000),
    Size(3_000, 150, 18_000),
    Size(10_000, 500, 60_000),
    Size(30_000, 1_500, 200_000),
    Size(100_000, 5_000, 1_000_000),
)
FLOOR: Final = "plain dicts and sets built and compared, no rules"
STATES: Final = {"unchanged": "nothing to do", "first": "first sync"}


def _alone(size: Size, goal: Goal, state: str, say: Say) -> Iterator[Figure]:
    """One of the sizes that have a goal."""
    words = STATES[state]
    say(f"plan of {size.people:,} people in memory, {words} …")
    found = measured(size, state)
    parts = f"policy {found['policy']:.2f}, plan {found['plan']:.2f}, digest and guards {found['guards']:.2f}"
    note = f"{words}: {found['changes']:,} changes, {found['edges']:,} edges; {parts}; baseline: {FLOOR}"
    yield Figure(f"main.plan_cpu_{size.people}_{state}", found["cpu"], "s CPU", found["floor"], goal.cpu, note)
    note = "the whole process; baseline: before planning, with registry, inventory and ties in memory"
    yield Figure(f"main.plan_peak_{size.people}_{state}", found["peak"], "MB", found["before"], goal.peak, note)


for _size, _goal in SIZES.items():
    for _state in STATES:
        _name = f"{_size.people}_{_state}"
        bench(f"main.plan_cpu_{_name}", f"main.plan_peak_{_name}")(partial(_alone, _size, _goal, _state))


def _growth(size: Size, say: Say) -> Iterator[Figure]:
    """One line of the table of growth: nothing to do."""
    say(f"growth: plan of {size.people:,} people, {size.edges:,} edges …")
    found = measured(size, "unchanged")
    note = f"{size.bodies:,} bodies, {found['edges']:,} edges, nothing to do; baseline: {FLOOR}"
    yield Figure(f"main.growth_cpu_{size.people}", found["cpu"], "s CPU", found["floor"], None, note)
    yield Figure(f"main.growth_peak_{size.people}", found["peak"], "MB", found["before"], None)


for _size in GROWTH:
    bench(f"main.growth_cpu_{_size.people}", f"main.growth_peak_{_size.people}")(partial(_growth, _size))


def measured(size: Size, state: str) -> Mapping[str, Any]:
    """What `plan_child` prints."""
    return run_module("plan_child", size.people, size.bodies, size.edges, state)
