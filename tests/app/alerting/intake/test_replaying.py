"""What `readi alerts test` says of stored messages is what the bridge would have said, in the same minute."""

from datetime import datetime, time, timedelta
from random import Random

import pytest

from policies.alertsections import AlertsPolicy
from provisioner.alerts.replay import replay
from provisioner.app.alerting.listening import Listening
from provisioner.app.alerting.ticking import Ticker
from provisioner.emulation import VirtualClock
from provisioner.model.alerts import AlertSeverity, Escalation, Hours, Level, Rate, Rule, Silence, Threshold
from provisioner.model.sensors import Uplink
from provisioner.senders.parsing import parse
from provisioner.senders.settings import ThingsStackSettings
from tests.support.alerting import BODY, NETWORK, SENDER, Bridge, book

_STEPS = (Level(AlertSeverity.WARNING, above=150, clear=130), Level(AlertSeverity.CRITICAL, above=200, clear=180))
_WARNING, _HOUR = AlertSeverity.WARNING, timedelta(hours=1)
RULES = (
    Rule("flood", "F", Threshold("level", _STEPS), escalations=(Escalation(timedelta(minutes=40), ("rangers",)),)),
    Rule("lasting", "L", Threshold("level", _STEPS[:1], timedelta(minutes=30)), repeat=_HOUR),
    Rule("rising", "R", Rate("level", _HOUR, _WARNING, rises=60)),
    Rule("silent", "S", Silence(3, _WARNING)),
    Rule("by day", "D", Threshold("level", _STEPS), hours=Hours(frozenset({0, 1}), time(10), time(13))),
)
CALLED = {SENDER: ThingsStackSettings.model_validate({"kind": "things-stack"})}
NIGHT = AlertsPolicy.model_validate({"quiet": {"begin": "16:00", "end": "19:00", "up_to": "warning"}})


def levels(seed: int) -> list[tuple[int, float]]:
    """(minutes since the one before, level): the river goes up and down over two days, now and then nothing comes."""
    chance, found, level = Random(seed), [], 140.0
    while sum(gap for gap, _ in found) < 26 * 60:
        level = min(230.0, max(90.0, level + chance.uniform(-45, 45)))
        found.append((chance.choice([10, 15, 15, 15, 20, 70]), round(level, 1)))
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_a_replay_says_the_same_as_the_bridge_in_the_same_minute(
    bridge: Bridge, clock: VirtualClock, seed: int
) -> None:
    bridge.shelf.book = book(*RULES, gauges=1, policy=NIGHT)
    ticker = Ticker(bridge.database, NETWORK, bridge.shelf, clock, Listening(CALLED, clock.now()))
    stored: list[Uplink] = []
    for number, (gap, level) in enumerate(levels(seed), 1):
        for _ in range(gap // 5 if stored else 0):
            clock.advance(5 * 60)
            ticker.turn()
        delivery = bridge.post.uplink(0, number, level)
        bridge.take(delivery)
        [news] = parse(delivery.kind, delivery.payload, clock.now(), SENDER, filled=True).news
        assert isinstance(news, Uplink)
        stored.append(news)
    live = [
        (max(one.created, one.not_before), row.rule, str(one.kind))
        for row in bridge.alerts.history(10_000)
        for one in bridge.outbox.of_alert(row.id)
        if row.body == BODY and one.body == BODY
    ]
    again: list[tuple[datetime, str, str]] = [
        (one.at, one.rule, str(one.saying.kind))
        for one in replay(bridge.shelf.book, stored)
        if one.saying is not None and one.body == BODY
    ]
    assert {rule for _, rule, _ in again} == {rule.id for rule in RULES}
    assert sorted(again) == sorted(live)
