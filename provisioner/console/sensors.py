"""Sensors with what they said last, and (for rangers) who sends, what waits to be said, and devices nobody entered."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from provisioner.app.alerting.status import last_status
from provisioner.app.pages.alert_pages import PERCENT, alerts_going_on, in_alert
from provisioner.app.pages.paging import paged
from provisioner.app.pages.sender_pages import lanes_of, sender_cards
from provisioner.app.pages.sensor_pages import Show, entry_for, sensor_lines, wanted
from provisioner.console.alerting import bridged, own_bodies, shown_value
from provisioner.console.deps import Visit, allow
from provisioner.console.pages import render
from provisioner.console.saying import word_of_code
from provisioner.lifecycle.rights import Right
from provisioner.state.alert_outbox import AlertOutbox, SaidState
from provisioner.state.gateways import Gateways
from provisioner.state.unknown_devices import UnknownDevices

router = APIRouter()

PER_PAGE: Final = 50
_UNKNOWN_SHOWN: Final = 50
_REFUSED_SHOWN: Final = 20
COUNTED: Final = ("taken", "twice", "late", "unknown", "missing", "poison")
"""What is told of what was counted: ``sender_count_<what>`` in the texts."""


@router.get("/sensors")
def sensors(
    visit: Annotated[Visit, allow(Right.ALERTS)],
    q: Annotated[str, Query(max_length=100)] = "",
    show: Show = Show.ALL,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Those of which bodies of whoever visits are told."""
    site, book, bodies = bridged(visit), visit.network.books.now(), own_bodies(visit)
    alerts = in_alert(alerts_going_on(site, bodies))
    found = list(wanted(sensor_lines(site, book, bodies), q.casefold().split(), show, alerts))
    asked = {name: value for name, value in (("q", q), ("show", str(show))) if value and value != Show.ALL}
    return render(
        visit,
        "sensors.html",
        found=paged(found, page, PER_PAGE),
        alerts_of=alerts,
        shown=shown_value(visit),
        percent=PERCENT,
        asked=asked,
        q=q,
        show=str(show),
        shows=[str(one) for one in Show],
    )


@router.get("/senders")
def senders(visit: Annotated[Visit, allow(Right.SENDERS)]) -> Response:
    """How messages come in, and how words go out."""
    site, book = bridged(visit), visit.network.books.now()
    database, network = site.database, site.network
    status = last_status(site)
    runs = status is not None and not status.is_stale(visit.now)
    unknown = UnknownDevices(database, network).all(_UNKNOWN_SHOWN + 1)
    return render(
        visit,
        "sender_list.html",
        senders=sender_cards(site),
        runs=runs,
        deaf=status.deaf if runs and status is not None else None,
        mistakes=book.problems,
        gateways=Gateways(database, network).all(),
        lanes=lanes_of(site),
        refused=AlertOutbox(database, network).latest(SaidState.REFUSED, limit=_REFUSED_SHOWN),
        bodies=visit.picture.registry.bodies,
        why=word_of_code(visit),
        unknown=unknown[:_UNKNOWN_SHOWN],
        is_more=len(unknown) > _UNKNOWN_SHOWN,
        entry_for=entry_for,
        counted=COUNTED,
    )
