"""Receiving from a real Mosquitto: acknowledged is only what is safe, and what is not comes again."""

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.senders.mqtt import MqttReceiver
from provisioner.senders.reading import MOST_BYTES
from provisioner.senders.settings import ChirpStackSettings, MqttSettings, PlainSettings, ThingsStackSettings
from provisioner.transport.clock import SystemClock
from tests.support.mosquitto import Mosquitto
from tests.support.mqtt import QUICK, Inbox, plain, publish, receiving
from tests.support.serving import wait_until

_NUMBERS = itertools.count()


@pytest.fixture
def name() -> str:
    """Of a session that no other test has, and of its topics."""
    return f"test{next(_NUMBERS)}"


@pytest.fixture
def settings(broker: Mosquitto, name: str) -> PlainSettings:
    return plain(broker.port, topics=[f"{name}/#"], client_id=name)


@pytest.fixture
def topic(name: str) -> str:
    return f"{name}/a"


def test_what_is_published_is_delivered_with_its_topic_and_moment(
    broker: Mosquitto, settings: PlainSettings, topic: str
) -> None:
    inbox = Inbox()
    with receiving(settings, inbox) as receiver:
        publish(broker, "one", topic=topic)
        delivery = inbox.next()
        delivery.settle(True)
        assert (delivery.sender, delivery.kind, delivery.payload, delivery.topic) == ("pegel", "json", b"one", topic)
        status = receiver.status()
        assert status.listening_since is not None
        assert delivery.received >= status.listening_since
        assert (status.trouble, status.received, status.lost, status.connections) == (None, 1, 0, 1)
    assert receiver.status().listening_since is None


def test_what_was_not_settled_comes_again_and_what_was_does_not(
    broker: Mosquitto, settings: PlainSettings, topic: str
) -> None:
    inbox = Inbox()
    with receiving(settings, inbox):
        publish(broker, *"abcd", topic=topic)
        assert inbox.take(2) == ["a", "b"]
        left = [inbox.next(), inbox.next()]
    assert [one.payload for one in left] == [b"c", b"d"]
    left[0].settle(True)  # too late: that connection is over
    again = Inbox()
    with receiving(settings, again):
        assert again.take(2) == ["c", "d"]
    last = Inbox()
    with receiving(settings, last):
        publish(broker, "e", topic=topic)
        assert last.take(1) == ["e"]


def test_what_comes_while_nobody_is_there_waits_at_the_broker(
    broker: Mosquitto, settings: PlainSettings, topic: str
) -> None:
    with receiving(settings, Inbox()):
        pass
    publish(broker, *map(str, range(300)), topic=topic)
    inbox = Inbox()
    with receiving(settings, inbox):
        assert inbox.take(300) == list(map(str, range(300)))


def test_what_could_not_be_kept_is_sent_again_without_being_asked(
    broker: Mosquitto, settings: PlainSettings, topic: str
) -> None:
    inbox = Inbox()
    with receiving(settings, inbox) as receiver:
        publish(broker, "a", "b", topic=topic)
        first, second = inbox.next(), inbox.next()
        first.settle(True)
        second.settle(False)
        again = inbox.next()
        assert again.payload == b"b"
        again.settle(True)
        wait_until(lambda: receiver.status().connections == 2, "it came back")
        assert receiver.status().lost == 0


def test_what_comes_with_qos_0_and_can_not_be_kept_is_counted_as_lost(
    broker: Mosquitto, settings: PlainSettings, topic: str
) -> None:
    inbox = Inbox()
    with receiving(settings, inbox) as receiver:
        publish(broker, "a", "b", topic=topic, qos=0)
        inbox.take(1)
        inbox.take(1, done=False)
        assert (receiver.status().lost, receiver.status().connections) == (1, 1)


def test_a_consumer_that_stalls_holds_up_the_broker_and_not_the_memory(
    broker: Mosquitto, settings: PlainSettings, topic: str
) -> None:
    inbox = Inbox(room=5)
    numbers = [str(number) for number in range(3000)]
    with receiving(settings, inbox) as receiver:
        publish(broker, *numbers, topic=topic)
        wait_until(inbox.waiting.full, "nothing more is taken")
        assert receiver.status().received <= 6
        assert inbox.take(3000) == numbers


def test_a_receiver_stops_although_nobody_settles(broker: Mosquitto, settings: PlainSettings, topic: str) -> None:
    inbox = Inbox()
    with receiving(settings, inbox) as receiver:
        publish(broker, "a", topic=topic)
        inbox.next()
        receiver.stop()
        receiver.stop()
    assert receiver.status().trouble is None


def test_a_fault_of_whoever_takes_ends_the_connection_and_not_the_receiver(
    broker: Mosquitto, settings: PlainSettings, topic: str
) -> None:
    inbox = Inbox()
    faults = [ValueError("a defect of ours")]

    def take(delivery: object) -> None:
        if faults:
            raise faults.pop()
        inbox.waiting.put(delivery)  # type: ignore[arg-type]

    receiver = MqttReceiver("redi", "pegel", settings, take, SystemClock(), QUICK)
    receiver.start()
    try:
        wait_until(lambda: receiver.status().listening_since is not None, "it listens")
        publish(broker, "a", topic=topic)
        assert inbox.take(1) == ["a"]
    finally:
        receiver.stop()


def test_what_the_broker_kept_from_whenever_is_no_measurement_of_now(
    broker: Mosquitto, settings: PlainSettings, topic: str
) -> None:
    publish(broker, "old", topic=topic, retain=True)
    inbox = Inbox()
    with receiving(settings, inbox):
        publish(broker, "new", topic=topic, retain=True)
        assert inbox.take(1) == ["new"]


