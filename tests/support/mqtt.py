"""Senders that publish, and receivers that are watched, on a real Mosquitto."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from provisioner.model.text import Text
from provisioner.senders.mqtt import HearsMqtt, MqttReceiver, Waits
from provisioner.senders.receiving import Delivery
from provisioner.senders.settings import MqttSettings, PlainSettings
from provisioner.transport.clock import SystemClock
from tests.support.mosquitto import PASSWORD, USER, Mosquitto
from tests.support.serving import wait_until

QUICK = Waits(first=0.02, longest=0.2, refused=0.1)


class Inbox:
    """Keeps what is delivered until the test says what becomes of it. ``room``: more is not taken."""

    def __init__(self, room: int = 0) -> None:
        self.waiting: queue.Queue[Delivery] = queue.Queue(room)

    def next(self) -> Delivery:
        return self.waiting.get(timeout=20)

    def take(self, count: int, *, done: bool = True) -> list[str]:
        """What the next ones say; they are settled."""
        said = []
        for _ in range(count):
            delivery = self.next()
            delivery.settle(done)
            said.append(delivery.payload.decode())
        return said


def plain(port: int, *, host: str = "127.0.0.1", **more: Any) -> PlainSettings:
    mqtt = MqttSettings.model_validate({"host": host, "port": port, "tls": False, "topics": ["s/#"], **more})
    return PlainSettings(kind="json", mqtt=mqtt)


@contextmanager
def receiving(settings: HearsMqtt, inbox: Inbox, *, listens: bool = True) -> Iterator[MqttReceiver]:
    """A receiver that listens already, unless it can not."""
    receiver = MqttReceiver("redi", "pegel", settings, inbox.waiting.put, SystemClock(), QUICK)
    receiver.start()
    try:
        if listens:
            wait_until(lambda: receiver.status().listening_since is not None, "it listens")
        yield receiver
    finally:
        receiver.stop()


def troubled(receiver: MqttReceiver) -> Text:
    """What is wrong, as soon as it says so."""
    wait_until(lambda: receiver.status().trouble is not None, "something is wrong")
    trouble = receiver.status().trouble
    assert trouble is not None
    return trouble


def publish(broker: Mosquitto, *messages: str, topic: str = "s/a", qos: int = 1, retain: bool = False) -> None:
    """The broker has them all when this returns."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages = 1000
    if broker.locked:
        client.username_pw_set(USER, PASSWORD)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    try:
        for sent in [client.publish(topic, message, qos=qos, retain=retain) for message in messages]:
            sent.wait_for_publish(20)
    finally:
        client.disconnect()
        client.loop_stop()
