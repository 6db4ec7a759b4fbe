"""What a NodeBB consists of: people, groups, categories, topics, and what privileges there are. By its source 4.15."""

from dataclasses import dataclass, field
from typing import Any, Final

from connectors.nodebb.slugs import slug

ADMINISTRATORS: Final = "administrators"
GLOBAL_MODERATORS: Final = "Global Moderators"
REGISTERED: Final = "registered-users"
VERIFIED: Final = "verified-users"
UNVERIFIED: Final = "unverified-users"
BANNED: Final = "banned-users"
EPHEMERAL: Final = ("guests", "spiders", "fediverse")
"""Groups that are nowhere kept; everybody who is nobody is in one of them."""
SYSTEM: Final = (REGISTERED, VERIFIED, UNVERIFIED, GLOBAL_MODERATORS, BANNED, ADMINISTRATORS)

READING: Final = ("find", "read", "topics:read")
POSTING: Final = (
    "topics:create", "topics:reply", "topics:crosspost", "topics:tag", "posts:edit", "posts:history",
    "posts:delete", "posts:upvote", "posts:downvote", "topics:delete",
)  # fmt: skip
MODERATING: Final = ("topics:schedule", "posts:view_deleted", "purge")
PRIVILEGES: Final = (
    *READING, *POSTING[:3], "topics:schedule", *POSTING[3:], "posts:view_deleted", "purge", "moderate"
)  # fmt: skip
"""In the order in which they are told."""

Members = dict[str, None]
"""Names in the order in which they came."""


@dataclass(slots=True)
class User:
    uid: int
    username: str
    joined: int
    fullname: str = ""
    email: str = ""
    confirmed: bool = False
    pending: str = ""
    """The address that waits for its confirmation."""
    banned: bool = False
    password: str = ""
    more: dict[str, str] = field(default_factory=dict)
    """What plugins keep with a user, e.g. ``keycloakId``."""

    @property
    def slug(self) -> str:
        return slug(self.username)


@dataclass(slots=True)
class Group:
    name: str
    created: int
    description: str = ""
    icon: str = ""
    user_title: str = ""
    user_title_enabled: bool = False
    private: bool = True
    hidden: bool = False
    system: bool = False
    no_requests: bool = False
    no_leaving: bool = False
    members: dict[int, None] = field(default_factory=dict)
    owners: set[int] = field(default_factory=set)

    @property
    def slug(self) -> str:
        return slug(self.name)


@dataclass(slots=True)
class Category:
    cid: int
    fields: dict[str, Any]
    """As they are shown, those that nobody knows among them."""
    privileges: dict[str, Members]
    """Names of groups by "groups:…", uids by the others."""

    @property
    def parent(self) -> int:
        return int(self.fields["parentCid"])

    @property
    def disabled(self) -> bool:
        return bool(self.fields["disabled"])


@dataclass(slots=True)
class Topic:
    tid: int
    cid: int
    uid: int
    title: str
    pid: int
    content: str
    pinned: bool = False
    locked: bool = False
    edited: int = 0

    @property
    def slug(self) -> str:
        return f"{self.tid}/{slug(self.title) or 'topic'}"


@dataclass(frozen=True, slots=True)
class Mail:
    """One that the server sent."""

    to: str
    template: str


def usual_privileges(*, locked: bool = False) -> dict[str, Members]:
    """What a new category gives at once: it is public."""
    usual, moderators = (*READING, *POSTING), (*READING, *POSTING, *MODERATING)
    by_group: dict[str, tuple[str, ...]] = {ADMINISTRATORS: moderators, GLOBAL_MODERATORS: moderators}
    if not locked:
        by_group |= {REGISTERED: usual, "fediverse": usual, "guests": READING, "spiders": READING}
    found: dict[str, Members] = {}
    for group, privileges in by_group.items():
        for privilege in privileges:
            found.setdefault(f"groups:{privilege}", {})[group] = None
    return found
