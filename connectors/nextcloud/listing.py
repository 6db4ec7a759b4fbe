"""Reading a long list whole, and proving that it is whole.

Nextcloud cuts pages by lower(display name): a rename while paging can skip or repeat somebody. With a second account
backend limit and offset apply to each backend, so a short page is not the end; an empty one is. So the pages are
held against a second statement, the list of all ids in one request, taken afterwards.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar

from connectors.nextcloud.client import Client, garbled
from provisioner.model.inventory import Absent, Present, Reading

REPAIRS: Final = 5
"""So many objects that the two statements disagree about are read one by one; more make the list Partial."""

MOST: Final = 1_000_000
"""Accounts or groups; a server that still has more makes them up as we ask."""

T = TypeVar("T")


def pages(client: Client, path: str, name: str, size: int, search: str = "") -> Iterator[tuple[str, object]]:
    """(id, item) of all pages, in the order they came, until one is empty. Ids may repeat.

    ``name`` is the key below ``data``: a dict by id ("users"), a list of objects with "id" ("groups"), or ``[]``
    when empty. The id "" means that the item does not tell its own. ``search`` narrows to ids and display names that
    hold these letters. Raises `TargetError`.
    """
    narrowed: dict[str, str | int] = {"search": search} if search else {}
    seen: set[str] = set()
    offset = 0
    while True:
        items = list(_items(client.get(path, {**narrowed, "limit": size, "offset": offset}), name, path))
        if not items:
            return
        yield from items
        fresh = {identifier for identifier, _ in items} - seen
        if not fresh:
            return  # the server gives the same page again: the second statement will tell what is missing
        seen |= fresh
        if len(seen) > MOST:
            raise garbled(path)
        offset += size


def first_page(client: Client, path: str, name: str, size: int, search: str) -> list[object] | None:
    """All items that hold these letters, by one request; None where there may be more than a page of them.

    Every backend cuts by itself, so that a short page is the only one for all of them. Raises `TargetError`.
    """
    narrowed: dict[str, str | int] = {"search": search} if search else {}
    items = [item for _, item in _items(client.get(path, {**narrowed, "limit": size, "offset": 0}), name, path)]
    return items if len(items) < size else None


def identifiers(client: Client, path: str, name: str, search: str = "") -> frozenset[str]:
    """All ids by one request without a limit. Ids of digits come as numbers (PHP) and are made strings again."""
    data = client.get(path, {"search": search} if search else None)
    listed = data.get(name) if isinstance(data, dict) else None
    if not isinstance(listed, list):
        raise garbled(path)
    found = {identifier_of(entry) for entry in listed}
    if "" in found:
        raise garbled(path)
    return frozenset(found)


def identifier_of(value: object) -> str:
    """An id as a string; "" where it is none."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def reconcile(
    seen: Mapping[str, T], stated: frozenset[str], read: Callable[[str], Reading], keep: Callable[[Present], T]
) -> tuple[dict[str, T], int]:
    """What there is, and about how many objects pages and statement still disagree after `REPAIRS` single reads."""
    found = dict(seen)
    disputed = sorted(found.keys() ^ stated)
    if len(disputed) > REPAIRS:
        return found, len(disputed)
    open_questions = 0
    for identifier in disputed:
        reading = read(identifier)
        if isinstance(reading, Present):
            found[identifier] = keep(reading)
        elif isinstance(reading, Absent):
            found.pop(identifier, None)
        else:
            open_questions += 1
    return found, open_questions


def _items(data: object, name: str, path: str) -> Iterator[tuple[str, object]]:
    content = data.get(name) if isinstance(data, dict) else None
    if isinstance(content, dict):
        for key, item in content.items():
            yield str(key), item
    elif isinstance(content, list):
        for item in content:
            yield identifier_of(item.get("id") if isinstance(item, dict) else None), item
    else:
        raise garbled(path)
