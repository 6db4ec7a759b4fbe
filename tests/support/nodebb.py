"""Hands in a NodeBB, real or emulated: whoever tampers with it, and whoever only looks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import pytest
import requests

from connectors.kit.bench import TARGET, WHY
from connectors.kit.contract import Site
from connectors.nodebb import NODEBB
from connectors.nodebb.settings import NodeBBSettings
from provisioner.model.changes import Write
from provisioner.model.resources import Kind, LateText, ResourceId
from provisioner.transport.answer import Answer, is_reading
from provisioner.transport.http import HttpSession

AGENT: Final = {"User-Agent": "readi-tests", "Accept": "*/*"}
"""What calls itself python-requests counts as a crawler there."""


def site_of(settings: NodeBBSettings, emulator: Any = None) -> Site:
    """A bench for the connector."""
    return Site(lambda target, wiring: NODEBB.open(target, settings, wiring), emulator)


def group(key: str) -> ResourceId:
    """A body's group."""
    return ResourceId(Kind.GROUP, f"body:{key}")


def category(key: str) -> ResourceId:
    """A body's category."""
    return ResourceId(Kind.FORUM_CATEGORY, f"body:{key}")


def person(key: str) -> ResourceId:
    """Somebody's account."""
    return ResourceId(Kind.ACCOUNT, f"person:{key}")


def first_topic(identity: ResourceId, name: str, words: str) -> Write:
    """The first topic of a category that this very run made, as the planner has it."""
    lines = LateText(tuple((line,) for line in words.split("\n")))
    return Write(
        target=TARGET, id=identity, name=name, reason=WHY, field="first_topic", text=lines, before=None, written=words
    )


@dataclass(frozen=True)
class Somebody:
    """Somebody with a token; without one: a stranger."""

    url: str
    token: str = ""

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        """One request below /api, whatever its answer."""
        login = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return requests.request(
            method, f"{self.url}/api{path}", json=body, headers=AGENT | login, timeout=60, allow_redirects=False
        )

    def do(self, method: str, path: str, body: Any = None) -> Any:
        """One request of the write API that has to succeed: its response."""
        answer = self.ask(method, f"/v3{path}", body)
        assert answer.status_code == 200, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()["response"]

    def categories(self) -> dict[int, dict[str, Any]]:
        """Those that they are shown, by number."""
        return {one["cid"]: one for one in self.do("GET", "/categories")["categories"] if one["cid"] > 0}

    def reads(self, cid: int) -> bool:
        """Whether they get to see anything of a category."""
        shown = self.do("GET", f"/categories/{cid}")
        page = self.ask("GET", f"/category/{cid}")
        return cid in self.categories() or bool(shown) or page.status_code == 200

    def reads_topic(self, tid: int) -> bool:
        """Whether they get to see anything of a topic."""
        answers = (self.ask("GET", path) for path in (f"/v3/topics/{tid}", f"/topic/{tid}"))
        return any(answer.status_code == 200 for answer in answers)


class Chief(Somebody):
    """Whoever may do everything."""

    def groups(self) -> Iterator[dict[str, Any]]:
        """All that people made."""
        number = 1
        while True:
            page = self.ask("GET", f"/admin/manage/groups?page={number}").json()
            yield from (one for one in page["groups"] if not one["system"])
            if number >= page["pagination"]["pageCount"]:
                return
            number += 1

    def every_category(self, root: int = 0) -> Iterator[dict[str, Any]]:
        """Also those that are switched off; as far as a page goes."""
        ahead = list(self.ask("GET", f"/admin/manage/categories?cid={root}").json()["categoriesTree"])
        while ahead:
            one = ahead.pop()
            ahead += one["children"]
            yield one

    def users(self) -> list[dict[str, Any]]:
        """The first five hundred."""
        path = "/admin/manage/users?resultsPerPage=500&sortBy=joindate&sortDirection=desc"
        found: list[dict[str, Any]] = self.ask("GET", path).json()["users"]
        return found

    def wipe(self, word: str) -> None:
        """Take away what has this word in its name."""
        for group in list(self.groups()):
            if word in group["name"] or group["name"] == "readi-moment":
                self.do("DELETE", f"/groups/{quote(group['slug'], safe='')}")
        for category in list(self.every_category()):
            marked = self.do("GET", f"/categories/{category['cid']}").get("readiKey", "")
            if word in category["name"] or word in marked or category["name"].startswith("readi:"):
                self.do("DELETE", f"/categories/{category['cid']}")
        for user in self.users():
            if word in user["username"]:
                self.do("DELETE", f"/users/{user['uid']}")


def after_every_write(patch: pytest.MonkeyPatch, probe: Callable[[str], None]) -> None:
    """Have ``probe`` look (it is told what was written) before anything else is sent."""
    really = HttpSession.call

    def call(self: HttpSession, method: str, url: str, **more: Any) -> Answer:
        answer = really(self, method, url, **more)
        if not is_reading(method):
            probe(f"{method} {url.partition('/api')[2]}")
        return answer

    patch.setattr(HttpSession, "call", call)
