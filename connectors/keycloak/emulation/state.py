"""What one emulated realm holds: users, groups, realm roles, identity providers, and the plain ways to change them."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

DEFAULT_ROLES = "default-roles-{realm}"
ACTIONS = frozenset(
    {
        "CONFIGURE_RECOVERY_AUTHN_CODES",
        "CONFIGURE_TOTP",
        "TERMS_AND_CONDITIONS",
        "UPDATE_EMAIL",
        "UPDATE_PASSWORD",
        "UPDATE_PROFILE",
        "VERIFY_EMAIL",
        "VERIFY_PROFILE",
        "delete_account",
        "delete_credential",
        "idp_link",
        "update_user_locale",
        "webauthn-register",
        "webauthn-register-passwordless",
    }
)
"""Words that the server knows; it drops others from `requiredActions` without a word (observed)."""


@dataclass(slots=True)
class Link:
    """A tie to an identity provider; its parts may be missing, as the server lets them be."""

    user_id: str | None
    user_name: str | None


@dataclass(slots=True)
class User:
    """One user. `username` and `email` are kept in lower case."""

    id: str
    username: str
    created: int
    """Milliseconds since 1970."""
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    enabled: bool = False
    email_verified: bool = False
    attributes: dict[str, list[str]] = field(default_factory=dict)
    required_actions: set[str] = field(default_factory=set)
    links: dict[str, Link] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)
    """Ids of realm roles."""
    password: str | None = field(default=None, repr=False)
    federation: str | None = None
    """The provider that imported it from a READ_ONLY directory; None for an account of Keycloak's own."""
    service_account: bool = False


@dataclass(slots=True)
class Group:
    """One group; `parent` is an id, None at the top."""

    id: str
    name: str
    parent: str | None = None
    description: str | None = None
    attributes: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Role:
    """One realm role."""

    id: str
    name: str
    description: str | None = None
    attributes: dict[str, list[str]] = field(default_factory=dict)
    composite: bool = False


@dataclass(slots=True)
class Mail:
    """A message that the server sent."""

    to: str
    actions: tuple[str, ...]


class Taken(Exception):
    """A group of this name is there already."""


