"""Misfortunes on order: what a network, a proxy or a tired server does to a client."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from provisioner.emulation.messages import Request, Response

Before = Callable[[Request], None]
After = Callable[[Request, Response], None]
When = Literal["before", "after"]

MAINTENANCE_PAGE = (
    '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>Maintenance</title></head>'
    "<body><h1>Maintenance mode</h1><p>This server is currently in maintenance mode, "
    "which may take a while.</p></body></html>\n"
)
LOGIN_PAGE = (
    '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>Login</title></head>'
    '<body><form method="post" action="/login"><input name="user"><input name="password" type="password">'
    "</form></body></html>\n"
)


@dataclass(slots=True)
class Fault:
    """One misfortune: whom it hits, and what it does.

    It hits requests with this `method` (any when None) whose target holds the regular expression `path`
    (any when None), only writes if `writes`; from the `nth` such request on (1 is the next), `times` times
    (None: for good). Counting starts when the fault is added.
    """

    method: str | None = None
    path: str | None = None
    writes: bool = False
    nth: int = 1
    times: int | None = 1

    latency: float = 0.0
    """Real seconds to wait before anything else."""
    answer: Response | None = None
    """An answer instead of the product's own."""
    when: When = "before"
    """Whether `answer` or `reset` come before the product sees the request, or after it did its work."""
    reset: bool = False
    """Cut the connection without a word."""
    truncate: int | None = None
    """Send the whole Content-Length but only so many bytes of the body, then cut the connection."""
    mishap: str | None = None
    """A word the product's own emulator understands."""
    before: Before | None = None
    after: After | None = None
    """Callables around the product's work; they run in the server's thread and may change its state."""

    seen: int = 0
    fired: int = 0

    @property
    def final(self) -> bool:
        """Whether it decides what the client gets; of several such only the first hits a request."""
        return self.answer is not None or self.reset or self.truncate is not None or self.mishap is not None

    @property
    def spent(self) -> bool:
        """Whether it has done all it was to do."""
        return self.times is not None and self.fired >= self.times

    def matches(self, request: Request) -> bool:
        """Whether it is meant for requests like this one."""
        return (
            (self.method is None or self.method.upper() == request.method)
            and (not self.writes or request.is_write)
            and (self.path is None or re.search(self.path, request.target) is not None)
        )


@dataclass(slots=True)
class Misfortune:
    """All that strikes one request, put together from the faults that hit it."""

    latency: float = 0.0
    final: Fault | None = None
    before: list[Before] = field(default_factory=list)
    after: list[After] = field(default_factory=list)


class Faults:
    """The faults waiting for their requests, in the order they were added.

    Every method below takes the same aim: `method`, `path` (a regular expression), `writes`, `nth`, `nth_write`
    (the n-th write: `nth` and `writes` in one) and `times`, and returns the fault, whose `fired` tells how
    often it struck.
    """

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Put a fault at the end of the queue."""
        if fault.path is not None:
            re.compile(fault.path)
        if fault.nth < 1:
            raise ValueError("requests are counted from 1")
        with self._lock:
            self._faults.append(fault)
        return fault

    def latency(self, seconds: float, **aim: Any) -> Fault:
        """Wait so many real seconds before the work."""
        return self.add(Fault(**_aim(aim), latency=seconds))

    def status(
        self,
        status: int,
        *,
        retry_after: int | str | None = None,
        body: str = "",
        content_type: str = "text/html; charset=UTF-8",
        when: When = "before",
        **aim: Any,
    ) -> Fault:
        """Answer with an HTTP status and perhaps `Retry-After` (seconds, or an HTTP date)."""
        if not body and status >= 500:
            body = f"<html><body><center><h1>{status}</h1></center><hr><center>nginx</center></body></html>\n"
        headers = [] if retry_after is None else [("Retry-After", str(retry_after))]
        answer = Response(status, body.encode(), content_type, headers)
        return self.add(Fault(**_aim(aim), answer=answer, when=when))

    def reset_before(self, **aim: Any) -> Fault:
        """Cut the connection before the product sees the request: nothing has changed."""
        return self.add(Fault(**_aim(aim), reset=True, when="before"))

    def reset_after(self, **aim: Any) -> Fault:
        """Cut the connection after the work was done: everything has changed, and nobody was told."""
        return self.add(Fault(**_aim(aim), reset=True, when="after"))

    def truncate(self, keep: int = 20, **aim: Any) -> Fault:
        """Do the work, send `keep` bytes of the answer's body and cut the connection."""
        return self.add(Fault(**_aim(aim), truncate=keep, when="after"))

    def maintenance_page(self, status: int = 200, **aim: Any) -> Fault:
        """An HTML page about maintenance, by default with the status 200 that some proxies give it."""
        return self.add(Fault(**_aim(aim), answer=Response.html(MAINTENANCE_PAGE, status)))

    def login_page(self, status: int = 200, **aim: Any) -> Fault:
        """An HTML log-in form, as a single sign-on in front of the product shows it."""
        return self.add(Fault(**_aim(aim), answer=Response.html(LOGIN_PAGE, status)))

    def mishap(self, word: str, **aim: Any) -> Fault:
        """A failure inside the product, by a word its emulator documents (Nextcloud: "database-lock")."""
        return self.add(Fault(**_aim(aim), mishap=word))

    def hook(self, *, before: Before | None = None, after: After | None = None, **aim: Any) -> Fault:
        """Call `before(request)` or `after(request, response)` around the work.

        This is how a test kills a process at a write boundary, or renames somebody between two pages.
        """
        return self.add(Fault(**_aim(aim), before=before, after=after))

    def from_json(self, wish: Mapping[str, Any]) -> Fault:
        """Add a fault described in plain values: `kind` (the name of a method here) and its arguments.

        Raises ValueError or TypeError for what it does not understand; hooks can't be described.
        """
        arguments = dict(wish)
        kind = arguments.pop("kind", None)
        kinds: dict[str, Callable[..., Fault]] = {
            "latency": self.latency,
            "status": self.status,
            "reset_before": self.reset_before,
            "reset_after": self.reset_after,
            "truncate": self.truncate,
            "maintenance_page": self.maintenance_page,
            "login_page": self.login_page,
            "mishap": self.mishap,
        }
        if kind not in kinds:
            raise ValueError(f"unknown kind of fault: {kind!r}; known are {', '.join(sorted(kinds))}")
        return kinds[kind](**arguments)

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._faults.clear()

    @property
    def pending(self) -> list[Fault]:
        """The faults that have not done all they were to do."""
        with self._lock:
            return [fault for fault in self._faults if not fault.spent]

    def strike(self, request: Request) -> Misfortune | None:
        """What hits this request; None, and no time lost, when nothing does."""
        if not self._faults:
            return None
        fate = Misfortune()
        with self._lock:
            for fault in self._faults:
                if fault.spent or not fault.matches(request):
                    continue
                fault.seen += 1
                if fault.seen < fault.nth or (fault.final and fate.final is not None):
                    continue
                fault.fired += 1
                fate.latency += fault.latency
                if fault.final:
                    fate.final = fault
                if fault.before is not None:
                    fate.before.append(fault.before)
                if fault.after is not None:
                    fate.after.append(fault.after)
            self._faults = [fault for fault in self._faults if not fault.spent]
        return fate


def _aim(aim: dict[str, Any]) -> dict[str, Any]:
    """Turn `nth_write` into its two parts; unknown words fail in Fault's constructor."""
    if (nth_write := aim.pop("nth_write", None)) is not None:
        aim.update(nth=nth_write, writes=True)
    return aim
