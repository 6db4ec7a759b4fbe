"""The way in and out: the page to log in, the language, logging out."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from provisioner.console.deps import AnyVisit
from provisioner.console.languages import known_language
from provisioner.console.pages import go, go_to, put_cookie, render

router = APIRouter()
_A_YEAR = 365 * 86_400


@router.get("/")
def start(visit: AnyVisit) -> Response:
    """My page, or where to log in."""
    if visit.viewer is None:
        return go(visit, "login")
    if visit.viewer.is_newcomer:
        return go(visit, "register")
    return go(visit, "me" if visit.viewer.person is not None else "overview")


@router.get("/login")
def login_page(visit: AnyVisit) -> Response:
    """Where somebody types their address."""
    return render(visit, "login.html", errors={}, address="")


@router.post("/language")
def change_language(
    visit: AnyVisit,
    language: Annotated[str, Form(max_length=5)],
    back: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Speak it from now on, in this browser."""
    said = known_language(language)
    answer = go_to(visit, back if visit.network.is_ours(back) else visit.network.path())
    if said is not None:
        put_cookie(visit, answer, "language", said, _A_YEAR)
    return answer


@router.post("/logout")
def log_out(visit: AnyVisit) -> Response:
    """End the session; in this browser nobody is logged in any more."""
    if visit.session is not None:
        visit.network.sessions.end(visit.session.digest)
    answer = go(visit, "login", said="logged_out")
    for of in ("", "form", "next"):
        put_cookie(visit, answer, of, None, None)
    return answer
