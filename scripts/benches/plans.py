"""Policy and plan alone, in memory, each in a fresh process: CPU seconds and peak memory, and how both grow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
STATES: Final = {"unchanged": "nothing to do", "first": "first sync"}


@bench(*(f"main.plan_{what}_{size.people}_{state}" for size in SIZES for state in STATES for what in ("cpu", "peak")))
def alone(say: Say) -> Iterator[Figure]:
    """The sizes that have a goal."""
    for size, goal in SIZES.items():
        for state, words in STATES.items():
            say(f"plan of {size.people:,} people in memory, {words} …")
            found = measured(size, state)
            name = f"{size.people}_{state}"
            parts = f"policy {found['policy']:.2f}, plan {found['plan']:.2f}, digest and guards {found['guards']:.2f}"
            note = f"{words}: {found['changes']:,} changes, {found['edges']:,} edges; {parts}; baseline: {FLOOR}"
            yield Figure(f"main.plan_cpu_{name}", found["cpu"], "s CPU", found["floor"], goal.cpu, note)
            note = "the whole process; baseline: before planning, with registry, inventory and ties in memory"
            yield Figure(f"main.plan_peak_{name}", found["peak"], "MB", found["before"], goal.peak, note)


@bench(*(f"main.growth_{what}_{size.people}" for size in GROWTH for what in ("cpu", "peak")))
def growth(say: Say) -> Iterator[Figure]:
    """From 1,000 to 100,000 people with nothing to do."""
    for size in GROWTH:
        say(f"growth: plan of {size.people:,} people, {size.edges:,} edges …")
        found = measured(size, "unchanged")
        note = f"{size.bodies:,} bodies, {found['edges']:,} edges, nothing to do; baseline: {FLOOR}"
        yield Figure(f"main.growth_cpu_{size.people}", found["cpu"], "s CPU", found["floor"], None, note)
        yield Figure(f"main.growth_peak_{size.people}", found["peak"], "MB", found["before"], None)


FLOOR: Final = "plain dicts and sets built and compared, no rules"


def measured(size: Size, state: str) -> Mapping[str, Any]:
    """What `plan_child` prints."""
    return run_module("plan_child", size.people, size.bodies, size.edges, state)
