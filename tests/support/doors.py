"""A door that writes down whom it admitted, and rooms that are tied without any sync."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pydantic import SecretStr

from provisioner.app.meetings.doors import Doors, room_key
from provisioner.model.bindings import Binding
from provisioner.model.meetings import Entrant, Pass, Stage, Verdict
from provisioner.model.resources import Kind, ResourceId
from provisioner.model.text import Text
from provisioner.state import BindingWriter
from provisioner.state.tie_facts import Facts
from tests.support.desk import Desk, small_network
from tests.support.site import Wish

TARGET, SERVER = "meet", "https://meet.example"
SECRET: Final = "emulated-secret-of-meeting-server"
LIFETIME: Final = timedelta(minutes=15)


@dataclass
class NotedDoor:
    """Admits everybody, and remembers whom."""

    admitted: list[tuple[str, str, Entrant]] = field(default_factory=list)
    made: int = 0

    @property
    def address(self) -> str:
        return SERVER

    def new_room(self) -> str:
        self.made += 1
        return f"re-{self.made:032x}"

    def admit(self, room: str, title: str, entrant: Entrant, now: datetime) -> Pass:
        self.admitted.append((room, title, entrant))
        token = f"token-of-{entrant.id}"
        return Pass(SecretStr(token), SecretStr(f"{SERVER}/{room}#jwt={token}"), now + LIFETIME)

    def judge(self, token: str, room: str, now: datetime) -> Verdict:
        return Verdict(Stage.LOGIN, Text.of("app.forbidden"))

    def is_public(self, room: str) -> bool:
        return room.startswith("amt-")

    def published_keys(self) -> Mapping[str, bytes]:
        return {}

    @property
    def last(self) -> tuple[str, str, Entrant]:
        return self.admitted[-1]


def meeting_network() -> Wish:
    """The small network, with a meeting server."""
    wish = small_network()
    wish.targets[TARGET] = {"connector": "jitsi", "url": SERVER, "secret": SECRET}
    return wish


def doors_of(desk: Desk, door: NotedDoor) -> Doors:
    return Doors(desk.site, desk.pictures, lambda site: {TARGET: door})


def tie_room(desk: Desk, body: str, name: str, target: str = TARGET) -> None:
    """As a sync would have done it."""
    binding = Binding(ResourceId(Kind.MEETING_ROOM, room_key(body)), name, body, "", {})
    with desk.site.database.writing() as connection:
        facts = Facts(connection, run=None)
        BindingWriter(connection, desk.site.network, target, f"jitsi:{TARGET}.example", facts).bind(
            binding, desk.clock.now()
        )
        facts.note()
