"""Where everything begins and ends: the first page, the page to log in, the language, logging out."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Form
from starlette.responses import Response

from provisioner.console.deps import AnyVisit, Visit
from provisioner.console.entering import show_out
from provisioner.console.languages import known_language
from provisioner.console.pages import go, go_to, put_cookie, render
from provisioner.model.text import Text

router = APIRouter()
_A_YEAR: Final = 365 * 86_400


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
    return show_login(visit)


def show_login(
    visit: Visit,
    address: str = "",
    errors: Mapping[str, Text] | None = None,
    why: Text | None = None,
    *,
    status: int = 200,
) -> Response:
    """The page to log in. ``errors``: what is wrong, by field; ``why``: why somebody is not logged in."""
    with_city = visit.network.provider is not None
    if why is None and visit.session is not None and visit.viewer is None:  # their access ended while they were here
        why = Text.of("console.openid_not_here")
    asked = visit.request.cookies.get(visit.network.cookie("next"), "")
    context = {
        "address": address,
        "for_room": _leads_into_a_room(visit, asked.partition("?")[0]),
        "errors": errors or {},
        "refused": why,
        "contact": visit.picture.policy.joining.contact,
        "with_city": with_city,
        "mail_goes": visit.network.mail_goes,
    }
    return render(visit, "login.html", status=status, **context)


def _leads_into_a_room(visit: Visit, path: str) -> bool:
    return path == visit.network.path("room") or path.startswith(visit.network.path("join", ""))


@router.post("/language")
def change_language(
    visit: AnyVisit,
    language: Annotated[str, Form(max_length=5)] = "",
    back: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Speak it from now on, in this browser."""
    answer = go_to(visit, back if visit.network.is_ours(back) else visit.network.path())
    if (known := known_language(language)) is not None:
        put_cookie(visit, answer, "language", known, _A_YEAR)
    return answer


@router.post("/logout")
def log_out(visit: AnyVisit) -> Response:
    """End the session; of a city's login its own is offered to be ended, too."""
    provider = visit.network.provider
    if provider is None or visit.session is None or visit.session.via != "openid":
        return show_out(visit, go(visit, "login", said="logged_out"))
    address = provider.goodbye(visit.network.url("login"))
    visit.viewer = None
    return show_out(visit, render(visit, "logged_out.html", goodbye=address))
