"""Uplinks a second: received by MQTT, committed, rules looked at. Beside the floor: received and committed only.

Both listen to the same broker all the time, and uplinks come for one and then for the other, so that both are measured
on the machine as it is. What was published is never far ahead of what was committed.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.benches.alert_bridging import BridgeProcess
from scripts.benches.alert_payloads import TOPIC
from scripts.benches.alert_sites import COMMITTED, AlertSite, alert_site
from scripts.benches.alert_world import many
from scripts.benches.asked import ASKED
from scripts.benches.children import CHILDREN, Helper
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.sites import Size
from tests.support.mosquitto import Mosquitto

SIZE: Final = Size(200, 23, 1_000)
DEVICES: Final = 10_000
RULES: Final = 100
GOAL: Final = 1_000
"""Uplinks a second."""
_TURN: Final = 20_000
"""Uplinks of ours between two turns of the floor."""
_FLOOR_TURN: Final = 10_000
_AT_ONCE: Final = 1_000
_AHEAD: Final = 5_000
"""Uplinks that may be published and not committed."""


@bench("alerts.uplinks_lost", "alerts.uplink_microseconds", "alerts.uplink_ratio_to_floor")
def uplinks(say: Say) -> Iterator[Figure]:
    """In turns, for as many minutes as were asked for."""
    say(f"{DEVICES:,} devices, {RULES} rules, {SIZE.bodies} bodies …")
    site = alert_site(SIZE, many(DEVICES, RULES, SIZE.bodies - 3))
    folder = CHILDREN.folder()
    with Mosquitto(folder) as broker:
        site.listen(broker.port)
        base = folder / "floor.sqlite3"
        with (
            Helper("alert_floor_child", broker.port, f"floor/{TOPIC % '+'}", base) as floor,
            Helper("alert_load_child", broker.port, DEVICES, "floor/") as to_floor,
            Helper("alert_load_child", broker.port, DEVICES, "") as to_us,
            BridgeProcess(site) as bridge,
        ):
            floor.line()
            bare = _Side(to_floor, base, "SELECT max(id) FROM uplink")
            ours = _Side(to_us, site.database, COMMITTED)
            _warm(bare, ours, bridge)
            end = time.monotonic() + ASKED.minutes * 60
            while time.monotonic() < end:
                bare.turn(_FLOOR_TURN)
                ours.turn(_TURN)
                say(f"{ours.count:,} uplinks: {ours.a_second:,.0f} a second; bare: {bare.a_second:,.0f} …")
            complaints = bridge.complaints()
        yield from _figures(site, bare, ours, complaints)


def _warm(bare: "_Side", ours: "_Side", bridge: BridgeProcess) -> None:
    """Each device is heard once before it counts: afterwards it is known to both."""
    for side in (bare, ours):
        side.turn(DEVICES)
        side.count, side.seconds = 0, 0.0
    bridge.wait(lambda: True, "it did not go on")


def _figures(site: AlertSite, bare: "_Side", ours: "_Side", complaints: list[str]) -> Iterator[Figure]:
    with site.reading() as connection:
        kept, words, sensors = connection.execute(
            "SELECT count(*), count(DISTINCT word), count(DISTINCT sensor) FROM uplink"
        ).fetchone()
    lost = ours.published - kept
    note = f"of {ours.published:,} uplinks of {sensors:,} devices; baseline: of the bare receiver; "
    note += f"{kept - words} kept twice, {len(complaints)} complaints in the log"
    yield Figure("alerts.uplinks_lost", lost, "uplinks", bare.published - bare.committed(), 0, note)
    note = f"{ours.a_second:,.0f} uplinks a second in {ours.seconds:.0f} s, {DEVICES:,} devices, {RULES} rules; "
    note += f"baseline: {bare.a_second:,.0f} a second, only received and committed"
    each, floor = 1e6 / ours.a_second, 1e6 / bare.a_second
    yield Figure("alerts.uplink_microseconds", each, "µs", floor, 1e6 / GOAL, note)
    note = "how many times as long as receiving and committing alone, in turns"
    yield Figure("alerts.uplink_ratio_to_floor", each / floor, "times", 1, 2, note)


@dataclass
class _Side:
    """Somebody who receives: ``load`` publishes for them, their ``database`` tells what they committed."""

    load: Helper
    database: Path
    statement: str
    """Asks it how many, without counting them: that would take the time that is measured."""
    published: int = 0
    count: int = 0
    """Uplinks that were measured."""
    seconds: float = 0.0

    def turn(self, count: int) -> None:
        """Publish so many, and wait until they are committed."""
        started = time.perf_counter()
        with self._reading() as connection:
            for _ in range(0, count, _AT_ONCE):
                self._until(connection, self.published - _AHEAD)
                self.published = self.load.ask({"burst": _AT_ONCE})["published"]
            self._until(connection, self.published)
        self.count += count
        self.seconds += time.perf_counter() - started

    @property
    def a_second(self) -> float:
        return self.count / self.seconds

    def committed(self) -> int:
        with self._reading() as connection:
            return self._count(connection)

    def _reading(self) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, isolation_level=None))

    def _count(self, connection: sqlite3.Connection) -> int:
        return connection.execute(self.statement).fetchone()[0] or 0

    def _until(self, connection: sqlite3.Connection, count: int) -> None:
        end = time.monotonic() + 120
        while self._count(connection) < count:
            if time.monotonic() > end:
                raise RuntimeError(f"{self.database} does not come to {count:,} uplinks")
            time.sleep(0.01)
