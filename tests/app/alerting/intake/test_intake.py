"""What senders tell is kept once, in one transaction with what comes of it, and only then it is acknowledged."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from provisioner.alerts import sensing
from provisioner.app.alerting import judging
from provisioner.app.alerting.intake import NotTaken
from provisioner.app.alerting.judging import Taken
from provisioner.emulation import VirtualClock
from provisioner.model.errors import StateError
from provisioner.model.text import Text
from provisioner.state import AlertOutbox, Gateways, SensorStates, UnknownDevice, UnknownDevices
from tests.support.alerting import BODY, FLOOD, NETWORK, ON_BOTH, SENDER, SILENT, Bridge, Shelf, book, eui, gauge


def test_an_uplink_is_kept_with_its_mapped_values_alone(bridge: Bridge, clock: VirtualClock) -> None:
    assert bridge.take(bridge.post.uplink(0, 1, 120)) == Taken(kept=1)
    (kept,) = bridge.uplinks.of_sensor("gauge-0", clock.now() - timedelta(1), clock.now() + timedelta(1))
    assert kept.quantities == '{"level":120.0}'
    assert bridge.uplinks.series("gauge-0", "level", kept.at, kept.at + timedelta(1)) == [(clock.now(), 120.0)]


@ON_BOTH
def test_what_turns_is_to_be_said_with_the_same_commit(bridge: Bridge) -> None:
    assert bridge.take(bridge.post.uplink(0, 1, 230)).sayings == 1
    assert bridge.said() == [(BODY, "first")]
    assert bridge.told == 1
    (alert,) = bridge.alerts.going_on()
    assert (alert.body, alert.rule, alert.severity) == (BODY, "flood", "critical")


def test_nothing_is_acknowledged_before_the_commit(bridge: Bridge) -> None:
    delivery = bridge.post.uplink(0, 1, 120)
    kept_when_settled: list[tuple[bool, int]] = []

    def settle(kept: bool) -> None:
        kept_when_settled.append((kept, bridge.uplinks.count()))

    bridge.take(replace(delivery, settle=settle))
    assert kept_when_settled == [(True, 1)]


@ON_BOTH
def test_what_cannot_be_committed_leaves_nothing_and_is_not_acknowledged(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StateError(Text.of("state.full", database="x"))

    with monkeypatch.context() as patched:
        patched.setattr(AlertOutbox, "add", full)  # the last of all writes
        with pytest.raises(NotTaken) as not_taken:
            bridge.take(bridge.post.uplink(0, 1, 230), bridge.post.uplink(1, 1, 100))
    assert len(not_taken.value.rest) == 2
    assert bridge.post.settled == []
    assert (bridge.uplinks.count(), bridge.alerts.going_on(), bridge.states.all()) == (0, [], [])
    assert bridge.take(*not_taken.value.rest) == Taken(kept=2, sayings=1)


@ON_BOTH
def test_what_comes_twice_counts_once(bridge: Bridge) -> None:
    first, again = bridge.post.uplink(0, 1, 230), bridge.post.uplink(0, 1, 230)
    assert bridge.take(first, again) == Taken(kept=1, twice=1, sayings=1)
    assert bridge.take(bridge.post.uplink(0, 1, 230)) == Taken(twice=1)
    assert bridge.post.settled == [(0, True), (1, True), (2, True)]
    assert bridge.said() == [(BODY, "first")]
    assert bridge.counts()["twice"] == 2


@ON_BOTH
def test_the_same_uplink_48_seconds_later_counts_once(bridge: Bridge, clock: VirtualClock) -> None:
    at = clock.now()
    bridge.take(bridge.post.uplink(0, 7, 100, at))
    bridge.take(bridge.post.uplink(0, 8, 100, at + timedelta(seconds=20)))
    clock.advance(60)
    assert bridge.take(bridge.post.uplink(0, 7, 100, at + timedelta(seconds=48))) == Taken(twice=1)


def test_the_same_uplink_by_two_senders_counts_once(bridge: Bridge) -> None:
    assert bridge.take(bridge.post.uplink(0, 1, 230, sender="tti")).kept == 1
    assert bridge.take(bridge.post.uplink(0, 1, 230)) == Taken(twice=1)


@pytest.mark.parametrize("joined", [True, False])
def test_a_counter_that_begins_anew_is_not_taken_for_old(bridge: Bridge, clock: VirtualClock, joined: bool) -> None:
    session = "after" if joined else "AYc"
    for counter in (0, 1, 2):
        assert bridge.take(bridge.post.uplink(0, counter, 100)).kept == 1
        clock.advance(900)
    clock.advance(0 if joined else 3600)
    for counter in (0, 1, 2):
        assert bridge.take(bridge.post.uplink(0, counter, 100, session=session)).kept == 1
        clock.advance(900)
    assert bridge.uplinks.count() == 6


@ON_BOTH
def test_a_late_uplink_completes_the_history_and_turns_nothing(bridge: Bridge, clock: VirtualClock) -> None:
    before = clock.now()
    clock.advance(1800)
    bridge.take(bridge.post.uplink(0, 3, 100))
    late = bridge.post.uplink(0, 2, 250, before)
    assert bridge.take(late) == Taken(kept=1)
    assert bridge.said() == []
    assert bridge.counts()["late"] == 1
    assert [value for _, value in bridge.uplinks.series("gauge-0", "level", before, clock.now() + timedelta(1))] == [
        250.0,
        100.0,
    ]


def test_a_late_calm_value_ends_no_newer_alert(bridge: Bridge, clock: VirtualClock) -> None:
    before = clock.now()
    clock.advance(1800)
    bridge.take(bridge.post.uplink(0, 3, 250))
    bridge.take(bridge.post.uplink(0, 2, 90, before))
    assert len(bridge.alerts.going_on()) == 1


def test_a_batch_is_judged_in_the_order_in_which_it_was_measured(bridge: Bridge, clock: VirtualClock) -> None:
    earlier = clock.now()
    clock.advance(900)
    bridge.take(bridge.post.uplink(0, 2, 100), bridge.post.uplink(0, 1, 250, earlier))
    assert bridge.counts().get("late") is None
    assert bridge.alerts.going_on() == []


def test_a_moment_in_the_future_is_now(bridge: Bridge, clock: VirtualClock) -> None:
    bridge.take(bridge.post.uplink(0, 1, 100, clock.now() + timedelta(days=400)))
    (kept,) = bridge.uplinks.of_sensor("gauge-0", clock.now(), clock.now() + timedelta(days=500))
    assert kept.at == clock.now()


@ON_BOTH
def test_gaps_by_the_counter_are_counted_until_they_are_filled(bridge: Bridge, clock: VirtualClock) -> None:
    bridge.take(bridge.post.uplink(0, 1, 100))
    missed = clock.now() + timedelta(seconds=900)
    clock.advance(2700)
    bridge.take(bridge.post.uplink(0, 4, 100))
    assert bridge.counts()["missing"] == 2
    bridge.take(bridge.post.uplink(0, 2, 100, missed, filled=True))
    assert bridge.counts()["missing"] == 1


@ON_BOTH
def test_an_unknown_device_is_shown_without_its_values(bridge: Bridge, clock: VirtualClock) -> None:
    bridge.take(bridge.post.uplink(99, 1, 123.456), bridge.post.uplink(99, 2, 123.456))
    (unknown,) = UnknownDevices(bridge.database, NETWORK).all()
    assert (unknown.sender, unknown.device, unknown.count) == (SENDER, eui(99), 2)
    assert unknown.paths == ("distance", "temperature")
    assert bridge.uplinks.count() == 0
    assert bridge.post.settled == [(0, True), (1, True)]
    assert bridge.said() == []


@ON_BOTH
def test_a_device_that_got_an_entry_is_unknown_no_more(bridge: Bridge, clock: VirtualClock) -> None:
    unknown = UnknownDevices(bridge.database, NETWORK)
    unknown.note([UnknownDevice(SENDER, eui(number), clock.now(), clock.now(), 1, ()) for number in (0, 99)])
    bridge.take(bridge.post.uplink(0, 1, 100))
    assert [one.device for one in unknown.all()] == [eui(99)]


def test_no_value_that_is_not_mapped_lies_anywhere(bridge: Bridge) -> None:
    payload = bridge.post.uplink(0, 1, 100).payload.replace(b'"temperature":8.5', b'"temperature":8.7531')
    other = bridge.post.uplink(77, 1, 100).payload.replace(b'"temperature":8.5', b'"temperature":8.7531')
    bridge.take(bridge.post.delivery(payload), bridge.post.delivery(other))
    with bridge.database.reading() as connection:
        for table in ("uplink", "sensor_state", "unknown_device", "sender_state", "sender_count", "alert"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            assert "8.7531" not in repr(rows)


def test_what_cannot_be_read_is_counted_by_its_reason_and_settled(bridge: Bridge) -> None:
    bridge.take(bridge.post.delivery(b"{"), bridge.post.delivery(b"[" * 2_000_000), bridge.post.uplink(0, 1, 100))
    counts = bridge.counts()
    assert counts["taken"] == 1
    assert {what: count for what, count in counts.items() if what.startswith("refused:")} == {
        "refused:not_json": 1,
        "refused:too_big": 1,
    }
    assert [kept for _, kept in bridge.post.settled] == [True] * 3


def test_a_message_that_cannot_be_worked_with_stands_in_nobodys_way(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:

    def broken(station: Any, state: Any, uplink: Any, *rest: Any, **more: Any) -> Any:
        if uplink.counter == 13:
            raise ZeroDivisionError("level 8.7531 of gauge-0")
        return sensing.hear(station, state, uplink, *rest, **more)

    monkeypatch.setattr(judging, "hear", broken)
    deliveries = [bridge.post.uplink(number % 3, number, 100) for number in range(1, 41)]
    with caplog.at_level(logging.ERROR):
        assert bridge.take(*deliveries) == Taken(kept=39, poison=1)
    assert bridge.counts()["poison"] == 1
    assert [kept for _, kept in bridge.post.settled] == [True] * 40
    assert "8.7531" not in caplog.text
    assert [record.__dict__["fault"] for record in caplog.records] == ["ZeroDivisionError"]


@ON_BOTH
def test_what_the_database_refuses_of_one_message_is_no_reason_to_lose_the_others(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = SensorStates.put

    def refusing(self: SensorStates, rows: Any, held: Any) -> None:
        found = list(rows)
        if any(row.sensor == "gauge-1" for row in found):
            raise StateError(Text.of("state.failed", database="x"))
        put(self, found, held)

    monkeypatch.setattr(SensorStates, "put", refusing)
    deliveries = [bridge.post.uplink(number, 1, 100) for number in range(3)]
    assert bridge.take(*deliveries) == Taken(kept=2, poison=1)
    assert len(bridge.post.settled) == 3


def test_a_sensor_that_tells_nobody_has_its_alert_in_the_console_alone(bridge: Bridge) -> None:
    lonely = gauge(0, tells=())
    bridge.shelf.book = book(FLOOD, sensors={lonely.id: lonely})
    bridge.take(bridge.post.uplink(0, 1, 230))
    assert [row.body for row in bridge.alerts.going_on()] == [""]
    assert bridge.said() == []


def test_the_end_reaches_the_body_that_was_told_although_another_is_told_now(
    bridge: Bridge, clock: VirtualClock
) -> None:
    bridge.take(bridge.post.uplink(0, 1, 230))
    moved = gauge(0, tells=("rangers",))
    bridge.shelf.book = book(FLOOD, SILENT, sensors={moved.id: moved})
    clock.advance(900)
    bridge.take(bridge.post.uplink(0, 2, 100))
    assert bridge.said() == [(BODY, "first"), (BODY, "ended")]
    assert bridge.alerts.going_on() == []


@ON_BOTH
def test_a_gateway_that_went_is_known(bridge: Bridge) -> None:
    payload = b'{"gatewayId":"0016c001f1500812","state":"OFFLINE"}'
    topic = "eu868/gateway/0016c001f1500812/state/conn"
    bridge.take(bridge.post.delivery(payload, "chirpstack", "chirp", topic))
    assert Gateways(bridge.database, NETWORK).down() == {"0016c001f1500812"}


@ON_BOTH
def test_a_storm_is_one_saying(open_bridge: Callable[[], Bridge]) -> None:
    bridge = open_bridge()
    bridge.shelf = Shelf(book(FLOOD, gauges=500))
    bridge = Bridge(bridge.database, bridge.clock, bridge.shelf)
    assert bridge.take(*(bridge.post.uplink(number, 1, 230) for number in range(500))) == Taken(kept=500, sayings=1)
    (said,) = bridge.outbox.of_alert(bridge.alerts.going_on()[0].id)
    assert said.about["count"] == 500
