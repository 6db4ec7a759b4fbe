"""A person's private calendar feed: all dates of their bodies, for the calendar on their telephone.

Who has its address reads when somebody meets, and nothing else: rooms open only behind a login.
"""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from provisioner.app.joining.acting import acting
from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.meetings.agenda import schedules
from provisioner.app.meetings.room_links import RoomLinks
from provisioner.app.picture import Picture, Pictures
from provisioner.app.site import Site
from provisioner.calendars.ics import Entry, feed
from provisioner.lifecycle.rights import Viewer
from provisioner.model.registry import Body, MeetingSeries
from provisioner.model.text import Text
from provisioner.state import FeedWords, Transactions, Within

_WORDS_A_DAY: Final = 30
"""Of one person."""
_A_DAY: Final = timedelta(days=1)
_UNSTAMPED: Final = datetime(1970, 1, 1, tzinfo=UTC)


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
        self._stamps: dict[str, tuple[bytes, datetime]] = {}
        """By person: what was in the feed (its hash), and since when. Calendars take what is newer than what they have;
        what is forgotten with this process is as new as the next one."""
        self._stamping = threading.Lock()

    def word_for(self, viewer: Viewer) -> str:
        """A new word for somebody's feed, to be shown once; the one from before opens nothing any more.

        Raises `Forbidden` (nobody in the registry, or policy wants no feeds), `Refused` (too often today).
        """
        with acting(self._site, self._pictures) as act:
            person = act.who(viewer).person
            if person is None or not act.picture.policy.meetings.feeds:
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
        """What is in a feed; None: the word is nobody's, or of somebody who left, or policy wants no feeds."""
        person = self._words().person_of(word)
        if person is None:
            return None
        picture = self._pictures.now(fresh=True)  # who left by a changed file is out, too
        if not (picture.active(person) and picture.policy.meetings.feeds):
            return None
        content = self._stamped(picture, person, now)
        return FeedFile(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')

    def _stamped(self, picture: Picture, person: str, now: datetime) -> bytes:
        entries, name = list(_entries(self._site, picture, person)), picture.registry.name
        found = hashlib.sha256(repr((name, entries)).encode()).digest()
        with self._stamping:
            before, since = self._stamps.get(person, (b"", now))
            since = since if found == before else now.replace(microsecond=0)
            self._stamps[person] = (found, since)
        return feed([replace(one, stamp=since) for one in entries], name)

    def _words(self, transactions: Transactions | None = None) -> FeedWords:
        return FeedWords(transactions or self._site.database, self._site.network)


def _entries(site: Site, picture: Picture, person: str) -> Iterator[Entry]:
    """What all bodies of a person have in their calendars; of one that is history, what was until then."""
    links = RoomLinks(site)
    for body in (place.body for place in picture.places_of(person)):
        for series, schedule in schedules(picture, body):
            if not schedule.called_off:
                uid = _uid(site.network, body, series)
                where = links.to(body.id, series.id) or ""
                yield Entry(uid, schedule, series.title or body.name, _UNSTAMPED, body.purpose, where)


def _uid(network: str, body: Body, series: MeetingSeries) -> str:
    """The same for as long as there is the series, and another one everywhere else."""
    named = hashlib.sha256(f"{network}\0{body.id}\0{series.id}".encode()).hexdigest()[:32]
    return f"{named}@feed.readi"
