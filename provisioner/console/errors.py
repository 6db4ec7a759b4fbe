"""Refusals and mistakes as pages, in the visitor's language and without what only we need to know."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from provisioner.app.refusing import Forbidden, Refused
from provisioner.console.deps import Visit
from provisioner.console.languages import wished_language
from provisioner.console.pages import go, put_cookie, render, render_plain
from provisioner.console.refusals import Forged, NotLoggedIn, NotThere, Unregistered
from provisioner.model.errors import StateError
from provisioner.model.text import Text

_TITLES = {403: "forged", 404: "not_there", 413: "too_long", 422: "malformed", 429: "too_often", 503: "busy"}
_NEXT_SECONDS = 1800


def error_page(request: Request, status: int, why: Text | None = None) -> HTMLResponse:
    """What to say with a status; ``why``: more exactly than the status says it."""
    title = _TITLES.get(status, "malformed" if status < 500 else "broken")
    context = {"title_code": f"error_{title}", "why": why}
    visit = getattr(request.state, "visit", None)
    if isinstance(visit, Visit):
        return render(visit, "error.html", status=status, **context)
    language = wished_language(request) or "de"
    return render_plain(language, "error_plain.html", "", status=status, **context)


def install(app: FastAPI) -> None:
    """Let the application answer with pages whatever happens."""

    def answer(kind: type[Exception], how: Callable[[Request, Any], Response]) -> None:
        async def handler(request: Request, error: Exception) -> Response:
            return how(request, error)

        handle: Callable[[Request, Exception], Awaitable[Response]] = handler
        app.add_exception_handler(kind, handle)

    answer(NotThere, lambda request, _: error_page(request, 404))
    answer(Forbidden, lambda request, _: error_page(request, 404))
    answer(Forged, lambda request, _: error_page(request, 403))
    answer(Refused, lambda request, error: error_page(request, 422, error.text))
    answer(StateError, lambda request, _: error_page(request, 503))
    answer(RequestValidationError, lambda request, _: error_page(request, 422))
    answer(HTTPException, lambda request, error: error_page(request, error.status_code))
    answer(NotLoggedIn, lambda request, _: _to_login(request))
    answer(Unregistered, lambda request, _: go(request.state.visit, "register"))
    answer(Exception, lambda request, _: error_page(request, 500))


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