class Realm:
    """One realm. Its dictionaries may be looked into; changes go through the methods."""

    def __init__(self, name: str, now: Callable[[], float]) -> None:
        self.name = name
        self.id = self.new_id()
        self._now = now
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}
        self.roles: dict[str, Role] = {}
        self.providers: dict[str, dict[str, Any]] = {}
        """Identity providers by alias, as the server lists them."""
        self.clients: list[dict[str, Any]] = []
        self.settings: dict[str, Any] = {}
        """What differs from a fresh realm, in Keycloak's words (editUsernameAllowed, smtpServer …)."""
        self.mails: list[Mail] = []
        self.mail_works = True
        self._usernames: dict[str, str] = {}
        self._emails: dict[str, str] = {}
        self._components = itertools.count(1)
        for role, text in (("offline_access", "offline-access"), ("uma_authorization", "uma_authorization")):
            self.add_role(role, "${role_" + text + "}")
        self.default_role = self.add_role(DEFAULT_ROLES.format(realm=name), "${role_default-roles}", composite=True)

    @staticmethod
    def new_id() -> str:
        return str(uuid.uuid4())

    def milliseconds(self) -> int:
        """Now, as the server counts it."""
        return int(self._now() * 1000)

    # --- users -------------------------------------------------------------------------------------------------

    def by_username(self, username: str) -> User | None:
        found = self._usernames.get(username.lower())
        return None if found is None else self.users[found]

    def by_email(self, email: str) -> User | None:
        found = self._emails.get(email.lower())
        return None if found is None else self.users[found]

    def add_user(self, username: str, **more: Any) -> User:
        """Add a user with the default roles. ``more`` are the fields of `User`."""
        user = User(self.new_id(), username.lower(), more.pop("created", None) or self.milliseconds(), **more)
        user.roles.add(self.default_role.id)
        self.users[user.id] = user
        self._usernames[user.username] = user.id
        self.set_email(user, user.email)
        return user

    def set_email(self, user: User, email: str | None) -> None:
        """Give it this address, in lower case; None or "" for none."""
        if user.email is not None and self._emails.get(user.email) == user.id:
            del self._emails[user.email]
        user.email = email.lower() if email else None
        if user.email is not None:
            self._emails[user.email] = user.id

    def rename_user(self, user: User, username: str) -> None:
        del self._usernames[user.username]
        user.username = username.lower()
        self._usernames[user.username] = user.id

    def remove_user(self, user: User) -> None:
        """Remove it; one from a directory is imported anew, under another id, by the next look (observed)."""
        self.set_email(user, None)
        del self._usernames[user.username], self.users[user.id]

    # --- groups ------------------------------------------------------------------------------------------------

    def children(self, parent: str | None) -> list[Group]:
        """The groups right below, in the order of their names."""
        return sorted((g for g in self.groups.values() if g.parent == parent), key=lambda group: group.name)

    def named(self, parent: str | None, name: str) -> Group | None:
        return next((g for g in self.groups.values() if g.parent == parent and g.name == name), None)

    def add_group(self, name: str, parent: str | None = None, **more: Any) -> Group:
        """Raises Taken."""
        if self.named(parent, name) is not None:
            raise Taken(name)
        group = Group(self.new_id(), name, parent, **more)
        self.groups[group.id] = group
        return group

    def lineage(self, group: Group) -> Iterator[Group]:
        """The group and all above it, upwards."""
        yield group
        while group.parent is not None:
            group = self.groups[group.parent]
            yield group

    def path(self, group: Group) -> str:
        return "".join(f"/{one.name}" for one in reversed(list(self.lineage(group))))

    def by_path(self, path: str) -> Group | None:
        """The group of this path, also without its first slash; one whose name has a slash is found, too."""
        wanted = "/" + path.removeprefix("/")
        return next((group for group in self.groups.values() if self.path(group) == wanted), None)

    def remove_group(self, group: Group) -> None:
        """With all below it and its memberships."""
        for child in self.children(group.id):
            self.remove_group(child)
        del self.groups[group.id]
        for user in self.users.values():
            user.groups.discard(group.id)

    def members(self, group_id: str) -> list[User]:
        """By user name."""
        return sorted((u for u in self.users.values() if group_id in u.groups), key=lambda user: user.username)

    def groups_of(self, user: User) -> list[Group]:
        """By name."""
        return sorted((self.groups[group_id] for group_id in user.groups), key=lambda group: group.name)

    # --- roles -------------------------------------------------------------------------------------------------

    def role(self, name: str) -> Role | None:
        return next((role for role in self.roles.values() if role.name == name), None)

    def add_role(self, name: str, description: str | None = None, **more: Any) -> Role:
        role = Role(self.new_id(), name, description, **more)
        self.roles[role.id] = role
        return role

    def remove_role(self, role: Role) -> None:
        del self.roles[role.id]
        for user in self.users.values():
            user.roles.discard(role.id)

    # --- providers ---------------------------------------------------------------------------------------------

    def add_provider(self, alias: str) -> None:
        """An identity provider (OpenID Connect) with the server's defaults."""
        self.providers[alias] = {
            "alias": alias,
            "internalId": self.new_id(),
            "providerId": "oidc",
            "enabled": True,
            "updateProfileFirstLoginMode": "on",
            "trustEmail": False,
            "storeToken": False,
            "addReadTokenRoleOnCreate": False,
            "authenticateByDefault": False,
            "linkOnly": False,
            "hideOnLogin": False,
            "config": {
                "syncMode": "LEGACY",
                "clientId": "x",
                "tokenUrl": "https://t.example/t",
                "authorizationUrl": "https://t.example/a",
            },
        }
