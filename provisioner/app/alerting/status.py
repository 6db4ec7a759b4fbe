"""How a network's bridge is, as whoever leads it puts down now and then: pages, commands and doctor read it there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from provisioner.app.site import Site
from provisioner.model.text import Text
from provisioner.state import AlertOutbox, Meta, Said
from provisioner.state.alert_outbox import SaidState
from provisioner.state.codec import dump, dump_text, load, load_text

EVERY: Final = 15.0
"""Seconds between two notes."""
_STALE: Final = timedelta(seconds=120)
_NAME: Final = "bridge.status"
_LATEST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """A sender that is listened to by MQTT, or of which something was left out at the start."""

    listening_since: datetime | None
    """Without a break; None: it is not heard."""
    trouble: Text | None


@dataclass(frozen=True, slots=True)
class BridgeStatus:
    """At one moment."""

    at: datetime
    lines: Mapping[str, Line] = field(default_factory=dict)
    waiting: int = 0
    """Messages that came and are not committed yet."""
    troubled: bool = False
    """The database can't be written."""
    bot: Text | None = None
    """Why Talk's bot is not heard; None: it is, or there is none."""

    def is_stale(self, now: datetime) -> bool:
        """Whether it is so old that no bridge can be running."""
        return now - self.at > _STALE

    @property
    def deaf(self) -> Text | None:
        """That the bot is not heard, and why."""
        return None if self.bot is None else Text.of("app.bot_unheard", why=self.bot)

    def troubles(self) -> list[Text]:
        """What somebody should look at."""
        found = [Text.of("app.bridge_cannot_keep")] if self.troubled else []
        for sender, line in sorted(self.lines.items()):
            if line.listening_since is None:
                found.append(Text.of("app.sender_unheard", sender=sender, why=line.trouble or _CONNECTING))
            elif line.trouble is not None:
                found.append(Text.of("app.sender_half_heard", sender=sender, why=line.trouble))
        return found if self.deaf is None else [*found, self.deaf]


_CONNECTING: Final = Text.of("app.sender_connecting")


def keep_status(site: Site, status: BridgeStatus) -> None:
    """Raises `StateError`."""
    lines = {
        sender: [None if line.listening_since is None else line.listening_since.isoformat(), dump_text(line.trouble)]
        for sender, line in status.lines.items()
    }
    kept = {
        "at": status.at.isoformat(),
        "lines": lines,
        "waiting": status.waiting,
        "troubled": status.troubled,
        "bot": dump_text(status.bot),
    }
    Meta(site.database).put(site.network, _NAME, dump(kept))


def last_status(site: Site) -> BridgeStatus | None:
    """None: no bridge ever ran. Raises `StateError`."""
    kept = Meta(site.database).get(site.network, _NAME)
    if kept is None:
        return None
    found = load(kept)
    lines = {
        sender: Line(None if since is None else datetime.fromisoformat(since), load_text(trouble))
        for sender, (since, trouble) in found["lines"].items()
    }
    at, bot = datetime.fromisoformat(found["at"]), load_text(found.get("bot"))
    return BridgeStatus(at, lines, found["waiting"], found["troubled"], bot)


def unsaid_for(site: Site) -> float:
    """Seconds for which the oldest saying waits since its time came; 0: none does. Raises `StateError`.

    What is put off for the morning waits from then on. What was tried waits, however long it rests until it is again.
    """
    now = site.clock.now()
    waiting = AlertOutbox(site.database, site.network).latest(SaidState.WAITING, SaidState.SENDING, limit=_LATEST)
    since = (_due(one) for one in waiting)
    return max(
        ((now - moment).total_seconds() for moment in since if moment is not None and moment <= now), default=0.0
    )


def _due(said: Said) -> datetime | None:
    if said.tries or said.not_before is None or said.created is None:
        return said.created
    return max(said.created, said.not_before)
