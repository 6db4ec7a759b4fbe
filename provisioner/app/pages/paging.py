"""A long list in pages, and what is worked out once for a picture of the registry."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from provisioner.app.picture import Picture

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Paged(Generic[Item]):
    """One page of a list. Pages are counted from 1."""

    items: Sequence[Item]
    page: int
    pages: int
    total: int
    """Of how many items in the whole list."""

    @property
    def before(self) -> int | None:
        """The page before; None on the first."""
        return self.page - 1 if self.page > 1 else None

    @property
    def after(self) -> int | None:
        """The page after; None on the last."""
        return self.page + 1 if self.page < self.pages else None


def paged(items: Sequence[Item], page: int, size: int) -> Paged[Item]:
    """The page of this number, or the nearest that there is."""
    begin, pages, page = _place(len(items), page, size)
    return Paged(items[begin : begin + size], page, pages, len(items))


def paged_by(read: Callable[[int, int], Sequence[Item]], total: int, page: int, size: int) -> Paged[Item]:
    """The same of a list of ``total`` that is read in parts: ``read`` is given (offset, limit)."""
    begin, pages, page = _place(total, page, size)
    return Paged(read(begin, size), page, pages, total)


def _place(total: int, page: int, size: int) -> tuple[int, int, int]:
    pages = max(1, -(-total // size))
    page = min(max(page, 1), pages)
    return (page - 1) * size, pages, page


class OncePerPicture(Generic[Made]):
    """Keeps what ``make`` made of each network's newest picture, so that pages do not work it out again.

    Safe for threads: two that find it missing at once may both make it.
    """

    def __init__(self, make: Callable[[Picture], Made]) -> None:
        self._make = make
        self._kept: dict[str, tuple[Picture, Made]] = {}
        self._lock = Lock()

    def of(self, picture: Picture) -> Made:
        """What was made of this very picture."""
        network = picture.registry.network
        with self._lock:
            kept = self._kept.get(network)
        if kept is None or kept[0] is not picture:
            kept = picture, self._make(picture)
            with self._lock:
                self._kept[network] = kept
        return kept[1]
