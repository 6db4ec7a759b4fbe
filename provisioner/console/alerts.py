"""Alerts: what goes on, with buttons to take it on; what was; and what is muted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query
from starlette.responses import HTMLResponse, Response

from provisioner.alerts.book import Book
from provisioner.app.alerting.muting import ALL, LONGEST_REASON, Scope, may_silence
from provisioner.app.alerting.taking import may_see
from provisioner.app.joining.refusing import Refused
from provisioner.app.pages.alert_pages import AlertCard, alert_cards, alerts_going_on
from provisioner.app.site import Site
from provisioner.console.alerting import bridged, own_bodies, shown_value
from provisioner.console.deps import Visit, allow
from provisioner.console.pages import go, render
from provisioner.console.refusals import NotThere
from provisioner.lifecycle.rights import Right
from provisioner.model.alerts import Quiet
from provisioner.model.text import Text
from provisioner.state.alert_outbox import AlertOutbox
from provisioner.state.alert_silences import AlertSilences
from provisioner.state.alerts import AlertRow, Alerts

router = APIRouter()

PAST: Final = 50
HOURS: Final = (1, 2, 4, 8, 24, 72, 168)
"""For how long can be muted on pages."""
_MEMBERS: Final = 100
_SENSORS: Final = 8
"""As many of an alert's sensors can be muted one by one on its page."""
_LAST: Final = 2**53


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


@router.get("/alerts")
def alerts(visit: Annotated[Visit, allow(Right.ALERTS)]) -> Response:
    """What goes on for the bodies of whoever visits, the worst first."""
    return _page(visit, {"scope": "", "hours": "2", "reason": ""}, {}, 200)


@router.get("/alerts/history")
def history(
    visit: Annotated[Visit, allow(Right.ALERTS)], before: Annotated[int | None, Query(ge=1, le=_LAST)] = None
) -> Response:
    """What is over, the newest first."""
    site, book, bodies = bridged(visit), visit.network.books.now(), own_bodies(visit)
    rows = Alerts(site.database, site.network).history(PAST + 1, before, bodies)
    older = rows[PAST - 1].id if len(rows) > PAST else None
    past = alert_cards(site, book, (row for row in rows[:PAST] if row.closed is not None), 0)
    return render(visit, "alert_history.html", past=past, older=older)


@router.get("/alerts/{alert}")
def alert(visit: Annotated[Visit, allow(Right.ALERTS)], alert: int) -> Response:
    """One of them, over or not."""
    site, book = bridged(visit), visit.network.books.now()
    row = _row(visit, site, book, alert)
    [card] = alert_cards(site, book, [row], _MEMBERS)
    bodies, registry = own_bodies(visit), visit.picture.registry
    said = AlertOutbox(site.database, site.network).of_alert(alert)
    return render(
        visit,
        "alert.html",
        one=card,
        said_lines=[line for line in said if bodies is None or line.body in bodies],
        bodies=registry.bodies,
        people=registry.people,
        scopes=_scopes_of(visit, book, card),
        hours=HOURS,
        shown=shown_value(visit),
        may_take=visit.who.person is not None,
        longest=LONGEST_REASON,
    )


@router.post("/alerts/{alert}/take")
def take(visit: Annotated[Visit, allow(Right.ALERTS)], alert: int) -> Response:
    """Whoever visits has it."""
    bridged(visit)
    visit.network.taking.take_on(visit.who, _number(alert))
    return go(visit, "alerts", said="alert_taken")


@router.post("/alerts/{alert}/back")
def back(visit: Annotated[Visit, allow(Right.ALERTS)], alert: int) -> Response:
    """Nobody has it any more."""
    bridged(visit)
    visit.network.taking.give_back(visit.who, _number(alert))
    return go(visit, "alerts", said="alert_given_back")


@router.post("/alerts/silences")
def mute(
    visit: Annotated[Visit, allow(Right.SILENCE)],
    scope: Annotated[str, Form(max_length=400)],
    hours: Annotated[int, Form(ge=1, le=24 * 30)],
    reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
) -> Response:
    """Nothing is said of it for a while."""
    bridged(visit)
    try:
        visit.network.muting.mute(visit.who, scope, timedelta(hours=hours), reason)
    except Refused as refused:
        return _page(visit, {"scope": scope, "hours": str(hours), "reason": reason}, {"scope": refused.text}, 422)
    return go(visit, "alerts", said="muted")


