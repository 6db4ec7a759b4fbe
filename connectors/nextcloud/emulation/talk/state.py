"""What an emulated Talk holds: rooms, who is in them, what was said. Observed on Nextcloud 34 with Talk 22."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from connectors.nextcloud.emulation.folders.tree import Node

ONE_TO_ONE, GROUP, PUBLIC, CHANGELOG, NOTE = 1, 2, 3, 4, 6
OWNER, MODERATOR, USER, GUEST = 1, 2, 3, 4
MEMBER_BITS: Final = 246
MODERATOR_BITS: Final = 254
MOST_MISSES: Final = 10
MISS_SECONDS: Final = 1800.0
USERS, GROUPS, EMAILS = "users", "groups", "emails"
NO_CAPTION: Final = "{file}"
"""The text of a message that shows a file and says nothing of it."""
WEBHOOK, RESPONSE, EVENT, REACTION = 1, 2, 4, 8
"""What a bot was installed for."""
BOT_DISABLED, BOT_ENABLED, BOT_FIXED = 0, 1, 2
"""Fixed: no moderator changes where it is ("no setup")."""


@dataclass(slots=True, eq=False)
class Attendee:
    """One participant of a room: an account, a group, or somebody invited by e-mail."""

    id: int
    kind: str
    actor: str
    """An account's or group's id; for an e-mail address its SHA-256 in hex."""
    type: int = USER
    address: str | None = None
    joined_after: int = 0
    """The last message before it came."""
    favorite: bool = False

    @property
    def moderates(self) -> bool:
        """Whether it is the owner or a moderator."""
        return self.type in (OWNER, MODERATOR)


@dataclass(frozen=True, slots=True)
class Shared:
    """A file of somebody's, shared with a room."""

    owner: str
    path: str
    """In the owner's files, without a slash at its beginning."""
    node: Node
    permissions: int


@dataclass(slots=True, eq=False)
class Message:
    """One message, or one line of the room's history when `system` has a word."""

    id: int
    kind: str
    actor: str
    text: str
    at: int
    """Seconds since 1970."""
    system: str = ""
    reference: str = ""
    parent: Message | None = None
    silent: bool = False
    deleted: bool = False
    edited_by: str | None = None
    edited_at: int = 0
    expires: int = 0
    reactions: dict[tuple[str, str, str], Message] = field(default_factory=dict)
    """By emoji, kind and id of who reacted: the line of the history that says so. The oldest first."""
    picture: Shared | None = None
    """The file that it shows; the text is its caption, or `NO_CAPTION`."""
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Bot:
    """A bot that was installed by occ; a moderator enables it in a room."""

    id: int
    name: str
    secret: str = field(repr=False)
    url: str = ""
    description: str = ""
    features: int = 3
    state: int = BOT_ENABLED
    """For the whole server, by `occ talk:bot:state`."""
    errors: int = 0
    """Calls that it did not answer with 200 or 202 within 5 s."""


@dataclass(frozen=True, slots=True)
class BotCall:
    """What a bot is about to be told."""

    bot: Bot
    event: dict[str, Any]


@dataclass(slots=True, eq=False)
class Room:
    """One conversation. Its fields may be set at will; who is in it changes by `Talk`'s methods."""

    id: int
    token: str
    type: int
    name: str
    description: str = ""
    object_type: str = ""
    object_id: str = ""
    read_only: int = 0
    listable: int = 0
    lobby: int = 0
    lobby_timer: int = 0
    permissions: int = 0
    """The members' default; 0 leaves it to the server."""
    mention_permissions: int = 0
    message_expiration: int = 0
    """Seconds; 0 keeps messages."""
    password: str = field(default="", repr=False)
    last_activity: int = 0
    attendees: list[Attendee] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    bots: set[int] = field(default_factory=set)
    shared: set[int] = field(default_factory=set)
    """Numbers of the files that are shared with it."""

    def find(self, kind: str, actor: str) -> Attendee | None:
        """The participant of this kind and id."""
        return next((one for one in self.attendees if one.kind == kind and one.actor == actor), None)

    def by_id(self, attendee_id: int) -> Attendee | None:
        """The participant of this number."""
        return next((one for one in self.attendees if one.id == attendee_id), None)

    @property
    def users(self) -> list[str]:
        """Ids of the accounts in it."""
        return [one.actor for one in self.attendees if one.kind == USERS]

    @property
    def groups(self) -> list[str]:
        """Ids of the groups in it."""
        return [one.actor for one in self.attendees if one.kind == GROUPS]

    @property
    def moderators(self) -> list[str]:
        """Ids of the accounts that own or moderate it."""
        return [one.actor for one in self.attendees if one.moderates]

    @property
    def comments(self) -> list[str]:
        """What people wrote, oldest first, deleted ones left out."""
        return [one.text for one in self.messages if not one.system and not one.deleted]
