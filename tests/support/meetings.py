"""Meeting rooms for tests of pages: a Jitsi target that nobody asks, and rooms that the state knows of."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import jwt
from sqlalchemy import update

from provisioner.console.network import Network
from provisioner.model.bindings import Binding
from provisioner.model.resources import Kind, ResourceId
from provisioner.state import GuestRoom, GuestRooms, Invitations
from provisioner.state.admission import digest_of
from provisioner.state.bindings import BindingWriter
from provisioner.state.meeting_schema import INVITATION
from tests.support.console import MODERATOR_SENSORIK, House

MEET: Final = "https://meet.example"
SECRET: Final = "only-for-tests-0123456789-0123456789"
TARGET: Final[Mapping[str, Any]] = {"connector": "jitsi", "url": MEET, "secret": SECRET}


def room_name(number: int) -> str:
    """Of the shape that real ones have."""
    return f"re-{number:032x}"


def with_rooms(house: House, *bodies: str, **more: object) -> None:
    """Give every network of the house a meeting server, and these bodies of "redi" rooms: the first is number 1.

    ``more``: other settings of the server.
    """
    for wish in house.wishes.values():
        wish.targets["meet"] = deepcopy({**TARGET, **more})
    _ = house.app
    for number, body in enumerate(bodies, 1):
        tie_room(house.networks["redi"], body, room_name(number))


def tie_room(network: Network, body: str, name: str) -> None:
    """As an apply does."""
    tied = Binding(ResourceId(Kind.MEETING_ROOM, f"body:{body}"), name, body, "", {})
    with network.site.database.writing() as connection:
        BindingWriter(connection, network.name, "meet", "jitsi:meet.example").bind(tied, network.now())


def invite(
    network: Network,
    guest: str,
    until: datetime,
    key: str = "body:pg-sensorik",
    by: str = MODERATOR_SENSORIK,
    **known: str,
) -> str:
    """A guest's personal link; its word. ``known``: which id and word it shall have; real ones never choose."""
    made = Invitations(network.site.database, network.name).make(key, guest, by, network.now(), until)
    if not known:
        return made[1]
    with network.site.database.writing() as connection:
        mine = update(INVITATION).where(INVITATION.c.id == made[0].id, INVITATION.c.network == network.name)
        connection.execute(mine.values(digest=digest_of(known["word"]), id=known["id"]))
    return known["word"]


def open_room(network: Network, room: str, name: str, until: datetime, body: str = "pg-sensorik") -> None:
    """A room for guests."""
    opened = GuestRoom(room, body, name, "Ausschreibung", MODERATOR_SENSORIK, network.now(), until)
    GuestRooms(network.site.database, network.name).open(opened)


def claims_of(address: str) -> dict[str, Any]:
    """What stands in the token that an address carries, which has to be one of ours."""
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == MEET
    assert "jwt" not in parts.query
    token = parse_qs(parts.fragment)["jwt"][0].strip('"')
    # Time is the tests' own.
    options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    found: dict[str, Any] = jwt.decode(token, SECRET, ["HS256"], audience="jitsi", options=options)
    assert parts.path == f"/{found['room']}"
    return found
