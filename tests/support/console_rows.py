"""What the table of all routes is made of: see `tests/console/test_routes_table.py`.

A row says for one route who gets which answer: letters → a status, or the page that is gone to. Whoever is not named
gets "there is no such page"; who is not logged in, or suspended, is led to the login, newcomers to their first page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.support.console import MEMBER, OTHER, ROLES

LETTERS: Final[Mapping[str, str | None]] = {
    letter: ROLES.get(role)
    for letter, role in {
        "-": "nobody",
        "S": "suspended",
        "N": "newcomer",
        "R": "ranger",
        "K": "coordinator",
        "A": "administrator of the lead",
        "B": "administrator of another city",
        "M": "moderator",
        "O": "moderator of another body",
        "m": "member",
        "n": "member of nothing",
        "G": "guest",
        "F": "first start",
    }.items()
}
"""Who is who, seen from the body pg-sensorik and its member Ben."""

EVERYBODY: Final = "".join(LETTERS)
PEOPLE: Final = "RKABMOmn"
"""All who may take part."""
INSIDE: Final = f"{PEOPLE}G"
"""And guests."""

BODY, ONLY_THERE_BODY = "pg-sensorik", "pg-nur-dort"
PERSON, ONLY_THERE_PERSON = MEMBER, "p-nur"
REQUEST, ONLY_THERE_REQUEST = "1", "2"
LINK, ONLY_THERE_LINK = "a-moderators-link", "a-moderators-link-there"
"""By which a moderator decides on the request."""
GUEST_LINK, ONLY_THERE_GUEST_LINK = "a-guests-link", "a-guests-link-there"
ROOM, ONLY_THERE_ROOM = "ausschreibung", "ausschreibung-dort"
"""Opened for guests."""
INVITATION, ONLY_THERE_INVITATION = "i-here", "i-there"
ASKED: Final = OTHER
"""Who asked in the request."""


@dataclass(frozen=True)
class Row:
    """One route. ``answers`` in the order in which they are asked for, after those who get nothing."""

    method: str
    path: str
    """Below the network's, as the route is declared."""
    answers: Mapping[str, str]
    ids: Mapping[str, str] = field(default_factory=dict)
    """What stands in the path."""
    foreign: Mapping[str, str] = field(default_factory=dict)
    """The same of things that are in another network alone: with these it is not there for anybody."""
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def get(path: str, answers: Mapping[str, str], **ids: tuple[str, str]) -> Row:
    """A page. ``ids``: what stands in the path, here and in the other network alone."""
    here = {name: pair[0] for name, pair in ids.items()}
    return Row("GET", path, answers, here, {name: pair[1] for name, pair in ids.items()})


def post(path: str, answers: Mapping[str, str], form: Mapping[str, str] | None = None, **ids: tuple[str, str]) -> Row:
    """A form."""
    here = {name: pair[0] for name, pair in ids.items()}
    return Row("POST", path, answers, here, {name: pair[1] for name, pair in ids.items()}, form or {})


A_BODY: Final = (BODY, ONLY_THERE_BODY)
A_PERSON: Final = (PERSON, ONLY_THERE_PERSON)
A_REQUEST: Final = (REQUEST, ONLY_THERE_REQUEST)
A_LINK: Final = (LINK, ONLY_THERE_LINK)
A_ROOM: Final = (ROOM, ONLY_THERE_ROOM)
AN_INVITATION: Final = (INVITATION, ONLY_THERE_INVITATION)
A_GUEST: Final = (GUEST_LINK, ONLY_THERE_GUEST_LINK)
