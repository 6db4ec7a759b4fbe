"""How NodeBB says no. The sentences are display text, in the language of who asks; here the English ones of 4.15."""

from typing import Final

from connectors.kit.emulation import Refused
from provisioner.emulation import Request, Response

_CODES: Final = {
    400: "bad-request",
    401: "not-authorised",
    403: "forbidden",
    404: "not-found",
    429: "too-many-requests",
    503: "service-unavailable",
}
_USUAL: Final = {
    400: "Something was wrong with the request payload you passed in.",
    401: "A valid login session was not found. Please log in and try again.",
    403: "You are not authorised to make this call",
    404: "Invalid API call",
    500: "An unexpected error was encountered while attempting to service your request.",
}


class Plain(Refused):
    """A 404 of the reading API: a page, as the JSON of one."""

    def __init__(self, request: Request) -> None:
        super().__init__(404)
        self.request = request


class ForbiddenPage(Refused):
    """A page of administrators, for somebody else: as the JSON of one, to strangers in the envelope."""

    def __init__(self, request: Request, *, logged_in: bool) -> None:
        super().__init__(403 if logged_in else 401)
        self.request = request


class Stranger(Refused):
    """An answer to somebody who did not even try to log in: a bare word instead of the envelope."""


def no_privileges() -> Refused:
    """What lacks a right."""
    return Refused(403, "You do not have enough privileges for this action.")


def answered(refused: Refused) -> Response:
    """The answer that a refusal is."""
    status = refused.status
    if isinstance(refused, Plain):
        return _not_found(refused.request)
    if isinstance(refused, ForbiddenPage) and status == 403:
        path = refused.request.path.removeprefix("/api")
        return Response.json({"path": path, "loggedIn": True, "title": "[[global:403.title]]"}, status)
    if isinstance(refused, Stranger):
        return Response(status, refused.words.encode(), "text/plain; charset=utf-8")
    told = {"code": _CODES.get(status, "internal-server-error"), "message": refused.words or _USUAL[status]}
    return Response.json({"status": told, "response": {}}, status)


def _not_found(request: Request) -> Response:
    """As plain text where JSON alone is accepted (observed)."""
    accepted = request.headers.get("accept", "*/*")
    if "html" not in accepted and "*/*" not in accepted:
        return Response(404, b"Not found", "text/plain; charset=utf-8")
    path = request.path.removeprefix("/api")
    return Response.json({"path": path, "title": "[[global:404.title]]", "bodyClass": "page-404"}, 404)
