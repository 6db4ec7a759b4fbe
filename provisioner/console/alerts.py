"""Alerts: what goes on, with buttons to take it on; what was; and what is muted, now or later."""

from collections.abc import Mapping
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from starlette.responses import HTMLResponse, Response

from provisioner.alerts.book import Book
from provisioner.app.alerting.muting import LONGEST_REASON, WrongTime
from provisioner.app.alerting.taking import may_see
from provisioner.app.joining.refusing import Refused
from provisioner.app.pages.alert_pages import alert_cards, alerts_going_on
from provisioner.app.site import Site
from provisioner.console.alerting import bridged, own_bodies, shown_value
from provisioner.console.deps import Visit, allow
from provisioner.console.pages import go, render
from provisioner.console.refusals import NotThere
from provisioner.console.silencing import BLANK, HOURS, Mistyped, scopes, scopes_of, silence_lines, typed_window
from provisioner.lifecycle.rights import Right
from provisioner.model.text import Text
from provisioner.state.alert_outbox import AlertOutbox
from provisioner.state.alerts import AlertRow, Alerts

router = APIRouter()

PAST: Final = 50
_MEMBERS: Final = 100
_LONGEST_MOMENT: Final = 40
"""As long is nothing that a browser sends for date and time."""
_LAST: Final = 2**53


@router.get("/alerts")
def alerts(visit: Annotated[Visit, allow(Right.ALERTS)]) -> Response:
    """What goes on for the bodies of whoever visits, the worst first."""
    return _page(visit, BLANK, {}, 200)


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
        scopes=scopes_of(visit, book, card),
        hours=HOURS,
        zone=registry.time_zone,
        fields=BLANK,
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
    begin: Annotated[str, Form(max_length=_LONGEST_MOMENT)] = "",
    hours: Annotated[int, Form(ge=1, le=24 * 30)] = 2,
    until: Annotated[str, Form(max_length=_LONGEST_MOMENT)] = "",
    reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
) -> Response:
    """Nothing is said of it for a while, from now on or later."""
    bridged(visit)
    fields = {"scope": scope, "begin": begin, "hours": str(hours), "until": until, "reason": reason}
    zone = ZoneInfo(visit.picture.registry.time_zone)
    try:
        since, lasts = typed_window(fields, zone, visit.now)
        made = visit.network.muting.mute(visit.who, scope, lasts, reason, since)
    except Mistyped as mistyped:
        return _page(visit, fields, mistyped.errors, 422)
    except WrongTime as wrong:
        return _page(visit, fields, {wrong.field: wrong.text}, 422)
    except Refused as refused:
        return _page(visit, fields, {"scope": refused.text}, 422)
    return go(visit, "alerts", said="muting_planned" if made.since > visit.now else "muted")


@router.post("/alerts/silences/{silence}/end")
def unmute(visit: Annotated[Visit, allow(Right.SILENCE)], silence: int) -> Response:
    """What still goes on is said again; what was only planned does not come."""
    bridged(visit)
    held = visit.network.muting.unmute(visit.who, _number(silence))
    return go(visit, "alerts", said="unmuted" if held else "muting_called_off")


def _page(visit: Visit, fields: Mapping[str, str], errors: Mapping[str, Text], status: int) -> HTMLResponse:
    site, book, registry = bridged(visit), visit.network.books.now(), visit.picture.registry
    silences = silence_lines(visit, site, book)
    return render(
        visit,
        "alert_list.html",
        status=status,
        open=alert_cards(site, book, alerts_going_on(site, own_bodies(visit))),
        silences=[one for one in silences if one.since <= visit.now],
        planned=[one for one in silences if one.since > visit.now],
        people=registry.people,
        scopes=scopes(visit, book, fields["scope"]),
        hours=HOURS,
        zone=registry.time_zone,
        fields=fields,
        errors=errors,
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
