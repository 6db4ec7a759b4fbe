"""A network whose bodies have folders and conversations with all that belongs to them, and where these are."""

from connectors.nextcloud.emulation.folders.state import Folder
from connectors.nextcloud.emulation.talk.state import Room
from connectors.nextcloud.emulator import PROVISIONERS
from tests.support.site import Installation, body, person


def furnish(installation: Installation) -> None:
    """Wish for two project groups: moderators, members, and a guest of the network."""
    wish = installation.wish
    wish.targets["cloud"] = installation.target(server="the-cloud", working_group=PROVISIONERS)
    wish.add(
        body("pg-sensorik", "Sensorik", purpose="Messen."),
        body("pg-lora", "LoRaWAN"),
        person("Anna", {"id": "pg-sensorik", "role": "moderator"}),
        person("Ben", {"id": "pg-sensorik"}),
        person("Cleo", {"id": "pg-sensorik", "role": "moderator"}, {"id": "pg-lora", "role": "moderator"}),
        person("Dora", {"id": "pg-sensorik"}, {"id": "pg-lora"}),
        person(
            "Gerda",
            {"id": "pg-sensorik", "role": "guest"},
            guest={"sponsor": "p-anna", "until": "2027-12-31"},
            organisation=None,
        ),
    )


def folder_of(installation: Installation, name: str) -> Folder:
    """The team folder of the project group of this name."""
    found = installation.cloud.folders.by_mount_point(f"Projektgruppen/{name}")
    assert found is not None
    return found


def room_of(installation: Installation, name: str) -> Room:
    """The one conversation of the project group of this name."""
    (room,) = (room for room in installation.cloud.talk.rooms.values() if room.name == f"PG {name}")
    return room
