"""The way in with a city's account: to the provider, and back."""

import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from provisioner.console.deps import AnyVisit, Visit
from provisioner.console.entering import OPENID_LASTS, let_in
from provisioner.console.login import show_login
from provisioner.console.openid import Attempt, OpenIdRefused, Provider
from provisioner.console.openid_people import arrived
from provisioner.console.pages import put_cookie
from provisioner.console.refusals import NotThere
from provisioner.model.text import Text

router = APIRouter()
_ATTEMPT_SECONDS: Final = 900
_Given = Annotated[str, Query(max_length=4000)]


@router.get("/openid")
def to_provider(visit: AnyVisit) -> Response:
    """To the provider's page. What has to come back is bound to this browser."""
    provider = _provider(visit)
    attempt = Attempt(secrets.token_urlsafe(32))
    try:
        answer = RedirectResponse(provider.address(attempt), 303)
    except OpenIdRefused as refused:
        return _refused(visit, refused.text)
    put_cookie(visit, answer, "openid", attempt.word, _ATTEMPT_SECONDS)
    return answer


@router.get("/openid/back")
def from_provider(
    visit: AnyVisit,
    code: _Given = "",
    state: _Given = "",
    iss: Annotated[str | None, Query(max_length=500)] = None,
    error: _Given = "",
) -> Response:
    """Whoever comes back is who the provider says, if this browser began it."""
    provider, network = _provider(visit), visit.network
    word = visit.request.cookies.get(network.cookie("openid"))
    settings = network.site.section.openid
    if word is None or settings is None or (not code and not error):
        return _refused(visit, Text.of("console.openid_stale"))
    attempt = Attempt(word)
    try:
        if error:
            raise OpenIdRefused(Text.of("console.openid_given_up"))
        claims = provider.redeem(attempt, code=code, state=state, issuer=iss)
        who = arrived(network.site, network.pictures.now(fresh=True), settings, claims)
    except OpenIdRefused as refused:
        return _refused(visit, refused.text)
    return let_in(visit, network.sessions.begin(visit.now, OPENID_LASTS, "openid", who.person, who.address))


def _provider(visit: Visit) -> Provider:
    if visit.network.provider is None:
        raise NotThere
    return visit.network.provider


def _refused(visit: Visit, why: Text) -> Response:
    """The page to log in, with why it did not work; the attempt is over."""
    answer = show_login(visit, why=why, status=403)
    put_cookie(visit, answer, "openid", None, None)
    return answer
