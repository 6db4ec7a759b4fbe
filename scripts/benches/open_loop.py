"""Asks a server at given moments, whether or not it has answered before: as people do who do not know of each other.

In a process of its own, so that the waiting is the server's alone.

Arguments: host, port, requests a second, seconds. Standard input: the requests, a JSON list of texts, taken in turns.
Prints as JSON how long each took in milliseconds, from the moment at which it was due, and the statuses.
"""

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Final

_END: Final = b"\r\n\r\n"
_MOST: Final = 800
"""Connections at once."""


class _Connection(asyncio.Protocol):
    """One that is kept, for one request at a time. The answers have no bodies."""

    def __init__(self, idle: "list[_Connection]") -> None:
        self._idle = idle
        self._come = b""
        self._answered: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def ask(self, request: bytes) -> "asyncio.Future[int]":
        """Its status."""
        self._come, self._answered = b"", asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answered

    def data_received(self, data: bytes) -> None:
        self._come += data
        if self._come.endswith(_END) and self._answered is not None:
            self._answered.set_result(int(self._come[9:12]))
            self._answered = None
            self._idle.append(self)

    def connection_lost(self, _: Exception | None) -> None:
        if self in self._idle:  # the server keeps none for longer than some seconds
            self._idle.remove(self)
        if self._answered is not None:
            self._answered.set_exception(RuntimeError("the server hung up"))


async def measure(
    host: str, port: int, rate: float, seconds: float, requests: Sequence[bytes]
) -> tuple[list[float], Counter[int]]:
    """Milliseconds and statuses. The gaps are those of people who come independently (a Poisson process)."""
    loop, idle = asyncio.get_running_loop(), list[_Connection]()
    drawn, due, moments = random.Random(1), 0.0, []  # noqa: S311 - the same ones in every run
    while (due := due + drawn.expovariate(rate)) < seconds:
        moments.append(due)
    took, statuses, tasks = [0.0] * len(moments), Counter[int](), []

    async def one(number: int, at: float) -> None:
        if idle:
            connection = idle.pop()
        else:
            _, connection = await loop.create_connection(lambda: _Connection(idle), host, port)
        statuses[await connection.ask(requests[number % len(requests)])] += 1
        took[number] = (loop.time() - at) * 1000

    for _ in range(8):  # as a proxy has them open
        _, connection = await loop.create_connection(lambda: _Connection(idle), host, port)
        idle.append(connection)
    begin = loop.time() + 0.1
    for number, moment in enumerate(moments):
        if (wait := begin + moment - loop.time()) > 0:
            await asyncio.sleep(wait)
        if len(tasks) - sum(statuses.values()) > _MOST:
            raise RuntimeError("the server does not keep up")
        tasks.append(asyncio.create_task(one(number, begin + moment)))
    await asyncio.gather(*tasks)
    return took, statuses


def main() -> None:
    """One measurement."""
    host, port, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    requests = [request.encode() for request in json.load(sys.stdin)]
    took, statuses = asyncio.run(measure(host, port, rate, seconds, requests))
    print(json.dumps({"took": took, "statuses": statuses}))


if __name__ == "__main__":
    main()
