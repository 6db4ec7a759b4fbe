"""What a Discourse holds: users, groups, categories, topics, and the settings of its site."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

EVERYONE, ADMINS, MODERATORS, STAFF, TRUST_LEVEL_0 = 0, 1, 2, 3, 10
AUTOMATIC: Final = {
    "everyone": EVERYONE,
    "admins": ADMINS,
    "moderators": MODERATORS,
    "staff": STAFF,
    "trust_level_0": TRUST_LEVEL_0,
    "trust_level_1": 11,
    "trust_level_2": 12,
    "trust_level_3": 13,
    "trust_level_4": 14,
}
"""Groups that the server keeps by itself (Group::AUTO_GROUPS). It answers to these names in any language."""
FULL, CREATE_POST, READ_ONLY = 1, 2, 3
"""CategoryGroup.permission_types."""
SYSTEM, DISCOBOT = -1, -2


@dataclass(slots=True)
class Site:
    """Site settings that matter here, with their defaults, and the limit of config/discourse_defaults.conf."""

    per_minute: int | None = 60
    """max_admin_api_reqs_per_minute; of the whole site, not of one key. None: no limit."""
    username_length: tuple[int, int] = (3, 20)
    title_prettify: bool = True
    send_welcome_message: bool = True
    hide_email_address_taken: bool = False
    must_approve_users: bool = False
    enable_category_group_moderation: bool = True
    lazy_load_categories: bool = False
    """Whether lists of categories come in pages (lazy_load_categories_groups, or more than a thousand)."""
    tells_group_ids: bool = True
    """Whether the rights of a category name groups by their ids, too; older servers do not."""
    max_category_nesting: int = 2
    login_required: bool = False
    providers: tuple[str, ...] = ("oidc",)
    """Enabled authenticators whose accounts the server manages."""
    names_of_automatic: dict[str, str] = field(default_factory=dict)
    """As a site in another language calls them."""


@dataclass(slots=True)
class User:
    id: int
    username: str
    email: str
    name: str = ""
    active: bool = True
    admin: bool = False
    staged: bool = False
    suspended_till: str | None = None
    associations: dict[str, str] = field(default_factory=dict)
    """Provider → the id that it knows the person by."""
    posts: int = 0

    @property
    def is_human(self) -> bool:
        return self.id > 0


@dataclass(slots=True)
class Group:
    id: int
    name: str
    full_name: str | None = None
    automatic: bool = False
    members: set[int] = field(default_factory=set)
    owners: set[int] = field(default_factory=set)
    visibility_level: int = 0
    members_visibility_level: int = 0
    public_admission: bool = False
    bio_raw: str | None = None
    watched: set[int] = field(default_factory=set)
    """Categories that members watch by default."""


@dataclass(slots=True)
class Category:
    id: int
    name: str
    slug: str
    color: str = "0088CC"
    text_color: str = "FFFFFF"
    parent: int | None = None
    permissions: dict[int, int] = field(default_factory=dict)
    """Group → what it may; nothing: everybody everything, unless `read_restricted`."""
    read_restricted: bool = False
    moderating: list[int] = field(default_factory=list)
    custom_fields: dict[str, str] = field(default_factory=dict)
    email_in: str | None = None
    minimum_required_tags: int = 0
    topic: int = 0
    """Its "about" topic, pinned since it was made."""
    description: str | None = None


@dataclass(slots=True)
class Topic:
    id: int
    title: str
    category: int
    raw: str
    post: int
    user: int = SYSTEM
    pinned: bool = False
    version: int = 1
    """Of its first post: grows with every edit."""
    others: int = 0
    """Further posts in it."""


class World:
    """Everything. Looked into and tampered with under the emulator's lock."""

    def __init__(self) -> None:
        self.site = Site()
        self.users: dict[int, User] = {
            SYSTEM: User(SYSTEM, "system", "no_email", "system", admin=True),
            DISCOBOT: User(DISCOBOT, "discobot", "discobot_email", "discobot"),
        }
        self.groups: dict[int, Group] = {
            number: Group(number, name, automatic=True, visibility_level=3 if number == EVERYONE else 1)
            for name, number in AUTOMATIC.items()
        }
        self.categories: dict[int, Category] = {}
        self.topics: dict[int, Topic] = {}
        self.mails: list[tuple[str, str]] = []
        """(to, about) that the server would send."""
        self._numbers: dict[str, int] = {"user": 0, "group": 40, "category": 0, "topic": 0, "post": 0, "anonymous": 0}

    def number(self, sort: str) -> int:
        """The next id of a sort; ids are never used again."""
        self._numbers[sort] += 1
        return self._numbers[sort]

    # --- people ------------------------------------------------------------------------------------------------

    def user_named(self, username: str) -> User | None:
        return next((one for one in self.users.values() if one.username.lower() == username.lower()), None)

    def user_with(self, email: str) -> User | None:
        return next((one for one in self.users.values() if one.email.lower() == email.lower()), None)

    def add_user(self, username: str, email: str, name: str = "", **more: object) -> User:
        """Somebody who registered, or whom an administrator made; mails nobody."""
        user = User(self.number("user"), username, email, name, **more)  # type: ignore[arg-type]
        self.users[user.id] = user
        if not user.staged:
            self.groups[TRUST_LEVEL_0].members.add(user.id)
        if user.admin:
            self.groups[ADMINS].members.add(user.id)
        return user

    # --- groups ------------------------------------------------------------------------------------------------

    def name_of(self, group: Group) -> str:
        """An automatic group has the name of the site's language (Group.refresh_automatic_group!)."""
        return self.site.names_of_automatic.get(group.name, group.name) if group.automatic else group.name

    def group_named(self, name: str) -> Group | None:
        return next((one for one in self.groups.values() if self.name_of(one).lower() == name.lower()), None)

    def is_taken(self, name: str) -> bool:
        """Users and groups share their names (User.username_exists?)."""
        return self.user_named(name) is not None or self.group_named(name) is not None

    def add_group(self, name: str, *members: int, **more: object) -> Group:
        group = Group(self.number("group"), name, members=set(members), **more)  # type: ignore[arg-type]
        self.groups[group.id] = group
        return group

    def groups_of(self, user: User) -> set[int]:
        return {one.id for one in self.groups.values() if user.id in one.members}

    # --- categories --------------------------------------------------------------------------------------------

    def add_category(self, name: str, rights: dict[int, int], parent: int | None = None) -> Category:
        """A category with its "about" topic; ``rights`` empty: everybody's."""
        number = self.number("category")
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        category = Category(number, name, slug, parent=parent, permissions=dict(rights), read_restricted=bool(rights))
        self.categories[number] = category
        self.define(category, f"About the {name} category", "")
        return category

    def define(self, category: Category, title: str, raw: str) -> None:
        """The "about" topic of a new category, pinned (Category#create_category_definition)."""
        number = self.number("topic")
        self.topics[number] = Topic(number, title, category.id, raw, self.number("post"), pinned=True)
        category.topic = number

    def children_of(self, category: int | None) -> Iterator[Category]:
        return (one for one in self.categories.values() if one.parent == category)

    def may_see(self, user: User | None, category: Category) -> bool:
        """Category.secured: who is no administrator sees what is not restricted, or open to a group of theirs."""
        if not category.read_restricted or (user is not None and user.admin):
            return True
        return user is not None and bool(self.groups_of(user) & category.permissions.keys())
