"""How Jitsi's plugins call a service over HTTP, as their sources have it.

Both plugins try again when the connection broke or the answer was 5xx, three times, and never when nothing came within
20 seconds: what was asked then may have been done all the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import requests

from provisioner.model.ports import Clock

RETRIES: Final = 3
PATIENCE: Final = 20.0
"""Seconds until a call is given up."""
AGENT: Final = "Prosody (0.12.3; Debian)"


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """``status`` 0: no connection, or it broke off."""

    status: int
    body: bytes = b""


Send = Callable[[Call], Reply]
"""Makes a request. Raises `TimeoutError` where nothing comes in time."""


@dataclass
class Line:
    """The way to the service: retries, and what came of each call."""

    send: Send
    clock: Clock
    delay: float
    """Seconds between two tries."""
    log: list[tuple[Call, int | None]] = field(default_factory=list)
    """Every try with its status; None: given up."""

    def call(self, call: Call) -> Reply | None:
        """The last reply; None where it was given up, and nobody learns what became of it."""
        tries = 0
        while True:
            try:
                reply = self.send(call)
            except TimeoutError:
                self.log.append((call, None))
                return None
            self.log.append((call, reply.status))
            if (reply.status != 0 and reply.status < 500) or tries == RETRIES:
                return reply
            tries += 1
            self.clock.sleep(self.delay)


def over_http(call: Call) -> Reply:
    """Send it by `requests`."""
    try:
        answer = requests.request(
            call.method, call.url, headers=dict(call.headers), data=call.body, timeout=PATIENCE, allow_redirects=False
        )
    except requests.exceptions.ReadTimeout as error:
        raise TimeoutError from error
    except requests.exceptions.RequestException:
        return Reply(0)
    return Reply(answer.status_code, answer.content)
