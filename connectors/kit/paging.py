"""Reading a long list whole, and seeing when it moved meanwhile. Pure but for what it is given to ask with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from connectors.kit.client import Entry
from provisioner.model.errors import Garbled
from provisioner.model.inventory import Complete, Completeness, Partial, Scope
from provisioner.model.text import Text

MOST: Final = 1_000_000
"""Entries of one list; a server that still has more makes them up as we ask."""
READINGS: Final = 3
"""How often a list is read from its beginning when it moved while it was read."""


class Page(NamedTuple):
    """What one request for a page brought. Where it tells neither, the list goes on until a page is empty."""

    entries: Sequence[Entry]
    total: int | None = None
    """How many there are in all, where the page tells."""
    is_last: bool | None = None
    """Whether nothing follows, where the page tells."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The entries of a list, by id, in their order. Without ``gap`` it is everything."""

    items: dict[str, Entry] = field(default_factory=dict)
    gap: Text | None = None
    """The list moved while it was read: somebody may be missing."""

    def completeness(self, scope: Scope) -> Completeness:
        """Complete, or Partial because of the gap."""
        return Complete(scope) if self.gap is None else Partial(scope, self.gap)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self.items.values())


def numbered(
    ask: Callable[[int], Page], identify: Callable[[Entry], str], *, first: int = 1, readings: int = 1
) -> Listing:
    """All pages from number ``first`` on: ``ask`` brings one.

    There is a gap when an entry comes twice, when pages do not agree how many there are, or that is not what came:
    then it is read again from its beginning, up to ``readings`` times. A server that tells no total hides it when
    somebody goes while pages are read. Raises what ``ask`` raises, `Garbled` for an entry without an id ("") and for
    a list without an end.
    """
    listing = _numbered(ask, identify, first)
    for _ in range(readings - 1):
        if listing.gap is None:
            break
        listing = _numbered(ask, identify, first)
    return listing


def _numbered(ask: Callable[[int], Page], identify: Callable[[Entry], str], number: int) -> Listing:
    found: dict[str, Entry] = {}
    totals: set[int] = set()
    came = 0
    while True:
        page = ask(number)
        _keep(page.entries, found, identify)
        came += len(page.entries)
        if page.total is not None:
            totals.add(page.total)
            _bounded(page.total)
        if page.is_last or not page.entries or (page.is_last is None and page.total is not None and came >= page.total):
            counts = totals | {came, len(found)}
            return Listing(found, _moved(max(counts) - min(counts)))
        number += 1


def overlapping(
    ask: Callable[[int, int], Sequence[Entry]],
    identify: Callable[[Entry], str],
    size: int,
    *,
    readings: int = READINGS,
) -> Listing:
    """All entries of a list that is cut by position: ``ask(first, most)``. max(1, ⌈n / size⌉) requests.

    Each request asks for one entry more than it gets ahead; the next has to begin with it. Who is made or deleted
    while pages are read shifts the rest, and shows. Raises as `numbered` does.
    """
    listing = _overlapping(ask, identify, size)
    for _ in range(readings - 1):
        if listing.gap is None:
            break
        listing = _overlapping(ask, identify, size)
    return listing


def _overlapping(ask: Callable[[int, int], Sequence[Entry]], identify: Callable[[Entry], str], size: int) -> Listing:
    first = 0
    found: dict[str, Entry] = {}
    beginning: str | None = None
    while True:
        page = ask(first, size + 1)
        expected = len(found) + len(page) - (0 if beginning is None else 1)
        begins_right = beginning is None or (bool(page) and identify(page[0]) == beginning)
        _keep(page, found, identify)
        if not begins_right or len(found) != expected:
            return Listing(found, _moved(max(1, abs(expected - len(found)))))
        if len(page) <= size:
            return Listing(found)
        beginning = identify(page[-1])
        first += size


def _keep(entries: Sequence[Entry], found: dict[str, Entry], identify: Callable[[Entry], str]) -> None:
    for entry in entries:
        identifier = identify(entry)
        if not identifier:
            raise Garbled(Text.of("kit.nameless_entry"))
        found[identifier] = entry
    _bounded(len(found))


def _bounded(count: int) -> None:
    if count > MOST:
        raise Garbled(Text.of("kit.endless_list", limit=MOST))


def _moved(count: int) -> Text | None:
    return Text.of("kit.list_moved", count=count) if count else None
