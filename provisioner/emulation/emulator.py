"""The base of every emulator: server, clock, faults, log, and a way to be driven from another process."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs

from provisioner.emulation.clock import VirtualClock
from provisioner.emulation.faults import Faults, Misfortune
from provisioner.emulation.log import LogEntry, Outcome, RequestLog, redacted_body, redacted_target
from provisioner.emulation.messages import Request, Response
from provisioner.emulation.server import HOST, Delivery, LoopbackServer
from provisioner.model.ports import Clock

CONTROL = "/__emulator__/"
"""Below this path an emulator is driven; it needs no log-in, is on loopback only, and is never logged."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to log in to an emulator: a user with a password, or a token. They are worth nothing elsewhere."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def basic(self) -> tuple[str, str]:
        """User and password as `requests` takes them for Basic authentication."""
        return (self.user, self.password)


class Emulator:
    """A loopback server that behaves as one product does. A product overrides `name` and `handle`.

    `latency` is real seconds a request; every time window of the product follows `clock`. Usable as a context
    manager, in this process or (by its control address) from another.
    """

    name: ClassVar[str] = "emulator"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        latency: float = 0.0,
        port: int = 0,
        credentials: Credentials | None = None,
    ) -> None:
        self.clock: Clock = VirtualClock() if clock is None else clock
        self.latency = latency
        self.credentials = credentials or Credentials()
        self.log = RequestLog()
        self.faults = Faults()
        self.lock = threading.RLock()
        """Held while the product handles a request; hold it to read or change several things as one."""
        self._server = LoopbackServer(self._respond, port)

    def handle(self, request: Request) -> Response:
        """Answer one request as the product does. Called with `lock` held."""
        raise NotImplementedError

    def afterwards(self) -> Callable[[], None] | None:
        """What is left to do between the work and the answer, without `lock`: e.g. calling somebody else's webhook.

        Asked after each request with `lock` held; None: nothing.
        """
        return None

    def only_asks(self, request: Request) -> bool:  # noqa: ARG002 - products look at it
        """Whether a request changes nothing although its method says so: a log-in is a POST in some products."""
        return False

    def delay(self, request: Request) -> float:  # noqa: ARG002 - products look at it
        """Real seconds this request waits before it is handled. Called without the lock."""
        return self.latency

    @property
    def url(self) -> str:
        """Where it listens, without a trailing slash. Raises RuntimeError while it is stopped."""
        return f"http://{HOST}:{self._server.port}"

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._server.running

    def start(self) -> Self:
        """Listen in background threads. A second start after `stop` keeps the port and the state."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop listening and cut open connections; state and log stay. Idempotent."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _respond(self, request: Request) -> Delivery:
        if request.target.startswith(CONTROL):
            return Delivery(self._control(request))
        request.only_asks = self.only_asks(request)
        number = self.log.number()
        started = time.perf_counter()
        fate = self.faults.strike(request) or Misfortune()
        if (wait := self.delay(request)) > 0:
            time.sleep(wait)
        delivery, outcome, handled = self._suffer(request, fate)
        response = delivery.response
        # The entry is written before the answer leaves, so whoever has the answer finds the entry.
        self.log.append(
            LogEntry(
                number=number,
                method=request.method,
                path=redacted_target(request.target),
                status=0 if response is None else response.status,
                user=None if response is None else response.user,
                write=request.is_write,
                handled=handled,
                outcome=outcome,
                body=redacted_body(request),
                duration=time.perf_counter() - started,
            )
        )
        return delivery

    def _work(self, request: Request) -> Response:
        with self.lock:
            response = self.handle(request)
            rest = self.afterwards()
        if rest is not None:
            rest()
        return response

    def _suffer(self, request: Request, fate: Misfortune) -> tuple[Delivery, Outcome, bool]:
        """The way of a request that faults hit. Hooks run without the lock: they may use HTTP themselves."""
        if fate.latency > 0:
            time.sleep(fate.latency)
        for before in fate.before:
            before(request)
        fault = fate.final
        if fault is not None and fault.when == "before":
            if fault.reset:
                return Delivery(None), "reset before", False
            if fault.answer is not None:
                return Delivery(fault.answer), "fault", False
            request.mishap = fault.mishap
        response = self._work(request)
        for after in fate.after:
            after(request, response)
        if fault is not None and fault.when == "after":
            if fault.reset:
                return Delivery(None), "reset after", True
            if fault.truncate is not None:
                return Delivery(response, fault.truncate), "truncated", True
            if fault.answer is not None:
                return Delivery(fault.answer), "fault", True
        return Delivery(response), "answered", True

    def _control(self, request: Request) -> Response:
        # A web page in somebody's browser must not drive it: such requests carry an Origin or a foreign Host.
        host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
        if "origin" in request.headers or host not in (HOST, "localhost"):
            return Response.json({"error": "only for programs on this machine"}, 403)
        verb = f"{request.method} {request.raw_path[len(CONTROL) :]}"
        try:
            body = json.loads(request.body) if request.body else {}
            return self._drive(verb, body, parse_qs(request.query_string))
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            return Response.json({"error": str(problem)}, 400)

    def _drive(self, verb: str, body: Any, query: dict[str, list[str]]) -> Response:
        if verb == "GET log":
            return Response.json(self.log.as_json(int(query.get("since", ["0"])[0])))
        if verb == "DELETE log":
            self.log.clear()
            return Response.json({})
        if verb == "GET counts":
            return Response.json(self.log.counts())
        if verb == "GET faults":
            return Response.json({"pending": len(self.faults.pending)})
        if verb == "POST faults":
            for wish in body if isinstance(body, list) else [body]:
                self.faults.from_json(wish)
            return Response.json({"pending": len(self.faults.pending)}, 201)
        if verb == "DELETE faults":
            self.faults.clear()
            return Response.json({})
        if verb == "GET clock":
            return Response.json({"now": self.clock.now().isoformat(), "monotonic": self.clock.monotonic()})
        if verb == "POST clock":
            if not isinstance(self.clock, VirtualClock):
                return Response.json({"error": "this emulator runs on real time"}, 409)
            self.clock.advance(float(body["advance"]))
            return Response.json({"now": self.clock.now().isoformat(), "monotonic": self.clock.monotonic()})
        if verb == "POST latency":
            self.latency = float(body["seconds"])
            return Response.json({"seconds": self.latency})
        if verb == "GET ":
            return Response.json({"name": self.name, "url": self.url, "latency": self.latency})
        return Response.json({"error": f"no such control: {verb}"}, 404)
