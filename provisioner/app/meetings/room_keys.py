"""Which room a meeting server means by a name: a body's, or one that a moderator opened for guests."""

from provisioner.app.site import Site
from provisioner.state import RoomNames
from provisioner.state.guest_rooms import GuestRooms


class RoomKeys:
    """Those of one network. Shared by threads."""

    def __init__(self, site: Site) -> None:
        """Raises `StateError`."""
        self._targets = list(site.section.targets)
        self._names = RoomNames(site.database, site.network)
        self._guest_rooms = GuestRooms(site.database, site.network)

    def of(self, name: str) -> str | None:
        """The key under which it is known everywhere. None: it is no room of ours. Raises `StateError`."""
        named = self._names.called(name, self._targets)
        if named is not None:
            return named.key
        opened = self._guest_rooms.called(name)
        return None if opened is None else opened.key


def body_of(key: str) -> str | None:
    """The id of the body whose room it is; None: it was opened for guests."""
    kind, _, rest = key.partition(":")
    return rest.partition(":")[0] if kind == "body" else None
