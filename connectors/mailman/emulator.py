"""Mailman 3.3.8 on loopback, never kinder than the real server: domains, lists, users, and who is on them.

It answers as the server was observed to (facts and recordings), with its traps: pages without entries, a bulk removal
of owners that takes subscribers, owners refused with 400, lists broken by an unknown style. No mail is sent: what the
real server would send is noted in `mails`.
"""

from base64 import b64encode
from typing import ClassVar, Final

from connectors.kit.emulation import Handler, register
from connectors.mailman.emulation import parameters
from connectors.mailman.emulation.calls import JSON, Call
from connectors.mailman.emulation.people import People
from connectors.mailman.emulation.refusing import Refused, no_such_path
from connectors.mailman.emulation.rooms import Rooms
from connectors.mailman.emulation.seats import Seats
from connectors.mailman.emulation.state import Mail, World
from connectors.mailman.emulation.views import Views
from provisioner.emulation import (
    Credentials,
    Emulator,
    MethodNotAllowed,
    NoSuchPath,
    Request,
    Response,
    RouteTable,
)
from provisioner.model.ports import Clock

SERVICE: Final = ("restadmin", "emulated-Service-1")
"""Worth nothing elsewhere."""
DOMAIN: Final = "lists.readi.example"
"""The mail domain that it begins with."""
_API: Final = "/3.1"


class MailmanEmulator(Emulator):
    """A core with one mail domain. `world` may be looked into and tampered with, `lock` held."""

    name: ClassVar[str] = "mailman"

    def __init__(
        self,
        *,
        service: tuple[str, str] = SERVICE,
        domain: str | None = DOMAIN,
        clock: Clock | None = None,
        latency: float = 0.0,
        port: int = 0,
    ) -> None:
        """``domain`` None: it has none yet."""
        super().__init__(clock=clock, latency=latency, port=port, credentials=Credentials(*service))
        self._ticks = 0
        self.domain = domain or DOMAIN
        self.world = World(self._now)
        views = Views(lambda: f"{self.url}{_API}")
        self.seats = Seats(self.world, views)
        self._routes: RouteTable[Handler] = RouteTable()
        for part in (Rooms(self.world, views), self.seats, People(self.world, views)):
            register(part, self._routes)
        if domain is not None:
            self.world.add_domain(domain)

    @property
    def mails(self) -> list[Mail]:
        """What the real server would have sent."""
        return list(self.world.mails)

    def handle(self, request: Request) -> Response:
        try:
            return self._answered(request)
        except Refused as refused:
            value = {"title": refused.title}
            if refused.description is not None:
                value["description"] = refused.description
            answer = Response.json(value, refused.status)
            answer.content_type = f"{JSON}; charset=UTF-8" if refused.is_typed else JSON
            if refused.status == 401:
                answer.headers.append(("WWW-Authenticate", 'Basic realm="mailman3-rest",charset="utf-8"'))
            answer.user = self.credentials.user if refused.status != 401 else None
            return answer

    def _answered(self, request: Request) -> Response:
        if not request.path.startswith(f"{_API}/"):
            raise no_such_path()
        try:
            found, places = self._routes.find(request.method, request.path.removeprefix(_API))
        except NoSuchPath:
            raise no_such_path() from None
        except MethodNotAllowed:
            self._demand_login(request)
            raise Refused(405) from None
        self._demand_login(request)
        answer = found.handler(Call(request, places, self.credentials.user, parameters.of(request)))
        answer.user = self.credentials.user
        return answer

    def _demand_login(self, request: Request) -> None:
        if request.headers.get("authorization") != _basic(*self.credentials.basic):
            raise Refused(401, "REST API authorization failed")

    def _now(self) -> str:
        """Every moment is another one: lists are told apart by when they were made."""
        self._ticks += 1
        now = self.clock.now()
        return now.replace(tzinfo=None, microsecond=self._ticks % 999_999 + 1).isoformat()


def _basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
