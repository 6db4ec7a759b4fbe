"""What a meeting server tells of one room, at times that a test chooses."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from connectors.jitsi.emulation.calling import Call, Reply
from connectors.jitsi.emulation.event_caller import EventCaller
from tests.support.desk import AnyClock

PLANTED: Final = ("Änne Müßig", "anne.muessig@bretten.example", "opaque-4711", "@meet.jitsi")
"""What stands in events about people: nothing of it may be found anywhere."""
_PERSON: Final = dict(zip(("name", "email", "id"), PLANTED[:3], strict=True))

Told = tuple[str, dict[str, Any]]
"""The end of the path, and the body."""


@dataclass
class Room:
    """People come and go; each is known by whatever the test calls their connection."""

    name: str
    breakout: str | None = None
    told: list[Told] = field(default_factory=list)
    """In the order in which it happened."""

    def __post_init__(self) -> None:
        self._clock, self._jids = AnyClock(), dict[str, str]()
        self._caller = EventCaller("", self._clock, send=self._noted)

    def create(self, now: int) -> "Room":
        self._at(now).created(self.name, self.breakout)
        return self

    def join(self, connection: str, now: int) -> "Room":
        self._jids[connection] = self._at(now).joined(self.name, _PERSON, self.breakout)
        return self

    def leave(self, connection: str, now: int) -> "Room":
        self._at(now).left(self.name, self._jids.pop(connection), self.breakout)
        return self

    def destroy(self, now: int) -> "Room":
        self._at(now).destroyed(self.name, self.breakout)
        return self

    def _at(self, now: int) -> EventCaller:
        self._clock.moment = datetime.fromtimestamp(now, UTC)
        return self._caller

    def _noted(self, call: Call) -> Reply:
        self.told.append((call.url.removeprefix("/events/"), json.loads(call.body)))
        return Reply(204)
