"""The rooms of a Jitsi server, and who gets into them: Prosody with Jitsi's modules, as observed.

`Rooms` is the server without a wire: `connect`, then `open` (what Jicofo does when somebody asks for a conference),
then `join`. The emulator puts BOSH in front of it.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from connectors.jitsi.emulation.event_caller import EventCaller
from connectors.jitsi.emulation.reservation_caller import Denied, Granted, ReservationCaller
from connectors.jitsi.rules import (
    Affiliation,
    Claims,
    Deployment,
    Refused,
    affiliation_of,
    enter,
    login,
    passes_lobby,
    user_of,
)
from provisioner.model.ports import Clock


class Guests(StrEnum):
    """What becomes of people without a token, who come by the guest domain."""

    NONE = "none"  # there is no such domain
    OPEN = "open"  # ENABLE_GUESTS=1 alone
    WAIT = "wait"  # and ENABLE_WAIT_FOR_HOST=1: until anybody with a token is there
    LISTED = "listed"  # and the domain is in the list of those who need no token


@dataclass(frozen=True)
class Setup:
    """How the server is deployed."""

    deployment: Deployment = field(default_factory=Deployment)
    guests: Guests = Guests.NONE
    guest_domain: str = "guest.meet.jitsi"
    reservations_for_guests: bool = False
    """mod_reservations is loaded on the guest domain as well."""
    focus: bool = True
    """Jicofo opens rooms; without it nobody does."""
    token_auth_url: str = ""
    """Where the page sends people without a token."""


@dataclass(eq=False)
class Session:
    """Somebody who has logged in."""

    jid: str
    guest: bool
    claims: Claims
    """None where no token was asked for."""


@dataclass
class Room:
    """A room while it is there."""

    name: str
    lobby: bool
    password: str | None = None
    most: int | None = None
    has_host: bool = False
    """Somebody with a token has been inside."""
    inside: dict[Session, Affiliation] = field(default_factory=dict)
    admitted: set[Session] = field(default_factory=set)
    """Whom a moderator let in from the lobby."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody is in the room."""

    affiliation: Affiliation
    role: str


@dataclass(frozen=True, slots=True)
class Turned:
    """Somebody is not let in: at which stage ("sasl", "conference", "join"), and why in the server's words."""

    stage: str
    why: tuple[str, ...]


HOST_UNKNOWN: Final = "host-unknown"
_WAITING: Final = ("registration-required", "lobbyroom")


class Rooms:
    """The server's memory. Not shared between threads without the emulator's lock."""

    def __init__(
        self,
        setup: Setup,
        clock: Clock,
        *,
        reservations: ReservationCaller | None = None,
        events: EventCaller | None = None,
    ) -> None:
        self.setup = setup
        self.reservations = reservations
        self.events = events
        self.rooms: dict[str, Room] = {}
        self._clock = clock
        self._numbers = itertools.count(1)
        self._told: dict[Session, str] = {}

    def connect(self, host: str, token: str | None = None) -> Session | Turned:
        """Log in at a domain. On the guest domain a token is never looked at (observed)."""
        deployment = self.setup.deployment
        if host == self.setup.guest_domain and self.setup.guests is not Guests.NONE:
            return Session(self._jid(host), guest=True, claims={})
        if host != deployment.domain:
            return Turned("sasl", (HOST_UNKNOWN,))
        claims = login(token, deployment, self._clock.now())
        if isinstance(claims, Refused):
            return Turned("sasl", ("not-allowed", str(claims.why)))
        return Session(self._jid(host), guest=False, claims=claims)

    def open(self, session: Session, room: str, tenant: str | None = None) -> Turned | None:
        """Ask Jicofo for the conference, which opens the room; None: it is open."""
        node = _node(room, tenant)
        if node in self.rooms:
            return None
        asks = self.reservations is not None and (not session.guest or self.setup.reservations_for_guests)
        granted = self.reservations.ask(node, session.jid) if asks and self.reservations is not None else None
        if isinstance(granted, Denied):
            return Turned("conference", ("service-unavailable", granted.text, "reservation-error", str(granted.code)))
        if self.setup.focus:
            self.rooms[node] = self._new(node, granted)
        return None

    def join(
        self,
        session: Session,
        room: str,
        tenant: str | None = None,
        *,
        name: str = "Somebody",
        password: str | None = None,
    ) -> Entered | Turned:
        """Enter a room that is open."""
        node = _node(room, tenant)
        found = self.rooms.get(node)
        if found is None:
            return Turned("join", ("Room does not exist",))
        if not (session.guest and self.setup.guests is Guests.LISTED):
            refused = enter(session.claims, room, tenant, self.setup.deployment)
            if refused is not None:
                return Turned("join", ("not-allowed", str(refused.why)))
        if found.most is not None and len(found.inside) >= found.most:
            return Turned("join", ("service-unavailable",))
        held = next(self._holding(session, found, name, password), None)
        if held is not None:
            return Turned("join", held)
        return self._enter(session, found)

    def admit(self, session: Session, room: str, tenant: str | None = None) -> None:
        """A moderator lets somebody in who waits in the lobby."""
        self.rooms[_node(room, tenant)].admitted.add(session)

    def leave(self, session: Session, room: str, tenant: str | None = None) -> None:
        """Go, or be thrown out; the last one closes the room."""
        node = _node(room, tenant)
        found = self.rooms[node]
        del found.inside[session]
        if self.events is not None:
            self.events.left(node, self._told.pop(session))
        if not found.inside:
            self.close(node)

    def close(self, node: str) -> None:
        """The room is destroyed."""
        found = self.rooms.pop(node)
        for session in list(found.inside):
            if self.events is not None:
                self.events.left(node, self._told.pop(session))
        if self.events is not None:
            self.events.destroyed(node)
        if self.reservations is not None:
            self.reservations.destroyed(node)

    def _new(self, node: str, granted: Granted | None) -> Room:
        lobby = self.setup.deployment.lobby or (granted is not None and granted.lobby)
        if self.events is not None:
            self.events.created(node)
        if granted is None:
            return Room(node, lobby)
        return Room(node, lobby, granted.password, granted.max_occupants)

    def _holding(self, session: Session, room: Room, name: str, password: str | None) -> Iterator[tuple[str, ...]]:
        """What stands between the token and the room, in the order in which the modules ask."""
        with_token = bool(session.claims)
        if self.setup.guests is Guests.WAIT and not room.has_host:
            if not with_token:
                yield ("registration-required", "waiting-for-host", "lobbyroom")
            room.has_host = True
        elif room.lobby and (password is None or password != room.password):
            if not name:  # asked of everybody, also of moderators who need not wait
                yield ("not-acceptable", "displayname-required")
            if session not in room.admitted and not passes_lobby(session.claims):
                yield _WAITING
        if room.password is not None and password != room.password and session not in room.admitted:
            yield ("not-authorized",)

    def _enter(self, session: Session, room: Room) -> Entered:
        affiliation = affiliation_of(session.claims, self.setup.deployment)
        room.inside[session] = affiliation
        if self.events is not None:
            self._told[session] = self.events.joined(room.name, user_of(session.claims) or None)
        return Entered(affiliation, "moderator" if affiliation is Affiliation.OWNER else "participant")

    def _jid(self, host: str) -> str:
        return f"{next(self._numbers):08x}@{host}"


def _node(room: str, tenant: str | None) -> str:
    """The room's name over there; domains and rooms are in small letters."""
    return (room if tenant is None else f"[{tenant}]{room}").lower()
