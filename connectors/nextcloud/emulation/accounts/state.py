"""What an emulated Nextcloud holds: accounts, groups, memberships. Observed on Nextcloud 34, 'read' in its source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, KeysView
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

MAX_USER_ID: Final = 64
MAX_GROUP_ID: Final = 64
"""A longer group name becomes the display name only; the id is its SHA-256 in hex."""


@dataclass(frozen=True, slots=True)
class Backend:
    """Where accounts come from, and what the provisioning API can change on them."""

    name: str
    """As `backend` shows it."""
    set_display_name: bool = True
    set_password: bool = True
    delete: bool = True
    """False: deleting fails for as long as the directory has the account."""
    ignore_case: bool = True
    """Whether an id is found in any case and by e-mail."""


DATABASE: Final = Backend("Database")
USER_OIDC: Final = Backend("user_oidc", set_display_name=False, set_password=False, ignore_case=False)
LDAP: Final = Backend("LDAP", set_display_name=False, set_password=False, delete=False, ignore_case=False)
BACKENDS: Final = {backend.name: backend for backend in (DATABASE, USER_OIDC, LDAP)}


@dataclass(frozen=True, slots=True)
class Covered:
    """What another backend's account keeps for itself while it is covered; all else belongs to the id (observed)."""

    backend: Backend
    name: str | None
    password: str = field(repr=False)


@dataclass(slots=True, eq=False)
class User:
    """One account. Its fields may be set at will; memberships change by the `Accounts` methods alone."""

    id: str
    password: str = field(default="", repr=False)
    name: str | None = None
    """The display name as stored; None as long as nobody set one."""
    email: str | None = None
    enabled: bool = True
    quota: str = "default"
    """As the server keeps it: default, none, or rounded for people ("1.4 GB")."""
    language: str = ""
    """Empty as long as nobody chose one; shown as en then."""
    locale: str = ""
    timezone: str = ""
    manager: str = ""
    profile: dict[str, str] = field(default_factory=dict)
    """phone, address, website, organisation, role and so on; what is missing is empty."""
    scopes: dict[str, str] = field(default_factory=dict)
    """Who may see a field ("phoneScope": "v2-private"), where somebody chose."""
    additional_mail: list[str] = field(default_factory=list)
    first_login: int = 0
    last_login: int = 0
    """Seconds since 1970; 0 for never."""
    backend: Backend = DATABASE
    used: int = 0
    """Bytes in the account's files."""
    covers: Covered | None = None
    """The account of another backend with the same id that nobody sees any more."""
    _groups: dict[str, None] = field(default_factory=dict, repr=False)
    _subadmin: dict[str, None] = field(default_factory=dict, repr=False)
    _accounts: Accounts | None = field(default=None, repr=False)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if name in {"name", "email", "backend"} and (accounts := getattr(self, "_accounts", None)) is not None:
            accounts.forget_order()

    @property
    def display_name(self) -> str:
        """What is shown: the display name, or the id."""
        return self.name or self.id

    @property
    def groups(self) -> tuple[str, ...]:
        """Ids of the groups it is in, in the order it joined."""
        return tuple(self._groups)

    @property
    def subadmin(self) -> tuple[str, ...]:
        """Ids of the groups it is a sub-admin of."""
        return tuple(self._subadmin)


@dataclass(slots=True, eq=False)
class Group:
    """One group. `directory` marks one that comes from LDAP: joining it is silently skipped."""

    id: str
    display_name: str
    directory: bool = False
    _members: dict[str, None] = field(default_factory=dict, repr=False)

    @property
    def members(self) -> KeysView[str]:
        """Ids of its members, in the order they joined."""
        return self._members.keys()


@dataclass(frozen=True, slots=True)
class Mail:
    """One message the server tried to send."""

    to: str
    kind: str
    """welcome, password-changed or email-changed."""
    user: str
    delivered: bool


