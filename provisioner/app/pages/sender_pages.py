"""Senders as pages and commands show them: heard or not, what was refused; and what waits to be said."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from provisioner.app.alerting.asking import Asked, unasked
from provisioner.app.alerting.status import Line, last_status
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
    line: Line | None
    """Of one that is listened to; None: it calls, or no bridge runs."""
    troubles: tuple[Text, ...]
    """Why its storage, or its gateways, can't be asked."""
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
    counts, status = states.counts(), last_status(site)
    lines = {} if status is None or status.is_stale(site.clock.now()) else status.lines
    named = sorted(name for name in settings.keys() | states.names() if name)
    return [
        _card(
            name,
            settings[name].kind if name in settings else "",
            states.get(name),
            counts.get(name, {}),
            lines.get(name),
        )
        for name in named
    ]


def _card(
    name: str, kind: str, about: Mapping[str, Any], counts: Mapping[str, tuple[int, datetime]], line: Line | None
) -> SenderCard:
    refused = {what.removeprefix(_REFUSED): count for what, (count, _) in counts.items() if what.startswith(_REFUSED)}
    others = {what: count for what, (count, _) in counts.items() if not what.startswith(_REFUSED)}
    heard = max((last for _, last in counts.values()), default=None)
    troubles = tuple(found.why for what in Asked if (found := unasked(what, about)) is not None)
    return SenderCard(name, kind, line, troubles, heard, others, refused)


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
