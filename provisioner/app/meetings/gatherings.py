"""Takes down what meeting servers tell of their rooms: how many are inside, and nothing of who they are."""

from provisioner.app.meetings.events import NoEvent, read_event
from provisioner.app.meetings.told_rooms import ToldRooms
from provisioner.app.site import Site
from provisioner.model.gatherings import Told
from provisioner.state import Gatherings
from provisioner.state.gatherings import LATE


class Listener:
    """Takes down what the meeting servers of one network tell. Shared by threads."""

    def __init__(self, site: Site) -> None:
        """Raises `SettingsError`, `StateError`."""
        self._site, self._rooms = site, ToldRooms(site)
        self._gatherings = Gatherings(site.database, site.network)

    def hear(self, told: Told, content: bytes) -> bool:
        """Take down one event. False: it was told before, or is about a room that is none of ours.

        Raises `NoEvent`, `StateError`.
        """
        now, event = self._site.clock.now(), read_event(told, content)
        if abs(event.count.at - now.timestamp()) > LATE.total_seconds():
            raise NoEvent  # said again by somebody who listened, or a clock that is off
        key = self._rooms.key(event.room)
        is_new = key is not None and self._gatherings.tell(key, event.part, event.count)
        if is_new and told is Told.DESTROYED:
            self._gatherings.settle(now)
        return is_new
