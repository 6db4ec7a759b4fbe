"""What a Jitsi-Admin holds: servers, users, rooms. Mail that it would send is noted.

Written from its source (H2-invent/jitsi-admin, July 2026): Service/api/RoomService.php, Service/UserCreatorService.php,
Entity/Rooms.php.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from connectors.jitsiadmin.emulation.refusing import Broken, Wordless

_EMAIL: Final = re.compile(
    r"[-\w!#$%&'*+/=?^`{|}~]+(\.[-\w!#$%&'*+/=?^`{|}~]+)*@([a-z0-9-]+\.)*[a-z0-9-]+", re.A | re.I
)
"""FILTER_VALIDATE_EMAIL, roughly."""


class Mail(NamedTuple):
    """A mail that the real server would send. ``about``: invited, changed, called off."""

    to: str
    about: str
    room: str


@dataclass(eq=False, slots=True)
class User:
    """``username`` is what their login calls them; whoever was made here is called by their address."""

    email: str
    username: str


@dataclass(eq=False, slots=True)
class Server:
    """A Jitsi server that is entered there. ``users``: who is linked to it; ``groups``: domains that see it besides."""

    id: int
    url: str
    api_key: str | None
    users: list[User] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class Room:
    """``start`` is the wall clock's, without a zone; the end and the room's own name follow from it."""

    id: int
    uid_real: str | None
    uid: str
    name: str
    start: datetime
    duration: float
    server: Server
    moderator: User | None
    users: list[User]
    time_zone: str | None = None
    """Set by hand over there, never by the API."""
    sequence: int = 0

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.duration)


class World:
    """The state. Not locked: the emulator's lock is held around it."""

    def __init__(self, now: Callable[[], datetime], zone: str) -> None:
        self._now = now
        self.zone = ZoneInfo(zone)
        """``date.timezone`` of its PHP."""
        self.servers: list[Server] = []
        self.users: list[User] = []
        self.rooms: list[Room] = []
        self.mails: list[Mail] = []

    def wall_clock(self) -> datetime:
        """The present as PHP's ``new DateTime()`` tells it, kept without its zone."""
        return self._now().astimezone(self.zone).replace(tzinfo=None, microsecond=0)

    def add_server(self, url: str, api_key: str | None) -> Server:
        self.servers.append(Server(len(self.servers) + 1, url, api_key))
        return self.servers[-1]

    def add_user(self, email: str, *servers: Server, username: str = "") -> User:
        """Somebody who logged in there; linked to these servers."""
        user = User(email, username or email)
        self.users.append(user)
        for server in servers:
            server.users.append(user)
        return user

    def by_email(self, email: str | None) -> User | None:
        return next((user for user in self.users if _same(user.email, email)), None)

    def by_username(self, username: str) -> User | None:
        return next((user for user in self.users if _same(user.username, username)), None)

    def room(self, uid: str | None) -> Room | None:
        """``findOneBy(['uidReal' => null])`` finds a room that has none: an id that is missing means one of these."""
        return next((room for room in self.rooms if room.uid_real == uid), None)

    def linked_server(self, url: str | None, email: str | None, api_key: str | None) -> Server | None:
        """Exact address and key, and the organiser linked to it: neither groups nor domains count here."""
        return next(
            (
                server
                for server in self.servers
                if server.url == url
                and api_key is not None
                and server.api_key == api_key
                and any(_same(user.email, email) for user in server.users)
            ),
            None,
        )

    def create(self, user: User, server: Server, start: datetime, duration: float, name: str | None) -> Room:
        """Kept first, then the mail: what fails after that is an error of a room that exists."""
        if name is None:
            raise Wordless
        number = len(self.rooms) + 1
        uid_real = hashlib.md5(f"jitsi-admin {number}".encode(), usedforsecurity=False).hexdigest()
        uid = f"{number % 99 + 1}{int(self._now().timestamp())}"
        room = Room(number, uid_real, uid, name, start, duration, server, user, [user])
        self.rooms.append(room)
        self.mails.append(Mail(user.email, "invited", name))
        return room

    def change(self, room: Room, server: Server, start: datetime, duration: float, name: str | None) -> None:
        """Everybody in it gets a mail; its sequence is 0 again."""
        if name is None:
            raise Broken
        room.name, room.start, room.duration, room.server, room.sequence = name, start, duration, server, 0
        self.mails += [Mail(user.email, "changed", name) for user in room.users]

    def call_off(self, room: Room) -> None:
        """It stays, without people and moderator."""
        for user in room.users:
            self._dismiss(user, room)
        room.users.clear()
        room.moderator = None

    def add(self, room: Room, email: str) -> None:
        """Found by the name at the login, not by the address: else a second account comes into being."""
        user = self.by_username(email) or self.add_user(email)
        if user not in room.users:
            if room.moderator is None:
                raise Broken  # the address book of nobody
            room.users.append(user)
            self.mails.append(Mail(user.email, "invited", room.name))

    def remove(self, room: Room, user: User) -> None:
        room.users.remove(user)
        self._dismiss(user, room)

    def starting_within(self, server: Server, minutes: int) -> list[Room]:
        """Called-off ones among them."""
        now = self.wall_clock()
        soon = now + timedelta(minutes=minutes)
        return [room for room in self.rooms if room.server is server and now <= room.start <= soon]

    def _dismiss(self, user: User, room: Room) -> None:
        """Nobody is told of what is over."""
        if room.end > self.wall_clock():
            if room.moderator is None:
                raise Broken
            self.mails.append(Mail(user.email, "called off", room.name))


def is_email(text: str | None) -> bool:
    return text is not None and _EMAIL.fullmatch(text) is not None


def _same(one: str, other: str | None) -> bool:
    """As its database compares: without regard to capital letters."""
    return other is not None and one.casefold() == other.casefold()
