"""Long lists, read whole: what moved meanwhile is seen."""

from collections.abc import Callable, Sequence

import pytest

from connectors.kit.answers import Entry, text
from connectors.kit.paging import Page, numbered, overlapping
from provisioner.model.errors import Garbled


def name(entry: Entry) -> str:
    return text(entry, "id")


def entries(*ids: str) -> list[Entry]:
    return [{"id": one} for one in ids]


def book(pages: Sequence[Page]) -> Callable[[int], Page]:
    return lambda number: pages[number - 1] if number <= len(pages) else Page(())


@pytest.mark.parametrize(
    "pages",
    [
        [Page(entries("a", "b"), total=3), Page(entries("c"), total=3)],
        [Page(entries("a", "b")), Page(entries("c"))],
        [Page(entries("a", "b"), is_last=False), Page(entries("c"), is_last=True)],
    ],
)
def test_all_pages_are_read_however_the_end_is_told(pages: list[Page]) -> None:
    found = numbered(book(pages), name)
    assert (list(found.items), found.gap) == (["a", "b", "c"], None)


@pytest.mark.parametrize(
    "pages",
    [
        [Page(entries("a", "b"), total=3), Page(entries("b"), total=3)],  # somebody came in front
        [Page(entries("a", "b"), total=3), Page((), total=2)],  # somebody went
        [Page(entries("a", "b"), total=4), Page(entries("c"), total=3)],
    ],
)
def test_what_moves_while_pages_are_read_leaves_a_gap(pages: list[Page]) -> None:
    assert numbered(book(pages), name).gap is not None


def test_a_list_that_moved_is_read_again_as_often_as_one_is_told() -> None:
    pages = [Page(entries("a"), total=2), Page((), total=2), Page(entries("a"), total=1)]
    asked: list[int] = []

    def ask(number: int) -> Page:
        asked.append(number)
        return pages[len(asked) - 1]

    found = numbered(ask, name, readings=2)
    assert (found.gap, asked) == (None, [1, 2, 1])


def test_a_server_that_makes_entries_up_comes_to_an_end() -> None:
    with pytest.raises(Garbled):
        numbered(lambda number: Page(entries(str(number)), total=10**9), name)
    with pytest.raises(Garbled):
        numbered(lambda number: Page(entries("")), name)


def listed(ids: list[str]) -> Callable[[int, int], Sequence[Entry]]:
    return lambda first, most: entries(*ids[first : first + most])


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_pages_that_overlap_tell_everything(count: int) -> None:
    ids = [f"n{number}" for number in range(count)]
    found = overlapping(listed(ids), name, 2)
    assert (list(found.items), found.gap) == (ids, None)


@pytest.mark.parametrize("change", [lambda ids: ids.pop(0), lambda ids: ids.insert(0, f"new{len(ids)}")])
def test_pages_that_do_not_meet_are_read_again_and_then_leave_a_gap(change: Callable[[list[str]], object]) -> None:
    ids = [f"n{number}" for number in range(9)]
    asked = 0

    def ask(first: int, most: int) -> Sequence[Entry]:
        nonlocal asked
        asked += 1
        if first:
            change(ids)
        return listed(ids)(first, most)

    assert overlapping(ask, name, 2, readings=3).gap is not None
    assert asked == 6
