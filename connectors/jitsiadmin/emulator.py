"""Jitsi-Admin on loopback, never kinder than the real one: servers with keys, people linked to them, conferences.

Written from its source, with its traps: errors that are HTTP 200, pages of HTML for what it does not know, information
for everybody, a zone's short name in the middle of a time. No mail is sent: what the real one would send is noted in
`mails`.
"""

from collections.abc import Callable
from typing import ClassVar, Final

from connectors.jitsiadmin.emulation.parameters import bearer, duration, moment, parameters_of
from connectors.jitsiadmin.emulation.refusing import Broken, Refused, Wordless
from connectors.jitsiadmin.emulation.world import Mail, Room, World, is_email
from provisioner.emulation import Credentials, Emulator, MethodNotAllowed, NoSuchPath, Request, Response, RouteTable
from provisioner.model.ports import Clock

KEY: Final = "emulated-Key-1"
"""Worth nothing elsewhere."""
MEETING_SERVER: Final = "meet.readi.example"
MAIL_BREAKS: Final = "mail breaks"
"""A mishap (`Faults.mishap`) of a creation: the conference is kept, then its mail fails."""

_PAGE: Final = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>Oops! {0}</h1></body></html>"
Answerer = Callable[[Request, dict[str, str]], Response]


class JitsiAdminEmulator(Emulator):
    """One with one Jitsi server, to which nobody is linked. `world` may be looked into and tampered with."""

    name: ClassVar[str] = "jitsi-admin"

    def __init__(
        self, *, zone: str = "Europe/Berlin", clock: Clock | None = None, latency: float = 0.0, port: int = 0
    ) -> None:
        super().__init__(clock=clock, latency=latency, port=port, credentials=Credentials(password=KEY))
        self.world = World(self.clock.now, zone)
        self.server = self.world.add_server(MEETING_SERVER, KEY)
        self._routes: RouteTable[Answerer] = RouteTable()
        for method, path, answerer in (
            ("POST", "/api/v1/room", self._create),
            ("PUT", "/api/v1/room", self._change),
            ("DELETE", "/api/v1/room", self._call_off),
            ("POST", "/api/v1/user", self._add),
            ("DELETE", "/api/v1/user", self._remove),
            ("GET", "/api/v1/info/{uid}", self._info),
            ("GET", "/api/v1/serverInfo", self._server_info),
            ("GET", "/api/v1/server/getRooms", self._rooms),
        ):
            self._routes.add(method, path, answerer)

    @property
    def mails(self) -> list[Mail]:
        """What the real server would have sent."""
        return list(self.world.mails)

    def handle(self, request: Request) -> Response:
        try:
            found, places = self._routes.find(request.method, request.path)
        except (NoSuchPath, MethodNotAllowed) as error:
            return _page(404 if isinstance(error, NoSuchPath) else 405)
        try:
            return found.handler(request, {**parameters_of(request), **places})
        except Refused as refused:
            return Response.json({"error": True, "text": refused.text})
        except Wordless:
            return Response.json({"error": True})
        except Broken:
            return _page(500)

    def _create(self, request: Request, given: dict[str, str]) -> Response:
        """Whoever is not known gets an account before anything is asked."""
        world, email = self.world, given.get("email")
        user = world.by_email(email) or world.add_user(email or "")
        server = world.linked_server(given.get("server"), email, bearer(request))
        if server is None:
            raise Refused("No Server found")
        start = moment(given.get("start"), world.wall_clock())
        room = world.create(user, server, start, duration(given.get("duration")), given.get("name"))
        if request.mishap == MAIL_BREAKS:
            world.mails.pop()
            raise Wordless
        return Response.json({"error": False, "uid": room.uid_real, "text": "Meeting erfolgreich angelegt"})

    def _change(self, request: Request, given: dict[str, str]) -> Response:
        room = self.world.room(given.get("uid"))
        if room is None or room.moderator is None:
            raise Refused("Room no found")
        start = moment(given.get("start"), self.world.wall_clock())
        server = self.world.linked_server(given.get("server"), room.moderator.email, bearer(request))
        if server is None:
            raise Refused("No Server found")
        self.world.change(room, server, start, duration(given.get("duration")), given.get("name"))
        return Response.json({"error": False, "uid": room.uid_real, "text": "Meeting erfolgreich geändert"})

    def _call_off(self, request: Request, given: dict[str, str]) -> Response:
        """A server without a key lets everybody who sends none."""
        room = self.world.room(given.get("uid"))
        if room is None or room.moderator is None:
            raise Refused("Room not found ")
        self._demand_key(room, request)
        self.world.call_off(room)
        return Response.json({"error": False, "text": "Erfolgreich gelöscht"})

    def _add(self, request: Request, given: dict[str, str]) -> Response:
        room = self._room(given)
        self._demand_key(room, request)
        email = given.get("email")
        if email is None or not is_email(email):
            raise Refused("Email incorrect")
        self.world.add(room, email)
        text = f"Teilnehmer {email} erfolgreich hinzugefügt"
        return Response.json({"uid": room.uid_real, "user": email, "error": False, "text": text})

    def _remove(self, request: Request, given: dict[str, str]) -> Response:
        """Found by the address, not by the name at the login: the first of two accounts with one address."""
        room = self._room(given)
        self._demand_key(room, request)
        email = given.get("email")
        if email is None or not is_email(email):
            raise Refused("Email incorrect")
        user = self.world.by_email(email)
        if user is None or user not in room.users:
            raise Refused("User incorrect")
        self.world.remove(room, user)
        text = f"Teilnehmer {email} erfolgreich gelöscht"
        return Response.json({"uid": room.uid_real, "user": email, "error": False, "text": text})

    def _info(self, request: Request, given: dict[str, str]) -> Response:  # noqa: ARG002 - it asks for no key
        room = self._room(given)
        if room.moderator is None and room.time_zone is None:
            raise Broken  # asks nobody for their zone
        zone, number = self.world.zone, room.duration

        def told(wall: str, short: str | None) -> str:
            day, _, hour = wall.partition("T")
            return f"{day}{short}{hour}"

        joins = {
            word: f"{self.url}/room/join/{letter}/{room.id}"
            for word, letter in (("joinBrowser", "b"), ("joinApp", "a"))
        }
        times = {
            word: told(f"{at:%Y-%m-%dT%H:%M:%S}", at.replace(tzinfo=zone).tzname())
            for word, at in (("start", room.start), ("end", room.end))
        }
        answer = Response.json(
            {
                "timeZone": room.time_zone,
                "error": False,
                "teilnehmer": [user.email for user in room.users],
                **times,
                "duration": int(number) if number.is_integer() else number,
                "name": room.name,
                "moderator": "" if room.moderator is None else room.moderator.email,
                "server": room.server.url,
                **joins,
            }
        )
        answer.headers.append(("Access-Control-Allow-Origin", "*"))
        return answer

    def _server_info(self, request: Request, given: dict[str, str]) -> Response:  # noqa: ARG002 - it asks for no key
        """Also servers that somebody only sees, and may not plan on."""
        user = self.world.by_email(given.get("email"))
        if user is None:
            raise Broken
        domain = user.email.partition("@")[2]
        servers = [one.url for one in self.world.servers if user in one.users or domain in one.domains]
        return Response.json({"server": servers, "email": user.email, "error": False})

    def _rooms(self, request: Request, given: dict[str, str]) -> Response:
        """No key is the key of a server that has none."""
        key = bearer(request)
        server = next((one for one in self.world.servers if one.api_key == key), None)
        if server is None:
            raise Refused("No Server found")
        minutes = given.get("minutes", "")
        rooms = self.world.starting_within(server, int(minutes) if minutes.isdigit() else 0)
        ids = [room.uid_real for room in rooms]
        return Response.json({"server_id": server.id, "success": True, "error": False, "room_ids": ids})

    def _room(self, given: dict[str, str]) -> Room:
        room = self.world.room(given.get("uid"))
        if room is None:
            raise Broken
        return room

    @staticmethod
    def _demand_key(room: Room, request: Request) -> None:
        if room.server.api_key != bearer(request):
            raise Refused("No Server found")


def _page(status: int) -> Response:
    words = {404: "Not Found", 405: "Method Not Allowed", 500: "An Error Occurred: Internal Server Error"}
    return Response.html(_PAGE.format(words[status]), status)
