"""From a request to its handler: who asks, whether the app is there, the gates in their order, the answer."""

from __future__ import annotations

from typing import Any

from connectors.nextcloud.emulation.calls import Call, Endpoint, Routes, World
from connectors.nextcloud.emulation.login import Login
from connectors.nextcloud.emulation.ocs import Arguments, BadArguments, OcsError, PlainError, render
from connectors.nextcloud.emulation.talk.state import USERS
from provisioner.emulation import MethodNotAllowed, NoSuchPath, Request, Response

NO_ROUTE = (
    "Invalid query, please check the syntax. API specifications are here:"
    " http://www.freedesktop.org/wiki/Specifications/open-collaboration-services.\n"
)
UNTRUSTED = "<!DOCTYPE html>\n<html><body><h2>Access through untrusted domain</h2></body></html>\n"
TOO_MANY = "<!DOCTYPE html>\n<html><body><h2>Too many requests</h2></body></html>\n"
LIMITS: dict[str, tuple[int, float]] = {"collection": (5, 60), "share": (20, 600)}
"""Rate limits that have no knob: name to count and seconds (read; the second also observed)."""

MISSING_RIGHTS = {
    "admin": "Logged in account must be an admin",
    "subadmin": "Logged in account must be at least a sub admin",
    "delegated": "Logged in account must be an admin, a sub admin or gotten special right to access this setting",
}
PAGE_MAINTENANCE = "<!DOCTYPE html>\n<html><body><h2>Maintenance mode</h2></body></html>\n"
PROXY_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


class Door:
    """The entrances of one server with the routes behind them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.routes = Routes()
        """Below `/ocs/v{1,2}.php`."""
        self.pages = Routes()
        """Below `/index.php`, and without it where the web server is tidy."""

    def ocs(self, request: Request, path: str) -> Response:
        """Answer below `/ocs/v{1,2}.php`."""
        if self.world.maintenance:
            answer = render(request, 503, "Service unavailable", [], headers=[("X-Nextcloud-Maintenance-Mode", "1")])
            answer.status = 503  # the one status that version 1 shows too (read)
            return answer
        try:
            arguments = Arguments.of(request)
            login = self.world.doorkeeper.admit(request)
        except OcsError as refusal:
            headers = [("WWW-Authenticate", 'Basic realm="Authorisation Required"')] if refusal.code == 997 else []
            return render(request, refusal.code, refusal.message, refusal.data, headers=headers)
        more = self.more(login)
        try:
            endpoint, places = self._find(self.routes, request.method, path)
        except NoSuchPath:
            return render(request, 998, NO_ROUTE, [], **more)
        except MethodNotAllowed:
            return Response(405, b"", render(request, 200, "", []).content_type, user=more["user"])
        return self._answer(request, endpoint, self._call(request, login, arguments, places), login)

    def page(self, request: Request, path: str) -> Response:
        """Answer below `/index.php`: unknown addresses are empty pages, a wrong log-in says nothing (observed)."""
        if self.world.maintenance:
            return Response.html(PAGE_MAINTENANCE, 503)
        try:
            endpoint, places = self._find(self.pages, request.method, path)
        except NoSuchPath:
            return Response(404)
        except MethodNotAllowed:
            return Response(405)
        try:
            login = self.world.doorkeeper.admit(request)
        except OcsError as refusal:
            return Response.json({"message": ""}, 401 if refusal.code == 997 else refusal.code)
        arguments = Arguments.of(request)
        return self._answer(request, endpoint, self._call(request, login, arguments, places), login)

    def _call(self, request: Request, login: Login, arguments: Arguments, places: dict[str, str]) -> Call:
        if login.user is not None:
            self.world.talk.actor = (USERS, login.user.id)
        return Call(self.world, login.user, arguments, places, request.mishap, request.headers)

    def more(self, login: Login) -> dict[str, Any]:
        """What an answer carries besides its content."""
        return {"headers": _headers(login), "user": None if login.user is None else login.user.id}

    def _find(self, routes: Routes, method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
        route, places = routes.table.find(method, path)
        endpoint = route.handler
        if endpoint.app is not None and endpoint.app not in self.world.apps:
            raise NoSuchPath(path)
        return endpoint, places

    def _answer(self, request: Request, endpoint: Endpoint, call: Call, login: Login) -> Response:
        more = self.more(login)
        try:
            if refusal := self._stop_at_door(request, endpoint, login, more):
                return refusal
            told = endpoint.handler(call)
        except OcsError as refusal:
            if refusal.code == 304:
                return Response(304, **more)
            return render(request, refusal.code, refusal.message, refusal.data, **more)
        except PlainError as refusal:
            if refusal.status == 502:  # the proxy's own words
                return Response(502, PROXY_PAGE.encode(), "text/html")
            return Response.json({"message": refusal.message}, refusal.status, **more)
        except BadArguments:
            return Response(400, **more)
        return render(request, call.code, "OK", told, **{**more, "headers": more["headers"] + call.headers})

    def _stop_at_door(
        self, request: Request, endpoint: Endpoint, login: Login, more: dict[str, Any]
    ) -> Response | None:
        """The server's gates in their order: log-in, delegation, forged request, password, rate, sub-admin."""
        actor = login.user
        if actor is None:
            if endpoint.rights == "public":
                return None
            raise OcsError(997, "Current user is not logged in")
        world = self.world
        strong = world.is_admin(actor) or world.is_delegated(actor)
        if endpoint.rights == "admin" and not world.is_admin(actor):
            raise OcsError(403, MISSING_RIGHTS["admin"])
        if endpoint.rights == "delegated" and not strong:
            raise OcsError(403, MISSING_RIGHTS["delegated"])
        if endpoint.rights != "public" and request.headers.get("ocs-apirequest", "").lower() != "true":
            return Response.json({"message": "CSRF check failed"}, 412, **more)
        if endpoint.confirm and not login.confirmed:
            raise OcsError(403, "Password confirmation is required")
        if endpoint.limit is not None:
            limit, period = LIMITS.get(endpoint.limit, world.edit_limit)
            if not world.limits.allow(endpoint.limit, actor.id, limit, period):
                # Empty, without Retry-After, and a real 429 in version 1 as well (observed).
                if "html" in request.headers.get("accept", ""):
                    return Response.html(TOO_MANY, 429, **more)
                return Response(429, **more)
        # A delegated account is no administrator where the server asks for a sub-admin, but is let in (observed).
        if endpoint.rights == "subadmin" and not strong and not actor.subadmin:
            raise OcsError(403, MISSING_RIGHTS["subadmin"])
        return None


def _headers(login: Login) -> list[tuple[str, str]]:
    headers = [("Set-Cookie", f"{name}={content}") for name, content in login.cookies]
    headers.append(("Cache-Control", "no-cache, no-store, must-revalidate"))
    if login.user is not None:
        headers.append(("X-User-Id", login.user.id))
    return headers
