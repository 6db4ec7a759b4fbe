"""``mod_reservations`` of jitsi-meet, as its source has it: asks a service before a room is opened."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from connectors.jitsi.emulation.calling import AGENT, Call, Line, Reply, Send, over_http
from provisioner.model.ports import Clock

_DELAY: Final = 3.0
"""Seconds between two tries (``reservations_api_retry_delay``)."""
_REMEMBERED: Final = 30
"""Seconds for which a refusal is told again without asking."""
_GARBLED: Final = "Invalid response from reservation server"
_START: Final = re.compile(r"(\d{4}-?\d\d-?\d\dT\d\d:\d\d:\d\d)(?:\.\d*)?(Z|[+-]\d\d:?\d\d)")


@dataclass(frozen=True, slots=True)
class Granted:
    """The room may be opened."""

    id: str
    until: float
    """Seconds since 1970: then the room is destroyed."""
    max_occupants: int | None = None
    lobby: bool = False
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Denied:
    """The room stays closed; whoever asked reads ``text``."""

    code: int
    text: str
    until: float


class ReservationCaller:
    """Calls ``<api_prefix>/conference``. Not shared between threads."""

    def __init__(
        self, api_prefix: str, clock: Clock, *, headers: Mapping[str, str] | None = None, send: Send = over_http
    ) -> None:
        self._prefix = api_prefix
        self._clock = clock
        self._headers = {"User-Agent": AGENT, **(headers or {})}
        self._line = Line(send, clock, _DELAY)
        self._known: dict[str, Granted | Denied] = {}

    @property
    def log(self) -> list[tuple[Call, int | None]]:
        """Every try with its status; None: nothing came within 20 seconds."""
        return self._line.log

    def ask(self, room: str, jid: str = "8f1c2d3e@meet.jitsi") -> Granted | Denied:
        """Somebody wants to open a room. Asked once, whatever the answer, until the room is destroyed or it is over.

        ``jid``: of whoever asks; a random one in every session.
        """
        known = self._known.get(room)
        if isinstance(known, Denied) and self._now() > known.until:
            known = None
        if known is None:
            known = self._known[room] = self._asked(room, jid)
        if isinstance(known, Granted) and self._now() > known.until:
            return Denied(419, "Reservation expired", known.until)
        return known

    def over(self) -> list[str]:
        """The rooms whose time is up: the server destroys them (looked at every minute)."""
        now = self._now()
        rooms = [room for room, known in self._known.items() if isinstance(known, Granted) and now > known.until]
        for room in rooms:
            self.destroyed(room)
        return rooms

    def destroyed(self, room: str) -> None:
        """The room is closed: the reservation is given back, whatever is answered."""
        known = self._known.pop(room, None)
        if isinstance(known, Granted):
            self._line.call(Call("DELETE", f"{self._prefix}/conference/{known.id}", self._headers))

    def _asked(self, room: str, jid: str) -> Granted | Denied:
        start = datetime.fromtimestamp(int(self._now()), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        form = {"name": room, "start_time": start, "mail_owner": jid.partition("/")[0]}
        headers = {**self._headers, "Content-Type": "application/x-www-form-urlencoded"}
        reply = self._line.call(Call("POST", f"{self._prefix}/conference", headers, urlencode(form).encode()))
        if reply is None:
            return self._denied(500, "Reservation lookup timed out")
        if reply.status in (200, 201):
            return self._granted(room, reply)
        if reply.status != 409:
            return self._denied(reply.status, _message(reply))
        conflict = _object(reply).get("conflict_id")
        if conflict is None:
            return self._denied(409, _GARBLED)
        found = self._line.call(Call("GET", f"{self._prefix}/conference/{conflict}", self._headers))
        if found is None:
            return self._denied(500, "Reservation lookup timed out")
        return self._granted(room, found) if found.status == 200 else self._denied(found.status, _message(found))

    def _granted(self, room: str, reply: Reply) -> Granted | Denied:
        """What is not exactly as it should be is a 500 to whoever waits."""
        told = _object(reply)
        name, start = told.get("name"), _START.fullmatch(str(told.get("start_time")))
        duration, most = _number(told.get("duration")), _number(told.get("max_occupants"))
        password = told.get("password")
        problem = (
            not isinstance(name, str) or name.lower() != room or told.get("id") is None,
            told.get("mail_owner") is None or duration is None or start is None,
            told.get("max_occupants") is not None and (most is None or most < 1),
            password is not None and not isinstance(password, str),
        )
        if any(problem) or duration is None or start is None:
            return self._denied(500, _GARBLED)
        begins = datetime.fromisoformat(start.group(1) + start.group(2).replace("Z", "+00:00")).timestamp()
        lobby = told.get("lobby") in (True, "true")
        return Granted(str(told["id"]), begins + duration, None if most is None else int(most), lobby, password)

    def _denied(self, code: int, text: str) -> Denied:
        return Denied(code, text, self._now() + _REMEMBERED)

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _object(reply: Reply) -> Mapping[str, Any]:
    try:
        value = json.loads(reply.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _message(reply: Reply) -> str:
    return str(_object(reply).get("message") or "Rejected by reservation server")


def _number(value: object) -> float | None:
    """As Lua's ``tonumber``: numbers, also in words."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None
