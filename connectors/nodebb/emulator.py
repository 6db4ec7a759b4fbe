"""NodeBB 4 on loopback, never kinder than the real server: users, groups, categories with their privileges, topics.

It answers as NodeBB 4.15 was observed to (facts and recordings), with its traps: 200 for what is not there, a wrong
token that reads as a guest, users with a suffix, two categories of one name, a public one from the first moment, one
namespace of slugs, a memory of group names that a rename outdates. No mail is sent: what the real server would send
is noted in `mails`.

Not imitated: the fediverse, queues of posts, tags, votes, chats, sessions of browsers.
"""

import json
import re
from typing import Any, ClassVar, Final

from connectors.kit.emulation import Call, Handler, Refused, register
from connectors.nodebb.emulation.categories import Categories
from connectors.nodebb.emulation.groups import Groups
from connectors.nodebb.emulation.refusing import Plain, Stranger, answered
from connectors.nodebb.emulation.state import World
from connectors.nodebb.emulation.things import ADMINISTRATORS, Group, Mail, User
from connectors.nodebb.emulation.ties import Ties
from connectors.nodebb.emulation.topics import Topics
from connectors.nodebb.emulation.users import Users
from provisioner.emulation import Credentials, Emulator, MethodNotAllowed, NoSuchPath, Request, Response, RouteTable
from provisioner.model.ports import Clock

TOKEN: Final = "emulated-token-1"  # noqa: S105 - worth nothing elsewhere
MASTER_TOKEN: Final = "emulated-token-2"  # noqa: S105 - worth nothing elsewhere
ADMIN: Final = "admin"
SERVICE: Final = "readi-provisioner"
PROVIDER: Final = "keycloak"
"""The name of the login in the plugin that people log in by."""
LEAST_RIGHTS: Final = ("admin:categories", "admin:privileges", "admin:groups", "admin:users", "group:create", "ban")
HELPERS: Final = "readi-helfer"
"""A group by which our account sees into new categories: what it may in the template, it may in all copies."""
HELPERS_PRIVILEGES: Final = (
    "find", "read", "topics:read", "topics:create", "topics:reply", "posts:edit", "moderate"
)  # fmt: skip
_PRIVATE: Final = re.compile("/api/(v3|admin|groups|user/(?!(uid|username|email)/))")
"""Addresses whose answers are told to be kept private, to whoever is logged in (not those by name or address)."""
_CRAWLERS: Final = ("python-requests", "curl/")


class NodeBBEmulator(Emulator):
    """A forum with an administrator and our technical account, set up as the connector's README advises.

    `world` may be looked into and tampered with, `lock` held.
    """

    name: ClassVar[str] = "nodebb"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        latency: float = 0.0,
        port: int = 0,
        token: str = TOKEN,
        companion: bool = True,
    ) -> None:
        """``companion``: our plugin is installed that ties accounts to the login."""
        super().__init__(clock=clock, latency=latency, port=port, credentials=Credentials(token=token))
        self._ticks = 0
        self._companion = companion
        self.world = World(self._now)
        users = Users(self.world)
        parts = (users, Groups(self.world, users), Categories(self.world), Topics(self.world))
        self._routes: RouteTable[Handler] = RouteTable()
        for part in (*parts, *((Ties(self.world),) if companion else ())):
            register(part, self._routes)
        self.administrator, self.service = self._staff(ADMIN), self._staff(SERVICE)
        self.tokens: dict[str, int] = {token: self.service.uid, MASTER_TOKEN: 0}
        """By token: whose it is; 0 for a master token."""

    def _staff(self, username: str) -> User:
        user = self.world.add_user(username, email=f"{username}@forum.example", confirmed=True)
        group = self.world.groups[ADMINISTRATORS]
        group.members[user.uid] = None
        group.owners.add(user.uid)
        return user

    @property
    def settings(self) -> dict[str, str]:
        """What a target's section needs besides: by which login people come."""
        return {"login_provider": PROVIDER} if self._companion else {}

    def give_least_rights(self) -> None:
        """Make our account one that is no administrator, as the README has it; the template stands already."""
        with self.lock:
            uid = self.service.uid
            self.world.groups[ADMINISTRATORS].members.pop(uid)
            self.world.rights[uid] = set(LEAST_RIGHTS)
            self.world.add_group(Group(HELPERS, self._now(), hidden=True, members={uid: None}))
            (template,) = (one for one in self.world.categories.values() if one.fields.get("readiKey"))
            for privilege in HELPERS_PRIVILEGES:
                self.world.give(template, f"groups:{privilege}", HELPERS)

    def add_template(self) -> None:
        """What the connector copies new categories from, as it makes it once."""
        with self.lock:
            self.world.add_category("Vorlage (re@di)", locked=True).fields["readiKey"] = "readi:template"

    def add_outsider(self, username: str = "outsider", token: str = "emulated-token-3") -> str:  # noqa: S107
        """Somebody who only logs in; gives their token."""
        with self.lock:
            self.tokens[token] = self.world.add_user(username, email=f"{username}@forum.example", confirmed=True).uid
        return token

    @property
    def mails(self) -> list[Mail]:
        """What the real server would have sent."""
        return list(self.world.mails)

    def handle(self, request: Request) -> Response:
        """Answer as the server does."""
        try:
            uid = self._who(request)
            answer = self._answered(request, uid)
        except Refused as refused:
            return answered(refused)
        if uid > 0:
            answer.user = str(uid)
            if _PRIVATE.match(request.path) and request.method != "HEAD":
                answer.headers.append(("Cache-Control", "private"))
        return answer

    def _answered(self, request: Request, uid: int) -> Response:
        try:
            found, places = self._routes.find(request.method, request.path)
        except (NoSuchPath, MethodNotAllowed):
            raise (Refused(404) if request.path.startswith("/api/v3/") else Plain(request)) from None
        return found.handler(Call(request, places, str(uid)))

    def _who(self, request: Request) -> int:
        """Whose request it is; 0 for a guest, also for one with a wrong token."""
        nobody = -1 if any(word in request.headers.get("user-agent", "") for word in _CRAWLERS) else 0
        said = request.headers.get("authorization")
        if said is None:
            if request.is_write:
                raise Stranger(403, "Forbidden")
            return nobody
        owner = self.tokens.get(said.removeprefix("Bearer ").strip())
        if owner is None:
            return nobody
        if owner:
            return owner
        as_uid = dict(request.query).get("_uid") or _body(request).get("_uid")
        if as_uid is None:
            words = "A master token was received without a corresponding `_uid` in the request body"
            raise Refused(400, words)
        return int(as_uid)

    def _now(self) -> int:
        """Milliseconds; every moment is another one."""
        self._ticks += 1
        return int(self.clock.now().timestamp() * 1000) + self._ticks


def _body(request: Request) -> dict[str, Any]:
    if not request.body or request.content_type != "application/json":
        return {}
    try:
        value = json.loads(request.body)
    except ValueError:
        raise Refused(400) from None
    return value if isinstance(value, dict) else {}
