"""Silences on pages: those that hold and those that are planned, and what is chosen and typed for a new one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from provisioner.alerts.book import Book
from provisioner.app.alerting.muting import ALL, Scope, may_silence
from provisioner.app.alerting.times import written_moment
from provisioner.app.joining.refusing import Refused
from provisioner.app.pages.alert_pages import AlertCard
from provisioner.app.site import Site
from provisioner.console.alerting import own_bodies
from provisioner.console.deps import Visit
from provisioner.model.alerts import Quiet
from provisioner.model.text import Text
from provisioner.state.alert_silences import AlertSilences

HOURS: Final = (1, 2, 4, 8, 24, 72, 168)
"""For how long can be muted on pages, unless an end is written."""
BLANK: Final[Mapping[str, str]] = {"scope": "", "begin": "", "hours": "2", "until": "", "reason": ""}
"""The form before anybody typed."""
_SENSORS: Final = 8
"""As many of an alert's sensors can be muted one by one on its page."""


class Mistyped(Exception):
    """What was typed into the form can't be understood: by field."""

    def __init__(self, errors: Mapping[str, Text]) -> None:
        super().__init__()
        self.errors = errors


@dataclass(frozen=True, slots=True)
class SilenceLine:
    """One silence as a page shows it."""

    id: int
    scope: Scope
    name: str
    since: datetime
    until: datetime
    by: str
    """A person's name; "" where it is not known any more, or nobody's to see."""
    reason: str
    may_end: bool


def typed_window(fields: Mapping[str, str], zone: ZoneInfo, now: datetime) -> tuple[datetime | None, timedelta]:
    """When the form wants it to begin (None: now), and how long it lasts by the end or the hours. Raises `Mistyped`."""
    moments: dict[str, datetime | None] = {}
    errors: dict[str, Text] = {}
    for field in ("begin", "until"):
        try:
            moments[field] = written_moment(fields[field], zone, later=field == "until")
        except Refused as refused:
            errors[field] = refused.text
    if errors:
        raise Mistyped(errors)
    begin, until = moments["begin"], moments["until"]
    return begin, timedelta(hours=int(fields["hours"])) if until is None else until - (begin or now)


def silence_lines(visit: Visit, site: Site, book: Book) -> list[SilenceLine]:
    """Those that hold now or later, of what whoever visits is told of; the next first."""
    found = AlertSilences(site.database, site.network).to_come(visit.now)
    lines = (_line(visit, book, one) for one in sorted(found, key=lambda one: one.since))
    return [line for line in lines if line is not None]


def _line(visit: Visit, book: Book, quiet: Quiet) -> SilenceLine | None:
    scope, bodies = Scope.parse(quiet.scope), own_bodies(visit)
    if scope is None:
        return None
    concerned = scope.concerned(book)
    if bodies is not None and concerned is not None and concerned.isdisjoint(bodies):
        return None
    person = visit.picture.registry.people.get(quiet.by)
    name, may_end = person.display_name if person is not None else "", may_silence(visit.who, scope, book)
    return SilenceLine(quiet.id, scope, scope.called(book), quiet.since, quiet.until, name, quiet.reason, may_end)


def scopes(visit: Visit, book: Book, chosen: str) -> list[tuple[Scope, str]]:
    """What whoever visits could mute as a whole: bodies, rules, cities, everything; first what was chosen elsewhere."""
    registry = book.registry
    found = [Scope("body", one) for one in registry.bodies if _tells(book, one)]
    found += [Scope("rule", one) for one in book.rules]
    cities = {sensor.organisation for sensor in registry.sensors.values()}
    found += [Scope("organisation", one) for one in sorted(cities & registry.organisations.keys())]
    found.append(Scope(ALL))
    elsewhere = Scope.parse(chosen)
    if elsewhere is not None and elsewhere not in found and elsewhere.is_there(book):
        found.insert(0, elsewhere)
    return [(one, one.called(book)) for one in found if may_silence(visit.who, one, book)]


def _tells(book: Book, body: str) -> bool:
    entries = (sensor.tells for sensor in book.registry.sensors.values())
    return any(body in tells for tells in (*entries, *(rule.tells for rule in book.rules.values())))


def scopes_of(visit: Visit, book: Book, card: AlertCard) -> list[tuple[Scope, str]]:
    """What whoever visits could mute because of one alert: the nearest first."""
    found = [Scope("sensor", one.key) for one in card.members[:_SENSORS] if one.ended is None]
    found.insert(0, Scope("pair", card.body, card.rule))
    found += [Scope("rule", card.rule), Scope("body", card.body)]
    there = (one for one in found if one.is_there(book) and may_silence(visit.who, one, book))
    return [(one, one.called(book)) for one in there]
