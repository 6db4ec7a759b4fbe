"""What a Mailman holds: domains, lists, users, addresses, memberships, requests. Mail that it would send is noted."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from connectors.mailman.emulation.config import STYLES, is_address, of_style
from connectors.mailman.emulation.refusing import Refused, not_found

NEVER = "0001-01-01T00:00:00"


class Mail(NamedTuple):
    """A mail that the real server would send. ``about``: welcome, goodbye, notice, held."""

    to: str
    about: str
    list_id: str


@dataclass(slots=True)
class User:
    id: str
    display_name: str
    created_on: str
    is_server_owner: bool = False
    preferred: "Address | None" = None
    number: int = 0


@dataclass(slots=True, eq=False)
class Address:
    email: str
    original: str
    display_name: str
    registered_on: str
    verified_on: str = ""
    user: User | None = None


@dataclass(slots=True, eq=False)
class Member:
    id: str
    list_id: str
    role: str
    subscriber: Address | User
    delivery_status: str = ""
    bounce_score: int = 0
    last_bounce: str = ""

    @property
    def has_address(self) -> bool:
        return isinstance(self.subscriber, Address) or self.subscriber.preferred is not None

    @property
    def address(self) -> Address:
        """Raises as the real server does for who follows a preferred address and has none any more."""
        if isinstance(self.subscriber, Address):
            return self.subscriber
        if self.subscriber.preferred is None:
            raise Refused(500)
        return self.subscriber.preferred

    @property
    def user(self) -> User | None:
        return self.subscriber.user if isinstance(self.subscriber, Address) else self.subscriber


@dataclass(slots=True)
class Pending:
    """Somebody's wish to be on a list, which waits for them or for a moderator."""

    token: str
    list_id: str
    address: Address
    owner: str
    when: str


@dataclass(slots=True)
class List:
    id: str
    name: str
    host: str
    config: dict[str, Any] | None
    """None: made with a style that nobody knows, and broken."""
    bans: set[str] = field(default_factory=set)


class World:
    """The state. Not locked: the emulator's lock is held around it."""

    def __init__(self, now: Callable[[], str]) -> None:
        self._now = now
        self._count = 0
        self.domains: dict[str, None] = {}
        self.lists: dict[str, List] = {}
        self.users: dict[str, User] = {}
        self.addresses: dict[str, Address] = {}
        self.members: dict[str, Member] = {}
        self.pending: dict[str, Pending] = {}
        self.mails: list[Mail] = []

    def new_id(self, letters: int = 32) -> str:
        """The next id, the same in every run."""
        self._count += 1
        return hashlib.sha256(f"mailman {self._count}".encode()).hexdigest()[:letters]

    def add_domain(self, host: str) -> None:
        if host in self.domains:
            raise Refused(400, f"Duplicate email host: {host}")
        self.domains[host] = None

    def remove_domain(self, host: str) -> None:
        """With all its lists, and not a word."""
        if host not in self.domains:
            raise not_found()
        for one in [one for one in self.lists.values() if one.host == host]:
            self.remove_list(one)
        del self.domains[host]

    def add_list(self, name: str, host: str, style: str) -> List:
        name = name.lower()
        list_id = f"{name}.{host}"
        if list_id in self.lists:
            raise Refused(400, "Mailing list exists")
        config = of_style(name, host, style, self._now()) if style in STYLES else None
        made = self.lists[list_id] = List(list_id, name, host, config)
        return made

    def remove_list(self, gone: List) -> None:
        del self.lists[gone.id]
        for member in [one for one in self.members.values() if one.list_id == gone.id]:
            del self.members[member.id]
        for one in [one for one in self.pending.values() if one.list_id == gone.id]:
            del self.pending[one.token]

    def address(self, email: str) -> Address | None:
        return self.addresses.get(email.lower())

    def add_address(self, email: str, display_name: str = "") -> Address:
        lower = email.lower()
        made = self.addresses[lower] = Address(lower, email, display_name, self._now())
        return made

    def add_user(self, email: str, display_name: str = "") -> User:
        """With an address of its own, or with one that was nobody's, which keeps its name."""
        if not is_address(email):
            raise Refused(400, f"Invalid email address {email}")
        known = self.address(email)
        if known is not None and known.user is not None:
            raise Refused(400, f"User already exists: {known.original}")
        address = known or self.add_address(email, display_name)
        made = User(self.new_id(), display_name, self._now(), number=len(self.users))
        address.user = self.users[made.id] = made
        return made

    def user(self, identifier: str) -> User | None:
        if "@" in identifier:
            address = self.address(identifier)
            return None if address is None else address.user
        return self.users.get(identifier)

    def addresses_of(self, user: User) -> list[Address]:
        return [one for one in self.addresses.values() if one.user is user]

    def verify(self, address: Address) -> None:
        address.verified_on = address.verified_on or self._now()

    def remove_address(self, address: Address) -> None:
        """With all memberships that hang on it; silently."""
        for member in [one for one in self.members.values() if one.subscriber is address]:
            del self.members[member.id]
        if address.user is not None and address.user.preferred is address:
            address.user.preferred = None
        del self.addresses[address.email]

    def remove_user(self, user: User) -> None:
        for address in self.addresses_of(user):
            self.remove_address(address)
        for member in [one for one in self.members.values() if one.subscriber is user]:
            del self.members[member.id]
        del self.users[user.id]

    def find(
        self, list_id: str | None = None, role: str | None = None, email: str | None = None, user: User | None = None
    ) -> list[Member]:
        """Memberships, sorted by list, address and role as the server does.

        Who follows a preferred address and has none any more is in no roster.
        """
        found = [
            one
            for one in self.members.values()
            if one.has_address
            and (list_id is None or one.list_id == list_id)
            and (role is None or one.role == role)
            and (email is None or one.address.email == email.lower())
            and (user is None or one.user is user)
        ]
        return sorted(found, key=lambda one: (one.list_id, one.address.email, _ROLES.index(one.role)))

    def seat(self, place: List, role: str, subscriber: Address | User) -> Member:
        """Put somebody on a list. A address that is nobody's gets a user."""
        if isinstance(subscriber, Address) and subscriber.user is None:
            made = User(self.new_id(), subscriber.display_name, self._now(), number=len(self.users))
            subscriber.user = self.users[made.id] = made
        member = Member(self.new_id(), place.id, role, subscriber)
        self.members[member.id] = member
        return member

    def tell(self, place: List, about: str, *to: str) -> None:
        """Note a mail to each of these."""
        self.mails += [Mail(one, about, place.id) for one in to]

    def tell_owners(self, place: List) -> None:
        """That somebody came or went, where they want to know."""
        if place.config is not None and place.config["admin_notify_mchanges"]:
            chiefs = {one.address.email for role in ("owner", "moderator") for one in self.find(place.id, role)}
            self.tell(place, "notice", *sorted(chiefs))

    def wait(self, place: List, address: Address, owner: str) -> Pending:
        made = Pending(self.new_id(40), place.id, address, owner, self._now().partition(".")[0])
        self.pending[made.token] = made
        return made

    def pending_of(self, place: List) -> Iterator[Pending]:
        return (one for one in self.pending.values() if one.list_id == place.id)


_ROLES = ("member", "owner", "moderator", "nonmember")
