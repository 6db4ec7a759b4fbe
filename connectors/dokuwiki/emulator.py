"""DokuWiki on loopback, never kinder than the real one (observed: API 12 "Kaos", API 14): JSON-RPC, pages, rights.

Groups come from a directory that the wiki only reads: ``people`` stands for it, and may be unreachable. What is
accepted silently over there is accepted here: levels that don't exist, deletions of nothing, texts over texts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, ClassVar, Final

from connectors.dokuwiki.emulation.acl import ADMIN, EDIT, NONE, READ, AclFile
from connectors.dokuwiki.emulation.pages import Pages, clean_id
from provisioner.emulation import Credentials, Emulator, Request, Response
from provisioner.model.ports import Clock

SERVICE: Final = "readi-provisioner"
TOKEN: Final = "emulated-token-1"  # noqa: S105 - worth nothing elsewhere
ADMINS: Final = "wikiadmin"
_RPC: Final = "/lib/exe/jsonrpc.php"
_ASKS: Final = frozenset(
    {"login", "getAPIVersion", "getWikiVersion", "getWikiTime", "whoAmI", "getPage", "getPageInfo"}
)
_ASKS_TOO: Final = frozenset({"listPages", "listMedia", "listAcls"})


@dataclass
class Person:
    """Somebody of the directory. ``token``: made in the wiki's profile, "" for none."""

    groups: set[str]
    token: str = ""


