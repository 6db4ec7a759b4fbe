"""Reading categories, who may do what in each, and what stands first in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from connectors.kit.paging import Page, numbered
from connectors.nodebb.categories.shape import Category, Topic, category_of, content_of
from connectors.nodebb.client import Client, Entry, number_of, part, text
from connectors.nodebb.privileges import Matrix, matrix_of
from provisioner.model.text import Text

MOST_PAGES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Listed:
    """The categories of a forum that are in use, by number; those that can't be read are missing."""

    categories: Mapping[str, Category]
    gap: Text | None = None


class Categories:
    """The categories of one forum."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._own_topics: dict[str, list[Entry]] | None = None
        self.own_slug = ""
        """Of our account, once somebody asked who we are."""

    def all(self) -> Listed:
        """All that are not switched off: one request. One that is no category stands first in it (observed)."""
        listed = self._client.v3("/categories").get("categories")
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise self._client.garbled("/categories")
        own = [one for one in listed if one.get("cid") != -1]
        found = [category_of(one) for one in own]
        gap = None if all(one is not None for one in found) else Text.of("nodebb.malformed_category")
        return Listed({one.cid: one for one in found if one is not None}, gap)

    def read(self, cid: str) -> Category | None:
        """One, also if it is switched off; None: there is none (the server says 200 and nothing, observed)."""
        item = self._client.find_v3(f"/categories/{part(cid)}")
        if item is None:
            return None
        found = category_of(item)
        if found is None or found.cid != cid:
            raise self._client.garbled("/categories/{cid}")
        return found

    def matrix(self, cid: str) -> Matrix:
        """Who may do what in one: one request."""
        return self.told(self._client.v3(f"/categories/{part(cid)}/privileges"))

    def told(self, response: Entry) -> Matrix:
        """The same from an answer to a change. Raises `Garbled`."""
        found = matrix_of(response)
        if found is None:
            raise self._client.garbled("/categories/{cid}/privileges")
        return found

    def called(self, name: str) -> Iterator[str]:
        """Numbers of all with exactly this name, also of those that are switched off, wherever they stand.

        Asks for the pages of administrators: max(1, ⌈c / 50⌉) requests for each category that has more below it than
        comes along.
        """
        ahead = ["0"]
        seen: set[str] = set()
        while ahead:
            root = ahead.pop()
            seen.add(root)
            for item in self._below(root):
                if text(item, "name") == name:
                    yield number_of(item, "cid")
                if item.get("hasMoreSubCategories") is True and number_of(item, "cid") not in seen:
                    ahead.append(number_of(item, "cid"))

    def _below(self, root: str) -> Iterator[Entry]:
        number, count = 1, 1
        while number <= min(count, MOST_PAGES):
            answer = self._client.page("/admin/manage/categories", {"cid": root, "page": number})
            tree, pages = answer.get("categoriesTree"), answer.get("pagination")
            count = pages["pageCount"] if isinstance(pages, dict) and isinstance(pages.get("pageCount"), int) else 0
            if not isinstance(tree, list) or not count:
                raise self._client.garbled("/admin/manage/categories")
            yield from self._flat(tree)
            number += 1

    def _flat(self, tree: list[object]) -> Iterator[Entry]:
        for item in tree:
            children = item.get("children") if isinstance(item, dict) else None
            if not isinstance(item, dict) or not isinstance(children, list):
                raise self._client.garbled("/admin/manage/categories")
            yield item
            yield from self._flat(children)

    # --- what stands first -------------------------------------------------------------------------------------

    def first_topic(self, cid: str, marker: str) -> Topic | None:
        """The topic of ours there that has our mark: one request for the text of each that we began there.

        Which these are is asked once, for all categories: max(1, ⌈t / 20⌉) + 1 requests.
        """
        if self._own_topics is None:
            self._own_topics = self._began()
        return self._marked(self._own_topics.get(cid, []), marker)

    def fresh_topic(self, cid: str, marker: str) -> Topic | None:
        """The same, asked anew."""
        self._own_topics = None
        return self.first_topic(cid, marker)

    def forget_topics(self) -> None:
        """The next `first_topic` asks."""
        self._own_topics = None

    def _marked(self, items: list[Entry], marker: str) -> Topic | None:
        for item in sorted(items, key=lambda one: (not one.get("pinned"), int(number_of(one, "tid")))):
            post = self._client.find_v3(f"/posts/{part(number_of(item, 'mainPid'))}")
            content = "" if post is None else content_of(text(post, "content"))
            if marker in content.split("\n"):
                tid, pid = number_of(item, "tid"), number_of(item, "mainPid")
                return Topic(tid, pid, text(item, "title"), bool(item.get("pinned")), content)
        return None

    def _began(self) -> dict[str, list[Entry]]:
        """What our account began and nobody deleted, by the number of the category."""
        self.own_slug = self.own_slug or text(self._client.page("/self"), "userslug")
        address = self.own_slug

        def page(number: int) -> Page:
            listed = self._client.page(f"/user/{part(address)}/topics", {"page": number}).get("topics")
            whole = isinstance(listed, list) and all(isinstance(one, dict) for one in listed)
            if not isinstance(listed, list) or not whole or not all(number_of(one, "mainPid") for one in listed):
                raise self._client.garbled("/user/{slug}/topics")
            return Page(listed)

        found: dict[str, list[Entry]] = {}
        for item in numbered(page, lambda one: number_of(one, "tid"), readings=2).entries:
            if not item.get("deleted"):
                found.setdefault(number_of(item, "cid"), []).append(item)
        return found
