"""Alerts as pages and commands show them: what goes on, for whom, who has it, and what was said."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from provisioner.alerts.alerting import AlertState, Member, decode_alert
from provisioner.alerts.book import Book
from provisioner.alerts.facts import RANK
from provisioner.alerts.quieting import quieted
from provisioner.alerts.sensing import SensorState, decode
from provisioner.app.pages.sensor_pages import moment
from provisioner.app.site import Site
from provisioner.model.alerts import AlertSeverity, Quiet
from provisioner.model.sensors import Quantity
from provisioner.state.alert_silences import AlertSilences
from provisioner.state.alerts import AlertRow, Alerts
from provisioner.state.sensor_states import SensorStates
from provisioner.texts import harmless

MEMBERS_SHOWN: Final = 8
_HTTPS: Final = "https://"


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One sensor of an alert."""

    key: str
    name: str
    severity: AlertSeverity
    since: datetime | None
    value: float | None
    """Now; of one that is over, when it ended."""
    peak: float | None
    quantity: Quantity | None
    ended: datetime | None
    map_link: str | None = None
    dashboard_link: str | None = None
    foreign_link: str | None = None
    """Of somebody else's alert: where to read more."""


@dataclass(frozen=True, slots=True)
class AlertCard:
    """One alert of one body."""

    id: int
    rule: str
    name: str
    """Of the rule; its id where the registry has it no more."""
    body: str
    body_name: str
    severity: AlertSeverity
    began: datetime
    """By the measurements' own time."""
    closed: datetime | None
    """When it ended, likewise; None: it goes on."""
    members: tuple[MemberLine, ...]
    more: int
    """So many more sensors than are shown."""
    meaning: str
    advice: str
    taken_by: str
    """A person's id; "" when nobody has it, or it is forgotten who."""
    taken_until: datetime | None
    quiet_until: datetime | None
    """None: it is said."""


def alerts_going_on(site: Site, bodies: Collection[str] | None) -> list[AlertRow]:
    """The worst first, of these the newest; of these bodies (None: of all), with those that escalations told.

    Raises `StateError`.
    """
    found = Alerts(site.database, site.network).going_on()
    mine = [row for row in found if bodies is None or not told_of(row).isdisjoint(bodies)]
    return sorted(mine, key=lambda row: (-RANK[row.severity], -row.opened.timestamp(), row.id))


def told_of(row: AlertRow) -> frozenset[str]:
    """The bodies that know of an alert: its own, and those that it was escalated to."""
    return frozenset({row.body, *decode_alert(row.about).bodies})


def in_alert(rows: Iterable[AlertRow]) -> dict[str, AlertSeverity]:
    """By sensor: the worst severity of what goes on."""
    found: dict[str, AlertSeverity] = {}
    for row in rows:
        for key, member in decode_alert(row.about).members.items():
            severity = AlertSeverity(member.severity)
            if not member.ended and (key not in found or RANK[severity] > RANK[found[key]]):
                found[key] = severity
    return found


@dataclass(frozen=True, slots=True)
class Around:
    """What is true at this moment besides the alerts themselves."""

    now: datetime
    quiets: tuple[Quiet, ...]
    """The silences that hold."""
    latest: Mapping[str, SensorState]
    """Sensors as they are known."""


def _card(row: AlertRow, book: Book, around: Around, most: int = MEMBERS_SHOWN) -> AlertCard:
    """One of them, over or not."""
    state, rule, body = decode_alert(row.about), book.rules.get(row.rule), book.registry.bodies.get(row.body)
    shown = _in_order(state)
    taken = state.taken if state.taken is not None and state.taken.until > around.now.timestamp() else None
    sinces, ends = ([getattr(one, of) for one in state.members.values()] for of in ("since", "ended"))
    return AlertCard(
        row.id,
        row.rule,
        rule.name if rule is not None else row.rule,
        row.body,
        body.name if body is not None else row.body,
        row.severity,
        moment(min(sinces, default=0.0)) or row.opened,
        None if row.closed is None else moment(max(ends, default=0.0)) or row.closed,
        tuple(_line(key, member, row.rule, book, around) for key, member in shown[:most]),
        max(len(shown) - most, 0),
        rule.meaning if rule is not None else "",
        rule.advice if rule is not None else "",
        taken.by if taken is not None and row.closed is None else "",
        moment(taken.until) if taken is not None and row.closed is None else None,
        None if row.closed is not None else _quiet_until(row, state, book, around),
    )


def alert_cards(site: Site, book: Book, rows: Iterable[AlertRow], most: int = MEMBERS_SHOWN) -> list[AlertCard]:
    """With what their sensors measure now. Raises `StateError`."""
    rows, now = list(rows), site.clock.now()
    shown = {key for row in rows if row.closed is None for key, _ in _in_order(decode_alert(row.about))[:most]}
    known = SensorStates(site.database, site.network).of(shown)
    latest = {key: decode(row.about) for key, row in known.items() if row.about}
    around = Around(now, AlertSilences(site.database, site.network).active(now), latest)
    return [_card(row, book, around, most) for row in rows]


def _in_order(state: AlertState) -> list[tuple[str, Member]]:
    """Those that it goes on for first, the worst of them first."""
    return sorted(
        state.members.items(), key=lambda one: (one[1].ended > 0, -RANK[one[1].severity], one[1].since, one[0])
    )


def _line(key: str, member: Member, rule: str, book: Book, around: Around) -> MemberLine:
    heard = around.latest.get(key)
    station = book.station(key, heard.device if heard is not None else "")
    severity, since, ended = AlertSeverity(member.severity), moment(member.since), moment(member.ended)
    if station is None:
        name = harmless(member.about.get("name") or key)
        link = member.about.get("link", "")
        foreign = link if link.startswith(_HTTPS) else None
        return MemberLine(key, name, severity, since, member.value, member.peak, None, ended, foreign_link=foreign)
    state = None if ended is not None else heard
    now, peak = member.value, member.peak
    if state is not None:  # what came since it turned last
        now = state.values.get(member.quantity, (now, 0.0))[0]
        peak = state.watches[rule].peak if rule in state.watches else peak
    return MemberLine(
        key,
        harmless(station.name),
        severity,
        since,
        now,
        peak,
        quantity_of(station.model.quantities, member.quantity),
        ended,
        station.sensor.map_link,
        station.sensor.dashboard_link,
    )


PERCENT: Final = Quantity("battery", (), unit="%", decimals=0)
"""Of what is left of a battery."""


def quantity_of(quantities: Mapping[str, Quantity], name: str) -> Quantity | None:
    """A model's, or the battery's."""
    return PERCENT if name == "battery" else quantities.get(name)


def _quiet_until(row: AlertRow, state: AlertState, book: Book, around: Around) -> datetime | None:
    """When all that it goes on for is quiet: until the first of them is not."""
    until = quieted(around.quiets, book, row.rule, row.body, around.now)
    ends = [until(key) for key, member in state.members.items() if not member.ended]
    known = [end for end in ends if end is not None]
    return min(known) if known and len(known) == len(ends) else None
