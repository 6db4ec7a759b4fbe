"""What a NodeBB holds, and the plain methods that change it; as its source 4.15 keeps it."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from typing import Any

from connectors.nodebb.emulation.things import (
    ADMINISTRATORS,
    BANNED,
    GLOBAL_MODERATORS,
    REGISTERED,
    SYSTEM,
    UNVERIFIED,
    VERIFIED,
    Category,
    Group,
    Mail,
    Topic,
    User,
    usual_privileges,
)
from connectors.nodebb.slugs import slug


class World:
    """All of it, with the plain methods that change it."""

    def __init__(self, now: Callable[[], int]) -> None:
        """``now``: milliseconds; every call gives a later moment."""
        self.now = now
        self.users: dict[int, User] = {}
        self.groups: dict[str, Group] = {}
        self.categories: dict[int, Category] = {}
        self.phantoms: dict[int, Category] = {}
        """What was given in categories that are not there: it is kept all the same (observed)."""
        self.topics: dict[int, Topic] = {}
        self.mails: list[Mail] = []
        self.sends_validation = True
        """The setting ``sendValidationEmail``: without it no address is kept at all (read in its source)."""
        self.categories_per_page = 50
        self.rights: dict[int, set[str]] = {}
        """Of accounts that are no administrators: what they may administer all the same."""
        self.plugin_fields: tuple[str, ...] = ("keycloakId",)
        """Fields of users that plugins have shown, empty or not: that for logins shows its ids (observed)."""
        self._uids, self._cids, self._tids, self._pids = (itertools.count(1) for _ in range(4))
        self._names: tuple[str, ...] | None = None
        for name in SYSTEM:
            self.groups[name] = Group(name, now(), system=True, user_title=name)
        moderators = self.groups[GLOBAL_MODERATORS]
        moderators.user_title, moderators.description = "Global Moderator", "Forum wide moderators"
        moderators.no_requests = True

    def count_from(self, *, uids: int, cids: int, tids: int, pids: int) -> None:
        """Number what is made from here on from these, as in a forum that has been in use."""
        self._uids, self._cids, self._tids, self._pids = (itertools.count(one) for one in (uids, cids, tids, pids))

    # --- names -------------------------------------------------------------------------------------------------

    def is_taken(self, name: str) -> bool:
        """Whether a user, a group or a category's handle has this slug."""
        wanted = slug(name)
        users = (user.slug for user in self.users.values())
        handles = (str(one.fields["handle"]) for one in self.categories.values())
        return any(wanted == other for other in itertools.chain(users, map(slug, self.groups), handles))

    def group_by_slug(self, wanted: str) -> Group | None:
        return next((group for group in self.groups.values() if group.slug == wanted), None)

    def user_named(self, username: str) -> User | None:
        return next((user for user in self.users.values() if user.username == username), None)

    def user_confirmed(self, email: str) -> User | None:
        """Who has confirmed this address."""
        wanted = email.lower()
        return next((one for one in self.users.values() if one.confirmed and one.email.lower() == wanted), None)

    # --- users -------------------------------------------------------------------------------------------------

    def add_user(self, username: str, **more: Any) -> User:
        user = User(next(self._uids), username, self.now(), **more)
        self.users[user.uid] = user
        self.groups[REGISTERED].members[user.uid] = None
        self.groups[VERIFIED if user.confirmed else UNVERIFIED].members[user.uid] = None
        return user

    def confirm(self, user: User, email: str) -> None:
        """The address is theirs from now on; whoever else had confirmed it loses it."""
        other = self.user_confirmed(email)
        if other is not None and other is not user:
            other.email, other.confirmed = "", False
        user.email, user.confirmed, user.pending = email, True, ""
        self.groups[VERIFIED].members[user.uid] = None
        self.groups[UNVERIFIED].members.pop(user.uid, None)

    def ban(self, user: User) -> None:
        """Out of all of the system's groups, into that of the banned."""
        user.banned = True
        for name in SYSTEM:
            self.groups[name].members.pop(user.uid, None)
        self.groups[BANNED].members[user.uid] = None

    def remove_user(self, uid: int) -> None:
        """The account goes; topics and posts stay, of nobody any more."""
        del self.users[uid]
        for group in self.groups.values():
            group.members.pop(uid, None)
            group.owners.discard(uid)

    # --- groups ------------------------------------------------------------------------------------------------

    def is_in(self, uid: int, name: str) -> bool:
        group = self.groups.get(name)
        return group is not None and uid in group.members

    def listed_groups(self) -> list[Group]:
        """The newest first, as all lists but that of administrators' pages know them.

        They come from a memory that only a group made or deleted clears: one that was renamed is missing until then
        (observed; the memory is read in its source).
        """
        if self._names is None:
            self._names = tuple(sorted(self.groups, key=lambda name: -self.groups[name].created))
        return [self.groups[name] for name in self._names if name in self.groups]

    def add_group(self, group: Group) -> None:
        self.groups[group.name] = group
        self.forget_names()

    def remove_group(self, group: Group) -> None:
        del self.groups[group.name]
        for category in self.categories.values():
            for members in category.privileges.values():
                members.pop(group.name, None)
        self.forget_names()

    def forget_names(self) -> None:
        """As a restart does, too."""
        self._names = None

    def rename_group(self, group: Group, name: str) -> None:
        """Access follows the group; the memory of names does not."""
        del self.groups[group.name]
        for category in self.categories.values():
            for members in category.privileges.values():
                if group.name in members:
                    members[name] = members.pop(group.name)
        group.name = name
        self.groups[name] = group

    # --- categories --------------------------------------------------------------------------------------------

    def add_category(
        self, name: str, *, parent: int = 0, disabled: bool = False, locked: bool = False, order: int = 0
    ) -> Category:
        """Public at once, unless ``disabled``. ``locked``: nobody but the forum's own chiefs may enter."""
        cid, first = next(self._cids), next(self.children(parent), None)
        name = name or f"Category {cid}"
        fields: dict[str, Any] = {
            "cid": cid,
            "name": name,
            "handle": self._handle(slug(name)),
            "description": "",
            "icon": "",
            "bgColor": "#86C1B9",
            "color": "#333333",
            "slug": f"{cid}/{slug(name)}",
            "parentCid": parent,
            "topic_count": 0,
            "post_count": 0,
            "disabled": int(disabled),
            "order": order or (int(first.fields["order"]) - 1 if first else 1),
            "link": "",
            "numRecentReplies": 1,
            "class": "col-md-3 col-6",
            "imageClass": "cover",
            "isSection": 0,
            "subCategoriesPerPage": 10,
        }
        self.categories[cid] = category = Category(cid, fields, usual_privileges(locked=locked))
        self.forget_names()
        return category

    def _handle(self, wanted: str) -> str:
        if wanted and not self.is_taken(wanted):
            return wanted
        return f"{wanted or 'category'}-{secrets.token_hex(4)}"

    def children(self, cid: int) -> Iterator[Category]:
        """In the order in which they are shown."""
        own = (one for one in self.categories.values() if one.parent == cid)
        return iter(sorted(own, key=lambda one: (int(one.fields["order"]), one.cid)))

    def give(self, category: Category, privilege: str, member: str) -> None:
        """A privilege that nobody had becomes a group, by which names are remembered anew."""
        members = category.privileges.setdefault(privilege, {})
        if not members:
            self.forget_names()
        members[member] = None

    def rescind(self, category: Category, privilege: str, member: str) -> None:
        """One that nobody has any more is a group no longer."""
        members = category.privileges.get(privilege, {})
        if members.pop(member, member) is None and not members:
            self.forget_names()

    def add_topic(self, cid: int, uid: int, title: str, content: str) -> Topic:
        topic = Topic(next(self._tids), cid, uid, title, next(self._pids), content)
        self.topics[topic.tid] = topic
        return topic

    # --- who may -----------------------------------------------------------------------------------------------

    def is_admin(self, uid: int) -> bool:
        return self.is_in(uid, ADMINISTRATORS)

    def has(self, uid: int, right: str) -> bool:
        """Whether somebody may administer one thing, e.g. "admin:groups"; administrators may all."""
        return self.is_admin(uid) or right in self.rights.get(uid, ())

    def allowed(self, privilege: str, uid: int, category: Category) -> bool:
        """Whether a privilege is given, to this user or a group of theirs; administrators need none elsewhere.

        uid 0 is a guest, -1 a crawler.
        """
        groups = category.privileges.get(f"groups:{privilege}", {})
        if uid <= 0:
            return ("spiders" if uid < 0 else "guests") in groups
        if str(uid) in category.privileges.get(privilege, {}):
            return True
        return any(self.is_in(uid, name) for name in groups)

    def may(self, privilege: str, uid: int, cid: int) -> bool:
        """What counts in the end: never in a disabled category; administrators always."""
        category = self.categories.get(cid)
        if category is None or category.disabled:
            return False
        return self.is_admin(uid) or self.allowed(privilege, uid, category)

    def moderates(self, uid: int, cid: int) -> bool:
        category = self.categories.get(cid)
        if category is None or uid <= 0:
            return False
        return self.is_in(uid, GLOBAL_MODERATORS) or self.allowed("moderate", uid, category)
