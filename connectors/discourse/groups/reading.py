"""Groups as they are read: in pages of 36, with the number of all; and who is in one, a thousand at a time.

Automatic groups (admins, trust levels) are the server's own: they are never a subject of ours, but their names say who
may read a category. Group "everyone" is in no list (app/controllers/groups_controller.rb, app/models/group.rb, read).
"""

from typing import Final

from connectors.discourse.client import PRODUCT, Client, identifier_of
from connectors.kit.client import Entry, segment, text
from connectors.kit.paging import READINGS, Listing, Page, numbered

MOST_MEMBERS: Final = 1000
"""Members of one answer, and those that one request adds."""


class Groups:
    """Reads of groups. What groups are called is remembered, since categories know them by their names."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._names: dict[str, str] = {}
        """Id → name."""

    def listed(self) -> Listing:
        """All, by id, also automatic ones. max(1, ⌈n / 36⌉) requests."""

        def page(number: int) -> Page:
            answer = self._client.entry("/groups.json", {"page": number})
            entries, total = answer.get("groups"), answer.get("total_rows_groups")
            if not isinstance(entries, list) or not isinstance(total, int):
                raise self._client.garbled("/groups.json")
            return Page(entries, total)

        listing = numbered(page, identifier_of, first=0, readings=READINGS)
        if listing.gap is None:
            self._names = {identifier: text(entry, "name") for identifier, entry in listing.items.items()}
        return listing

    def found(self, group: str) -> Entry | None:
        """One group; None: there is none, or we are no administrator."""
        answer = self._client.find(f"/groups/by-id/{segment(group, PRODUCT)}.json")
        return None if answer is None else self._inside(answer)

    def called(self, name: str) -> Entry | None:
        """The group of this name, in whatever letters; None as above."""
        answer = self._client.find(f"/groups/{segment(name, PRODUCT)}.json")
        return None if answer is None else self._inside(answer)

    def _inside(self, answer: Entry) -> Entry:
        entry = answer.get("group")
        if not isinstance(entry, dict) or not identifier_of(entry):
            raise self._client.garbled("/groups/{name}.json")
        self.remember(identifier_of(entry), text(entry, "name"))
        return entry

    def members(self, name: str) -> Listing:
        """Everybody in it, by id: humans, owners among them. ⌈m / 1000⌉ requests, at least one."""
        path = f"/groups/{segment(name, PRODUCT)}/members.json"

        def page(number: int) -> Page:
            answer = self._client.entry(path, {"limit": MOST_MEMBERS, "offset": number * MOST_MEMBERS, "asc": "true"})
            entries, meta = answer.get("members"), answer.get("meta")
            total = meta.get("total") if isinstance(meta, dict) else None
            if not isinstance(entries, list) or not isinstance(total, int):
                raise self._client.garbled("/groups/{name}/members.json")
            return Page(entries, total)

        return numbered(page, identifier_of, first=0, readings=READINGS)

    # --- what groups are called --------------------------------------------------------------------------------

    def remember(self, group: str, name: str) -> None:
        """What this run learned of a group that it made, renamed or read."""
        self._names[group] = name

    def name_of(self, group: str) -> str | None:
        """What it is called; asks where that is not known. None: there is no such group."""
        if group not in self._names and self.found(group) is None:
            return None
        return self._names[group]

    def id_of(self, name: str) -> str | None:
        """Which group is called so; asks where that is not known. None: none that is in a list, as "everyone"."""
        for identifier, known in self._names.items():
            if known == name:
                return identifier
        entry = self.called(name)
        return None if entry is None else identifier_of(entry)