def test_a_gateways_kept_state_is_heard(broker: Mosquitto, name: str) -> None:
    topic = f"{name}/site/gateway/0016c001f153a14c/state/conn"
    publish(broker, '{"state": "ONLINE"}', topic=topic, retain=True)
    mqtt = MqttSettings(host="127.0.0.1", port=broker.port, tls=False, topics=(f"{name}/#",), client_id=name)
    inbox = Inbox()
    with receiving(ChirpStackSettings(kind="chirpstack", mqtt=mqtt), inbox):
        delivery = inbox.next()
        delivery.settle(True)
    assert delivery.topic == topic


def test_two_receivers_share_what_comes(broker: Mosquitto, name: str) -> None:
    shared = [
        plain(broker.port, topics=[f"{name}/#"], client_id=f"{name}-{number}", shared="bridges") for number in (1, 2)
    ]
    inbox, other = Inbox(), Inbox()
    with receiving(shared[0], inbox), receiving(shared[1], other):
        publish(broker, *map(str, range(200)), topic=f"{name}/a")
        wait_until(lambda: inbox.waiting.qsize() + other.waiting.qsize() == 200, "all came")
        counts = inbox.waiting.qsize(), other.waiting.qsize()
        said = inbox.take(counts[0]) + other.take(counts[1])
    assert sorted(said, key=int) == list(map(str, range(200)))
    assert min(counts) > 0


def test_what_one_of_two_did_not_settle_comes_again_when_it_is_back(broker: Mosquitto, name: str) -> None:
    shared = [
        plain(broker.port, topics=[f"{name}/#"], client_id=f"{name}-{number}", shared="bridges") for number in (1, 2)
    ]
    inbox, other = Inbox(), Inbox()
    with receiving(shared[0], inbox):
        with receiving(shared[1], other):
            publish(broker, *map(str, range(100)), topic=f"{name}/a")
            wait_until(lambda: inbox.waiting.qsize() + other.waiting.qsize() == 100, "all came")
            said = inbox.take(inbox.waiting.qsize())
            assert said  # and the other one goes without having settled any
        again = Inbox()
        with receiving(shared[1], again):
            said += again.take(100 - len(said))
    assert sorted(said, key=int) == list(map(str, range(100)))


_CHILD = """
import sys, threading
from provisioner.senders.mqtt import MqttReceiver
from provisioner.transport.clock import SystemClock
from tests.support.mqtt import plain
name, port = sys.argv[1], int(sys.argv[2])
settled = []
def take(delivery):
    if len(settled) < 3:
        delivery.settle(True)
        settled.append(delivery)
    print(delivery.payload.decode(), flush=True)
receiver = MqttReceiver("redi", "pegel", plain(port, topics=[f"{name}/#"], client_id=name), take, SystemClock())
receiver.start()
threading.Event().wait()
"""


def test_what_a_killed_process_had_not_settled_comes_again(
    broker: Mosquitto, settings: PlainSettings, topic: str, name: str
) -> None:
    with receiving(settings, Inbox()):
        pass
    publish(broker, *map(str, range(10)), topic=topic)
    root = Path(__file__).parents[2]
    child = subprocess.Popen([sys.executable, "-c", _CHILD, name, str(broker.port)], stdout=subprocess.PIPE, cwd=root)
    assert child.stdout is not None
    with child.stdout as said:
        assert [said.readline().strip() for _ in range(10)] == [b"%d" % number for number in range(10)]
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    inbox = Inbox()
    with receiving(settings, inbox):
        came = [inbox.take(1)[0]]
        while came[-1] != "9":
            came += inbox.take(1)
    # The three that were settled may come again when it died before it said so; none of the others is missing.
    assert came[-7:] == list(map(str, range(3, 10)))


def test_no_more_of_a_message_is_kept_than_shows_that_it_is_too_big(
    broker: Mosquitto, settings: PlainSettings, topic: str
) -> None:
    inbox = Inbox()
    with receiving(settings, inbox):
        publish(broker, "x" * (MOST_BYTES + 500_000), "y", topic=topic)
        sizes = [len(payload) for payload in inbox.take(2)]
    assert sizes == [MOST_BYTES + 1, 1]


@pytest.mark.parametrize(
    ("settings", "topics", "others"),
    [
        (
            ThingsStackSettings(
                kind="things-stack", mqtt=MqttSettings(host="127.0.0.1", tls=False, user="messnetz@ttn")
            ),
            ["v3/messnetz@ttn/devices/pegel-alb/up"],
            ["v3/messnetz@ttn/devices/pegel-alb/join", "v3/other@ttn/devices/a/up"],
        ),
        (
            ChirpStackSettings(kind="chirpstack", mqtt=MqttSettings(host="127.0.0.1", tls=False)),
            ["application/1/device/2/event/up", "application/1/device/2/event/status", "eu868/gateway/1/state/conn"],
            ["application/1/device/2/event/log", "eu868/gateway/1/event/up"],
        ),
    ],
)
def test_without_topics_the_senders_usual_ones_are_heard(
    broker: Mosquitto, settings: ThingsStackSettings | ChirpStackSettings, topics: list[str], others: list[str]
) -> None:
    assert settings.mqtt is not None
    settings = settings.model_copy(update={"mqtt": settings.mqtt.model_copy(update={"port": broker.port})})
    inbox = Inbox()
    receiver = MqttReceiver("redi", "usual", settings, inbox.waiting.put, SystemClock(), QUICK)
    receiver.start()
    try:
        wait_until(lambda: receiver.status().listening_since is not None, "it listens")
        for topic in [*others, *topics]:
            publish(broker, "x", topic=topic)
        heard = [inbox.next() for _ in topics]
        assert [one.topic for one in heard] == topics
        for one in heard:
            one.settle(True)
    finally:
        receiver.stop()
