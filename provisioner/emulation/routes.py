"""A table of routes that grows: method and path pattern to handler, tried in the order they were added."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

H = TypeVar("H")

_PLACE = re.compile(r"\{(\w+)(:[^{}]+)?\}")


class NoSuchPath(LookupError):
    """No route has this path."""


class MethodNotAllowed(LookupError):
    """The path exists, for other methods only."""

    def __init__(self, allowed: set[str]) -> None:
        super().__init__(", ".join(sorted(allowed)))
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class Route(Generic[H]):
    """One line of the table."""

    method: str
    pattern: str
    handler: H
    expression: re.Pattern[str]


class RouteTable(Generic[H]):
    """Finds a handler. In a pattern `{name}` stands for one path segment, `{name:regex}` for what it says."""

    def __init__(self) -> None:
        self._routes: list[Route[H]] = []

    def add(self, method: str, pattern: str, handler: H) -> None:
        """Append a route; earlier ones win."""
        self._routes.append(Route(method, pattern, handler, _compile(pattern)))

    def route(self, method: str, pattern: str) -> Callable[[H], H]:
        """The same as a decorator."""

        def keep(handler: H) -> H:
            self.add(method, pattern, handler)
            return handler

        return keep

    def find(self, method: str, path: str) -> tuple[Route[H], dict[str, str]]:
        """The first route for this method and path, with the values of its places.

        HEAD finds the routes of GET. Raises NoSuchPath or MethodNotAllowed.
        """
        wanted = "GET" if method == "HEAD" else method
        allowed: set[str] = set()
        for route in self._routes:
            if route.method != wanted and route.method in allowed:
                continue
            found = route.expression.fullmatch(path)
            if found is None:
                continue
            if route.method == wanted:
                return route, found.groupdict()
            allowed.add(route.method)
        if allowed:
            raise MethodNotAllowed(allowed)
        raise NoSuchPath(path)

    def __iter__(self) -> Iterator[Route[H]]:
        return iter(self._routes)


def _compile(pattern: str) -> re.Pattern[str]:
    built: list[str] = []
    end = 0
    for place in _PLACE.finditer(pattern):
        built.append(re.escape(pattern[end : place.start()]))
        expression = place.group(2)[1:] if place.group(2) else "[^/]+"
        built.append(f"(?P<{place.group(1)}>{expression})")
        end = place.end()
    built.append(re.escape(pattern[end:]))
    return re.compile("".join(built), re.DOTALL)
