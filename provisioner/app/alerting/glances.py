"""What registry and policy say, looked at now and then: each look asks files and database whether anything changed."""

from typing import Final, NamedTuple

from provisioner.alerts.book import Book
from provisioner.app.alerting.books import HasBook
from provisioner.app.letters.letter_facts import language_of
from provisioner.app.picture import Picture, Pictures
from provisioner.model.ports import Clock
from provisioner.texts import Language

LASTS: Final = 0.5
"""Seconds for which a look does for everybody: at a hundred messages a second looking each time takes a third of it."""


class Glance(NamedTuple):
    """What was seen."""

    picture: Picture
    book: Book
    language: Language
    """The network's."""


class Glances:
    """Of one network. Safe for many threads."""

    def __init__(self, pictures: Pictures, books: HasBook, clock: Clock) -> None:
        self._pictures, self._books, self._clock = pictures, books, clock
        self._last: tuple[float, Glance] | None = None

    def now(self) -> Glance:
        """As it is, or was a moment ago. Raises `SettingsError`, `StateError`."""
        moment, last = self._clock.monotonic(), self._last
        if last is not None and 0 <= moment - last[0] < LASTS:
            return last[1]
        picture = self._pictures.now()
        glance = Glance(picture, self._books.now(), language_of(picture))
        self._last = moment, glance
        return glance
