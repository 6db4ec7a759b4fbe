"""An emulated Talk as a whole: its rooms and bots, and what changes them. Observed on Nextcloud 34 with Talk 22."""

from __future__ import annotations

import hashlib
import itertools
import random
import string
from collections.abc import Callable, Iterable
from typing import Any

from connectors.nextcloud.emulation.accounts.state import Accounts
from connectors.nextcloud.emulation.talk.state import (
    EMAILS,
    GROUP,
    GROUPS,
    GUEST,
    MISS_SECONDS,
    MOST_MISSES,
    OWNER,
    USER,
    USERS,
    Attendee,
    Bot,
    BotCall,
    Message,
    Room,
)


class Talk:
    """All rooms and bots, and the plain ways to change them: no rights, no checks, no requests."""

    def __init__(self, accounts: Accounts, now: Callable[[], float], seed: int = 22) -> None:
        self.accounts = accounts
        self.rooms: dict[str, Room] = {}
        """Rooms by token."""
        self.bots: dict[int, Bot] = {}
        self.bot_failures: list[float] = []
        """When bots' signatures were wrong."""
        self.misses: list[float] = []
        """When somebody asked for one room that is not there; each counts for half an hour (observed)."""
        self.greeted: set[str] = set()
        """Accounts that have listed their rooms once, and were given the server's own."""
        self.samples = True
        """Whether an account's first list brings the server's own rooms (observed)."""
        self.heard: Callable[[Room, Message, Message | None], None] = lambda *_: None
        """Told of each message and line; with the line about a reaction, of the message that it is about."""
        self.moved: Callable[[Room, Bot, str], None] = lambda *_: None
        """Told of bots that come (Join) and go (Leave)."""
        self.calls: list[BotCall] = []
        """What bots are still to be told."""
        self.backend = ""
        """What the server calls itself towards bots (overwrite.cli.url); "": its address."""
        self._now = now
        self._random = random.Random(seed)  # noqa: S311 - tokens here guard nothing
        self._room_ids = itertools.count(1)
        self._attendee_ids = itertools.count(1)
        self._message_ids = itertools.count(1)
        self.actor: tuple[str, str] = (USERS, "")
        """Who is acting, for the lines of the history."""

    def is_locked(self) -> bool:
        """Whether too many rooms were asked for that are not there."""
        return sum(self._now() - at < MISS_SECONDS for at in self.misses) > MOST_MISSES

    # --- rooms -------------------------------------------------------------------------------------------------

    def add_room(self, name: str, owner: str | None = None, kind: int = GROUP, **fields: Any) -> Room:
        """Make a room; the owner, if any, is in it."""
        token = ""
        while not token or token in self.rooms:
            token = "".join(self._random.choices(string.ascii_lowercase + string.digits, k=8))
        room = Room(next(self._room_ids), token, kind, name, last_activity=int(self._now()), **fields)
        self.rooms[token] = room
        if owner is not None:
            self.enter(room, USERS, owner, OWNER)
        self.note(room, "conversation_created")
        return room

    def remove_room(self, token: str) -> None:
        """Delete a room. Raises KeyError for an unknown one."""
        del self.rooms[token]

    def of(self, user_id: str) -> list[tuple[Room, Attendee]]:
        """An account's rooms in the order it came to them."""
        found = [(room, mine) for room in self.rooms.values() if (mine := room.find(USERS, user_id)) is not None]
        return sorted(found, key=lambda pair: pair[1].id)

    # --- people ------------------------------------------------------------------------------------------------

    def enter(self, room: Room, kind: str, actor: str, role: int = USER, *, silent: bool = False) -> Attendee | None:
        """Put somebody into a room; None when it was in it already. A group brings its members."""
        if room.find(kind, actor) is not None:
            return None
        last = room.messages[-1].id if room.messages else 0
        made = Attendee(next(self._attendee_ids), kind, actor, role, joined_after=last)
        room.attendees.append(made)
        if role != OWNER and not silent:
            self.note(room, "group_added" if kind == GROUPS else "user_added", subject=actor)
        if kind == GROUPS:
            for member in sorted(self.accounts.groups[actor].members):
                self.enter(room, USERS, member)
        return made

    def invite(self, room: Room, address: str) -> Attendee:
        """Invite a guest by e-mail, whatever the address looks like. The room's type is for callers to change."""
        hashed = hashlib.sha256(address.lower().encode()).hexdigest()
        known = room.find(EMAILS, hashed)
        if known is not None:
            return known
        last = room.messages[-1].id if room.messages else 0
        made = Attendee(next(self._attendee_ids), EMAILS, hashed, GUEST, address.lower(), last)
        room.attendees.append(made)
        return made

    def drop(self, room: Room, attendee: Attendee) -> None:
        """Take somebody out. A group takes its plain members along, unless another group in the room has them."""
        room.attendees.remove(attendee)
        self.note(room, "group_removed" if attendee.kind == GROUPS else "user_removed", subject=attendee.actor)
        if attendee.kind == GROUPS and (group := self.accounts.groups.get(attendee.actor)) is not None:
            for member in sorted(group.members):
                self._drop_unless_linked(room, member)

    def _drop_unless_linked(self, room: Room, user_id: str) -> None:
        """What somebody added by hand loses as well, and a moderator never does (observed)."""
        mine = room.find(USERS, user_id)
        user = self.accounts.users.get(user_id)
        linked = user is not None and any(group in user.groups for group in room.groups)
        if mine is not None and mine.type == USER and not linked:
            self.drop(room, mine)

    def joined(self, user_id: str, group_id: str) -> None:
        """Whoever joins a group comes into its rooms."""
        for room in self._rooms_of_group(group_id):
            self.enter(room, USERS, user_id)

    def left(self, user_id: str, group_id: str) -> None:
        """Whoever leaves a group is out of its rooms, moderators excepted."""
        for room in self._rooms_of_group(group_id):
            self._drop_unless_linked(room, user_id)

    def group_removed(self, group_id: str) -> None:
        """A deleted group is out of its rooms; its members stay (observed)."""
        for room in self._rooms_of_group(group_id):
            group = room.find(GROUPS, group_id)
            if group is not None:
                self.drop(room, group)

    def user_removed(self, user_id: str) -> None:
        """A deleted account is out of all rooms; a room where nobody is left goes with it."""
        for room, mine in self.of(user_id):
            self.drop(room, mine)
            if not room.users:
                del self.rooms[room.token]

    def _rooms_of_group(self, group_id: str) -> list[Room]:
        return [room for room in self.rooms.values() if room.find(GROUPS, group_id) is not None]

    # --- words -------------------------------------------------------------------------------------------------

    def note(self, room: Room, what: str, subject: str = "", parent: Message | None = None, **more: str) -> Message:
        """Write a line of the room's history, as the account that acts. ``more``: what else the line speaks of."""
        kind, actor = self.actor
        return self.say(room, kind, actor, "", system=what, parent=parent, parameters={"subject": subject, **more})

    def say(self, room: Room, kind: str, actor: str, text: str, **more: Any) -> Message:
        """Write a message."""
        at = int(self._now())
        expires = at + room.message_expiration if room.message_expiration else 0
        said = Message(next(self._message_ids), kind, actor, text, at, expires=expires, **more)
        room.messages.append(said)
        room.last_activity = at
        if said.system not in ("reaction", "reaction_deleted"):
            self.heard(room, said, None)
        return said

    def react(self, room: Room, said: Message, kind: str, actor: str, emoji: str) -> bool:
        """React to a message; False when it was so before."""
        if (emoji, kind, actor) in said.reactions:
            return False
        line = self.say(room, kind, actor, emoji, system="reaction", parent=said)
        said.reactions[emoji, kind, actor] = line
        self.heard(room, said, line)
        return True

    def unreact(self, room: Room, said: Message, kind: str, actor: str, emoji: str) -> bool:
        """Take a reaction back; False when there is none."""
        line = said.reactions.pop((emoji, kind, actor), None)
        if line is None:
            return False
        line.system = "reaction_deleted"
        self.say(room, kind, actor, "", system="reaction_revoked", parent=said)
        self.heard(room, said, line)
        return True

    def delete(self, room: Room, said: Message) -> Message:
        """Take a message back; the words are gone, a place stays. The line of the history that says so."""
        said.deleted = True
        said.text = ""
        said.reactions.clear()
        return self.note(room, "message_deleted", parent=said)

    def seen(self, room: Room) -> list[Message]:
        """The messages that have not run out, oldest first."""
        moment = self._now()
        return [one for one in room.messages if not one.expires or one.expires > moment]

    def install_bot(self, name: str, secret: str, url: str, features: int = 3) -> Bot:
        """What `occ talk:bot:install` does. Raises ValueError for a taken URL or a secret of a wrong length."""
        if any(bot.url == url for bot in self.bots.values()):
            raise ValueError("a bot with this URL is installed already")
        if not 40 <= len(secret) <= 128:
            raise ValueError("a secret has 40 to 128 characters")
        bot = self.bots[len(self.bots) + 1] = Bot(len(self.bots) + 1, name, secret, url, features=features)
        return bot

    def enable_bot(self, room: Room, bot: Bot) -> None:
        """What a moderator does who wants it in the room."""
        room.bots.add(bot.id)
        self.moved(room, bot, "Join")

    def disable_bot(self, room: Room, bot: Bot) -> None:
        """The same for out of it; it is told each time (observed)."""
        room.bots.discard(bot.id)
        self.moved(room, bot, "Leave")

    def add_people(self, room: Room, users: Iterable[str] = (), groups: Iterable[str] = ()) -> None:
        """Put accounts and groups into a room."""
        for user_id in users:
            self.enter(room, USERS, user_id)
        for group_id in groups:
            self.enter(room, GROUPS, group_id)
