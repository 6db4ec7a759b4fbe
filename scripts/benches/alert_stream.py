"""A stream of uplinks that is the same in every run but for its moments, and a storage of what MQTT lost of it.

Three sorts of devices, each with rules of its own: such as come by MQTT alone, by storage alone, and by both.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qsl, urlsplit

from scripts.benches.alert_payloads import CALM, FLOOD, device_id, stored, topic, uplink
from scripts.benches.alert_world import Entry, World, body_id

DEVICES: Final = 30
BODIES: Final = 10
_TURNS: Final = 12
"""A device is over its limit, or not, for so many uplinks."""


class Way(IntEnum):
    """How a device's uplinks come."""

    MQTT = 0
    STORAGE = 1
    BOTH = 2


def way_of(device: int) -> Way:
    return Way(device % len(Way))


def world() -> World:
    """Two rules for each way: a threshold, and one that has to hold for a while."""
    entries = [
        Entry(device_id(device), frozenset({way_of(device), way_of(device) + len(Way)}), body_id(device % BODIES))
        for device in range(DEVICES)
    ]
    levels = [{"severity": "warning", "above": 300, "clear": 280}, {"severity": "critical", "above": 478}]
    tests = [{"threshold": {"quantity": "level", "levels": levels}} for _ in Way]
    lasting = [
        {"threshold": {"quantity": "temperature", "levels": [{"severity": "info", "above": 13}], "lasting": "2 s"}}
        for _ in Way
    ]
    return World(entries, [*tests, *lasting])


@dataclass(frozen=True, slots=True)
class Sent:
    """One uplink of the stream."""

    device: int
    at: float
    payload: bytes

    @property
    def topic(self) -> bytes:
        return topic(self.device).encode()


def nth(number: int, at: float) -> Sent:
    """The uplink of this number, as measured ``at``, in seconds since 1970."""
    counter, device = divmod(number, DEVICES)
    # Devices turn at different times, and no two of a body in step.
    is_over = (counter // _TURNS + device * device) % 3 == 0
    return Sent(device, at, uplink(device, counter + 1, at, FLOOD if is_over else CALM))


class Storage:
    """Answers as The Things Stack's Storage Integration, in a thread. ``asked`` is called before each answer."""

    def __init__(self, asked: Callable[[], None] = lambda: None) -> None:
        held: list[tuple[float, bytes]] = []
        self._held = held

        class _Asked(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked()
                query = dict(parse_qsl(urlsplit(self.path).query))
                after, before = (_moment(query.get(name)) for name in ("after", "before"))
                lines = [
                    line for at, line in held[:] if (after is None or at >= after) and (before is None or at < before)
                ]
                body = b"".join(lines)
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:
                    return  # whoever asked was killed

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Asked)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="storage", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def keep(self, sent: Sequence[Sent]) -> None:
        """They are in it from now on."""
        self._held.extend((one.at, stored(one.payload)) for one in sent)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _moment(words: str | None) -> float | None:
    return None if words is None else datetime.fromisoformat(words).timestamp()
