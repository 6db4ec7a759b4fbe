"""Reading a long list whole, and seeing when it moved meanwhile.

Lists are cut by position and sorted by name: who is made or deleted while pages are read shifts the rest, and somebody
is skipped or comes twice. So each request asks for one entry more than it gets ahead; the next has to begin with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.keycloak.client import Client, Params
from provisioner.model.errors import Garbled
from provisioner.model.text import Text

READINGS: Final = 3
"""How often a list is read from its beginning when it moved while it was read."""
MOST: Final = 1_000_000
"""Entries; a server that still has more makes them up as we ask."""

Item = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Listed:
    """The entries of a list by id."""

    items: Mapping[str, Item]
    moved: bool = False
    """It never held still: somebody may be missing."""


def identifier_of(item: Item) -> str:
    """The id of an entry; "" where it tells none."""
    value = item.get("id")
    return value if isinstance(value, str) else ""


def whole_list(client: Client, path: str, params: Params | None = None) -> Listed:
    """All entries, by max(1, ⌈n / page size⌉) requests where nothing moves. Raises `TargetError`."""
    found = _reading(client, path, params or {})
    for _ in range(READINGS - 1):
        if not found.moved:
            break
        found = _reading(client, path, params or {})
    return found


def rest_of_list(client: Client, path: str, known: Mapping[str, Item], params: Params | None = None) -> dict[str, Item]:
    """``known`` and what stands behind: on until a page is empty, where short ones need not be the last."""
    size, found, first = client.settings.page_size, dict(known), 0
    while page := _page(client, path, params or {}, first, size + 1):
        found |= {identifier_of(item): item for item in page}
        if len(found) > MOST:
            raise Garbled(Text.of("keycloak.garbled", path=path))
        first += size
    return found


def _reading(client: Client, path: str, params: Params) -> Listed:
    size, first = client.settings.page_size, 0
    found: dict[str, Item] = {}
    beginning: Item | None = None
    while True:
        page = _page(client, path, params, first, size + 1)
        overlap = 0 if beginning is None else 1
        expected = len(found) + len(page) - overlap
        begins_right = beginning is None or (bool(page) and identifier_of(page[0]) == identifier_of(beginning))
        found |= {identifier_of(item): item for item in page}
        if not begins_right or len(found) != expected:
            return Listed(found, moved=True)
        if len(page) <= size:
            return Listed(found)
        if len(found) > MOST:
            raise Garbled(Text.of("keycloak.garbled", path=path))
        beginning = page[-1]
        first += size


def _page(client: Client, path: str, params: Params, first: int, most: int) -> list[Item]:
    """One page in its order. Bounds are always named: the server's own differ from list to list."""
    page = client.items(path, {**params, "first": first, "max": most})
    if len(page) > most or not all(identifier_of(item) for item in page):
        raise Garbled(Text.of("keycloak.garbled", path=path))
    return page
