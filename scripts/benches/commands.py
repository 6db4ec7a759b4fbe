"""The whole command `readi plan` as a process: registry in YAML on disk, state in a database, server elsewhere."""

import json
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from scripts.benches.children import EmulatorProcess, run_module
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.sites import PENDING, Installation, Size, installation, synchronised

SIZE: Final = Size(10_000, 500, 60_000)
TURNS: Final = 3
GOALS: Final = {"cpu": ("s CPU", 6.0), "wall": ("s", 6.0), "peak": ("MB", 400.0)}


def _names(state: str) -> list[str]:
    return [f"main.plan_command_{what}_{SIZE.people}_{state}" for what in GOALS]


@bench(*_names("unchanged"))
def unchanged(say: Say) -> Iterator[Figure]:
    """Nothing to do: everything is read and compared."""
    say(f"bringing {SIZE.people:,} people to a server …")
    made, server = synchronised(SIZE)
    yield from _measured(say, made, server, "unchanged", (0,))


@bench(*_names("first"))
def first(say: Say) -> Iterator[Figure]:
    """An empty server: everything is new, and shown."""
    made = installation(SIZE)
    with EmulatorProcess() as server:
        made.target(server.address)
        yield from _measured(say, made, server, "first", (PENDING,))


def _measured(
    say: Say, made: Installation, server: EmulatorProcess, state: str, codes: Sequence[int]
) -> Iterator[Figure]:
    ran, floors = [], []
    for turn in range(1, TURNS + 1):
        say(f"readi plan with {SIZE.people:,} people ({state}), turn {turn} of {TURNS} …")
        ran.append(made.readi("plan", expected=codes))
        floors.append(run_module("floor_child", made.folder / "registry", json.dumps(server.address)))
    note = f"median of {TURNS}; baseline: the same YAML and pages only read (CSafeLoader, requests)"
    for name, (what, (unit, goal)) in zip(_names(state), GOALS.items(), strict=True):
        value, floor = median(getattr(one, what) for one in ran), median(one[what] for one in floors)
        yield Figure(name, value, unit, floor, goal, note)