class Watcher(Protocol):
    """What an app hears of accounts and groups; each call comes after the change."""

    def joined(self, user_id: str, group_id: str) -> None:
        """An account came into a group that it was not in."""

    def left(self, user_id: str, group_id: str) -> None:
        """An account was taken out of a group."""

    def group_removed(self, group_id: str) -> None:
        """A group was deleted. Nobody `left` it: apps are not told of its members (observed)."""

    def user_removed(self, user_id: str) -> None:
        """An account was deleted."""


class Accounts:
    """All accounts and groups, and the plain ways to change them: no rights, no checks, no requests."""

    def __init__(self, backends: Iterable[str] = ("Database",)) -> None:
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}
        self.backends = [BACKENDS[name] for name in backends]
        self.watchers: list[Watcher] = []
        self._by_lower: dict[str, str] = {}
        self._order: list[User] | None = None

    # --- finding -----------------------------------------------------------------------------------------------

    def find(self, user_id: str) -> User | None:
        """The account the server finds for an id: Database ids in any case, or by e-mail (observed)."""
        if (user := self.users.get(user_id)) is not None:
            return user
        if not user_id or len(user_id.encode()) > MAX_USER_ID:
            return None
        if (actual := self._by_lower.get(user_id.lower())) is not None:
            return self.users.get(actual)
        if "@" in user_id:
            wanted = user_id.lower()
            return next((u for u in self.users.values() if u.email == wanted and u.backend.ignore_case), None)
        return None

    def ordered(self) -> list[User]:
        """All accounts as the database sorts them: lower display name, then lower id.

        An account whose display name was never set has none there, and comes first (SQLite, observed).
        """
        if self._order is None or len(self._order) != len(self.users):
            self._order = sorted(
                self.users.values(), key=lambda u: (u.name is not None, (u.name or "").lower(), u.id.lower())
            )
        return self._order

    def forget_order(self) -> None:
        """Sort anew the next time."""
        self._order = None

    def page(self, search: str = "", limit: int | None = None, offset: int = 0) -> list[User]:
        """A page of accounts: cut in every backend on its own, put together, sorted by id (observed)."""
        needle = search.lower()
        found: list[User] = []
        for backend in self.backends:
            mine: Iterator[User] = (user for user in self.ordered() if user.backend is backend)
            if backend is USER_OIDC:  # sorted by the id alone (read)
                mine = iter(sorted(mine, key=lambda user: user.id.lower()))
            if needle:
                mine = (u for u in mine if needle in f"{u.id}\n{u.name or ''}\n{u.email or ''}".lower())
            cut = list(mine)
            found.extend(cut[offset:] if limit is None else cut[offset : offset + limit])
        return sorted(found, key=lambda user: user.id.lower())

    # --- changing ----------------------------------------------------------------------------------------------

    def add_user(
        self,
        user_id: str,
        password: str = "",
        display_name: str | None = None,
        email: str | None = None,
        groups: Iterable[str] = (),
        *,
        subadmin: Iterable[str] = (),
        backend: str = "Database",
        enabled: bool = True,
        quota: str = "default",
        language: str = "",
        manager: str = "",
        last_login: int = 0,
    ) -> User:
        """Add an account; missing groups are made. Raises ValueError when the id is taken."""
        kind = BACKENDS[backend]
        if user_id in self.users or (kind.ignore_case and user_id.lower() in self._by_lower):
            raise ValueError(f"there is an account {user_id!r} already")
        if kind not in self.backends:
            self.backends.append(kind)
        user = User(
            user_id,
            password,
            display_name,
            email.lower() if email else None,
            enabled,
            quota,
            language,
            manager=manager,
            first_login=last_login,
            last_login=last_login,
            backend=kind,
        )
        user._accounts = self
        self.users[user_id] = user
        if kind.ignore_case:
            self._by_lower[user_id.lower()] = user_id
        self.forget_order()
        for group_id in groups:
            self.join(user_id, group_id)
        for group_id in subadmin:
            self.make_subadmin(user_id, group_id)
        return user

    def cover(self, user: User, backend: Backend) -> User:
        """Let another backend answer for an id: address, groups and files stay, name and password do not count."""
        if backend not in self.backends:
            self.backends.append(backend)
        user.covers = Covered(user.backend, user.name, user.password)
        user.backend, user.name, user.password = backend, None, ""
        return user

    def _uncover(self, user: User, covered: Covered) -> None:
        """What belonged to the id went with the account that covered it (observed: also the address)."""
        user.backend, user.name, user.password = covered.backend, covered.name, covered.password
        user.email, user.enabled, user.quota, user.language, user.covers = None, True, "default", "", None
        for group_id in user.groups:
            self.leave(user.id, group_id)

    def remove_user(self, user_id: str) -> None:
        """Remove an account and all its memberships, or what covers one. Raises KeyError for an unknown one."""
        user = self.users[user_id]
        if user.covers is not None:
            self._uncover(user, user.covers)
            return
        del self.users[user_id]
        if self._by_lower.get(user_id.lower()) == user_id:
            del self._by_lower[user_id.lower()]
        for group_id in user._groups:
            self.groups[group_id]._members.pop(user_id, None)
        user._accounts = None
        self.forget_order()
        for watcher in self.watchers:
            watcher.user_removed(user_id)

    def add_group(self, name: str, display_name: str | None = None, members: Iterable[str] = ()) -> Group:
        """Add a group; a name of over 64 characters becomes a hash. Raises ValueError when it exists."""
        group_id = group_id_for(name)
        if group_id in self.groups:
            raise ValueError(f"there is a group {group_id!r} already")
        group = self.groups[group_id] = Group(group_id, display_name or name)
        for member in members:
            self.join(member, group_id)
        return group

    def remove_group(self, group_id: str) -> None:
        """Remove a group with its memberships and sub-admins. Raises KeyError for an unknown one."""
        group = self.groups.pop(group_id)
        for member in group._members:
            self.users[member]._groups.pop(group_id, None)
        for user in self.users.values():
            user._subadmin.pop(group_id, None)
        for watcher in self.watchers:
            watcher.group_removed(group_id)

    def join(self, user_id: str, group_id: str) -> None:
        """Put an account into a group, made if need be; once is enough. Raises KeyError for an unknown account."""
        user = self.users[user_id]
        group = self.groups.get(group_id) or self.add_group(group_id)
        new = user_id not in group._members
        group._members[user_id] = None
        user._groups[group.id] = None
        for watcher in self.watchers if new else ():
            watcher.joined(user_id, group.id)

    def leave(self, user_id: str, group_id: str) -> None:
        """Take an account out of a group; nothing happens when it is not in. KeyError for unknown ones."""
        was_in = user_id in self.groups[group_id]._members
        self.groups[group_id]._members.pop(user_id, None)
        self.users[user_id]._groups.pop(group_id, None)
        for watcher in self.watchers if was_in else ():
            watcher.left(user_id, group_id)

    def make_subadmin(self, user_id: str, group_id: str) -> None:
        """Let an account administer a group, made if need be."""
        group = self.groups.get(group_id) or self.add_group(group_id)
        self.users[user_id]._subadmin[group.id] = None

    def drop_subadmin(self, user_id: str, group_id: str) -> None:
        """End that right; nothing happens when there was none."""
        self.users[user_id]._subadmin.pop(group_id, None)

    def rename(self, user_id: str, display_name: str) -> None:
        """Set a display name, as an administrator would between two of our pages."""
        self.users[user_id].name = display_name

    def set_email(self, user_id: str, email: str | None) -> None:
        """Set or clear the e-mail address."""
        self.users[user_id].email = email.lower() if email else None

    def reorder(self) -> None:
        """Turn the order of all accounts round by new display names: the worst that can happen to a reader of pages."""
        turned = list(reversed(self.ordered()))
        for place, user in enumerate(turned):
            user.name = f"{place:06} {user.display_name}"


def group_id_for(name: str) -> str:
    """The id the server gives a new group of this name (observed: SHA-256 over 64 characters)."""
    return name if len(name) <= MAX_GROUP_ID else hashlib.sha256(name.encode()).hexdigest()
