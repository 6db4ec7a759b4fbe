"""What a category is here: its rights, the roles that we make of them, its "about" topic. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final

from connectors.discourse.categories.topics import About, from_topic
from connectors.discourse.categories.topics import canonical as canonical_text
from connectors.kit.client import Entry
from connectors.kit.graded import openness
from provisioner.model.resources import EdgeRole, FieldName, Mode, Value
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {
    "name": Mode.MANAGED,
    "parent": Mode.MANAGED,
    "open": Mode.MANAGED,
    "first_topic": Mode.MANAGED,
}
LONGEST: Final = 50
MARK: Final = "readi"
"""Custom field with our mark ``readi:<key>``; a category takes any, and no page shows them."""
MANAGERS: Final = "readi_managers"
"""Custom field with the groups that shall moderate, where the site does not let groups do so."""
EVERYONE, ADMINS, LOGGED_IN = "0", "1", "10"
"""Automatic groups: everyone, strangers too; administrators; whoever has an account (trust_level_0)."""
AUTOMATIC: Final[Mapping[str, str]] = {EVERYONE: "everyone", ADMINS: "admins", LOGGED_IN: "trust_level_0"}
"""By which they are named whatever the site's language (Group.lookup_group)."""


class Right(IntEnum):
    """CategoryGroup.permission_types."""

    FULL = 1  # opens topics
    REPLY = 2
    READ = 3


@dataclass(frozen=True, slots=True)
class Category:
    """One category as it was read itself."""

    id: str
    name: str
    parent: str | None
    rights: Mapping[str, Right]
    """Group → what it may. Everybody everything is ``{EVERYONE: FULL}``."""
    moderating: frozenset[str]
    custom_fields: Mapping[str, str]
    topic: str | None
    entry: Entry = field(repr=False)

    @property
    def marker(self) -> str:
        """Our mark; "" for none."""
        found = self.custom_fields.get(MARK, "")
        return found if found.startswith("readi:") else ""

    @property
    def open(self) -> Value:
        """Whether everybody who logs in reads it; `PUBLIC`: strangers do, too."""
        return openness(strangers=EVERYONE in self.rights, logged_in=LOGGED_IN in self.rights)

    @property
    def roles(self) -> dict[str, EdgeRole]:
        """Group → what it is there; without the automatic ones by which it is open."""
        return {group: self._role(group, right) for group, right in self.rights.items() if group not in AUTOMATIC}

    def _role(self, group: str, right: Right) -> EdgeRole:
        moderates = group in self.moderating
        if right is Right.FULL:
            return EdgeRole.MANAGER if moderates else EdgeRole.WRITER
        return EdgeRole.READER if right is Right.READ and not moderates else EdgeRole.OTHER

    def granting(self, roles: Mapping[str, EdgeRole | None], open_: bool | None) -> "Category":
        """With these groups in these roles (None: not at all), and open or not (None: as it is)."""
        rights, moderating = dict(self.rights), set(self.moderating)
        for group, role in roles.items():
            moderating.discard(group)
            rights.pop(group, None)
            if role is not None:
                rights[group] = Right.READ if role is EdgeRole.READER else Right.FULL
            if role is EdgeRole.MANAGER:
                moderating.add(group)
        if open_ is not None:
            rights.pop(EVERYONE, None)
            rights.pop(LOGGED_IN, None)
            if open_:
                rights[LOGGED_IN] = Right.READ
        return replace(self, rights=rights, moderating=frozenset(moderating))


@dataclass(frozen=True, slots=True)
class Topic:
    """An "about" topic with its first post."""

    id: str
    post: str
    about: About
    is_untouched: bool
    """Still what the server put there with the category."""

    @property
    def text(self) -> str | None:
        """What somebody wrote there; None: nobody did yet."""
        return None if self.is_untouched else from_topic(self.about)


def objection(name: str) -> Text | None:
    """One to fifty characters."""
    if 1 <= len(name.strip()) <= LONGEST:
        return None
    return Text.of("discourse.category_length", name=name, most=LONGEST)


def canonical(field: FieldName, value: Value) -> Value:
    """The form in which the server gives a value back."""
    if field == "open":
        return value is True
    if isinstance(value, str):
        return canonical_text(value) if field == "first_topic" else value.strip()
    return value


def parent_of(entry: Entry) -> str | None:
    """The category that one stands below."""
    number = entry.get("parent_category_id")
    return str(number) if isinstance(number, int) else None
