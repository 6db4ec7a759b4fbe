"""A day of a million uplinks that nobody heard, filled from the storage of a Things Stack."""

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import requests

from scripts.benches.alert_bridging import BridgeProcess
from scripts.benches.alert_payloads import APPLICATION
from scripts.benches.alert_sites import COMMITTED, AlertSite, alert_site
from scripts.benches.alert_world import many
from scripts.benches.children import CHILDREN, Helper
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.sites import Size
from tests.support.mosquitto import Mosquitto

UPLINKS: Final = 1_000_000
DEVICES: Final = 10_000
RULES: Final = 100
HOURS: Final = 23
GOAL: Final = 15.0
"""Minutes."""
_SAMPLE: Final = 10
"""One of so many is read by the floor."""
_SIZE: Final = Size(200, 23, 1_000)
_MOST: Final = 5
"""Messages a conversation."""


@bench("alerts.filling_minutes", "alerts.filling_lost", "alerts.filling_messages")
def filling(say: Say) -> Iterator[Figure]:
    """At the start of a bridge that never ran before."""
    say(f"{UPLINKS:,} uplinks of {DEVICES:,} devices are in a storage …")
    site = alert_site(_SIZE, many(DEVICES, RULES, _SIZE.bodies - 3))
    with Mosquitto(CHILDREN.folder()) as broker, Helper("alert_storage_child", UPLINKS, DEVICES, HOURS * 3600) as held:
        url = held.line()
        floor = _bare(url) * _SAMPLE
        say(f"reading and committing alone takes {floor / 60:.1f} minutes; now with rules …")
        site.listen(broker.port, url)
        started = time.perf_counter()
        with BridgeProcess(site) as bridge:
            bridge.wait(lambda: _kept(site) >= UPLINKS, "not all was filled", 3_600)
            took = time.perf_counter() - started
            bridge.wait(lambda: _is_quiet(site), "it does not come to rest", 600)
    note = f"{UPLINKS:,} uplinks, {UPLINKS / took:,.0f} a second; baseline: reading and committing alone"
    yield Figure("alerts.filling_minutes", took / 60, "min", floor / 60, GOAL, note)
    yield Figure("alerts.filling_lost", UPLINKS - _kept(site), "uplinks", None, 0, "that were in the storage")
    said = site.said()
    most = max(Counter(one.conversation for one in said).values(), default=0)
    note = f"in the conversation that got most; {len(said)} in all {_SIZE.bodies} conversations; "
    note += f"{_alerts(site)} alerts are still true; baseline: what is still true, once a sensor and rule"
    yield Figure("alerts.filling_messages", most, "messages", None, _MOST, note)


def _kept(site: AlertSite) -> int:
    with site.reading() as connection:
        return int(connection.execute(COMMITTED).fetchone()[0] or 0)


def _alerts(site: AlertSite) -> int:
    with site.reading() as connection:
        return int(connection.execute("SELECT count(*) FROM alert WHERE closed IS NULL").fetchone()[0])


def _is_quiet(site: AlertSite) -> bool:
    """Something was said, and nothing waits."""
    with site.reading() as connection:
        said, waiting = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE state IN ('waiting', 'sending')) FROM alert_outbox"
        ).fetchone()
    return bool(said) and not waiting


def _bare(url: str) -> float:
    """Seconds to read and commit one of `_SAMPLE` parts."""
    address = f"{url}/api/v3/as/applications/{APPLICATION}/packages/storage/uplink_message"
    path = CHILDREN.folder() / "floor.sqlite3"
    started = time.perf_counter()
    with closing(sqlite3.connect(path, isolation_level=None)) as database, requests.Session() as session:
        session.trust_env = False
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("CREATE TABLE uplink (id INTEGER PRIMARY KEY, payload BLOB NOT NULL)")
        answer = session.get(address, params={"limit": str(UPLINKS // _SAMPLE)}, stream=True, timeout=60)
        batch: list[tuple[bytes]] = []
        for line in answer.iter_lines(chunk_size=65_536):
            batch.append((line,))
            if len(batch) == 500:
                _commit(database, batch)
        _commit(database, batch)
    return time.perf_counter() - started


def _commit(database: sqlite3.Connection, batch: list[tuple[bytes]]) -> None:
    database.execute("BEGIN IMMEDIATE")
    database.executemany("INSERT INTO uplink (payload) VALUES (?)", batch)
    database.execute("COMMIT")
    batch.clear()
