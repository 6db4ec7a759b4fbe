"""Refusals and mistakes as pages, in the visitor's language and without what only we need to know."""

import logging
import traceback
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.console.deps import Visit, visit_of
from provisioner.console.guarding import HEADERS
from provisioner.console.languages import wished_language
from provisioner.console.network import Network
from provisioner.console.pages import go, put_cookie, render, render_plain
from provisioner.console.refusals import Forged, NotLoggedIn, NotThere, Unregistered
from provisioner.model.errors import SettingsError, StateError
from provisioner.model.text import Text

_log = logging.getLogger(__name__)

_TITLES = {
    403: "forged",
    404: "not_there",
    405: "not_there",
    413: "too_long",
    422: "malformed",
    429: "too_often",
    503: "busy",
}
TITLES = (*sorted({*_TITLES.values()}), "broken")
"""What can be said with a status: ``error_<title>`` and ``error_<title>_why`` in the texts."""
_NEXT_SECONDS = 1800


def error_page(request: Request, status: int, why: Text | None = None) -> HTMLResponse:
    """What to say with a status; ``why``: more exactly than the status says it."""
    title = _TITLES.get(status, "malformed" if status < 500 else "broken")
    context = {"title": title, "why": why}
    visit = _visit(request, status)
    if visit is not None:
        return render(visit, "error.html", status=status, **context)
    language = wished_language(request) or "de"
    return render_plain(language, "error_plain.html", "", status=status, **context)


def _broken(request: Request, fault: Exception) -> HTMLResponse:
    """The last resort: asks nothing that may be broken, too. It leaves outside of all that puts headers on."""
    # Where, but not what it says: an exception may quote anything.
    where = "".join(traceback.format_tb(fault.__traceback__))
    _log.error("page broken", extra={"why": type(fault).__name__, "at": where})
    visit = getattr(request.state, "visit", None)
    language, base = wished_language(request) or "de", ""
    if isinstance(visit, Visit):
        language, base = visit.language, visit.network.base
    answer = render_plain(language, "error_plain.html", base, status=500, title="broken", why=None)
    answer.headers.update({**HEADERS, "Cache-Control": "no-store"})
    return answer


def _visit(request: Request, status: int) -> Visit | None:
    """Who is there, also where no page was found that would have asked."""
    visit = getattr(request.state, "visit", None)
    if isinstance(visit, Visit):
        return visit
    networks: dict[str, Network] = request.app.state.networks
    below = (one for one in networks.values() if request.url.path.startswith(f"{one.base}/"))
    network = next(below, None) if status in (404, 405) else None
    return None if network is None else visit_of(request, network)


def install(app: FastAPI) -> None:
    """Let the application answer with pages whatever happens."""

    def answer(kind: type[Exception], how: Callable[[Request, Any], Response]) -> None:
        app.add_exception_handler(kind, how)

    answer(NotThere, lambda request, _: error_page(request, 404))
    answer(Forbidden, lambda request, _: error_page(request, 404))
    answer(Forged, lambda request, _: error_page(request, 403))
    answer(Refused, lambda request, error: error_page(request, 422, error.text))
    answer(StateError, lambda request, _: error_page(request, 503))
    answer(SettingsError, lambda request, _: error_page(request, 503))
    answer(RequestValidationError, lambda request, _: error_page(request, 422))
    answer(HTTPException, lambda request, error: error_page(request, error.status_code))
    answer(NotLoggedIn, lambda request, _: _to_login(request))
    answer(Unregistered, lambda request, _: go(request.state.visit, "register"))
    answer(Exception, _broken)


def _to_login(request: Request) -> Response:
    """The page that was asked for is remembered in the browser, where nobody else can say where a login leads."""
    visit: Visit = request.state.visit
    if visit.is_fragment:
        return Response(status_code=204, headers={"HX-Redirect": visit.network.path("login")})
    answer = go(visit, "login")
    if request.method == "GET":
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if visit.network.is_ours(asked) and len(asked) < 500:
            put_cookie(visit, answer, "next", asked, _NEXT_SECONDS)
    return answer
