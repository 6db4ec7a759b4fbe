"""The emulated Things Stack says what the real one says, and to whom."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from provisioner.emulation import Emulator, Request, Response, VirtualClock
from provisioner.model.sensors import Uplink
from provisioner.senders.emulation import ThingsStackEmulator, to_broker, to_webhook
from provisioner.senders.hooks import caller_is_known
from provisioner.senders.mqtt import MqttReceiver
from provisioner.senders.parsing import parse
from provisioner.senders.settings import HookSettings, MqttSettings, ThingsStackSettings
from provisioner.transport.clock import SystemClock
from tests.support.mosquitto import Mosquitto
from tests.support.mqtt import QUICK, Inbox
from tests.support.payloads import payload
from tests.support.serving import wait_until

SECRET = "a-secret-of-some-forty-letters-and-digits-1"


@pytest.fixture
def stack(clock: VirtualClock) -> Iterator[ThingsStackEmulator]:
    with ThingsStackEmulator(clock=clock) as emulator:
        yield emulator


def _read(stack: ThingsStackEmulator, said: bytes) -> Uplink:
    [uplink] = parse("things-stack", said, stack.clock.now(), "ttn", test=True).news
    assert isinstance(uplink, Uplink)
    return uplink


def test_its_words_are_those_of_the_documented_uplink(stack: ThingsStackEmulator) -> None:
    device = stack.device("pegel-alb", "0004a30b001c0530")
    device.counter = 1
    said, real = json.loads(stack.send(device, {"level": 1})), json.loads(payload("ttn_v3_up_docs.json"))
    assert set(said) <= set(real)
    assert set(said["end_device_ids"]) <= set(real["end_device_ids"])
    assert set(said["uplink_message"]) <= set(real["uplink_message"]) | {"f_port", "last_battery_percentage"}
    assert set(said["uplink_message"]["rx_metadata"][0]) <= set(real["uplink_message"]["rx_metadata"][0])


def test_what_is_zero_or_empty_is_left_out(stack: ThingsStackEmulator) -> None:
    said = json.loads(stack.send(stack.device("pegel-alb", "0004a30b001c0530"), {}))
    assert "f_cnt" not in said["uplink_message"]
    assert "decoded_payload" not in said["uplink_message"]
    assert "simulated" not in said


def test_a_device_counts_begins_anew_when_it_joins_and_is_missed_where_nobody_heard_it(
    stack: ThingsStackEmulator,
) -> None:
    device = stack.device("pegel-alb", "0004a30b001c0530")
    told: list[bytes] = []
    stack.listeners.append(lambda *words: told.append(words[2]))
    first, second = (_read(stack, stack.send(device, {"level": 1})) for _ in range(2))
    device.lose(3)
    third = _read(stack, stack.send(device, {"level": 1}))
    stack.join(device)
    fourth = _read(stack, stack.send(device, {"level": 1}, simulated=True))
    assert [one.counter for one in (first, second, third, fourth)] == [0, 1, 5, 0]
    assert first.session == third.session != fourth.session
    assert fourth.simulated
    assert len(told) == 5
    assert parse("things-stack", told[3], stack.clock.now(), "ttn").skipped  # the join


def test_its_devices_are_heard_over_a_broker(stack: ThingsStackEmulator, broker: Mosquitto) -> None:
    mqtt = MqttSettings(host="127.0.0.1", port=broker.port, tls=False, user="messnetz@ttn", client_id="emulated")
    inbox = Inbox()
    settings = ThingsStackSettings(kind="things-stack", mqtt=mqtt)
    receiver = MqttReceiver("redi", "ttn", settings, inbox.waiting.put, SystemClock(), QUICK)
    receiver.start()
    telling = to_broker("127.0.0.1", broker.port)
    try:
        wait_until(lambda: receiver.status().listening_since is not None, "it listens")
        stack.listeners.append(telling)
        stack.send(stack.device("pegel-alb", "0004a30b001c0530"), {"level": 1.25})
        delivery = inbox.next()
        assert delivery.topic == "v3/messnetz@ttn/devices/pegel-alb/up"
        assert _read(stack, delivery.payload).values == {"level": 1.25}
    finally:
        telling.close()
        receiver.stop()


class Hook(Emulator):
    """Keeps what is posted to it."""

    name = "hook"
    status = 204

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.got: list[Request] = []

    def handle(self, request: Request) -> Response:
        self.got.append(request)
        return Response(self.status)


def test_a_webhook_is_called_once_whatever_it_answers(stack: ThingsStackEmulator) -> None:
    device = stack.device("pegel-alb", "0004a30b001c0530")
    with Hook() as hook:
        stack.listeners.append(to_webhook(f"{hook.url}/redi/senders/ttn", SECRET))
        stack.send(device, {"level": 1.25})
        hook.status = 503
        stack.send(device, {"level": 1.5})
        first, second = hook.got
    stack.send(device, {"level": 2.0})  # nobody is there any more
    assert first.path == "/redi/senders/ttn"
    assert caller_is_known(HookSettings(secret=SecretStr(SECRET)), first.headers)
    assert _read(stack, first.body).values == {"level": 1.25}
    assert _read(stack, second.body).values == {"level": 1.5}
