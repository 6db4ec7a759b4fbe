"""A Jitsi server on loopback, never kinder than the real one: who gets in, by the rules that were observed.

It has the page's config.js, the login over BOSH, and rooms that somebody enters by `visit` as a browser does that
opens an address. There is no sound and no picture.
"""

import json
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from connectors.jitsi.emulation.bosh import BoshDoor
from connectors.jitsi.emulation.event_caller import EventCaller
from connectors.jitsi.emulation.page import PAGE
from connectors.jitsi.emulation.reservation_caller import ReservationCaller
from connectors.jitsi.emulation.rooms import Entered, Guests, Rooms, Session, Setup, Turned
from connectors.jitsi.names import backend_safe
from connectors.jitsi.rules import Deployment
from provisioner.emulation import Emulator, Request, Response
from provisioner.model.ports import Clock

SECRET: Final = "emulated-Secret-of-a-Jitsi-server-1"  # noqa: S105
"""Worth nothing elsewhere."""


@dataclass(frozen=True, slots=True)
class SentAway:
    """The page sent somebody without a token to where tokens are made."""

    address: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What became of somebody who opened an address."""

    outcome: Entered | Turned | SentAway
    room: str
    subject: str | None = None
    """What the page shows as the meeting's title."""
    session: Session | None = None
    """Of whoever is inside, or waits in the lobby."""

    @property
    def entered(self) -> bool:
        return isinstance(self.outcome, Entered)


class JitsiEmulator(Emulator):
    """See `provisioner.emulation.Emulator`. `rooms` may be looked into and tampered with, `lock` held.

    Without ``setup`` it is deployed as this connector advises: tokens by secret, a lobby for whoever does not pass it,
    no guests.
    """

    name: ClassVar[str] = "jitsi"

    def __init__(
        self,
        setup: Setup | None = None,
        *,
        clock: Clock | None = None,
        latency: float = 0.0,
        port: int = 0,
        reservations: ReservationCaller | None = None,
        events: EventCaller | None = None,
    ) -> None:
        super().__init__(clock=clock, latency=latency, port=port)
        self.rooms = Rooms(setup or advised(), self.clock, reservations=reservations, events=events)
        self.door = BoshDoor(self.rooms)

    def handle(self, request: Request) -> Response:
        path = request.path.rpartition("/")[2]
        if path == "http-bind" and request.method == "POST":
            answer = self.door.answer(request)
        elif path == "config.js" and request.method == "GET":
            answer = Response(200, self._config().encode(), "application/javascript")
        else:
            answer = Response.html(PAGE, 200 if request.method == "GET" else 405)
        now = self.clock.now()
        answer.headers.append(("Date", now.strftime("%a, %d %b %Y %H:%M:%S GMT")))
        return answer

    def only_asks(self, request: Request) -> bool:
        """Logging in and out changes nothing."""
        return request.path.endswith("/http-bind")

    def visit(self, address: str, *, name: str = "Somebody", password: str | None = None) -> Visit:
        """Open an address of this server as a browser does: the token stands in its fragment."""
        parts = urlsplit(address)
        tenant, _, last = parts.path.strip("/").rpartition("/")
        room = backend_safe(last)
        given = _fragment(parts.fragment)
        token, subject = given.get("jwt"), given.get("config.subject")
        shown = subject if isinstance(subject, str) else None
        with self.lock:
            if token is None and self.rooms.setup.token_auth_url:
                return Visit(SentAway(self._sent_away(unquote(last), tenant)), room, shown)
            setup = self.rooms.setup
            guest = token is None and setup.guests is not Guests.NONE
            host = setup.guest_domain if guest else setup.deployment.domain
            session = self.rooms.connect(host, token if isinstance(token, str) else None)
            if isinstance(session, Turned):
                return Visit(session, room, shown)
            opened = self.rooms.open(session, room, tenant or None)
            outcome = opened or self.rooms.join(session, room, tenant or None, name=name, password=password)
            return Visit(outcome, room, shown, session)

    def redeploy(self, **changes: Any) -> None:
        """Set the server up anew; ``changes``: fields of `Setup` and of its `Deployment`. Who is inside stays."""
        with self.lock:
            setup = self.rooms.setup
            ours = {name: value for name, value in changes.items() if name in Setup.__dataclass_fields__}
            rest = {name: value for name, value in changes.items() if name not in ours}
            self.rooms.setup = replace(setup, deployment=replace(setup.deployment, **rest), **ours)

    def _sent_away(self, room: str, tenant: str) -> str:
        """As the page puts it together (functions.web.ts): the state is encoded, the room is not."""
        state = {"room": room, "roomSafe": backend_safe(room), "tenant": tenant}
        encoded = quote(json.dumps(state, separators=(",", ":")), safe="!'()*-._~")
        return self.rooms.setup.token_auth_url.replace("{state}", encoded).replace("{room}", room)

    def _config(self) -> str:
        setup = self.rooms.setup
        lines = ["var config = {};", "config.hosts = {};", f"config.hosts.domain = '{setup.deployment.domain}';"]
        if setup.guests is not Guests.NONE:
            lines.append(f"config.hosts.anonymousdomain = '{setup.guest_domain}';")
        if setup.token_auth_url:
            lines.append(f"config.tokenAuthUrl = '{setup.token_auth_url}';")
        return "\n".join([*lines, ""])


def advised() -> Setup:
    """A server that is deployed as the connector advises."""
    deployment = Deployment(
        SecretStr(SECRET),
        issuers=frozenset({"readi"}),
        audiences=frozenset({"jitsi"}),
        no_wildcard=True,
        lobby=True,
    )
    return Setup(deployment)


def _fragment(fragment: str) -> dict[str, object]:
    """As the page reads it (parseURLParams.ts): JSON, with curly quotes taken for straight ones; else left out."""
    found: dict[str, object] = {}
    for name, value in (part.partition("=")[::2] for part in fragment.split("&") if part):
        text = unquote(value).replace("\\&", "&", 1)
        for curly, straight in (("\u2018", "'"), ("\u2019", "'"), ("\u201c", '"'), ("\u201d", '"')):
            text = text.replace(curly, straight)
        try:
            found[name] = json.loads(text)
        except ValueError:
            continue
    return found
