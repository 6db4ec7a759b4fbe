"""Reading a realm's long lists whole: they are cut by position and sorted by name (see `connectors.kit.paging`)."""

from collections.abc import Mapping

from connectors.keycloak.client import Client
from connectors.kit.answers import Entry, Params, text
from connectors.kit.paging import MOST, Listing, overlapping

Item = Entry


def identifier_of(item: Item) -> str:
    """The id of an entry; "" where it tells none."""
    return text(item, "id")


def whole_list(client: Client, path: str, params: Params | None = None) -> Listing:
    """All entries, by max(1, ⌈n / page size⌉) requests where nothing moves. Raises `TargetError`."""
    ask = lambda first, most: _page(client, path, params or {}, first, most)  # noqa: E731
    return overlapping(ask, identifier_of, client.settings.page_size)


def rest_of_list(client: Client, path: str, known: Mapping[str, Item], params: Params | None = None) -> dict[str, Item]:
    """``known`` and what stands behind: on until a page is empty, where short ones need not be the last."""
    size, found, first = client.settings.page_size, dict(known), 0
    while page := _page(client, path, params or {}, first, size + 1):
        found |= {identifier_of(item): item for item in page}
        if len(found) > MOST:
            raise client.garbled(path)
        first += size
    return found


def _page(client: Client, path: str, params: Params, first: int, most: int) -> list[Item]:
    """One page in its order. Bounds are always named: the server's own differ from list to list."""
    page = client.items(path, {**params, "first": first, "max": most})
    if len(page) > most or not all(identifier_of(item) for item in page):
        raise client.garbled(path)
    return page
