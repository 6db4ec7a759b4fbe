"""What happens although nothing comes."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from provisioner.app.alerting.listening import Listening
from provisioner.app.alerting.ticking import Ticker
from provisioner.emulation import VirtualClock
from provisioner.model.sensors import GatewayNews
from provisioner.senders.settings import SenderSettings, ThingsStackSettings
from provisioner.state import AlertSilences
from tests.support.alerting import BODY, FLOOD, NETWORK, ON_BOTH, QUIET_POLICY, SENDER, Bridge, book, gauge

BROKER = {"mqtt": {"host": "broker.example", "user": "pegel@ttn", "password": "x" * 32}}
STORAGE = {"storage": {"url": "https://tts.example", "application": "pegel", "key": "x" * 32}}
Start = Callable[..., Ticker]


def settings(**more: object) -> dict[str, SenderSettings]:
    return {SENDER: ThingsStackSettings.model_validate({"kind": "things-stack", **more})}


@pytest.fixture
def start(bridge: Bridge, clock: VirtualClock) -> Start:
    """The ticker of a leader that may be called by the sender from now on."""

    def begin(listening: Listening | None = None) -> Ticker:
        heard = listening or Listening(settings(), clock.now())
        return Ticker(bridge.database, NETWORK, bridge.shelf, clock, heard)

    return begin


def later(ticker: Ticker, clock: VirtualClock, minutes: float) -> None:
    clock.advance(minutes * 60)
    ticker.turn()


@ON_BOTH
def test_a_sensor_that_says_nothing_for_three_intervals_is_told_of(
    bridge: Bridge, clock: VirtualClock, start: Start
) -> None:
    bridge.take(*(bridge.post.uplink(number, 1, 100) for number in range(3)))
    ticker = start()
    later(ticker, clock, 44)
    assert bridge.said() == []
    bridge.take(bridge.post.uplink(1, 2, 100), bridge.post.uplink(2, 2, 100))
    later(ticker, clock, 1)
    assert bridge.said() == [(BODY, "first")]
    (alert,) = bridge.alerts.going_on()
    assert alert.rule == "silent"
    bridge.take(bridge.post.uplink(0, 2, 100))
    assert bridge.said() == [(BODY, "first"), (BODY, "ended")]


def test_a_sensor_that_never_said_anything_is_told_of_too(bridge: Bridge, clock: VirtualClock, start: Start) -> None:
    ticker = start()
    ticker.turn()
    assert len(bridge.states.all()) == 3
    later(ticker, clock, 46)
    assert bridge.said() == [(BODY, "first")]


def test_nobody_is_silent_while_nobody_listens(bridge: Bridge, clock: VirtualClock, start: Start) -> None:
    heard: list[datetime | None] = [None]
    ticker = start(Listening(settings(**BROKER), clock.now(), lambda sender: heard[0]))
    bridge.take(bridge.post.uplink(0, 1, 100))
    ticker.turn()
    later(ticker, clock, 600)
    assert bridge.said() == []
    heard[0] = clock.now()
    later(ticker, clock, 44)
    assert bridge.said() == []
    later(ticker, clock, 2)
    assert bridge.said() == [(BODY, "first")]


def test_nobody_calls_the_sensors_silent_of_a_sender_that_was_left_out_and_who_looks_after_the_bridge_is_told(
    bridge: Bridge, clock: VirtualClock, start: Start
) -> None:
    bridge.shelf.book = book(policy=QUIET_POLICY.model_copy(update={"rangers_body": "rangers"}))
    ticker = start(Listening(settings(), clock.now(), left_out=[SENDER]))
    bridge.take(bridge.post.uplink(0, 1, 100))
    ticker.turn()
    later(ticker, clock, 9)
    assert bridge.said() == []
    later(ticker, clock, 600)
    assert bridge.said() == [("rangers", "first")]


def test_silence_waits_until_the_gap_is_filled(bridge: Bridge, clock: VirtualClock, start: Start) -> None:
    listening = Listening(settings(**STORAGE), clock.now())
    ticker = start(listening)
    bridge.take(bridge.post.uplink(0, 1, 100))
    ticker.turn()
    later(ticker, clock, 600)
    assert bridge.said() == []
    listening.filled(SENDER, listening.since(SENDER))
    ticker.turn()
    assert bridge.said() == [(BODY, "first")]


def test_what_was_filled_and_is_still_true_is_told_once_as_late(
    bridge: Bridge, clock: VirtualClock, start: Start
) -> None:
    listening = Listening(settings(**STORAGE), clock.now())
    ticker = start(listening)
    ticker.turn()
    began = clock.now()
    clock.advance(3600)
    rising = [bridge.post.uplink(0, number, 230, began + timedelta(minutes=number), filled=True) for number in (1, 2)]
    passing = [
        bridge.post.uplink(1, number, level, began + timedelta(minutes=number), filled=True)
        for number, level in ((1, 230), (2, 100))
    ]
    bridge.take(*rising, *passing)
    ticker.turn()
    assert bridge.said() == []
    listening.filled(SENDER, listening.since(SENDER))
    ticker.turn()
    (alert,) = [one for one in bridge.alerts.going_on() if one.rule == "flood"]
    (said,) = bridge.outbox.of_alert(alert.id)
    assert said.about["late"] is True
    assert [member["sensor"] for member in said.about["members"]] == ["gauge-0"]


@pytest.mark.parametrize("number", range(20))
def test_whenever_a_sender_is_heard_again_what_is_filled_until_the_next_look_is_told_then(
    bridge: Bridge, clock: VirtualClock, start: Start, number: int
) -> None:
    calls, begin = itertools.count(), clock.now()
    both = settings(**BROKER, **STORAGE)
    listening = Listening(both, begin, lambda _: begin if next(calls) >= number else None)
    bridge.take(bridge.post.uplink(0, 1, 230, filled=True))
    ticker = start(listening)
    ticker.turn()
    listening.filled(SENDER, begin)
    later(ticker, clock, 0.1)
    assert bridge.said() == [(BODY, "first")]


def test_a_dead_gateway_mutes_the_silence_of_its_sensors(bridge: Bridge, clock: VirtualClock, start: Start) -> None:
    ticker = start()
    bridge.take(*(bridge.post.uplink(number, 1, 100) for number in range(3)))
    bridge.intake.tell([GatewayNews(SENDER, "gw-rathaus", False, clock.now())])
    later(ticker, clock, 600)
    assert bridge.said() == []
    bridge.intake.tell([GatewayNews(SENDER, "gw-rathaus", True, clock.now())])
    later(ticker, clock, 30)
    assert bridge.said() == []
    later(ticker, clock, 20)
    assert bridge.said() == [(BODY, "first")]


def test_who_looks_after_the_bridge_is_told_of_gateways_and_senders_that_cannot_be_heard(
    bridge: Bridge, clock: VirtualClock, start: Start
) -> None:
    bridge.shelf.book = book(FLOOD, policy=QUIET_POLICY.model_copy(update={"rangers_body": "rangers"}))
    heard: list[datetime | None] = [clock.now()]
    ticker = start(Listening(settings(**BROKER), clock.now(), lambda sender: heard[0]))
    ticker.turn()
    bridge.intake.tell([GatewayNews(SENDER, gateway, True, clock.now()) for gateway in ("gw-rathaus", "gw-turm")])
    assert bridge.said() == []
    bridge.intake.tell([GatewayNews(SENDER, "gw-rathaus", False, clock.now())])
    assert bridge.said() == [("rangers", "first")]
    bridge.intake.tell([GatewayNews(SENDER, "gw-rathaus", True, clock.now())])
    assert bridge.said()[1:] == [("rangers", "ended")]
    heard[0] = None
    later(ticker, clock, 1)
    later(ticker, clock, 9)
    assert bridge.said()[2:] == []
    later(ticker, clock, 1)
    assert bridge.said()[2:] == [("rangers", "first")]
    heard[0] = clock.now()
    later(ticker, clock, 1)
    assert bridge.said()[3:] == [("rangers", "ended")]


def test_an_alert_that_goes_on_is_said_again_and_its_end_is_said(
    bridge: Bridge, clock: VirtualClock, start: Start
) -> None:
    bridge.shelf.book = book(FLOOD)
    ticker = start()
    bridge.take(bridge.post.uplink(0, 1, 230))
    later(ticker, clock, 59)
    assert bridge.said() == [(BODY, "first")]
    later(ticker, clock, 2)
    assert bridge.said() == [(BODY, "first"), (BODY, "goes_on")]


@ON_BOTH
def test_a_silence_that_ends_says_what_still_goes_on(bridge: Bridge, clock: VirtualClock, start: Start) -> None:
    bridge.shelf.book = book(FLOOD)
    ticker, silences = start(), AlertSilences(bridge.database, NETWORK)
    quiet = silences.add(f"body:{BODY}", clock.now(), clock.now() + timedelta(hours=2))
    bridge.take(bridge.post.uplink(0, 1, 230))
    later(ticker, clock, 30)
    assert (bridge.said(), len(bridge.alerts.going_on())) == ([], 1)
    assert silences.end(quiet.id, clock.now())
    clock.advance(1)
    ticker.turn()
    assert bridge.said() == [(BODY, "first")]


@ON_BOTH
def test_an_alert_whose_rule_left_the_registry_is_over(bridge: Bridge, clock: VirtualClock, start: Start) -> None:
    bridge.shelf.book = book(FLOOD)
    ticker = start()
    bridge.take(bridge.post.uplink(0, 1, 230))
    ticker.turn()
    bridge.shelf.book = book(gauges=3)
    bridge.shelf.book = book(*bridge.shelf.book.rules.values(), gauges=0)
    ticker.turn()
    assert [str(row.ending) for row in bridge.alerts.history()] == ["rule_gone"]
    assert bridge.states.all() == []


def test_what_may_be_missing_from_the_registry_is_not_gone(bridge: Bridge, clock: VirtualClock, start: Start) -> None:
    bridge.shelf.book = book(FLOOD)
    ticker = start()
    bridge.take(bridge.post.uplink(0, 1, 230))
    bridge.shelf.book = book(FLOOD, gauges=0, alerting_complete=False)
    ticker.turn()
    assert len(bridge.alerts.going_on()) == 1
    blocked = frozenset({"sensors/gauge-0"})
    bridge.shelf.book = book(FLOOD, sensors={"gauge-1": gauge(1)}, alerting_blocked=blocked)
    ticker.turn()
    assert len(bridge.alerts.going_on()) == 1


def test_a_new_limit_holds_for_what_comes_next(bridge: Bridge, clock: VirtualClock, start: Start) -> None:
    ticker = start()
    assert 0 < ticker.turn() <= 5
    bridge.take(bridge.post.uplink(0, 1, 230))
    assert ticker.turn() <= 5


@ON_BOTH
def test_a_body_that_the_registry_names_later_is_told_once_how_it_is_and_the_one_before_only_the_end(
    bridge: Bridge, clock: VirtualClock, start: Start
) -> None:
    bridge.shelf.book = book(FLOOD)
    ticker = start()
    bridge.take(bridge.post.uplink(0, 1, 230))
    ticker.turn()
    moved = gauge(0, tells=("rangers",))
    bridge.shelf.book = book(FLOOD, sensors={moved.id: moved})
    later(ticker, clock, 5)
    later(ticker, clock, 5)
    assert bridge.said() == [(BODY, "first"), ("rangers", "first")]
    later(ticker, clock, 60)
    assert bridge.said()[2:] == [("rangers", "goes_on")]
    bridge.take(bridge.post.uplink(0, 2, 100))
    assert sorted(bridge.said()[3:]) == [(BODY, "ended"), ("rangers", "ended")]
    assert bridge.alerts.going_on() == []


def test_an_alert_that_no_body_was_told_of_is_told_to_the_first_that_is_named(
    bridge: Bridge, clock: VirtualClock, start: Start
) -> None:
    lonely, found = gauge(0, tells=()), gauge(0)
    bridge.shelf.book = book(FLOOD, sensors={lonely.id: lonely})
    ticker = start()
    bridge.take(bridge.post.uplink(0, 1, 230))
    ticker.turn()
    bridge.shelf.book = book(FLOOD, sensors={found.id: found})
    ticker.turn()
    assert bridge.said() == [(BODY, "first")]
    assert [str(row.ending) for row in bridge.alerts.history() if row.closed] == ["handed_on"]
