"""Beginning and ending a session in a browser."""

from datetime import timedelta
from typing import Final

from starlette.responses import Response

from provisioner.console.deps import Visit
from provisioner.console.pages import go_to, put_cookie
from provisioner.state import Session

OPENID_LASTS: Final = timedelta(hours=12)
"""A working day: whoever logs in with a city's account does so again tomorrow with one click."""


def let_in(visit: Visit, word: str) -> Response:
    """Give the browser its new session, and lead it to the page that it had asked for.

    The session is always a new one: a word that was in the browser before, whoever put it there, opens nothing.
    """
    network, now = visit.network, visit.now
    if visit.session is not None:
        network.sessions.end(visit.session.digest)
    asked = visit.request.cookies.get(network.cookie("next"), "")
    answer = go_to(visit, asked if network.is_ours(asked) else network.path())
    session = network.sessions.find(word, now)
    put_cookie(visit, answer, "", word, None if session is None else _seconds(session, visit))
    for of in ("form", "next", "openid"):
        put_cookie(visit, answer, of, None, None)
    return answer


def show_out(visit: Visit, answer: Response) -> Response:
    """End the session; nothing of it is left in the browser."""
    if visit.session is not None:
        visit.network.sessions.end(visit.session.digest)
    for of in ("", "form", "next", "openid"):
        put_cookie(visit, answer, of, None, None)
    return answer


def _seconds(session: Session, visit: Visit) -> int:
    return max(0, int((session.expires - visit.now).total_seconds()))