@router.post("/alerts/silences/{silence}/end")
def unmute(visit: Annotated[Visit, allow(Right.SILENCE)], silence: int) -> Response:
    """What still goes on is said again."""
    bridged(visit)
    visit.network.muting.unmute(visit.who, _number(silence))
    return go(visit, "alerts", said="unmuted")


def _page(visit: Visit, fields: Mapping[str, str], errors: Mapping[str, Text], status: int) -> HTMLResponse:
    site, book, registry = bridged(visit), visit.network.books.now(), visit.picture.registry
    cards = alert_cards(site, book, alerts_going_on(site, own_bodies(visit)))
    return render(
        visit,
        "alert_list.html",
        status=status,
        open=cards,
        silences=_silences(visit, site, book, cards),
        people=registry.people,
        scopes=_scopes(visit, book),
        hours=HOURS,
        fields=fields,
        errors=errors,
        now=visit.now,
        shown=shown_value(visit),
        may_take=visit.who.person is not None,
        longest=LONGEST_REASON,
    )


def _row(visit: Visit, site: Site, book: Book, alert: int) -> AlertRow:
    """Raises `NotThere`."""
    row = Alerts(site.database, site.network).get(_number(alert))
    if row is None or not may_see(visit.who, row, book):
        raise NotThere
    return row


def _number(identity: int) -> int:
    """One that a database can hold. Raises `NotThere`."""
    if not 0 < identity <= _LAST:
        raise NotThere
    return identity


def _silences(visit: Visit, site: Site, book: Book, cards: Iterable[AlertCard]) -> list[SilenceLine]:
    """Those that hold now or later, of what whoever visits is told of."""
    found = AlertSilences(site.database, site.network).to_come(visit.now)
    lines = (_silence(visit, book, one) for one in found)
    return [line for line in lines if line is not None]


def _silence(visit: Visit, book: Book, quiet: Quiet) -> SilenceLine | None:
    scope, bodies = Scope.parse(quiet.scope), own_bodies(visit)
    if scope is None:
        return None
    concerned = scope.concerned(book)
    if bodies is not None and concerned is not None and concerned.isdisjoint(bodies):
        return None
    person = visit.picture.registry.people.get(quiet.by)
    name, may_end = person.display_name if person is not None else "", may_silence(visit.who, scope, book)
    return SilenceLine(quiet.id, scope, scope.called(book), quiet.since, quiet.until, name, quiet.reason, may_end)


def _scopes(visit: Visit, book: Book) -> list[tuple[Scope, str]]:
    """What whoever visits could mute as a whole: bodies, rules, cities; everything."""
    registry = book.registry
    found = [Scope("body", one) for one in registry.bodies if _tells(book, one)]
    found += [Scope("rule", one) for one in book.rules]
    cities = {sensor.organisation for sensor in registry.sensors.values()}
    found += [Scope("organisation", one) for one in sorted(cities & registry.organisations.keys())]
    found.append(Scope(ALL))
    return [(one, one.called(book)) for one in found if may_silence(visit.who, one, book)]


def _tells(book: Book, body: str) -> bool:
    entries = (sensor.tells for sensor in book.registry.sensors.values())
    return any(body in tells for tells in (*entries, *(rule.tells for rule in book.rules.values())))


def _scopes_of(visit: Visit, book: Book, card: AlertCard) -> list[tuple[Scope, str]]:
    """What whoever visits could mute because of one alert: the nearest first."""
    found = [Scope("sensor", one.key) for one in card.members[:_SENSORS] if one.ended is None]
    found.insert(0, Scope("pair", card.body, card.rule))
    found += [Scope("rule", card.rule), Scope("body", card.body)]
    there = (one for one in found if one.is_there(book) and may_silence(visit.who, one, book))
    return [(one, one.called(book)) for one in there]
