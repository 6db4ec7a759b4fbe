"""What all parts of the API have in common: parameters, and the forms of an answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from connectors.kit import emulation
from connectors.mailman.emulation.state import World
from connectors.mailman.emulation.views import Shape, Views, page_of, tagged
from provisioner.emulation import Response

JSON = "application/json"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(emulation.Call):
    """One request that found its place."""

    parameters: dict[str, Any]


class Calls:
    """A part of the API."""

    def __init__(self, world: World, views: Views) -> None:
        self.world = world
        self.views = views

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
