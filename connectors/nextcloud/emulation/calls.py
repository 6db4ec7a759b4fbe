"""What a handler gets to work with, and how it says who may call it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from connectors.nextcloud.emulation.accounts.fields import PasswordPolicy
from connectors.nextcloud.emulation.accounts.state import Accounts, Mail, User
from connectors.nextcloud.emulation.calendars.state import Calendars
from connectors.nextcloud.emulation.folders.state import Folders
from connectors.nextcloud.emulation.folders.tree import Tree
from connectors.nextcloud.emulation.login import Doorkeeper, RateLimits
from connectors.nextcloud.emulation.ocs import Arguments, OcsError
from connectors.nextcloud.emulation.oidc.state import Oidc
from connectors.nextcloud.emulation.talk.events import Herald
from connectors.nextcloud.emulation.talk.talk import Talk
from provisioner.emulation import RouteTable

Rights = Literal["public", "user", "subadmin", "delegated", "admin"]
"""Anybody; any account; at least a sub-admin; an administrator or a delegated account; an administrator."""

ADMIN_GROUP = "admin"


@dataclass(slots=True)
class World:
    """One emulated server: its accounts, its settings, and the mail it sent."""

    accounts: Accounts
    doorkeeper: Doorkeeper
    limits: RateLimits
    now: Callable[[], float]
    """Seconds since 1970 on the emulator's clock."""
    version: tuple[int, int, int] = (34, 0, 1)
    password_policy: PasswordPolicy = field(default_factory=PasswordPolicy)
    edit_limit: tuple[int, float] = (50, 600)
    """So many PUT, and as many PATCH, on accounts in so many seconds, for each acting account."""
    delegated_groups: set[str] = field(default_factory=lambda: {"provisioners"})
    """Groups whose members may administer accounts without being administrators."""
    smtp_up: bool = True
    welcome_mails: bool = True
    """The server's setting core newUser.sendEmail: greet every new account that has an address."""
    mails: list[Mail] = field(default_factory=list)
    homes: set[str] = field(default_factory=set)
    """Folders in the data directory that belong to no account: their names can't become accounts."""
    maintenance: bool = False
    apps: set[str] = field(default_factory=set)
    """Apps that are switched on; the provisioning API is always there."""
    folders: Folders = field(default_factory=Folders)
    talk: Talk = field(init=False)
    oidc: Oidc = field(init=False)
    calendars: Calendars = field(init=False)
    data_directory: str = "/var/www/html/data"
    files: dict[str, Tree] = field(default_factory=dict)
    """What accounts have in their homes, by account."""

    def __post_init__(self) -> None:
        self.talk = Talk(self.accounts, self.now)
        Herald(self.talk)
        self.oidc = Oidc(self.accounts)
        self.calendars = Calendars(self.accounts)
        self.accounts.watchers += [self.folders, self.talk, self.calendars]

    def home(self, user_id: str) -> Tree:
        """An account's own files."""
        return self.files.setdefault(user_id, Tree())

    def is_admin(self, user: User) -> bool:
        """Whether it is in the group admin."""
        return ADMIN_GROUP in user.groups

    def is_delegated(self, user: User) -> bool:
        """Whether it has the delegated right to administer accounts."""
        return any(group in self.delegated_groups for group in user.groups)

    def is_subadmin_over(self, actor: User, target: User) -> bool:
        """Whether the target is in a group the actor is a sub-admin of; an administrator never counts (read)."""
        if self.is_admin(target):
            return False
        return any(group in target.groups for group in actor.subadmin)

    def send(self, to: str | None, kind: str, user: User) -> None:
        """Send a message; a dead mail server is noticed in the log only (observed)."""
        if to:
            self.mails.append(Mail(to, kind, user.id, self.smtp_up))


@dataclass(slots=True)
class Call:
    """One request that has passed the door."""

    world: World
    actor: User | None
    arguments: Arguments
    places: dict[str, str]
    mishap: str | None = None
    request_headers: Mapping[str, str] = field(default_factory=dict)
    """What came along, names in lower case."""
    code: int = 200
    """What a success is answered with; a handler may make it 201 or 202."""
    headers: list[tuple[str, str]] = field(default_factory=list)
    """Headers that a handler adds."""

    @property
    def accounts(self) -> Accounts:
        """The server's accounts."""
        return self.world.accounts

    @property
    def user(self) -> User:
        """Who acts. Only for routes that need a log-in."""
        if self.actor is None:
            raise LookupError("nobody is logged in")
        return self.actor

    @property
    def is_admin(self) -> bool:
        """Whether the acting account is an administrator."""
        return self.world.is_admin(self.user)

    @property
    def is_delegated(self) -> bool:
        """Whether the acting account may administer accounts by delegation."""
        return self.world.is_delegated(self.user)

    @property
    def sees_all(self) -> bool:
        """Whether every account is shown to it in full."""
        return self.is_admin or self.is_delegated

    def may_change(self, target: User) -> bool:
        """Whether it may change this account of somebody else."""
        return (
            self.is_admin
            or (self.is_delegated and not self.world.is_admin(target))
            or self.world.is_subadmin_over(self.user, target)
        )

    def target(self, code: int = 998, message: str = "") -> User:
        """The account named in the path. Raises OcsError with what this route says for an unknown one."""
        found = self.accounts.find(self.places["user_id"])
        if found is None:
            raise OcsError(code, message)
        return found


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A handler, who may call it, whether the password must be fresh, and its rate limit's name."""

    handler: Callable[[Call], Any]
    rights: Rights
    confirm: bool
    limit: str | None
    app: str | None = None
    """The app that answers it; while that is switched off, the address does not exist."""


class Routes:
    """Routes below one entrance (`/ocs/v{1,2}.php` or `/index.php`), each app adding its own."""

    def __init__(self) -> None:
        self.table: RouteTable[Endpoint] = RouteTable()

    def __call__(
        self,
        method: str,
        pattern: str,
        rights: Rights = "user",
        *,
        confirm: bool | None = None,
        limit: str | None = None,
        app: str | None = None,
    ) -> Callable[[Callable[[Call], Any]], Callable[[Call], Any]]:
        """Register a handler. Writes need a fresh password unless told otherwise."""
        needed = method not in {"GET", "HEAD"} if confirm is None else confirm

        def keep(handler: Callable[[Call], Any]) -> Callable[[Call], Any]:
            self.table.add(method, pattern, Endpoint(handler, rights, needed, limit, app))
            return handler

        return keep
