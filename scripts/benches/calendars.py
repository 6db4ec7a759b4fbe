"""What calendars cost: when they come into being, and when nothing changed. Exact counts, from the emulator's log."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

import yaml

from scripts.benches.children import EmulatorProcess
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.sites import Installation, Size, brought

SIZE: Final = Size(998, 49, 6_000)
SERIES: Final = (
    {"id": "jour-fixe", "first": "2026-01-13T10:00", "every": "2 weeks", "minutes": 60},
    {"id": "klausur", "first": "2026-10-05T09:00", "minutes": 360},
)
CALENDARS: Final = "/remote.php/dav/calendars/"


@bench("meetings.calendar_requests", "meetings.calendars_unchanged_requests")
def calendars(say: Say) -> Iterator[Figure]:
    """`readi apply --yes` of bodies that get dates, and `readi plan` afterwards."""
    say(f"giving {SIZE.bodies} bodies {len(SERIES)} series each …")
    made, server = brought(SIZE)
    bodies = _give_dates(made)
    server.empty_log()
    made.readi("apply", "--yes")
    # The first sight of all calendars is that of whoever has none yet: one request, whatever comes into being.
    created = len(_asked(server)) - 1
    goal = 2 + len(SERIES)
    note = f"a body with {len(SERIES)} series, of {bodies} in one run; the goal: 2 and one a series"
    yield Figure("meetings.calendar_requests", created / bodies, "requests", None, goal, note)

    say("nothing to do …")
    made.readi("plan")  # the first look at what was written just now
    unchanged = _looked(made, server)
    _forget(made)
    anew = _looked(made, server)
    note = f"{bodies} calendars with {bodies * len(SERIES)} series; baseline: nothing is known of the look before"
    yield Figure("meetings.calendars_unchanged_requests", unchanged, "requests", anew, 1, note)


def _give_dates(made: Installation) -> int:
    """How many bodies have dates now."""
    count = 0
    for path in sorted((made.folder / "registry").rglob("*.yaml")):
        document: Any = yaml.load(path.read_bytes(), yaml.CSafeLoader)
        if not isinstance(document, dict) or "bodies" not in document:
            continue
        for body in document["bodies"]:
            body["meetings"] = {"series": [dict(one) for one in SERIES]}
            count += 1
        path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8")
    return count


def _looked(made: Installation, server: EmulatorProcess) -> int:
    server.empty_log()
    made.readi("plan")
    return len(_asked(server))


def _asked(server: EmulatorProcess) -> list[dict[str, Any]]:
    return [one for one in server.log() if CALENDARS in one["path"]]


def _forget(made: Installation) -> None:
    """As if this database had never seen the calendars."""
    with closing(sqlite3.connect(made.folder / "state" / "readi.db")) as state, state:
        state.execute("DELETE FROM remembered")
