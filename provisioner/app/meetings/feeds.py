"""A person's private calendar feed: all dates of their bodies, for the calendar on their telephone.

Who has its address reads when somebody meets, and nothing else: rooms open only behind a login.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from icalendar import Calendar

from provisioner.app.joining.acting import acting
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.joining.viewing import viewer_for
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.lifecycle.rights import Viewer
from provisioner.model.text import Text
from provisioner.state import FeedWords, Transactions, Within

_WORDS_A_DAY: Final = 30
"""Of one person."""
_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FeedFile:
    """A feed as it is now."""

    content: bytes
    """text/calendar in UTF-8."""
    etag: str
    """With its quotation marks; the same as long as the content is."""


class Feeds:
    """The feeds of one network. Safe for many threads. All methods raise `StateError`, `SettingsError`."""

    def __init__(self, site: Site, pictures: Pictures) -> None:
        self._site = site
        self._pictures = pictures

    def word_for(self, viewer: Viewer) -> str:
        """A new word for somebody's feed, to be shown once; the one from before opens nothing any more.

        Raises `Forbidden` (nobody in the registry), `Refused` (too often today).
        """
        with acting(self._site, self._pictures) as act:
            person = act.who(viewer).person
            if person is None:
                raise Forbidden
            if not act.attempts.count_one("feed", person, act.now, _WORDS_A_DAY, _A_DAY):
                raise Refused(Text.of("app.asked_too_often"))
            return self._words(Within(act.connection)).renew(person, act.now)

    def end(self, viewer: Viewer) -> bool:
        """Nobody reads somebody's feed any more; False: there was none. Raises `Forbidden`."""
        with acting(self._site, self._pictures) as act:
            person = act.who(viewer).person
            if person is None:
                raise Forbidden
            return self._words(Within(act.connection)).end(person)

    def since(self, viewer: Viewer) -> datetime | None:
        """Since when they have the feed that they have; None: they have none."""
        return None if viewer.person is None else self._words().made_at(viewer.person)

    def calendar(self, word: str, now: datetime) -> FeedFile | None:
        """What is in a feed; None: the word is nobody's, or of somebody who is not in the network any more."""
        person = self._words().person_of(word)
        if person is None:
            return None
        picture = self._pictures.now()
        if viewer_for(picture, self._site.network, person) is None:
            return None
        content: bytes = Calendar.new(name=picture.registry.name).to_ical()
        return FeedFile(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')

    def _words(self, transactions: Transactions | None = None) -> FeedWords:
        return FeedWords(transactions or self._site.database, self._site.network)
