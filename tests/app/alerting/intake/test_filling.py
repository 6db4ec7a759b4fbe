"""Gaps are filled from a sender's storage: at start, after each reconnect, on a timer, and always with an overlap."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from provisioner.app.alerting.asking import Asked, unasked
from provisioner.app.alerting.committing import Committer
from provisioner.app.alerting.filling import Filling
from provisioner.app.alerting.listening import Listening
from provisioner.app.alerting.ticking import Ticker
from provisioner.model.errors import Transient
from provisioner.model.sensors import GatewayNews
from provisioner.model.text import Text
from provisioner.senders.settings import SenderSettings, ThingsStackSettings
from provisioner.state import Gateways, SenderStates
from tests.support.alerting import BODY, NETWORK, ON_BOTH, SENDER, Bridge, eui, uplink_bytes

SETTINGS: dict[str, Any] = {
    "kind": "things-stack",
    "mqtt": {"host": "broker.example", "user": "pegel@ttn", "password": "x" * 32},
    "storage": {"url": "https://tts.example", "application": "pegel", "key": "x" * 32, "overlap_minutes": 15},
    "gateways": {"url": "https://tts.example", "ids": ["gw-rathaus"], "key": "x" * 32},
}


class Shelves:
    """A storage that remembers what it was asked for, and a server that knows of gateways."""

    def __init__(self) -> None:
        self.uplinks: list[tuple[datetime, bytes]] = []
        self.asked: list[tuple[datetime, datetime]] = []
        self.fault: Exception | None = None
        self.gateway_is_up: bool | None = None
        self.page = 500
        self.meanwhile: Callable[[], None] = lambda: None

    def fill(self, after: datetime, before: datetime) -> Iterator[list[bytes]]:
        self.asked.append((after, before))
        if self.fault is not None:
            raise self.fault
        found = [payload for at, payload in sorted(self.uplinks) if after <= at < before]
        for start in range(0, len(found), self.page):
            yield found[start : start + self.page]
            self.meanwhile()

    def look(self) -> list[GatewayNews]:
        if self.gateway_is_up is None:
            raise Transient(Text.of("senders.stack_garbled", url="x"))
        return [GatewayNews(SENDER, "gw-rathaus", self.gateway_is_up, EVER)]

    def close(self) -> None:
        self.asked.clear()


EVER = datetime.fromisoformat("2026-01-05T08:00:00+00:00")


class Filled:
    """A bridge whose gaps are filled."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge, self.clock, self.shelves = bridge, bridge.clock, Shelves()
        self.heard_since: datetime | None = bridge.clock.now()
        senders: dict[str, SenderSettings] = {SENDER: ThingsStackSettings.model_validate(SETTINGS)}
        self.listening = Listening(senders, bridge.clock.now(), lambda sender: self.heard_since)
        self.committer = Committer(bridge.intake)
        self.filling = Filling(
            bridge.database,
            NETWORK,
            senders,
            self.committer.deliver,
            bridge.intake.tell,
            self.listening,
            bridge.clock,
            open_storage=lambda *_: self.shelves,
            open_watch=lambda *_: self.shelves,
        )
        self.ticker = Ticker(bridge.database, NETWORK, bridge.shelf, bridge.clock, self.listening)

    def store(self, sensor: int, counter: int, level: float, minutes_ago: float) -> None:
        at = self.clock.now() - timedelta(minutes=minutes_ago)
        self.shelves.uplinks.append((at, uplink_bytes(eui(sensor), counter, 500 - level, at)))

    def known(self) -> Any:
        return SenderStates(self.bridge.database, NETWORK).get(SENDER)

    def unasked(self, what: Asked) -> tuple[str, datetime] | None:
        """Why it can't be asked, and since when."""
        found = unasked(what, self.known())
        return None if found is None else (found.why.code, found.since)


@pytest.fixture
def filled(bridge: Bridge) -> Iterator[Filled]:
    made = Filled(bridge)
    made.committer.start()
    yield made
    made.filling.stop()
    made.committer.stop()


def test_at_the_start_all_that_the_storage_has_is_taken_in(filled: Filled) -> None:
    for number in range(1, 8):
        filled.store(0, number, 100, 60 * 3 - number)
    filled.filling.turn()
    assert filled.bridge.uplinks.count() == 7
    assert filled.bridge.counts()["filled"] == 7
    assert filled.shelves.asked[0][0] == filled.clock.now() - timedelta(hours=24)
    assert filled.known()["cursor"] == filled.clock.now().isoformat()


@ON_BOTH
def test_the_next_look_reaches_back_beyond_the_last_and_counts_nothing_twice(filled: Filled) -> None:
    filled.store(0, 1, 100, 5)
    filled.filling.turn()
    before = filled.clock.now()
    filled.shelves.asked.clear()
    filled.clock.advance(29 * 60)
    filled.filling.turn()
    assert filled.shelves.asked == []
    filled.clock.advance(60)
    filled.store(0, 2, 100, 31)
    filled.filling.turn()
    assert filled.shelves.asked == [(before - timedelta(minutes=15), filled.clock.now())]
    assert (filled.bridge.uplinks.count(), filled.bridge.counts()["twice"]) == (2, 1)


