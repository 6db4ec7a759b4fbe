"""Reading groups, and who is in them."""

from collections.abc import Iterable, Mapping
from typing import Final

from connectors.kit.paging import MOST, Listing, Page, numbered
from connectors.nodebb.client import Client, Entry, number_of, part, text
from connectors.nodebb.groups.shape import Group, group_of
from provisioner.model.errors import NotAllowed, Permanent
from provisioner.model.text import Text

MEMBERS_PAGE: Final = 20
READINGS: Final = 2


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
