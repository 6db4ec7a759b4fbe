"""Several instances on one database: what comes to all of them counts once, and none waits for another for ever."""

import threading
from collections.abc import Callable
from datetime import timedelta

from provisioner.emulation import VirtualClock
from provisioner.model.alerts import SayingKind
from provisioner.senders.receiving import Delivery
from provisioner.state import AlertOutbox, Database
from tests.support.alerting import BODY, FLOOD, NETWORK, ON_BOTH, SENDER, Bridge, Shelf, book, eui, uplink_bytes

SENSORS, ROUNDS = 40, 6


def deliveries(clock: VirtualClock, order: int) -> list[list[Delivery]]:
    """The same uplinks in batches: of each sensor in order, the sensors in another one each time."""
    start = clock.now()
    batches = []
    for turn in range(ROUNDS):
        sensors = sorted(range(SENSORS), key=lambda sensor: (sensor * order) % 41)
        at = start + timedelta(minutes=turn)
        payloads = [uplink_bytes(eui(sensor), turn + 1, 270 if turn % 2 else 400, at) for sensor in sensors]
        received = start + timedelta(hours=1)
        batches.append([Delivery(SENDER, "things-stack", one, "", received, lambda kept: None) for one in payloads])
    return batches


def run(instances: list[Bridge], clock: VirtualClock) -> None:
    gate = threading.Barrier(len(instances))
    failed: list[BaseException] = []

    def take(bridge: Bridge, batches: list[list[Delivery]]) -> None:
        try:
            for batch in batches:
                gate.wait(60)
                bridge.intake.take(batch)
        except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
            failed.append(error)
            gate.abort()

    threads = [
        threading.Thread(target=take, args=(bridge, deliveries(clock, order)))
        for order, bridge in enumerate(instances, start=1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failed == []


@ON_BOTH
def test_what_comes_to_several_instances_at_once_counts_once_and_none_waits_for_ever(
    open_bridge: Callable[[], Bridge], clock: VirtualClock
) -> None:
    instances = [open_bridge() for _ in range(3)]
    for one in instances:
        one.shelf.book = book(FLOOD, gauges=SENSORS)
    run(instances, clock)
    bridge = instances[0]
    assert bridge.uplinks.count() == SENSORS * ROUNDS
    assert bridge.counts()["taken"] == SENSORS * ROUNDS
    assert bridge.counts()["twice"] == SENSORS * ROUNDS * 2
    assert "missing" not in bridge.counts()
    history = bridge.alerts.history()
    assert len([one for one in history if one.closed is None]) == 1
    firsts = [kind for _, kind in bridge.said() if kind == "first"]
    assert len(firsts) == len(history)


@ON_BOTH
def test_two_instances_open_one_alert(open_bridge: Callable[[], Bridge], clock: VirtualClock) -> None:
    instances = [open_bridge() for _ in range(2)]
    gate = threading.Barrier(2)

    def take(number: int) -> None:
        delivery = instances[number].post.uplink(number, 1, 230)
        gate.wait(60)
        instances[number].take(delivery)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    (alert,) = instances[0].alerts.going_on()
    assert '"gauge-0"' in alert.about
    assert '"gauge-1"' in alert.about
    assert instances[0].said() == [(BODY, "first")]


@ON_BOTH
def test_nobody_takes_what_somebody_else_says(open_bridge: Callable[[], Bridge], clock: VirtualClock) -> None:
    one, other = open_bridge(), open_bridge()
    for body in ("a", "b", "c", "d"):
        for _ in range(3):
            one.outbox.add(1, SayingKind.FIRST, body, {}, clock.now())
    taken: list[list[int]] = [[], []]
    gate = threading.Barrier(2)

    def say(number: int, database: Database) -> None:
        outbox = AlertOutbox(database, NETWORK)
        gate.wait(60)
        while said := outbox.take([], clock.now()):
            taken[number].append(said[0].id)
            outbox.sent([(said[0].id, "cloud", "room", said[0].id)], clock.now())

    threads = [threading.Thread(target=say, args=(number, each.database)) for number, each in enumerate((one, other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # Who finds all lanes taken ends; whoever has one goes on until nothing is left.
    assert sorted(taken[0] + taken[1]) == sorted({*taken[0], *taken[1]})
    while said := one.outbox.take([], clock.now()):
        one.outbox.sent([(said[0].id, "cloud", "room", 1)], clock.now())
        taken[0].append(said[0].id)
    assert len(taken[0]) + len(taken[1]) == 12


@ON_BOTH
def test_another_instance_with_the_same_book_goes_on_where_the_first_one_ended(
    open_bridge: Callable[[], Bridge], clock: VirtualClock
) -> None:
    first = open_bridge()
    first.take(first.post.uplink(0, 1, 230))
    clock.advance(900)
    second = open_bridge()
    second.shelf = Shelf(book())
    second.take(second.post.uplink(0, 1, 230, clock.now() - timedelta(minutes=15)), second.post.uplink(0, 2, 100))
    assert second.said() == [(BODY, "first"), (BODY, "ended")]