def test_after_each_reconnect_it_looks_at_once(filled: Filled) -> None:
    filled.filling.turn()
    filled.heard_since = None
    filled.clock.advance(600)
    filled.shelves.asked.clear()
    filled.filling.turn()
    assert filled.shelves.asked == []
    filled.heard_since = filled.clock.now()
    assert filled.listening.fills(SENDER)
    filled.filling.turn()
    assert len(filled.shelves.asked) == 1
    assert not filled.listening.fills(SENDER)


def test_a_gap_that_is_filled_is_no_gap(filled: Filled) -> None:
    filled.filling.turn()
    filled.bridge.take(filled.bridge.post.uplink(0, 1, 100))
    filled.clock.advance(3600)
    filled.bridge.take(filled.bridge.post.uplink(0, 4, 100))
    assert filled.bridge.counts()["missing"] == 2
    filled.store(0, 2, 100, 40)
    filled.store(0, 3, 100, 20)
    filled.filling.turn()
    assert filled.bridge.counts()["missing"] == 0


@ON_BOTH
def test_no_storm_of_late_alerts_comes_of_a_long_gap(filled: Filled) -> None:
    filled.ticker.turn()
    for sensor in range(3):
        for number in range(40):
            filled.store(sensor, number, 230 if number % 2 else 100, 23 * 60 - number * 30)
        filled.store(sensor, 40, 230, 5)
    filled.filling.turn()
    assert filled.bridge.said() == []
    filled.ticker.turn()
    assert filled.bridge.said() == [(BODY, "first")]
    (alert,) = filled.bridge.alerts.going_on()
    (said,) = filled.bridge.outbox.of_alert(alert.id)
    assert (said.about["late"], said.about["count"]) == (True, 3)


def test_what_was_heard_live_is_never_fired_or_cleared_by_what_fills(filled: Filled) -> None:
    filled.bridge.take(filled.bridge.post.uplink(0, 9, 230))
    filled.store(0, 8, 90, 10)
    filled.store(0, 7, 290, 20)
    filled.filling.turn()
    filled.ticker.turn()
    assert filled.bridge.said() == [(BODY, "first")]
    assert filled.bridge.uplinks.count() == 3


def test_a_storage_that_cannot_be_read_is_tried_again_and_waited_for_a_quarter_of_an_hour(filled: Filled) -> None:
    filled.shelves.fault = Transient(Text.of("senders.stack_garbled", url="x"))
    filled.filling.turn()
    began = filled.clock.now()
    assert filled.unasked(Asked.STORAGE) == ("senders.stack_garbled", began)
    assert filled.listening.fills(SENDER)
    filled.shelves.fault = Transient(Text.of("senders.stack_busy", url="x"))
    for _ in range(16):
        filled.clock.advance(60)
        filled.filling.turn()
    assert not filled.listening.fills(SENDER)
    assert filled.unasked(Asked.STORAGE) == ("senders.stack_busy", began), "since the first try that failed"
    assert len(filled.shelves.asked) > 15
    filled.shelves.fault = None
    filled.store(0, 1, 100, 30)
    filled.clock.advance(60)
    filled.filling.turn()
    assert (filled.unasked(Asked.STORAGE), filled.bridge.uplinks.count()) == (None, 1)
    filled.shelves.fault = Transient(Text.of("senders.stack_busy", url="x"))
    filled.clock.advance(30 * 60)
    filled.filling.turn()
    assert filled.unasked(Asked.STORAGE) == ("senders.stack_busy", filled.clock.now()), "that is another trouble"


def test_how_far_it_got_moves_on_only_when_all_before_it_is_committed(filled: Filled) -> None:
    filled.store(0, 1, 100, 60 * 20)
    filled.shelves.meanwhile = filled.filling.stop
    filled.filling.turn()
    assert datetime.fromisoformat(filled.known()["cursor"]) <= filled.clock.now() - timedelta(hours=20)
    assert filled.listening.fills(SENDER)


def test_what_is_not_kept_is_read_again(filled: Filled) -> None:
    filled.store(0, 1, 100, 30)
    filled.committer.stop()
    filled.filling.turn()
    cursor = datetime.fromisoformat(filled.known()["cursor"])
    assert cursor <= filled.clock.now() - timedelta(minutes=30)
    assert filled.bridge.uplinks.count() == 0


def test_gateways_are_asked_for_and_a_wrong_answer_concludes_nothing(filled: Filled) -> None:
    gateways = Gateways(filled.bridge.database, NETWORK)
    filled.shelves.gateway_is_up = False
    filled.filling.turn()
    assert gateways.down() == {"gw-rathaus"}
    filled.shelves.gateway_is_up = None
    filled.clock.advance(300)
    filled.filling.turn()
    assert gateways.down() == {"gw-rathaus"}
    assert filled.unasked(Asked.GATEWAYS) == ("senders.stack_garbled", filled.clock.now())
    assert filled.unasked(Asked.STORAGE) is None


def test_it_waits_for_those_who_commit_and_ends_when_it_is_told_to(filled: Filled, bridge: Bridge) -> None:
    slow = threading.Event()
    take = bridge.intake.take
    bridge.intake.take = lambda deliveries: (slow.wait(30), take(deliveries))[1]  # type: ignore[method-assign]
    filled.store(0, 1, 100, 30)
    turning = threading.Thread(target=filled.filling.turn)
    turning.start()
    filled.filling.stop()
    turning.join(30)
    assert not turning.is_alive()
    slow.set()
