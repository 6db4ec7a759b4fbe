"""Alerts of others of which nothing is heard any more: over, unless it was we who did not listen."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from provisioner.app.alerting.listening import Listening
from provisioner.app.alerting.ticking import Ticker
from provisioner.emulation import VirtualClock
from provisioner.model.alerts import AlertSeverity, Foreign, Rule
from provisioner.model.sensors import ForeignAlert
from provisioner.senders.settings import AlertmanagerSettings, SenderSettings
from tests.support.alerting import BODY, FLOOD, NETWORK, ON_BOTH, QUIET_POLICY, Bridge, book

PROM = "prom"
DISK = Rule("disk", "Platte voll", Foreign({}, AlertSeverity.WARNING, timedelta(hours=1)), tells=(BODY,))
KNOWN: dict[str, SenderSettings] = {PROM: AlertmanagerSettings(kind="alertmanager")}


class Watch:
    """Looks at the clock every five minutes, as long as somebody runs."""

    def __init__(self, bridge: Bridge, clock: VirtualClock) -> None:
        self.bridge, self.clock = bridge, clock
        self.ticker = self.start()

    def start(self, senders: dict[str, SenderSettings] | None = None) -> Ticker:
        heard = Listening(KNOWN if senders is None else senders, self.clock.now())
        self.ticker = Ticker(self.bridge.database, NETWORK, self.bridge.shelf, self.clock, heard)
        self.ticker.turn()
        return self.ticker

    def fires(self, began: datetime) -> None:
        now = self.clock.now()
        self.bridge.intake.tell([ForeignAlert(PROM, "f1", "Disk", True, now, began, summary="db")])

    def minutes(self, minutes: int) -> list[str]:
        """What was said in the end, by kind."""
        for _ in range(minutes // 5):
            self.clock.advance(300)
            self.ticker.turn()
        return [kind for _, kind in self.bridge.said()]


@pytest.fixture
def watch(bridge: Bridge, clock: VirtualClock) -> Watch:
    bridge.shelf.book = book(DISK)
    return Watch(bridge, clock)


@ON_BOTH
def test_an_alert_whose_sender_died_ends_as_that_and_comes_again_as_a_new_one(
    watch: Watch, bridge: Bridge, clock: VirtualClock
) -> None:
    began = clock.now()
    watch.fires(began)
    assert watch.minutes(50) == ["first"]
    watch.fires(began)
    assert watch.minutes(55) == ["first"]
    assert watch.minutes(5) == ["first", "ended"]
    assert [str(row.ending) for row in bridge.alerts.history()] == ["unheard"]
    assert watch.minutes(600) == ["first", "ended"]
    watch.fires(began)
    assert [kind for _, kind in bridge.said()] == ["first", "ended", "first"]
    assert len(bridge.alerts.history()) == 2


def test_while_we_did_not_run_nothing_is_taken_for_over(watch: Watch, clock: VirtualClock) -> None:
    watch.fires(clock.now())
    clock.advance(20 * 3600)
    watch.start()
    assert watch.minutes(55) == ["first"]
    assert watch.minutes(5) == ["first", "ended"]


def test_while_the_machine_slept_nothing_is_taken_for_over(watch: Watch, clock: VirtualClock) -> None:
    watch.fires(clock.now())
    clock.advance(20 * 3600)
    watch.ticker.turn()
    assert watch.minutes(55) == ["first"]
    assert watch.minutes(5) == ["first", "ended"]


def test_of_a_sender_that_the_settings_name_no_more_nothing_is_heard(watch: Watch, clock: VirtualClock) -> None:
    watch.fires(clock.now())
    clock.advance(60)
    watch.start({})
    assert watch.minutes(55) == ["first"]
    assert watch.minutes(5) == ["first", "ended"]


def test_what_the_bridge_tells_of_itself_goes_on_until_it_is_over(
    watch: Watch, bridge: Bridge, clock: VirtualClock
) -> None:
    short = QUIET_POLICY.model_copy(update={"rangers_body": "rangers", "foreign_unheard": timedelta(hours=1)})
    bridge.shelf.book = book(FLOOD, policy=short)
    now = clock.now()
    bridge.intake.tell([ForeignAlert(PROM, "gateway/roof", "bridge.gateway", True, now, now, summary="roof")])
    bridge.intake.tell([ForeignAlert(PROM, "f2", "Whatever", True, now, now, summary="x")])
    assert watch.minutes(120) == ["first", "first", "ended"]
    assert [row.rule for row in bridge.alerts.going_on()] == ["bridge.gateway"]


def test_the_clock_is_looked_at_when_it_is_due_and_not_again_and_again(
    watch: Watch, bridge: Bridge, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch.fires(clock.now())
    looked: list[Callable[..., object]] = []
    look = watch.ticker._look
    monkeypatch.setattr(watch.ticker, "_look", lambda *rest: (looked.append(look), look(*rest)))
    watch.minutes(120)
    assert len(looked) <= 2
