"""The Storage Integration of a Things Stack that holds as many uplinks as wanted, made up while they are asked for.

Arguments: uplinks, devices, seconds of the past over which they spread evenly, devices in turns. One city of ten was
over its limit in the middle of that time and is not any more; one of ten is, since then, and still. Prints its address,
and ends when standard input does.
"""

import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import ceil
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from scripts.benches.alert_payloads import CALM, DEVICES_A_CITY, FLOOD, stored, uplink

_AT_ONCE: Final = 200
"""Lines of one write."""


class Stored:
    """What is in it. ``end``: the moment after the last one, in seconds since 1970."""

    def __init__(self, uplinks: int, devices: int, seconds: float, end: float) -> None:
        self._uplinks, self._devices = uplinks, devices
        self._apart, self._begin = seconds / uplinks, end - seconds

    def between(self, after: float, before: float) -> range:
        """Numbers of those uplinks."""
        first, last = ((moment - self._begin) / self._apart for moment in (after, before))
        return range(max(0, ceil(first)), max(0, min(self._uplinks, ceil(last))))

    def line(self, number: int) -> bytes:
        """As the storage tells it."""
        counter, device = divmod(number, self._devices)
        city, passed = device // DEVICES_A_CITY % 10, number / self._uplinks
        flooded = (city == 3 and 0.4 < passed < 0.6) or (city == 7 and passed > 0.6)
        return stored(uplink(device, counter + 1, self._begin + number * self._apart, FLOOD if flooded else CALM))


def main() -> None:
    """Until standard input ends."""
    holds = Stored(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), time.time())

    class _Asked(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            query = dict(parse_qsl(urlsplit(self.path).query))
            asked = holds.between(_moment(query.get("after"), 0.0), _moment(query.get("before"), time.time()))
            asked = asked[: int(query.get("limit", len(asked)))]
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for begin in range(0, len(asked), _AT_ONCE):
                lines = b"".join(holds.line(number) for number in asked[begin : begin + _AT_ONCE])
                self.wfile.write(b"%x\r\n%b\r\n" % (len(lines), lines))
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_: object) -> None:
            """What was asked is printed once it was answered."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Asked)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    sys.stdin.read()


def _moment(words: str | None, otherwise: float) -> float:
    if words is None:
        return otherwise
    moment = datetime.fromisoformat(words)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


if __name__ == "__main__":
    main()
