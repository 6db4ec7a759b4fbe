"""What emulators of products with a REST interface share beyond `provisioner.emulation`: routes, log-in, refusals."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from provisioner.emulation import Emulator, MethodNotAllowed, NoSuchPath, Request, Response, RouteTable


@dataclass(frozen=True, slots=True)
class Call:
    """One request that found its place."""

    request: Request
    places: dict[str, str]
    """What stood in the places of the route's pattern, decoded."""
    user: str | None
    """Who asks; None: a stranger."""

    @property
    def query(self) -> dict[str, str]:
        return dict(self.request.query)

    @property
    def body(self) -> Any:
        """The JSON body; None where there is none. Raises `Refused` (400) for what is no JSON."""
        if not self.request.body:
            return None
        try:
            return json.loads(self.request.body)
        except ValueError:
            raise Refused(400, "malformed JSON") from None


class Refused(Exception):
    """The product says no: raised by a handler, answered by `RestEmulator.refuse`."""

    def __init__(self, status: int, words: str = "") -> None:
        super().__init__(status, words)
        self.status = status
        self.words = words


Handler = Callable[[Call], Response]


H = TypeVar("H", bound=Callable[..., Response])


def route(method: str, pattern: str) -> Callable[[H], H]:
    """Mark a method as what answers to this; `register` enters it. Patterns: `provisioner.emulation.RouteTable`."""

    def marked(handler: H) -> H:
        handler.__dict__.setdefault("routes", []).append((method, pattern))
        return handler

    return marked


def register(part: object, table: RouteTable[Handler]) -> None:
    """Enter what the methods of this object answer to, in the order in which they are written."""
    for kind in reversed(type(part).__mro__):
        for name, handler in vars(kind).items():
            for method, pattern in getattr(handler, "routes", ()):
                table.add(method, pattern, getattr(part, name))


class RestEmulator(Emulator):
    """An `Emulator` whose methods, and those of its ``parts``, are marked with `route`.

    A request is a stranger's (``call.user`` None) unless it has the token or the password of `credentials`: what
    strangers may, each handler says, e.g. by `require_login`. A product overrides `refuse` (how it says no) and
    `who` (how it knows people).
    """

    prefix: ClassVar[str] = ""
    """What stands before the pattern of every route."""

    def __init__(self, *parts: object, **more: Any) -> None:
        """``more``: what `Emulator` takes."""
        super().__init__(**more)
        self.routes: RouteTable[Handler] = RouteTable()
        for part in (self, *parts):
            register(part, self.routes)

    def handle(self, request: Request) -> Response:
        """The answer of the route; refusals as `refuse` has them."""
        user: str | None = None
        try:
            user = self.who(request)
            if not request.path.startswith(self.prefix):
                raise Refused(404)
            try:
                found, places = self.routes.find(request.method, request.path[len(self.prefix) :])
            except NoSuchPath:
                raise Refused(404) from None
            except MethodNotAllowed:
                raise Refused(405) from None
            answer = found.handler(Call(request, places, user))
        except Refused as refused:
            answer = self.refuse(refused)
        answer.user = user
        return answer

    def who(self, request: Request) -> str | None:
        """The account that a request acts as; None: a stranger. Raises `Refused` (401) for a wrong secret."""
        said = request.headers.get("authorization")
        if said is None:
            return None
        given = self.credentials
        pair = b64encode(f"{given.user}:{given.password}".encode()).decode()
        if (given.token and said == f"Bearer {given.token}") or (given.password and said == f"Basic {pair}"):
            return given.user or "token"
        raise Refused(401, "wrong log-in")

    def refuse(self, refused: Refused) -> Response:
        """How the product says no: here ``{"message": …}``; an address that it does not know is a page."""
        if not refused.words:
            return Response.html("<h1>Not found</h1>", refused.status)
        return Response.json({"message": refused.words}, refused.status)


def require_login(call: Call) -> str:
    """Who asks. Raises `Refused` (401) for a stranger."""
    if call.user is None:
        raise Refused(401, "log in first")
    return call.user
