"""Senders as pages and commands show them: heard or not, what was refused; and what waits to be said."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from provisioner.app.site import Site
from provisioner.model.text import Text
from provisioner.senders.parsing import REFUSALS
from provisioner.state.alert_outbox import AlertOutbox, Said, SaidState
from provisioner.state.sender_states import SenderStates

_REFUSED: Final = "refused:"
_LATEST: Final = 1_000


@dataclass(frozen=True, slots=True)
class SenderCard:
    """One sender of the settings, or one that they name no more."""

    name: str
    kind: str
    """"": the settings name it no more."""
    trouble: str
    """The code of a text: why nobody listens to it; "": nothing is wrong, or nobody has to listen."""
    listening_since: datetime | None
    heard: datetime | None
    counts: Mapping[str, int]
    """By what was counted, but what was refused."""
    refused: Mapping[str, int]
    """By code: see `provisioner.senders.parsing.REFUSALS`."""

    def why(self, code: str) -> Text:
        """Why something was refused."""
        return REFUSALS.get(code, Text.of("app.refused_otherwise", reason=code))


@dataclass(frozen=True, slots=True)
class Lane:
    """What waits to be said to one body."""

    body: str
    count: int
    since: datetime | None
    tries: int
    """Of what is tried now."""
    error: str
    """The code of a text; "": nothing went wrong."""


def sender_cards(site: Site) -> list[SenderCard]:
    """By name. Raises `StateError`."""
    bridge, states = site.section.bridge, SenderStates(site.database, site.network)
    settings = bridge.senders if bridge is not None else {}
    counts = states.counts()
    named = sorted(name for name in settings.keys() | states.names() if name)
    return [
        _card(name, settings[name].kind if name in settings else "", states.get(name), counts.get(name, {}))
        for name in named
    ]


def _card(name: str, kind: str, about: Mapping[str, Any], counts: Mapping[str, tuple[int, datetime]]) -> SenderCard:
    refused = {what.removeprefix(_REFUSED): count for what, (count, _) in counts.items() if what.startswith(_REFUSED)}
    others = {what: count for what, (count, _) in counts.items() if not what.startswith(_REFUSED)}
    heard = max((last for _, last in counts.values()), default=None)
    since = about.get("listening_since")
    listening = None if since is None else datetime.fromtimestamp(float(since), UTC)
    return SenderCard(name, kind, str(about.get("trouble", "")), listening, heard, others, refused)


def lanes_of(site: Site) -> list[Lane]:
    """By body: what waits, or is being said. Raises `StateError`."""
    outbox = AlertOutbox(site.database, site.network)
    found: dict[str, Lane] = {}
    for one in _oldest_first(outbox.latest(SaidState.WAITING, SaidState.SENDING, limit=_LATEST)):
        known = found.get(one.body, Lane(one.body, 0, one.created, 0, ""))
        found[one.body] = replace(
            known, count=known.count + 1, tries=max(known.tries, one.tries), error=known.error or one.error
        )
    counts = outbox.on_the_way()
    return [replace(lane, count=counts.get(body, lane.count)) for body, lane in sorted(found.items())]


def _oldest_first(latest: Iterable[Said]) -> list[Said]:
    return sorted(latest, key=lambda one: one.id)
