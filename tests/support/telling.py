"""One alert on virtual time: what is said of it, as ``kind`` words, and when it wants to be looked at."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from provisioner.alerts.alerting import (
    Advanced,
    AlertState,
    Saying,
    advance,
    decode_alert,
    encode_alert,
    give_back,
    take_on,
    tick,
)
from provisioner.alerts.book import Book
from provisioner.alerts.quieting import quieted
from provisioner.model.alerts import AlertEnd, AlertSeverity, Happened, Quiet, Rule, Turn
from provisioner.model.sensors import Sensor
from tests.support.watching import FLOOD, WARNING, book, minute, rule

BRIDGES = tuple(
    Sensor(f"b-{number}", (f"pegel-{number}",), "ettlingen", "river", f"Brücke {number}", ("pegel",), mount_height=4.0)
    for number in range(1200)
)


class Told:
    """``policy``: what differs from its defaults; there are no quiet hours and no repeats unless it has them."""

    def __init__(self, policy: Mapping[str, Any] | None = None, sensors: Sequence[Sensor] = BRIDGES[:9], **more: Any):
        calm = {"quiet": {"up_to": None}, "repeat": {"info": None, "warning": None, "critical": None}}
        self.rule: Rule = rule(FLOOD, **more)
        self.book: Book = book(self.rule, policy={**calm, **(policy or {})}, sensors=sensors)
        self.about: str | None = None
        self.quiets: list[Quiet] = []
        self.sayings: list[Saying] = []
        self.due: float | None = None
        """In minutes."""
        self.closed: AlertEnd | None = None

    @property
    def state(self) -> AlertState:
        assert self.about is not None
        return decode_alert(self.about)

    def began(self, minutes: float, *bridges: int, severity: AlertSeverity = WARNING, **more: Any) -> list[str]:
        return self.turned(minutes, Turn.BEGAN, *bridges, severity=severity, **more)

    def ended(self, minutes: float, *bridges: int, **more: Any) -> list[str]:
        return self.turned(minutes, Turn.ENDED, *bridges, **more)

    def turned(
        self, minutes: float, turn: Turn, *bridges: int, severity: AlertSeverity = WARNING, **more: Any
    ) -> list[str]:
        now = minute(minutes)
        about = more.pop("about", {})
        more = {"value": 1.2, "peak": 1.3, "quantity": "level", **more}
        turns = [Happened(turn, "rule", f"b-{each}", severity, now, now, about=about, **more) for each in bridges]
        state = None if self.about is None else self.state
        return self._done(advance(self.book, "rule", state, turns, now, quieted=self._quieted(now)))

    def look(self, minutes: float) -> list[str]:
        now = minute(minutes)
        return self._done(tick(self.book, "rule", "pegel", self.state, now, quieted=self._quieted(now)))

    def until(self, minutes: float) -> list[tuple[float, str]]:
        """Look whenever it is due: (minute, what was said)."""
        said: list[tuple[float, str]] = []
        while self.due is not None and self.due <= minutes:
            at = self.due
            said += [(at, kind) for kind in self.look(at)]
            assert self.due is None or self.due > at, "it would be looked at for ever"
        return said

    def take_on(self, minutes: float, by: str = "p-1", hours: float = 8) -> list[str]:
        now = minute(minutes)
        until = now + timedelta(hours=hours)
        return self._done(take_on(self.book, "rule", self.state, by, until, now, quieted=self._quieted(now)))

    def give_back(self, minutes: float) -> list[str]:
        now = minute(minutes)
        return self._done(give_back(self.book, "rule", self.state, now, quieted=self._quieted(now)))

    def mute(self, scope: str, begin: float, end: float) -> None:
        self.quiets.append(Quiet(len(self.quiets), scope, minute(begin), minute(end)))

    @property
    def last(self) -> Saying:
        return self.sayings[-1]

    def _quieted(self, now: datetime) -> Any:
        return quieted(self.quiets, self.book, "rule", "pegel", now)

    def _done(self, advanced: Advanced | None) -> list[str]:
        if advanced is None:
            return []
        self.closed = advanced.closed
        self.about = None if advanced.closed else encode_alert(advanced.state)
        self.due = None if advanced.due is None else (advanced.due - minute(0)).total_seconds() / 60
        self.sayings += advanced.sayings
        return [str(saying.kind) for saying in advanced.sayings]
