"""Meeting rooms as the service opens them: who may enter, as what, and what is made for them to do so.

A room is only a name that nobody guesses; whoever has a token for it enters. So a token is made for one person, one
room and a few minutes, at the moment in which somebody enters, and never kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pydantic import SecretStr

from provisioner.model.text import Text


class Standing(StrEnum):
    """As what somebody enters a room."""

    MODERATOR = "moderator"
    MEMBER = "member"
    GUEST = "guest"  # waits in the lobby until a moderator lets them in
    VISITOR = "visitor"  # of a public room of the citizens' service


@dataclass(frozen=True, slots=True)
class Allowance:
    """What policy gives to somebody who enters a room."""

    seconds: int
    """For which the pass opens it; a server's settings may allow less, never more."""
    passes_lobby: bool
    features: frozenset[str]
    """What they may do besides, e.g. "recording"; whatever is not in it is switched off."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody at the door: a display name and an opaque id are all that others in the room learn of them."""

    id: str
    """Opaque, and another one in every room."""
    name: str
    standing: Standing
    allowed: Allowance | None = None
    """None: five minutes and nothing besides; all but guests pass the lobby."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What opens a room to one person for some minutes."""

    token: SecretStr
    url: SecretStr
    """The room with the token in its fragment, which no server ever sees."""
    expires: datetime


class Stage(StrEnum):
    """Where a token is refused."""

    LOGIN = "login"  # before any room: signature, times, issuer, audience
    ROOM = "room"  # at the door of this room
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the meeting server would do with a token, and why."""

    stage: Stage
    why: Text
    standing: Standing | None = None
    """As what its bearer would be inside; None: refused."""
    warnings: tuple[Text, ...] = ()
    """What is unsafe about it although it is accepted."""

    @property
    def accepted(self) -> bool:
        return self.stage is Stage.ACCEPTED


class MeetingDoor(Protocol):
    """What makes and judges tokens for the rooms of one meeting server. Shared by threads; asks nobody."""

    @property
    def address(self) -> str:
        """Below which every pass leads: scheme and host, e.g. https://meet.example."""
        ...

    def new_room(self) -> str:
        """A name that nobody guesses."""
        ...

    def admit(self, room: str, title: str, entrant: Entrant, now: datetime) -> Pass:
        """A pass for this person and room alone. Raises `Permanent` for a room or name that can't be put in one."""
        ...

    def judge(self, token: str, room: str, now: datetime) -> Verdict:
        """What the server would do with this token at this room. Never raises for what is in the token."""
        ...

    def is_public(self, room: str) -> bool:
        """Whether it is a room of the citizens' service, open to all."""
        ...

    def published_keys(self) -> Mapping[str, bytes]:
        """Of a server that fetches our public keys: by key id, in PEM. Empty: it has a secret of ours instead.

        Raises `SettingsError` for keys that can't be read.
        """
        ...


@runtime_checkable
class TellsRooms(Protocol):
    """What a door can offer besides: which room its server means where it speaks of one to other machines."""

    def room_told(self, name: str) -> str | None:
        """Its name as passes have it; None: no room that they could open."""
        ...
