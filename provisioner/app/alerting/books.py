"""The book of a network's sensors and rules as registry and policy are now."""

import threading
from dataclasses import dataclass
from typing import Final, Protocol

from policies.alertsections import AlertsPolicy
from provisioner.alerts.book import Book
from provisioner.app.picture import Picture, Pictures
from provisioner.model.ports import Clock


class HasBook(Protocol):
    """Whoever works with a book asks for it anew each time."""

    def now(self) -> Book:
        """The one that holds now. Raises `SettingsError`, `StateError`."""
        ...


@dataclass(frozen=True, slots=True)
class _Made:
    """A book, and the picture that it was made of."""

    book: Book
    picture: Picture


class Books:
    """Always has a book. Safe for many threads."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self._made: _Made | None = None
        self._making = threading.Lock()

    def now(self) -> Book:
        """The same one for as long as sensors, rules, bodies and policy are the same. Raises what `Pictures.now` does.

        While the registry can't be read the book before it holds.
        """
        picture = self._pictures.now()
        made = self._made
        if made is not None and made.picture is picture:
            return made.book
        with self._making:
            made = self._made
            if made is None or not _are_alike(made.picture, picture):
                book = Book.of(picture.registry, picture.policy.alerts)
            else:
                book = made.book
            self._made = _Made(book, picture)
            return book

    @property
    def policy(self) -> AlertsPolicy:
        """What the policy says of alerts now."""
        return self.now().policy


class RecentBooks:
    """The book as it is, or was a moment ago: each look asks files and database, which takes milliseconds."""

    LASTS: Final = 0.5
    """Seconds for which a look does for everybody."""

    def __init__(self, books: HasBook, clock: Clock) -> None:
        self._books, self._clock = books, clock
        self._last: tuple[float, Book] | None = None

    def now(self) -> Book:
        """Raises `SettingsError`, `StateError`."""
        moment, last = self._clock.monotonic(), self._last
        if last is not None and moment - last[0] < self.LASTS:
            return last[1]
        book = self._books.now()
        self._last = moment, book
        return book


def _are_alike(one: Picture, other: Picture) -> bool:
    """Whether nothing differs that a book is made of: a person who joins makes no new one."""
    ours, theirs = one.registry, other.registry
    return (
        one.policy.alerts == other.policy.alerts
        and ours.time_zone == theirs.time_zone
        and ours.sensor_models == theirs.sensor_models
        and ours.sensors == theirs.sensors
        and ours.rules == theirs.rules
        and ours.alerting_complete == theirs.alerting_complete
        and ours.alerting_blocked == theirs.alerting_blocked
        and ours.bodies.keys() == theirs.bodies.keys()
    )
