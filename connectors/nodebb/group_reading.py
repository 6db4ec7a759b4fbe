"""Reading groups, and who is in them. A group has no number: it is known by the moment in which it was made.

That stays when it is renamed, by us or by people (observed on NodeBB 4.15); its address, the slug, does not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from connectors.kit.paging import MOST, Listing, Page, numbered
from connectors.nodebb.accounts import number_of
from connectors.nodebb.client import Client, Entry, part, text
from connectors.nodebb.privileges import CHIEFS, OUTSIDERS
from connectors.nodebb.slugs import slug
from provisioner.model.errors import NotAllowed, Permanent
from provisioner.model.inventory import Remote
from provisioner.model.resources import FieldName, Mode
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {"name": Mode.MANAGED}
MEMBERS_PAGE: Final = 20
READINGS: Final = 2
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


class Groups:
    """The groups of one forum, as far as this run knows them."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, Group] = {}

    def all(self) -> Listing:
        """All but the system's, hidden ones too: max(1, ⌈G / 20⌉) requests. Those that can't be read are missing."""
        listing = numbered(self._page, lambda item: text(item, "name"), readings=READINGS)
        found = [group_of(item) for item in listing.entries if not item.get("system")]
        self._known = {group.id: group for group in found if group is not None}
        whole = len(self._known) == len(found)
        return listing if whole or listing.gap else Listing(listing.items, Text.of("nodebb.malformed_group"))

    @property
    def known(self) -> Iterable[Group]:
        """As last read or made."""
        return self._known.values()

    def by_name(self) -> Mapping[str, str]:
        """Name → id of all that are known."""
        return {group.name: group.id for group in self._known.values()}

    def remember(self, group: Group) -> None:
        """As it is from now on."""
        self._known[group.id] = group

    def forget(self, identifier: str) -> None:
        """It is no more."""
        self._known.pop(identifier, None)

    def get(self, identifier: str) -> Group:
        """By its id, read once a run. Raises `Permanent` where there is none (any more)."""
        if identifier not in self._known:
            self.all()
        if identifier not in self._known:
            raise Permanent(Text.of("nodebb.group_gone", id=identifier))
        return self._known[identifier]

    def read(self, identifier: str) -> Group | None:
        """Afresh, by its page; all are read where it no longer stands under the slug that is known."""
        known = self._known.get(identifier)
        item = None if known is None else self._client.find_page(f"/groups/{part(known.slug)}")
        shown = item.get("group") if item is not None else None
        group = group_of(shown) if isinstance(shown, dict) else None
        if group is None or group.id != identifier:
            self.all()
            return self._known.get(identifier)
        self.remember(group)
        return group

    def outdated(self, called: Mapping[str, str]) -> frozenset[str]:
        """Names of groups that are missing where privileges are told: one request.

        The server remembers all names and forgets to change that with a rename (observed). It tells what it remembers
        to administrators alone; else whatever has another name than it had by our doing (``called``, by id) may be
        missing.
        """
        try:
            listed = self._client.v3("/admin/groups").get("groups")
        except NotAllowed:
            return frozenset(group.name for group in self.known if called.get(group.id, group.name) != group.name)
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise self._client.garbled("/admin/groups")
        return frozenset(self.by_name()) - {text(one, "name") for one in listed}

    def members(self, group: Group) -> Listing:
        """Who is in it, by number: max(1, ⌈m / 20⌉) requests; a second reading where it does not add up."""
        listing = self._members(group)
        if len(listing.items) != group.count:
            again = self._members(group)
            # A count that is wrong for good is the server's; what differs between two readings moved.
            moved = again.items.keys() != listing.items.keys()
            return Listing(again.items, Text.of("nodebb.members_moved", name=group.name) if moved else None)
        return listing

    def is_in(self, group: Group, uid: str, username: str) -> bool:
        """Whether one account is in it: one request, as the server searches by name."""
        answer = self._client.v3(f"/groups/{part(group.slug)}/members", {"query": username})
        return any(number_of(one) == uid for one in self._users(answer))

    def _members(self, group: Group) -> Listing:
        found: dict[str, Entry] = {}
        after = 0
        while True:
            answer = self._client.v3(f"/groups/{part(group.slug)}/members", {"after": after})
            page, before = self._users(answer), len(found)
            found |= {number_of(one): one for one in page}  # pages repeat some at their seams (read)
            if len(page) < MEMBERS_PAGE:
                return Listing(found)
            after += MEMBERS_PAGE
            if len(found) == before or after > MOST:  # the same again and again, or without an end
                raise self._client.garbled("/groups/{slug}/members")

    def _users(self, answer: Entry) -> list[Entry]:
        listed = answer.get("users")
        if not isinstance(listed, list) or not all(isinstance(one, dict) and number_of(one) for one in listed):
            raise self._client.garbled("/groups/{slug}/members")
        return listed

    def _page(self, number: int) -> Page:
        answer = self._client.page("/admin/manage/groups", {"page": number})
        listed, pages = answer.get("groups"), answer.get("pagination")
        count = pages.get("pageCount") if isinstance(pages, dict) else None
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise self._client.garbled("/admin/manage/groups")
        if not isinstance(count, int):
            raise self._client.garbled("/admin/manage/groups")
        return Page(listed, is_last=number >= count)


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
