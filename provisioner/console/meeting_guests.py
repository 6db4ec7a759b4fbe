"""A guest's way into a meeting room: by a personal link, which is shown by GET and used by POST alone.

Programs that look through mails open every link in them; and whoever opens it sees first under which name they enter.
"""

from datetime import timedelta
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from provisioner.app.joining.reception import place_of
from provisioner.app.joining.refusing import Forbidden
from provisioner.app.meetings.doors import LinkOver
from provisioner.console.deps import AnyVisit, Visit
from provisioner.console.describing import page
from provisioner.console.guarding import policy_with
from provisioner.console.meeting_room import TO_ROOM, origins, to_room
from provisioner.console.one_time_links import Word
from provisioner.console.pages import render
from provisioner.state import Attempts

router = APIRouter()

_OVER: Final[dict[int | str, dict[str, Any]]] = {
    410: page("The link has ended, was withdrawn, or never was."),
    429: page("Too many words from there that are none."),
}
_AN_HOUR: Final = timedelta(hours=1)


@router.get("/guest/{word}", responses=_OVER)
def show_link(visit: AnyVisit, word: Word) -> Response:
    """Who would enter which room, and the button that does it."""
    try:
        entry = visit.network.doors.guest(word, visit.now)
    except LinkOver:
        return _over(visit)
    except Forbidden:
        return _unknown(visit)
    answer = render(visit, "guest.html", word=word, entry=entry)
    answer.headers["Content-Security-Policy"] = policy_with(list(origins(visit.network)))
    return answer


@router.post("/guest/{word}", responses={**_OVER, 303: TO_ROOM[303]})
def use_link(visit: AnyVisit, word: Word) -> Response:
    """Enter."""
    try:
        return to_room(visit.network, visit.network.doors.enter_as_guest(word))
    except LinkOver:
        return _over(visit)
    except Forbidden:
        return _unknown(visit)


def _over(visit: Visit) -> Response:
    return render(visit, "guest_over.html", status=410)


def _unknown(visit: Visit) -> Response:
    """Guessing is as good as hopeless (256 bits); who tries for long is told to stop, and nobody else is hindered."""
    network, limit = visit.network, visit.picture.policy.joining.tries_an_hour.sender
    sender = visit.request.client.host if visit.request.client is not None else ""
    attempts = Attempts(network.site.database, network.name)
    if attempts.count_one("guest-word", place_of(sender), visit.now, limit, _AN_HOUR):
        return _over(visit)
    return render(visit, "error.html", status=429, title="too_often", why=None)
