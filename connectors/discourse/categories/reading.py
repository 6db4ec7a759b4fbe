"""Categories as they are read: a list with names and parents, each itself with its rights, and its "about" topic.

The list has neither rights nor custom fields (app/models/category_list.rb, app/serializers/category_serializer.rb,
read). It is whole in one answer, unless the site loads categories lazily: then pages of 20, with five below each.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeGuard

from connectors.discourse.categories.shape import EVERYONE, MANAGERS, Category, Right, Topic, parent_of
from connectors.discourse.categories.topics import About
from connectors.discourse.client import PRODUCT, Client, identifier_of
from connectors.discourse.groups.reading import Groups
from connectors.kit.client import Entry, Params, segment, text

PAGE: Final = 20
MOST_PAGES: Final = 1_000
"""Of one list; a server that still has more makes them up as we ask."""
_TOPIC: Final = re.compile(r"/t/(?:[^/]+/)?(\d+)$")


class Categories:
    """Reads of categories. ``groups`` tell which group a name means."""

    def __init__(self, client: Client, groups: Groups) -> None:
        self._client = client
        self._groups = groups

    def listed(self) -> dict[str, Entry]:
        """All, by id. One request, and one more for each 20 at the top."""
        found: dict[str, Entry] = {}
        below: dict[str, frozenset[str]] = {}
        number = 0
        while True:
            number = self._next(number)
            tops = self._page({"page": number}, found, below)
            if tops < PAGE:
                break
        for parent, children in below.items():
            number = 0
            while children - found.keys():  # a site that loads lazily
                number = self._next(number)
                if not self._page({"page": number, "parent_category_id": int(parent)}, found, {}):
                    break
        return found

    def _next(self, number: int) -> int:
        """Number of the page that follows. Raises `Garbled` for a list that has no end."""
        if number >= MOST_PAGES:
            raise self._client.garbled("/categories.json")
        return number + 1

    def _page(self, which: Params, found: dict[str, Entry], below: dict[str, frozenset[str]]) -> int:
        """Note one page; how many were new in it at its own level."""
        answer = self._client.entry("/categories.json", {"include_subcategories": "true", **which})
        listed = answer.get("category_list")
        entries = listed.get("categories") if isinstance(listed, dict) else None
        if not isinstance(entries, list):
            raise self._client.garbled("/categories.json")
        before = set(found)
        for entry in flat(entries):
            identifier = identifier_of(entry)
            if not identifier or not text(entry, "name"):
                raise self._client.garbled("/categories.json")
            found.setdefault(identifier, entry)
            children = entry.get("subcategory_ids")
            if isinstance(children, list):
                below[identifier] = frozenset(map(str, children))
        level = "parent_category_id" in which
        return sum(1 for one in found.keys() - before if (parent_of(found[one]) is not None) is level)

    def found(self, category: str) -> Category | None:
        """One, with its rights; None: there is none."""
        answer = self._client.find(f"/c/{segment(category, PRODUCT)}/show.json")
        if answer is None:
            return None
        entry = answer.get("category")
        if not isinstance(entry, dict) or identifier_of(entry) != category:  # a slug can be a number
            raise self._client.garbled("/c/{id}/show.json")
        return self.read(entry)

    def read(self, entry: Entry) -> Category:
        """A category out of an answer that tells its rights. Raises `Garbled` for one that does not."""
        permissions = entry.get("group_permissions")
        if not isinstance(permissions, list) or not text(entry, "name"):
            raise self._client.garbled("/c/{id}/show.json")
        custom = entry.get("custom_fields")
        fields = {key: value for key, value in custom.items() if isinstance(value, str)} if _is_dict(custom) else {}
        told = _TOPIC.search(text(entry, "topic_url"))
        return Category(
            id=identifier_of(entry),
            name=text(entry, "name"),
            parent=parent_of(entry),
            rights=dict(self._rights(permissions, is_closed=entry.get("read_restricted") is True)),
            moderating=_moderating(entry, fields),
            custom_fields=fields,
            topic=None if told is None else told[1],
            entry=entry,
        )

    def _rights(self, permissions: list[object], *, is_closed: bool) -> Iterator[tuple[str, Right]]:
        """Older servers tell groups by their names alone, automatic ones in the site's language.

        ``is_closed``: strangers do not read it, so that nothing means everyone; what is in no list is gone meanwhile.
        """
        for one in permissions:
            if not isinstance(one, dict) or one.get("permission_type") not in {right.value for right in Right}:
                raise self._client.garbled("/c/{id}/show.json")
            number, name = one.get("group_id"), text(one, "group_name")
            group = str(number) if isinstance(number, int) else self._groups.id_of(name)
            if isinstance(number, int):
                self._groups.remember(str(number), name)
            if group is None and is_closed:
                raise self._client.garbled("/c/{id}/show.json")
            # What is in no list is everyone (Group.visible_groups).
            yield EVERYONE if group is None else group, Right(one["permission_type"])

    def about(self, topic: str) -> Topic | None:
        """Its "about" topic; None: there is none any more."""
        answer = self._client.find(f"/t/{segment(topic, PRODUCT)}.json", {"include_raw": "true"})
        if answer is None:
            return None
        stream = answer.get("post_stream")
        posts = stream.get("posts") if isinstance(stream, dict) else None
        first = posts[0] if isinstance(posts, list) and posts and isinstance(posts[0], dict) else {}
        if not isinstance(first.get("raw"), str) or not identifier_of(first):
            raise self._client.garbled("/t/{id}.json")
        about = About(text(answer, "title"), text(first, "raw"))
        return Topic(topic, identifier_of(first), about, first.get("version") == 1)


def flat(entries: list[object]) -> Iterator[Entry]:
    """Those of a list, and those below each."""
    for entry in entries:
        if not isinstance(entry, dict):
            yield {}
            continue
        yield entry
        below = entry.get("subcategory_list")
        yield from flat(below if isinstance(below, list) else [])


def _moderating(entry: Entry, custom: Mapping[str, str]) -> frozenset[str]:
    """As the site has it; where it lets no groups moderate, as we noted that it should be."""
    told = entry.get("moderating_group_ids")
    if isinstance(told, list):
        return frozenset(map(str, told))
    return frozenset(custom.get(MANAGERS, "").split(",")) - {""}


def _is_dict(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)
