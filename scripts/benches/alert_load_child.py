"""Publishes uplinks as a network server would, as fast as the broker takes them or at given moments.

A bare MQTT 3.1.1 client (OASIS standard, 3.3): what is measured is whoever receives, and a library costs more than the
broker. In a process of its own. Arguments: port, devices, and what the topics begin with. Each line of standard input
is an order in JSON, each answered by one line:

- ``{"burst": 5000}``: so many of all devices in turns, each with its next counter; answers ``{"published": …}``, which
  counts all bursts together.
- ``{"of": [0, 7], "distance": 20.0, "rate": 100}``: one uplink of each of these devices, in this order, at random
  moments so many a second (null: at once); answers ``{"moments": […]}``, when each was due, in seconds since 1970.
"""

import json
import random
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

from scripts.benches.alert_payloads import CALM, FLOOD, topic, uplink

_WINDOW: Final = 1_000
"""Messages that the broker has not acknowledged yet."""
_AT_ONCE: Final = 50
_RESTLESS: Final = 500
"""One of so many devices is."""
_CONNECT: Final = 0x10
_PUBLISH_ONCE_AT_LEAST: Final = 0x32
_ACKNOWLEDGED: Final = 4
"""Bytes of a PUBACK, and of a CONNACK."""


class Publisher:
    """One connection with QoS 1."""

    def __init__(self, port: int, name: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Protocol name and level, clean session, no keep-alive, the client's id.
        head = struct.pack("!H4sBBH", 4, b"MQTT", 4, 2, 0) + _text(name.encode())
        self._socket.sendall(bytes([_CONNECT]) + _length(len(head)) + head)
        answer = self._socket.recv(_ACKNOWLEDGED, socket.MSG_WAITALL)
        if answer[3:] != b"\0":
            raise RuntimeError(f"the broker does not let in who publishes: {answer!r}")
        self._open, self._number, self._left = 0, 0, b""

    def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        """Topics and payloads; returns before the last ones are acknowledged."""
        packets = []
        for where, payload in messages:
            self._number = self._number % 65_535 + 1
            body = _text(where) + struct.pack("!H", self._number)
            packets.append(bytes([_PUBLISH_ONCE_AT_LEAST]) + _length(len(body) + len(payload)) + body + payload)
        self._socket.sendall(b"".join(packets))
        self._open += len(packets)
        self._wait(_WINDOW)

    def flush(self) -> None:
        """Until the broker has all of them."""
        self._wait(0)

    def _wait(self, at_most: int) -> None:
        while self._open > at_most:
            come = self._left + self._socket.recv(65_536)
            if not come:
                raise RuntimeError("the broker hung up")
            whole = len(come) // _ACKNOWLEDGED
            self._open -= whole
            self._left = come[whole * _ACKNOWLEDGED :]


class Load:
    """What the orders mean. ``before``: what topics begin with."""

    def __init__(self, publisher: Publisher, devices: int, before: str = "") -> None:
        self._publisher, self._devices = publisher, devices
        self._topics = [f"{before}{topic(number)}".encode() for number in range(devices)]
        self._counters = Counter[int]()
        self._published = 0

    def burst(self, count: int) -> int:
        """How many were published in all bursts."""
        for begin in range(self._published, self._published + count, _AT_ONCE):
            numbers = range(begin, min(begin + _AT_ONCE, self._published + count))
            self._publisher.publish([self._next(number % self._devices) for number in numbers])
        self._publisher.flush()
        self._published += count
        return self._published

    def each(self, of: Sequence[int], distance: float, rate: float | None) -> list[float]:
        """When each of them was due. The gaps are those of devices that know nothing of each other."""
        drawn, due, moments = random.Random(1), time.time() + 0.05, []  # noqa: S311 - the same ones in every run
        for device in of:
            if rate is not None:
                due += drawn.expovariate(rate)
                time.sleep(max(0.0, due - time.time()))
            moments.append(due if rate is not None else time.time())
            self._publisher.publish([self._next(device, distance)])
        self._publisher.flush()
        return moments

    def _next(self, device: int, distance: float | None = None) -> tuple[bytes, bytes]:
        """``distance``: None for a day like all others, on which a few are over their limits every other time."""
        self._counters[device] += 1
        if distance is None:
            distance = FLOOD if device % _RESTLESS == 0 and self._counters[device] % 2 else CALM
        return self._topics[device], uplink(device, self._counters[device], time.time(), distance)


def _text(words: bytes) -> bytes:
    return struct.pack("!H", len(words)) + words


def _length(count: int) -> bytes:
    """The standard's "remaining length"."""
    encoded = bytearray()
    while True:
        count, digit = divmod(count, 128)
        encoded.append(digit | (128 if count else 0))
        if not count:
            return bytes(encoded)


def main() -> None:
    """Until standard input ends."""
    port, devices, before = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    load = Load(Publisher(port, f"load-{before.replace('/', '-')}"), devices, before)
    for line in sys.stdin:
        order = json.loads(line)
        if "burst" in order:
            answer: object = {"published": load.burst(order["burst"])}
        else:
            answer = {"moments": load.each(order["of"], order["distance"], order["rate"])}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
