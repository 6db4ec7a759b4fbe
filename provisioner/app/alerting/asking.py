"""What can't be asked of senders at this moment, as whoever leads the bridge puts it down: pages and doctor read it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from provisioner.app.site import Site
from provisioner.model.text import Text
from provisioner.senders.settings import ThingsStackSettings
from provisioner.state import SenderStates
from provisioner.state.codec import dump_text, load_text

LONG: Final = timedelta(hours=1)
"""For so long a storage may not be readable before somebody has to look: servers are mended in less, and the shortest
that is kept anywhere (24 hours) leaves time to."""


class Asked(StrEnum):
    """What is asked of a sender, since it does not tell it."""

    STORAGE = "storage"
    GATEWAYS = "gateways"


@dataclass(frozen=True, slots=True)
class Unasked:
    """It can't be asked."""

    since: datetime
    """The first try that failed; none went well after it."""
    why: Text
    """Of the last try."""

    def is_long(self, now: datetime) -> bool:
        """Whether it is no passing trouble any more."""
        return now - self.since >= LONG


def noted(what: Asked, why: Text | None, about: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """``about`` of a sender after one more try; ``why`` it failed, None: it did not."""
    others = {name: value for name, value in about.items() if name != _name(what)}
    if why is None:
        return others
    before = unasked(what, about)
    since = now if before is None else before.since
    return {**others, _name(what): {"since": since.isoformat(), "why": dump_text(why)}}


def unasked(what: Asked, about: Mapping[str, Any]) -> Unasked | None:
    """As ``about`` of a sender says. None: it was asked the last time, or never."""
    found = about.get(_name(what))
    if found is None or (why := load_text(found["why"])) is None:
        return None
    return Unasked(datetime.fromisoformat(found["since"]), why)


def all_unasked(site: Site, what: Asked) -> Iterator[tuple[str, Unasked]]:
    """By sender, of all that the settings name. Raises `StateError`."""
    bridge, states = site.section.bridge, SenderStates(site.database, site.network)
    for sender, settings in sorted({} if bridge is None else bridge.senders.items()):
        if isinstance(settings, ThingsStackSettings) and getattr(settings, what) is not None:
            found = unasked(what, states.get(sender))
            if found is not None:
                yield sender, found


def gaps_stay(site: Site) -> bool:
    """Whether a storage can't be read for so long that what was missed may be lost. Raises `StateError`."""
    now = site.clock.now()
    return any(trouble.is_long(now) for _, trouble in all_unasked(site, Asked.STORAGE))


def _name(what: Asked) -> str:
    return f"{what}_unasked"
