"""Which room of ours a meeting server speaks of, by the name that it has for it among machines."""

from collections.abc import Iterator

from provisioner.app.meetings.doors import open_doors
from provisioner.app.meetings.room_keys import RoomKeys
from provisioner.app.site import Site
from provisioner.model.meetings import TellsRooms


class ToldRooms:
    """Those of one network. Shared by threads."""

    def __init__(self, site: Site) -> None:
        """Raises `SettingsError`, `StateError`."""
        self._doors, self._keys = open_doors(site).values(), RoomKeys(site)

    def key(self, told: str) -> str | None:
        """The key under which it is known everywhere. None: it is no room of ours. Raises `StateError`."""
        found = (self._keys.of(name) for name in dict.fromkeys(name for name, _ in self._meant(told)))
        return next((key for key in found if key is not None), None)

    def is_public(self, told: str) -> bool:
        """Whether it is a room of the citizens' service."""
        return any(is_public for _, is_public in self._meant(told))

    def _meant(self, told: str) -> Iterator[tuple[str, bool]]:
        """What each server's passes call it, and whether it is public there."""
        for door in self._doors:
            name = door.room_told(told) if isinstance(door, TellsRooms) else told
            if name is not None:
                yield name, door.is_public(name)
