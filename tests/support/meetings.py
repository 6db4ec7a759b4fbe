"""Meeting rooms for tests of pages: a Jitsi target that nobody asks, and rooms that the state knows of."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import jwt

from provisioner.console.network import Network
from provisioner.model.bindings import Binding
from provisioner.model.resources import Kind, ResourceId
from provisioner.state.bindings import BindingWriter
from tests.support.console import House

MEET: Final = "https://meet.example"
SECRET: Final = "only-for-tests-0123456789-0123456789"
TARGET: Final[Mapping[str, Any]] = {"connector": "jitsi", "url": MEET, "secret": SECRET}


def room_name(number: int) -> str:
    """Of the shape that real ones have."""
    return f"re-{number:032x}"


def with_rooms(house: House, *bodies: str) -> None:
    """Give every network of the house a meeting server, and these bodies of "redi" rooms: the first is number 1."""
    for wish in house.wishes.values():
        wish.targets["meet"] = dict(TARGET)
    _ = house.app
    for number, body in enumerate(bodies, 1):
        tie_room(house.networks["redi"], body, room_name(number))


def tie_room(network: Network, body: str, name: str) -> None:
    """As an apply does."""
    tied = Binding(ResourceId(Kind.MEETING_ROOM, f"body:{body}"), name, body, "", {})
    with network.site.database.writing() as connection:
        BindingWriter(connection, network.name, "meet", "jitsi:meet.example").bind(tied, network.now())


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
