"""The lasting links to bodies' meeting rooms, as mails, conversations, calendars and pages carry them."""

from provisioner.app.letters.page_links import join_page
from provisioner.app.meetings.doors import room_key
from provisioner.app.site import Site
from provisioner.state import RoomNames


class RoomLinks:
    """Those of one network at one moment: which rooms there are is looked up once, and no target is asked."""

    def __init__(self, site: Site) -> None:
        """Raises `StateError`."""
        self._site = site
        rooms = RoomNames(site.database, site.network).all(list(site.section.targets))
        self._keys = frozenset(room.key for room in rooms)

    def to(self, body: str, series: str | None = None) -> str | None:
        """To the series' own room, where it has one, else to the body's; None: it has none either."""
        if series is not None and room_key(body, series) in self._keys:
            return join_page(self._site, body, series)
        return join_page(self._site, body) if room_key(body) in self._keys else None
