"""What was asked of an emulator: the proof that a dry run wrote nothing and that an apply wrote what it said."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

from provisioner.emulation.messages import Request

Outcome = Literal["answered", "fault", "reset before", "reset after", "truncated"]
"""How a request ended: by the product's own answer, by a fault's answer, by a cut connection, by half a body."""

HIDDEN = "***"
_SECRET = re.compile(r"pass(word|wd|phrase)?$|secret|token|api_?key|authorization", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One request. `body` has its secrets replaced; `duration` is in real seconds."""

    number: int
    method: str
    path: str
    """The target as sent, with the query; values of secret fields replaced."""
    status: int
    """The HTTP status sent; 0 when the connection was cut without an answer."""
    user: str | None
    write: bool
    handled: bool
    """Whether the product saw the request: False when a fault came first, so nothing can have changed."""
    outcome: Outcome
    body: str
    duration: float


class RequestLog:
    """All requests in the order they ended, safe to read while the emulator runs."""

    def __init__(self) -> None:
        self._entries: list[LogEntry] = []
        self._lock = threading.Lock()
        self._next = 1
        self.hook: Callable[[LogEntry], None] | None = None
        """Called with every new entry, before the answer leaves; must not raise."""

    def number(self) -> int:
        """Take the next sequence number; requests are numbered when they arrive."""
        with self._lock:
            taken = self._next
            self._next += 1
            return taken

    def append(self, entry: LogEntry) -> None:
        """Add a finished request."""
        with self._lock:
            self._entries.append(entry)
        if self.hook is not None:
            self.hook(entry)

    def clear(self) -> None:
        """Forget all entries; numbering goes on."""
        with self._lock:
            self._entries.clear()

    @property
    def requests(self) -> list[LogEntry]:
        """A copy of all entries."""
        with self._lock:
            return list(self._entries)

    @property
    def writes(self) -> list[LogEntry]:
        """The entries whose method can change something, also those that failed."""
        return [entry for entry in self.requests if entry.write]

    def matching(self, method: str | None = None, path: str | None = None) -> list[LogEntry]:
        """The entries with this method and with the regular expression `path` somewhere in their path."""
        return [
            entry
            for entry in self.requests
            if (method is None or entry.method == method) and (path is None or re.search(path, entry.path))
        ]

    def counts(self) -> dict[str, Any]:
        """Totals: requests, writes, by method, by status."""
        entries = self.requests
        return {
            "requests": len(entries),
            "writes": sum(entry.write for entry in entries),
            "by_method": dict(Counter(entry.method for entry in entries)),
            "by_status": dict(Counter(str(entry.status) for entry in entries)),
        }

    def as_json(self, since: int = 0) -> list[dict[str, Any]]:
        """The entries numbered above `since`, as plain values."""
        return [asdict(entry) for entry in self.requests if entry.number > since]

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)

    def __iter__(self) -> Iterator[LogEntry]:
        return iter(self.requests)


def redacted_target(target: str) -> str:
    """The request target with secret query values replaced."""
    path, mark, query = target.partition("?")
    if not mark:
        return path
    pairs = parse_qsl(query, keep_blank_values=True)
    hidden = _hide_pairs(pairs)
    return target if hidden == pairs else f"{path}?{urlencode(hidden)}"


def redacted_body(request: Request) -> str:
    """The body as text with secret values replaced; what is neither text nor form is described only."""
    if not request.body:
        return ""
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        return f"<{len(request.body)} bytes>"
    if request.content_type == "application/x-www-form-urlencoded":
        return urlencode(_hide_pairs(parse_qsl(text, keep_blank_values=True)))
    try:
        return json.dumps(_hide(json.loads(text)), ensure_ascii=False)
    except ValueError:
        # Half a JSON body, XML, a multipart form: no way to know what in it is secret.
        return HIDDEN if _SECRET.search(text) or "pass" in text.lower() else text


def _hide(value: Any) -> Any:
    if isinstance(value, dict):
        # Nextcloud's PUT names the field in `key` and has its content in `value`.
        by_key = isinstance(value.get("key"), str) and _SECRET.search(value["key"])
        return {
            name: HIDDEN if _SECRET.search(str(name)) or (by_key and name == "value") else _hide(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_hide(item) for item in value]
    return value


def _hide_pairs(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    by_key = any(name == "key" and _SECRET.search(content) for name, content in pairs)
    return [
        (name, HIDDEN if _SECRET.search(name.rstrip("[]")) or (by_key and name == "value") else content)
        for name, content in pairs
    ]
