"""What all parts of the API have in common: routes, parameters, and the forms of an answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from connectors.mailman.emulation import parameters
from connectors.mailman.emulation.state import World
from connectors.mailman.emulation.views import Shape, Views, page_of, tagged
from provisioner.emulation import Request, Response, RouteTable

JSON = "application/json"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One request that found its place."""

    request: Request
    places: dict[str, str]
    parameters: dict[str, Any]

    @property
    def query(self) -> dict[str, str]:
        return dict(self.request.query)


Handler = Callable[[Call], Response]


def route(method: str, path: str) -> Callable[[Callable[[Any, Call], Response]], Callable[[Any, Call], Response]]:
    """Mark a method of `Calls` as what answers to this."""

    def marked(handler: Callable[[Any, Call], Response]) -> Callable[[Any, Call], Response]:
        handler.__dict__["route"] = (method, path)
        return handler

    return marked


class Calls:
    """A part of the API."""

    def __init__(self, world: World, views: Views) -> None:
        self.world = world
        self.views = views

    def register(self, table: RouteTable[Handler]) -> None:
        """Enter what this part answers to, in the order in which it is written."""
        for name, handler in vars(type(self)).items():
            found: tuple[str, str] | None = getattr(handler, "route", None)
            if found is not None:
                method, path = found
                table.add(method, path, getattr(self, name))

    def told(self, shape: Shape, status: int = 200) -> Response:
        answer = Response.json(tagged(shape), status)
        answer.content_type = JSON
        return answer

    def page(self, call: Call, items: Sequence[T], shape: Callable[[T], Shape]) -> Response:
        answer = Response.json(page_of(items, shape, call.query))
        answer.content_type = JSON
        return answer

    def created(self, path: str) -> Response:
        return Response(201, b"", JSON, [("Location", self.views.link(path))])

    def nothing(self) -> Response:
        return Response(204, b"", None)


def call_of(request: Request, places: dict[str, str]) -> Call:
    return Call(request, places, parameters.of(request))
