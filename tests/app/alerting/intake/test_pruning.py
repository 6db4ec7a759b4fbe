"""Nothing of sensors and alerts is kept for longer than the policy says."""

from datetime import timedelta

import pytest

from provisioner.app.alerting.alarms import Alarms
from provisioner.app.alerting.pruning import Pruning
from provisioner.emulation import VirtualClock
from provisioner.model.alerts import AlertSeverity
from provisioner.state import AlertSilences, SenderStates, UnknownDevices, Within
from tests.support.alerting import FLOOD, NETWORK, ON_BOTH, QUIET_POLICY, SENDER, Bridge, book


@pytest.fixture
def pruning(bridge: Bridge, clock: VirtualClock) -> Pruning:
    bridge.shelf.book = book(FLOOD, policy=QUIET_POLICY)
    return Pruning(bridge.database, NETWORK, bridge.shelf, clock, [SENDER])


@ON_BOTH
def test_values_go_after_as_many_days_as_the_policy_says(
    bridge: Bridge, clock: VirtualClock, pruning: Pruning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provisioner.state.uplinks._SENSORS", 2)
    for sensor in range(3):
        bridge.take(bridge.post.uplink(sensor, 1, 100))
    clock.advance(timedelta(days=13).total_seconds())
    for sensor in range(3):
        bridge.take(bridge.post.uplink(sensor, 2, 100))
    assert pruning.turn() > 0
    assert bridge.uplinks.count() == 6
    clock.advance(timedelta(days=2).total_seconds())
    pruning.turn()
    assert bridge.uplinks.count() == 3


def test_who_had_an_alert_is_forgotten_after_ninety_days_and_the_alert_after_two_years(
    bridge: Bridge, clock: VirtualClock, pruning: Pruning
) -> None:
    bridge.take(bridge.post.uplink(0, 1, 230))
    (alert,) = bridge.alerts.going_on()
    with bridge.database.writing() as connection:
        until = clock.now() + timedelta(hours=8)
        Alarms(Within(connection), NETWORK, bridge.shelf.book, clock.now()).take_on(alert.id, "p-anna", until)
    bridge.take(bridge.post.uplink(0, 2, 100, clock.now() + timedelta(minutes=15)))
    silences = AlertSilences(bridge.database, NETWORK)
    silences.add("all", clock.now(), clock.now() + timedelta(hours=2), "p-anna")
    clock.advance(timedelta(days=89).total_seconds())
    pruning.turn()
    assert [one.by for one in silences.latest()] == ["p-anna"]
    clock.advance(timedelta(days=2).total_seconds())
    pruning.turn()
    with bridge.database.reading() as connection:
        for table in ("alert", "alert_outbox", "alert_silence"):
            assert "p-anna" not in repr(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
    assert len(bridge.alerts.history()) == 1
    clock.advance(timedelta(days=731).total_seconds())
    pruning.turn()
    assert (bridge.alerts.history(), silences.latest()) == ([], ())


def test_devices_that_nobody_entered_go_after_a_month_and_senders_with_their_settings(
    bridge: Bridge, clock: VirtualClock, pruning: Pruning
) -> None:
    bridge.take(bridge.post.uplink(99, 1, 100), bridge.post.uplink(0, 1, 100, sender="gone"))
    clock.advance(timedelta(days=31).total_seconds())
    pruning.turn()
    assert UnknownDevices(bridge.database, NETWORK).all() == []
    assert SenderStates(bridge.database, NETWORK).names() == {SENDER}


def test_an_alert_that_goes_on_is_kept_however_old_it_is(bridge: Bridge, clock: VirtualClock, pruning: Pruning) -> None:
    alert = bridge.alerts.open("pg-pegel", "flood", AlertSeverity.INFO, clock.now(), None, '{"opened":1.0}')
    clock.advance(timedelta(days=900).total_seconds())
    pruning.turn()
    assert [row.id for row in bridge.alerts.going_on()] == [alert]
