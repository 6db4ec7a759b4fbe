"""``scripts/bench``: measure figures and show each beside its baseline. Progress goes to standard error."""

import argparse
import json
import sys

from rich.console import Console
from rich.table import Table

from scripts.benches.asked import ASKED
from scripts.benches.children import CHILDREN
from scripts.benches.figures import Figure, benches, wanted

NOISE = (
    "Counts are exact. Times and their ratios depend on the machine and on what else runs on it; ratios least, "
    "since both sides are measured in turns. A real server creates 1 to 1.6 accounts a second."
)


def main() -> int:
    """0: measured; 64: no figure has such a name."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("prefix", nargs="*", help="beginnings of the names of figures; none: all")
    parser.add_argument("--list", action="store_true", help="name the figures and measure nothing")
    parser.add_argument("--json", action="store_true", help="a list of figures as the last line of standard output")
    minutes = ASKED.minutes
    parser.add_argument("--minutes", type=float, default=minutes, help=f"of what is measured over a time: {minutes}")
    parser.add_argument("--kills", type=int, default=ASKED.kills, help=f"of what is killed at random: {ASKED.kills}")
    arguments = parser.parse_args()
    ASKED.minutes, ASKED.kills = arguments.minutes, arguments.kills
    if arguments.list:
        for one in benches():
            print("\n".join(one.names))
        return 0
    chosen = wanted(arguments.prefix)
    if not chosen:
        print(f"No figure is called {' or '.join(arguments.prefix)}…; see scripts/bench --list.", file=sys.stderr)
        return 64
    figures: list[Figure] = []
    with CHILDREN:
        for one, names in chosen:
            figures += [figure for figure in one.measure(_say) if figure.name in names]
    if arguments.json:
        print(json.dumps([figure.as_json() for figure in figures]))
    else:
        _show(figures)
    return 0


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _show(figures: list[Figure]) -> None:
    table = Table("figure", "value", "unit", "baseline", "goal", "met", "what it is", box=None, pad_edge=False)
    for figure in figures:
        met = "" if figure.met is None else "yes" if figure.met else "NO"
        goal = "" if figure.goal is None else f"≤ {shown(figure.goal)}"
        table.add_row(figure.name, shown(figure.value), figure.unit, shown(figure.baseline), goal, met, figure.note)
    console = Console(soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else 240)
    console.print(table)
    console.print(NOISE)


def shown(number: float | None) -> str:
    """A number for people: whole ones whole, others with three figures."""
    if number is None:
        return "-"
    return f"{number:,.0f}" if number == round(number) or number >= 1000 else f"{number:.3g}"


if __name__ == "__main__":
    sys.exit(main())
