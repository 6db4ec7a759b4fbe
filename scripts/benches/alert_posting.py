"""From an uplink to the message in Talk: how long it takes, and how many messages a storm makes."""

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from scripts.benches import bare
from scripts.benches.alert_bridging import BridgeProcess
from scripts.benches.alert_payloads import CALM, FLOOD, device_id
from scripts.benches.alert_sites import LATENCY, AlertSite, Said, alert_site
from scripts.benches.alert_world import each_its_own, one_body, place
from scripts.benches.children import CHILDREN, Helper
from scripts.benches.figures import Figure, Say, bench
from scripts.benches.sites import Size
from tests.support.mosquitto import Mosquitto

RATE: Final = 100
"""Alerts a second."""
BODIES: Final = 1_000
RULES: Final = 3
"""Alerts a body: more would make a storm of it, and be gathered."""
GOAL: Final = 500.0
"""Milliseconds."""
SENSORS: Final = 1_000
STORMS: Final = (1, 100)
"""Rules."""
PLACE: Final = re.compile(r"Messpunkt \w+")
_MOST: Final = 5
"""Messages of a storm."""
_SOON: Final = 1_200.0
"""Seconds within which an alert has something to say that belongs to its beginning; repeats come after hours."""
_FIRST: Final = 2.0
"""Seconds until the first."""


@bench("alerts.said_p99_ms", "alerts.said_median_ms")
def said(say: Say) -> Iterator[Figure]:
    """Each alert is the first of its rule in its conversation, and comes at a moment of its own."""
    say(f"{BODIES:,} bodies, {RULES} alerts each, {RATE} a second …")
    site = alert_site(Size(1_000, BODIES + 3, 3_000), each_its_own(BODIES, RULES))
    # One rule after the other: seconds and not moments lie between two alerts of a body.
    order = [body * RULES + rule for rule in range(RULES) for body in range(BODIES)]
    with _calm(site, len(order)) as (load, bridge):
        due = load.ask({"of": order, "distance": FLOOD, "rate": RATE})["moments"]
        bridge.wait(lambda: len(site.said()) >= len(order), "not all was said")
    came = {found: one.at for one in site.said() for found in PLACE.findall(one.text)}
    took = sorted((came[place(device_id(device))] - moment) * 1000 for device, moment in zip(order, due, strict=True))
    floor = _bare(site)
    note = f"from the uplink's moment to Talk's 201, {len(took):,} alerts at {RATE}/s, Talk takes {LATENCY * 1000:.0f}"
    note += f" ms; slowest {took[-1]:.0f}; baseline: the message alone"
    yield Figure("alerts.said_p99_ms", took[int(len(took) * 0.99)], "ms", floor[int(len(floor) * 0.99)], GOAL, note)
    yield Figure("alerts.said_median_ms", took[len(took) // 2], "ms", floor[len(floor) // 2], None, "of the same")


@bench(*(f"alerts.storm_{what}_{rules}_rules" for rules in STORMS for what in ("messages", "first_seconds")))
def storms(say: Say) -> Iterator[Figure]:
    """A thousand sensors of one body at once."""
    for rules in STORMS:
        say(f"{SENSORS:,} sensors at once, {rules} rules; what comes later is waited for …")
        site = alert_site(Size(200, 23, 1_000), one_body(SENSORS, rules))
        began = _stormed(site)
        yield from _storm(rules, site.said(), began)


def _stormed(site: AlertSite) -> float:
    """When it began."""
    with _calm(site, SENSORS) as (load, bridge):
        began = time.time()
        load.ask({"of": list(range(SENSORS)), "distance": FLOOD, "rate": None})
        bridge.wait(lambda: _kept(site) == 2 * SENSORS, "it did not hear all sensors twice")
        bridge.wait(lambda: bool(site.said()) and _is_all_said(site), "not all was said", 600)
    return began


@contextmanager
def _calm(site: AlertSite, devices: int) -> Iterator[tuple[Helper, BridgeProcess]]:
    """A bridge that has heard of each device once."""
    with Mosquitto(CHILDREN.folder()) as broker:
        site.listen(broker.port)
        with Helper("alert_load_child", broker.port, devices, "") as load, BridgeProcess(site) as bridge:
            load.ask({"of": list(range(devices)), "distance": CALM, "rate": None})
            bridge.wait(lambda: _kept(site) == devices, "it did not hear all devices")
            yield load, bridge


def _storm(rules: int, came: Sequence[Said], began: float) -> Iterator[Figure]:
    [(_, most)] = Counter(one.conversation for one in came).most_common(1)
    note = f"in the conversation that got most, {SENSORS:,} sensors at once, {rules} rules; "
    note += f"the last after {came[-1].at - began:.0f} s; baseline: one a sensor"
    yield Figure(f"alerts.storm_messages_{rules}_rules", most, "messages", SENSORS, _MOST, note)
    first = min(one.at for one in came) - began
    note = "until the first of them; baseline: what Talk takes for one"
    yield Figure(f"alerts.storm_first_seconds_{rules}_rules", first, "s", LATENCY, _FIRST, note)


def _kept(site: AlertSite) -> int:
    with site.reading() as connection:
        return int(connection.execute("SELECT count(*) FROM uplink").fetchone()[0])


def _is_all_said(site: AlertSite) -> bool:
    """Nothing waits, and no alert gathers any more."""
    with site.reading() as connection:
        waiting, gathering = connection.execute(
            "SELECT (SELECT count(*) FROM alert_outbox WHERE state IN ('waiting', 'sending')),"
            " (SELECT count(*) FROM alert WHERE closed IS NULL AND due < ?)",
            (time.time() + _SOON,),
        ).fetchone()
    return not waiting and not gathering


def _bare(site: AlertSite) -> list[float]:
    """Milliseconds of messages one after another, in order of length."""
    took, conversation = [], site.said()[0].conversation
    with bare.session(site.cloud.address) as client:
        for number in range(200):
            started = time.perf_counter()
            address = f"{site.cloud.url}/ocs/v2.php/apps/spreed/api/v1/chat/{conversation}"
            client.post(address, json={"message": f"Nummer {number}"}).raise_for_status()
            took.append((time.perf_counter() - started) * 1000)
    return sorted(took)
