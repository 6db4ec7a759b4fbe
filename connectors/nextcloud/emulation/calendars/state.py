"""Calendars of an emulated Nextcloud: what is in them, whom they are shared with, what lies in the trash bin.

Observed on Nextcloud 34.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote_plus, unquote_plus

from connectors.nextcloud.emulation.accounts.state import Accounts, User

GROUPS: Final = "principals/groups/"
USERS: Final = "principals/users/"
BIRTHDAYS: Final = "contact_birthdays"
ALL_COMPONENTS: Final = ("VEVENT", "VTODO", "VJOURNAL")


@dataclass(slots=True, eq=False)
class Calendar:
    """One calendar. Its token grows with each change of what is in it, and of its name; not with its shares."""

    owner: str
    uri: str
    name: str
    components: tuple[str, ...] = ALL_COMPONENTS
    token: int = 1
    events: dict[str, bytes] = field(default_factory=dict)
    bin: dict[str, bytes] = field(default_factory=dict)
    """Deleted events, by the addresses that they have there."""
    shares: dict[str, bool] = field(default_factory=dict)
    """Principal, letter by letter as it was given → whether it may write."""
    deleted_at: str | None = None
    properties: dict[str, str] = field(default_factory=dict)

    def put(self, uri: str, content: bytes) -> None:
        """Write an event, unchecked."""
        self.events[uri] = content
        self.token += 1

    def remove(self, uri: str) -> None:
        """Take an event away for good."""
        del self.events[uri]
        self.token += 1

    def rename(self, name: str) -> None:
        """Change what people see."""
        self.name = name
        self.token += 1


class Calendars:
    """All calendars of one server, by owner and address, and the limits that it puts on making and sharing them."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._of: dict[str, dict[str, Calendar]] = {}
        self.creations = (10, 3600.0)
        """So many in so many seconds for each account; counted only in sessions that last (observed)."""
        self.sharings = (20, 3600.0)
        self.most = 30
        """Calendars of one account, those in the trash bin included, birthdays not; -1: any number."""
        self.shares = True
        """The server's setting core shareapi_enabled: without it nobody is let in, and nothing says so (observed)."""

    def of(self, user_id: str) -> dict[str, Calendar]:
        """An account's own; its first two come with its first look."""
        if user_id not in self._of:
            mine = self._of[user_id] = {}
            for uri, name in (("personal", "Personal"), (BIRTHDAYS, "Contact birthdays")):
                mine[uri] = Calendar(user_id, uri, name, ("VEVENT",), token=2)
        return self._of[user_id]

    def add(self, owner: str, uri: str, name: str, components: Iterable[str] = ALL_COMPONENTS) -> Calendar:
        """Make a calendar, unchecked."""
        made = self.of(owner)[uri] = Calendar(owner, uri, name, tuple(components))
        return made

    def shared_with(self, user: User) -> Iterator[tuple[str, Calendar, bool]]:
        """What others share with an account: as it is called there, the calendar, whether the account may write."""
        mine = {f"{USERS}{user.id}", *(f"{GROUPS}{urlencoded(group)}" for group in user.groups)}
        refused = f"-{USERS}{user.id}"
        for owner, calendars in self._of.items():
            for calendar in calendars.values():
                granted = [writes for principal, writes in calendar.shares.items() if principal in mine]
                hidden = owner == user.id or calendar.deleted_at is not None or refused in calendar.shares
                if granted and not hidden:
                    yield f"{calendar.uri}_shared_by_{owner}", calendar, any(granted)

    def share(self, calendar: Calendar, principal: str, writes: bool) -> None:
        """Let somebody in; who does not exist is passed over without a word (observed)."""
        kind, _, name = principal.rpartition("/")
        known = unquote_plus(name) in self._accounts.groups if f"{kind}/" == GROUPS else self.name_of(principal)
        if self.shares and known and principal != f"{USERS}{calendar.owner}":
            calendar.shares[principal] = writes

    def name_of(self, principal: str) -> str | None:
        """What people read of a principal, in whatever form it was given; None: nobody is called so."""
        kind, name = principal.rpartition("/")[0] + "/", principal.rpartition("/")[2]
        if kind == GROUPS:
            group = self._accounts.groups.get(unquote_plus(name)) or self._accounts.groups.get(name)
            return None if group is None else group.display_name
        if kind == USERS:
            user = self._accounts.find(unquote_plus(name))
            return None if user is None else user.display_name
        return None

    # --- what it hears of accounts (`provisioner…state.Watcher`) ------------------------------------------------

    def joined(self, user_id: str, group_id: str) -> None:
        """Nothing: who is in a group is looked up."""

    def left(self, user_id: str, group_id: str) -> None:
        """Nothing, likewise."""

    def group_removed(self, group_id: str) -> None:
        """Shares with a deleted group go with it (observed)."""
        for calendars in self._of.values():
            for calendar in calendars.values():
                calendar.shares.pop(f"{GROUPS}{urlencoded(group_id)}", None)

    def user_removed(self, user_id: str) -> None:
        """With all calendars, for good."""
        self._of.pop(user_id, None)


def urlencoded(text: str) -> str:
    """PHP's urlencode."""
    return quote_plus(text, safe="").replace("~", "%7E")


def etag_of(content: bytes) -> str:
    """The quoted ETag of an event: its bytes' MD5."""
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
