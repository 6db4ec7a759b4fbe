"""What a group is here. It has no number: it is known by the moment in which it was made. Pure.

That stays when it is renamed, by us or by people (observed on NodeBB 4.15); its address, the slug, does not.
"""

from dataclasses import dataclass
from typing import Final

from connectors.nodebb.client import Entry, number_of, text
from connectors.nodebb.privileges import CHIEFS, OUTSIDERS
from connectors.nodebb.slugs import slug
from provisioner.model.inventory import Remote
from provisioner.model.resources import FieldName, Mode
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {"name": Mode.MANAGED}
LONGEST: Final = 255
MOMENTARY: Final = "readi-moment"
"""A group that lives for a moment: by it the server looks anew what groups are called (see `Groups.outdated`)."""
RESERVED: Final = frozenset(map(slug, (*OUTSIDERS, *CHIEFS, MOMENTARY)))
"""What rights of a category mean by these names is not a group of ours. The server refuses those that it keeps as
groups, but takes "spiders" and "fediverse", which are strangers (existsBySlug: read)."""


@dataclass(frozen=True, slots=True)
class Group:
    """One that people or we made. What a change has to say again lest it be wiped comes along."""

    id: str
    name: str
    slug: str
    description: str
    icon: str
    title: str
    """What stands behind members' names, where that is switched on: of ours it is off, and our mark stands there."""
    count: int
    """How many are in it."""

    @property
    def remote(self) -> Remote:
        """As the core sees it."""
        marker = self.title if self.title.startswith("readi:") else ""
        return Remote(self.id, self.name, {"name": self.name}, self.id, marker=marker)


def group_of(item: Entry) -> Group | None:
    """One group of a list or an answer; None where it does not tell when it was made, name and slug."""
    identifier, name, address = number_of(item, "createtime"), text(item, "name"), text(item, "slug")
    if not (identifier and name and address):
        return None
    count = item.get("memberCount")
    return Group(
        identifier,
        name,
        address,
        text(item, "description"),
        text(item, "icon"),
        text(item, "userTitle"),
        count if isinstance(count, int) else 0,
    )


def objection(name: str) -> Text | None:
    """Why the server would refuse a group of this name."""
    if not name.strip() or not slug(name) or name != name.strip():
        return Text.of("nodebb.name_empty", name=name)
    if any(letter in name for letter in ":/") or not name.isprintable():
        return Text.of("nodebb.group_characters", name=name)
    if slug(name) in RESERVED:
        return Text.of("nodebb.group_reserved", name=name)
    if len(name) > LONGEST:
        return Text.of("nodebb.name_too_long", name=name, most=LONGEST)
    return None
