"""The protocol: Mailman's REST API 3.1, what each answer means, and lists of things in pages.

Bodies are JSON. Errors are ``{"title", "description"}``; a 404 without a description is said of paths that Mailman does
not know, and also of everything below a list or domain that is gone: it means nothing by itself (observed on 3.3.8).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from connectors.mailman.settings import MailmanSettings
from provisioner.model.errors import (
    Garbled,
    LoginRefused,
    NotAllowed,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    Transient,
)
from provisioner.model.ports import Clock, Gate
from provisioner.model.text import Text
from provisioner.transport.answer import Answer, is_reading
from provisioner.transport.http import HttpSession
from provisioner.transport.patience import patiently

API: Final = "/3.1"
MOST: Final = 1_000_000
"""Entries of one list; a server that still has more makes them up as we ask."""

Entry = Mapping[str, object]


class MailmanRefusal(Permanent):
    """Mailman said no in its own words, which are English. ``status`` is the HTTP one, ``why`` the description."""

    def __init__(self, text: Text, status: int, why: str) -> None:
        super().__init__(text, f"HTTP {status} {why}".strip())
        self.status = status
        self.why = why


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a write: its status, the last part of where the new object is, and the body."""

    status: int
    id: str = ""
    value: object = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Entries of all pages. Without ``gap`` it is everything."""

    entries: tuple[Entry, ...] = ()
    gap: Text | None = field(default=None)


def segment(identifier: str) -> str:
    """An id or address as one segment of a path. Raises `Permanent` for what a path can't hold.

    Mailman takes addresses with a slash, and then finds them no more (observed on 3.3.8): its paths are decoded once
    and split afterwards.
    """
    if identifier in ("", ".", "..") or "/" in identifier:
        raise Permanent(Text.of("mailman.unusable_id", id=identifier))
    return quote(identifier, safe="@")


class Client:
    """Reads and writes of one Mailman, judged. Not shared between threads. Makes no request before it is asked to."""

    def __init__(self, settings: MailmanSettings, gate: Gate, clock: Clock) -> None:
        self.settings = settings
        self._gate = gate
        self._clock = clock
        self._session: HttpSession | None = None
        self._locked_out: LoginRefused | None = None

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Entry:
        """The answer's object. Transient failures are tried again after a while; raises `TargetError`."""
        return patiently(lambda: self._object(self._ask("GET", path, None, params), path), self._clock)

    def find(self, path: str) -> Entry | None:
        """The same; None when Mailman itself says that there is no such object."""
        try:
            return self.get(path)
        except MailmanRefusal as refusal:
            if refusal.status == 404 and refusal.why:
                return None
            raise

    def pages(self, path: str, key: str, more: Mapping[str, str | int] | None = None) -> Listing:
        """All entries, told apart by ``key``, in pages: max(1, ⌈n / page size⌉) requests.

        Past the end there is no word of entries, and count without page is an error 500 (observed). Every page tells
        how many there are in all: where the pages don't agree, or that is not what came, somebody came or went
        meanwhile, and there is a gap.
        """
        found: dict[str, Entry] = {}
        totals: set[int] = set()
        size, page = self.settings.page_size, 0
        while True:
            page += 1
            answer = self.get(path, {**(more or {}), "count": size, "page": page})
            total, entries = answer.get("total_size"), answer.get("entries", [])
            if not isinstance(total, int) or not isinstance(entries, list) or total > MOST:
                raise Garbled(Text.of("mailman.garbled", path=path))
            for entry in entries:
                identifier = entry.get(key) if isinstance(entry, dict) else None
                if not isinstance(identifier, str) or not identifier:
                    raise Garbled(Text.of("mailman.garbled", path=path))
                found[identifier] = entry
            totals.add(total)
            if page * size >= total or not entries:
                moved = max(*totals, len(found)) - min(*totals, len(found))
                gap = Text.of("mailman.list_moved", count=moved) if moved else None
                return Listing(tuple(found.values()), gap)

    def write(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Made:
        """One write, once. Raises `TargetError` in all its kinds, `WriteRefused`."""
        answer = self._ask(method, path, body, None)
        identifier = answer.headers.get("location", "").rstrip("/").rpartition("/")[2]
        return Made(answer.status, identifier, answer.value)

    def close(self) -> None:
        """Close the connections. Idempotent."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _ask(
        self, method: str, path: str, body: Mapping[str, object] | None, params: Mapping[str, str | int] | None
    ) -> Answer:
        settings = self.settings
        if self._locked_out is not None:
            raise LoginRefused(self._locked_out.text, "not tried again")
        if settings.is_open_to_listeners:
            raise Permanent(Text.of("mailman.not_encrypted", url=settings.url))
        if self._session is None:
            self._session = HttpSession(self._gate, timeout=settings.timeout, ca_file=settings.ca_file)
        auth = (settings.user, settings.secret().get_secret_value())
        answer = self._session.call(method, f"{settings.url}{API}{path}", json=body, params=params, auth=auth)
        try:
            self._judge(answer, method, path)
        except LoginRefused as refused:
            self._locked_out = refused
            raise
        return answer

    def _judge(self, answer: Answer, method: str, path: str) -> None:
        """Nothing for a success; else the error that says what may be done about it."""
        said = refusal_of(answer)
        detail, wait = f"HTTP {answer.status}", answer.retry_after(self._clock.now())
        if answer.status < 300:
            if answer.status == 204 or (answer.status == 201 and "location" in answer.headers):
                return
            if isinstance(answer.value, dict):
                return
        if answer.status == 429:
            raise RateLimited(Text.of("mailman.rate_limited"), detail, wait)
        if answer.status == 401:
            raise LoginRefused(Text.of("mailman.login_refused", user=self.settings.user), detail)
        if answer.status == 403:
            raise NotAllowed(Text.of("mailman.not_allowed", user=self.settings.user), detail)
        if 300 <= answer.status < 400:
            raise Permanent(Text.of("mailman.redirected", to=answer.headers.get("location", "")), detail)
        if answer.status >= 500:
            if is_reading(method):
                raise Transient(Text.of("mailman.server_error"), detail, wait)
            raise OutcomeUnknown(Text.of("mailman.server_error"), detail)
        if said is not None:
            raise MailmanRefusal(Text.of("mailman.refused", status=answer.status), answer.status, said)
        if is_reading(method):
            raise Garbled(Text.of("mailman.garbled", path=path), detail)
        raise OutcomeUnknown(Text.of("mailman.garbled_write", path=path), detail)

    @staticmethod
    def _object(answer: Answer, path: str) -> Entry:
        if not isinstance(answer.value, dict):
            raise Garbled(Text.of("mailman.garbled", path=path))
        return answer.value


def refusal_of(answer: Answer) -> str | None:
    """The description in Mailman's own refusal, "" where it gives none; None: these are not its words."""
    value = answer.value
    if not isinstance(value, dict) or not isinstance(title := value.get("title"), str):
        return None
    if not title.startswith(str(answer.status)):
        return None
    description = value.get("description", "")
    return description if isinstance(description, str) else None


def text(entry: Entry, key: str) -> str:
    """A text of an entry; "" where there is none."""
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def user_of(entry: Entry) -> str:
    """The id of the user that an address or membership is linked to; "" for nobody."""
    return text(entry, "user").rstrip("/").rpartition("/")[2]


def texts(values: Iterator[object]) -> frozenset[str]:
    """Those among them that are texts."""
    return frozenset(value for value in values if isinstance(value, str))
