"""How long until alerts go by what was just written: reading and checking sensors and rules, and making them ready.

The bridge reads them again whenever a file of the registry changes, and what comes meanwhile waits.
"""

from collections.abc import Iterator
from functools import partial
from statistics import median
from typing import Final

from scripts.benches.children import CHILDREN, run_module
from scripts.benches.figures import Figure, Say, bench

TURNS: Final = 3
CASES: Final = {
    "rules_2000": ("sensor-{:05d}", 2_000, 2_000, 3.0),
    "patterns_10000": ("ort-{:05d}-*", 10_000, 100, 1.0),
}
"""By the figure: what a sensor's device is, how many sensors and rules, how many seconds at most."""


def _measured(name: str, device: str, sensors: int, rules: int, goal: float, say: Say) -> Iterator[Figure]:
    say(f"{sensors:,} sensors, {rules:,} rules, each about all of them …")
    found = run_module("alert_books_child", CHILDREN.folder(), device, sensors, rules, TURNS)
    if found["checks"] != sensors * rules:
        raise RuntimeError(f"{found['checks']} checks and not {sensors * rules}")
    note = f"{sensors:,} sensors ({device.format(7)} …), {rules:,} rules about all of them, median of {TURNS}; "
    note += "baseline: the same files only read as YAML (CSafeLoader), in turns"
    yield Figure(f"alerts.load_{name}", median(found["ours"]), "s CPU", median(found["bare"]), goal, note)


for _name, _case in CASES.items():
    bench(f"alerts.load_{_name}")(partial(_measured, _name, *_case))
