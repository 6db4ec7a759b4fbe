"""``mod_event_sync_component`` of jitsi-contrib, as its source has it: tells who comes into rooms and leaves them.

Each event is a request of its own that waits for no other, so their order is not kept: `hold` and `deliver` let a test
choose one.
"""

import json
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from connectors.jitsi.emulation.calling import AGENT, Call, Line, Send, over_http
from provisioner.model.ports import Clock

_DELAY: Final = 1.0
"""Seconds between two tries (``api_retry_delay``)."""

Payload = dict[str, Any]


@dataclass
class _Room:
    """What the plugin keeps of a room while it is there."""

    created_at: int
    extra: Payload
    occupants: dict[str, Payload] = field(default_factory=dict)
    active: set[str] = field(default_factory=set)


class EventCaller:
    """Calls ``<api_prefix>/events/…``. ``headers``: the option ``api_headers``. Not shared between threads."""

    def __init__(
        self,
        api_prefix: str,
        clock: Clock,
        *,
        headers: Mapping[str, str] | None = None,
        send: Send = over_http,
        domain: str = "meet.jitsi",
    ) -> None:
        self._prefix = api_prefix
        self._clock = clock
        self._headers = {"User-Agent": AGENT, "Content-Type": "application/json", **(headers or {})}
        self._line = Line(send, clock, _DELAY)
        self._domain = domain
        self._rooms: dict[tuple[str, str | None], _Room] = {}
        self._jids = count(1)
        self.hold = False
        """Whether events wait in `pending` until `deliver`."""
        self.pending: MutableSequence[Call] = []

    @property
    def log(self) -> list[tuple[Call, int | None]]:
        """Every try with its status; None: nothing came within 20 seconds."""
        return self._line.log

    def created(self, room: str, breakout: str | None = None) -> None:
        """Somebody opens a room; ``breakout``: the name of one of its breakout rooms."""
        muc = f"{room}@muc.{self._domain}"
        extra: Payload = {"is_breakout": breakout is not None, "room_jid": muc, "room_name": room}
        if breakout is not None:
            extra["breakout_room_id"] = breakout
        kept = self._rooms[room, breakout] = _Room(self._now(), extra)
        self._tell("room/created", "muc-room-created", kept, created_at=kept.created_at)

    def joined(self, room: str, user: Mapping[str, Any] | None = None, breakout: str | None = None) -> str:
        """Somebody enters; ``user``: ``context.user`` of the token, None for a guest without one. Their JID."""
        kept = self._rooms[room, breakout]
        jid = f"{next(self._jids):08x}@{self._domain}/web"
        told = {name: user[name] for name in ("name", "id", "email") if name in user} if user else {}
        kept.occupants[jid] = {"occupant_jid": jid, "joined_at": self._now(), **told}
        kept.active.add(jid)
        self._tell("occupant/joined", "muc-occupant-joined", kept, **_of(kept, jid))
        return jid

    def left(self, room: str, jid: str, breakout: str | None = None) -> None:
        """Somebody leaves."""
        kept = self._rooms[room, breakout]
        kept.active.discard(jid)
        kept.occupants[jid]["left_at"] = self._now()
        self._tell("occupant/left", "muc-occupant-left", kept, **_of(kept, jid))

    def destroyed(self, room: str, breakout: str | None = None) -> None:
        """The room is closed. An empty list of Lua's is ``{}``."""
        kept = self._rooms.pop((room, breakout))
        everybody: Sequence[Payload] | Payload = list(kept.occupants.values()) or {}
        times = {"created_at": kept.created_at, "destroyed_at": self._now()}
        self._tell("room/destroyed", "muc-room-destroyed", kept, **times, all_occupants=everybody)

    def deliver(self, order: Callable[[MutableSequence[Call]], None] | None = None, twice: bool = False) -> None:
        """Send what is held, after ``order`` (``random.shuffle``, …) has had it; each ``twice``, as a retry may be."""
        if order is not None:
            order(self.pending)
        while self.pending:
            call = self.pending.pop(0)
            for _ in range(2 if twice else 1):
                self._line.call(call)

    def _tell(self, path: str, name: str, room: _Room, **more: Any) -> None:
        body = json.dumps({"event_name": name, **more, **room.extra}, ensure_ascii=False).encode()
        call = Call("POST", f"{self._prefix}/events/{path}", self._headers, body)
        if self.hold:
            self.pending.append(call)
        else:
            self._line.call(call)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _of(room: _Room, jid: str) -> Payload:
    return {"occupant": room.occupants[jid], "active_occupants_count": len(room.active)}