class RpcError(Exception):
    """An error in the interface's own words."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(status, code, message)
        self.status, self.code, self.message = status, code, message


class DokuwikiEmulator(Emulator):
    """One wiki. ``people``, ``pages`` and ``acl`` may be looked into and tampered with."""

    name: ClassVar[str] = "dokuwiki"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        latency: float = 0.0,
        port: int = 0,
        api: int = 14,
        acl: tuple[tuple[str, str, int], ...] = (("*", "@ALL", 1), ("*", "@user", 8)),
    ) -> None:
        """``acl``: at first as many wikis are: everybody reads, whoever logs in writes."""
        super().__init__(clock=clock, latency=latency, port=port, credentials=Credentials(token=TOKEN))
        self.api = api
        self.remote = True
        self.directory_is_down = False
        self.people: dict[str, Person] = {SERVICE: Person({ADMINS}, TOKEN)}
        self.pages = Pages()
        self.acl = AclFile(list(acl))
        self._methods: Mapping[str, tuple[tuple[str, ...], Callable[[_Asking], Any]]] = {
            "core.getAPIVersion": ((), lambda asking: self.api),
            "core.getWikiVersion": ((), lambda asking: 'Release 2026-07-14b "Emulated"'),
            "core.getWikiTime": ((), lambda asking: int(self.clock.now().timestamp())),
            "core.whoAmI": ((), self._who_am_i),
            "core.getPage": (("page",), self._get_page),
            "core.getPageInfo": (("page",), self._get_page_info),
            "core.listPages": ((), self._list_pages),
            "core.listMedia": ((), self._list_media),
            "core.savePage": (("page", "text"), self._save_page),
            "core.deleteMedia": (("media",), self._delete_media),
            "core.lockPages": (("pages",), self._lock_pages),
            "plugin.acl.listAcls": ((), self._list_acls),
            "plugin.acl.addAcl": (("scope", "user", "level"), self._add_acl),
            "plugin.acl.delAcl": (("scope", "user"), self._del_acl),
        }

    def only_asks(self, request: Request) -> bool:
        """Most methods of the interface change nothing, and all are POSTs."""
        return request.path.startswith(_RPC) and request.path.rpartition(".")[2] in _ASKS | _ASKS_TOO

    def handle(self, request: Request) -> Response:
        """The interface, and pages as browsers get them."""
        user = self._user(request)
        if not request.path.startswith(_RPC):
            answer = self._browsed(request, user)
        else:
            try:
                answer = _answer({"result": self._called(request, user), "error": {"code": 0, "message": "success"}})
            except RpcError as error:
                answer = _answer({"error": {"code": error.code, "message": error.message}}, error.status)
        answer.user = user
        return answer

    def level(self, page: str, user: str | None) -> int:
        """What somebody may do with a page; superusers everything, whatever the list says."""
        groups = self._groups(user)
        return ADMIN if ADMINS in groups else self.acl.level(page, user, groups)

    def _called(self, request: Request, user: str | None) -> Any:
        if not self.remote:
            raise RpcError(404, -32605, f"JSON-RPC server not enabled{self._stop}")
        if request.method != "POST":
            raise RpcError(405, -32606, f"JSON-RPC server only accepts POST requests{self._stop}")
        if request.content_type != "application/json":
            raise RpcError(415, -32606, f"JSON-RPC server only accepts application/json requests{self._stop}")
        try:
            arguments = json.loads(request.body) if request.body else {}
        except ValueError:
            raise RpcError(400, -32700, f"JSON-RPC server only accepts valid JSON{self._stop}") from None
        name = request.path.removeprefix(_RPC).strip("/")
        if name not in self._methods:
            raise RpcError(400, -32601 if self.api > 12 else -32603, "Method does not exist")
        needed, method = self._methods[name]
        if needed and not arguments:  # an empty list: PHP itself counts
            called = f"dokuwiki\\Remote\\ApiCore::{name.rpartition('.')[2]}()"
            words = f"Too few arguments to function {called}, 0 passed and at least {len(needed)} expected"
            raise RpcError(400, -32602, words)
        for argument in needed:
            if argument not in arguments:
                raise RpcError(400, -32602, f"Missing argument {argument}")
        return method(_Asking(name, arguments, user))

    @property
    def _stop(self) -> str:
        return "" if self.api > 12 else "."

    # --- the methods -------------------------------------------------------------------------------------------

    def _who_am_i(self, asking: _Asking) -> Any:
        if asking.user is None:
            if self.api > 12:
                raise _denied(asking, "No user available", self.api)
            raise RpcError(200, 0, "No user available")
        groups = [*sorted(self._groups(asking.user) - {"user"}), "user"]
        admin = ADMINS in groups
        mail = f"{asking.user}@wiki.example"
        return {
            "login": asking.user,
            "name": asking.user,
            "mail": mail,
            "groups": groups,
            "isadmin": admin,
            "ismanager": admin,
        }

    def _get_page(self, asking: _Asking) -> Any:
        """Of a page that does not exist: an empty text."""
        return self.pages.texts.get(self._page(asking, READ, "read"), "")

    def _get_page_info(self, asking: _Asking) -> Any:
        page = clean_id(asking.text("page"))
        if page not in self.pages.texts:  # said before it is asked who is asking (observed)
            raise RpcError(400, 121, "The requested page (revision) does not exist")
        page = self._page(asking, READ, "read")
        return self.pages.info(page, self.level(page, asking.user))

    def _list_pages(self, asking: _Asking) -> Any:
        pages = self.pages.below(clean_id(asking.text("namespace")))
        return [self.pages.info(one, level) for one in pages if (level := self.level(one, asking.user)) >= READ]

    def _list_media(self, asking: _Asking) -> Any:
        files = self.pages.files_below(clean_id(asking.text("namespace")))
        return [{"id": one, "size": len(self.pages.files[one])} for one in files]

    def _save_page(self, asking: _Asking) -> Any:
        page, text = self._page(asking, EDIT, "edit"), asking.text("text").replace("\r\n", "\n")
        if page not in self.pages.texts and not text.strip():
            raise RpcError(400, 132, "Refusing to write an empty new wiki page")
        if self.pages.locks.get(page, asking.user) != asking.user:
            raise RpcError(400, 133, "The page is currently locked")
        self.pages.save(page, text, int(self.clock.now().timestamp()))
        self.pages.locks.pop(page, None)
        return True

    def _lock_pages(self, asking: _Asking) -> Any:
        """As a browser does for whoever edits."""
        pages = [clean_id(str(page)) for page in asking.arguments["pages"]]
        free = [page for page in pages if self.pages.locks.get(page, asking.user) == asking.user]
        locked = [page for page in free if asking.user is not None and self.level(page, asking.user) >= EDIT]
        self.pages.locks |= dict.fromkeys(locked, asking.user or "")
        return locked

    def _delete_media(self, asking: _Asking) -> Any:
        if self.pages.files.pop(asking.text("media"), None) is None:
            words = "requested media file (revision)" if self.api > 12 else "media file requested to delete"
            raise RpcError(400, 221, f"The {words} does not exist")
        return True

    def _list_acls(self, asking: _Asking) -> Any:
        self._demand_admin(asking)
        return self.acl.listed() or []

    def _add_acl(self, asking: _Asking) -> Any:
        self._demand_admin(asking)
        self.acl.add(asking.text("scope"), asking.text("user"), int(asking.arguments["level"]))
        return True

    def _del_acl(self, asking: _Asking) -> Any:
        self._demand_admin(asking)
        self.acl.delete(asking.text("scope"), asking.text("user"))
        return True

    # --- who may what ------------------------------------------------------------------------------------------

    def _user(self, request: Request) -> str | None:
        """Whom a token belongs to; nobody for a wrong one, and for every one while the directory is down."""
        said = request.headers.get("authorization", "")
        if self.directory_is_down or not said.startswith("Bearer "):
            return None
        token = said.removeprefix("Bearer ")
        return next((user for user, person in self.people.items() if person.token and person.token == token), None)

    def _groups(self, user: str | None) -> set[str]:
        return set() if user is None else self.people[user].groups | {"user"}

    def _page(self, asking: _Asking, least: int, verb: str) -> str:
        page = clean_id(asking.text("page"))
        if not page:
            raise RpcError(400, 131, "Empty or invalid page ID given")
        if self.level(page, asking.user) < least:
            raise _denied(asking, f"You are not allowed to {verb} this page", self.api)
        return page

    def _demand_admin(self, asking: _Asking) -> None:
        if ADMINS not in self._groups(asking.user):
            words = "You are not allowed to access ACLs, superuser permission is required"
            raise _denied(asking, words, self.api)

    def _browsed(self, request: Request, user: str | None) -> Response:
        """A page as a browser gets it: 200 whatever is refused (observed)."""
        page = clean_id(dict(request.query).get("id", "start"))
        if request.path != "/doku.php":
            return Response.html("Not Found", 404)
        if self.level(page, user) <= NONE:
            return Response.html("<h1>Zugang verweigert</h1>")
        if page not in self.pages.texts:
            return Response.html("<h1>Diese Seite existiert noch nicht</h1>")
        return Response.html(f"<pre>{escape(self.pages.texts[page])}</pre>")


@dataclass(frozen=True)
class _Asking:
    """One call: its method, its arguments, who calls."""

    method: str
    arguments: Mapping[str, Any]
    user: str | None

    def text(self, argument: str) -> str:
        return str(self.arguments.get(argument, ""))


def _answer(value: object, status: int = 200) -> Response:
    answer = Response.json(value, status)
    answer.content_type = "application/json"
    return answer


def _denied(asking: _Asking, words: str, api: int) -> RpcError:
    """401 to strangers, 403 to whoever is known; since API 14 with the reason."""
    reason = f"\n{words}" if api > 12 else ""
    the = "" if api > 12 else "the "
    if asking.user is None:
        return RpcError(401, -32603, f"server error. not authorized to call method {asking.method}{reason}")
    return RpcError(403, -32604, f"server error. forbidden to call {the}method {asking.method}{reason}")
