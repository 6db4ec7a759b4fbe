"""The notice board on loopback, as unkind as the real one: long titles are cut off, equal ones let pass."""

from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any, ClassVar, Final

from connectors.kit.emulation import Call, Refused, RestEmulator, require_login, route
from provisioner.emulation import Credentials, Response
from provisioner.model.ports import Clock

TOKEN: Final = "emulated-Token-1"  # noqa: S105
"""Worth nothing elsewhere."""
PAGE: Final = 50


@dataclass
class Person:
    """Somebody."""

    id: str
    login: str
    name: str
    email: str
    active: bool


@dataclass
class Board:
    """A board, and who reads it."""

    id: str
    title: str
    note: str
    readers: list[str] = field(default_factory=list)


class NoticeBoardEmulator(RestEmulator):
    """`people` and `boards` may be looked into and tampered with, `lock` held."""

    name: ClassVar[str] = "noticeboard"
    prefix = "/api"

    def __init__(self, *, clock: Clock | None = None, port: int = 0) -> None:
        super().__init__(clock=clock, port=port, credentials=Credentials(token=TOKEN))
        self._numbers = count(1)
        self.people: dict[str, Person] = {}
        self.boards: dict[str, Board] = {}

    @route("GET", "/about")
    def about(self, call: Call) -> Response:  # noqa: ARG002 - the same for everybody
        """What strangers are told."""
        return Response.json({"product": "notice board", "version": "1.2"})

    # --- people ------------------------------------------------------------------------------------------------

    @route("GET", "/people")
    def list_people(self, call: Call) -> Response:
        """All, or those of a login."""
        return _page(call, [one for one in self.people.values() if call.query.get("name", one.login) == one.login])

    @route("POST", "/people")
    def add_person(self, call: Call) -> Response:
        """Logins and addresses are kept in small letters; neither comes twice."""
        body = _body(call)
        login, email = str(body["login"]).lower(), str(body.get("email", "")).lower()
        if any(login == one.login or email == one.email for one in self.people.values()):
            raise Refused(409, "login or address is taken")
        person = Person(f"p{next(self._numbers)}", login, body.get("name", login), email, body.get("active", True))
        self.people[person.id] = person
        return _made("people", person)

    @route("GET", "/people/{id}")
    def show_person(self, call: Call) -> Response:
        """One."""
        return Response.json(asdict(self._person(call)))

    @route("PATCH", "/people/{id}")
    def change_person(self, call: Call) -> Response:
        """Name, address, whether active. Who reads something can't be made inactive."""
        person, body = self._person(call), _body(call)
        email = str(body.get("email", person.email)).lower()
        if any(one is not person and one.email == email for one in self.people.values()):
            raise Refused(409, "address is taken")
        if body.get("active") is False and any(person.id in board.readers for board in self.boards.values()):
            raise Refused(409, "still reads a board")
        person.name, person.email = body.get("name", person.name), email
        person.active = body.get("active", person.active)
        return Response.json(asdict(person))

    @route("DELETE", "/people/{id}")
    def delete_person(self, call: Call) -> Response:
        """With all that they read."""
        person = self._person(call)
        del self.people[person.id]
        for board in self.boards.values():
            board.readers = [one for one in board.readers if one != person.id]
        return Response(204, content_type=None)

    # --- boards ------------------------------------------------------------------------------------------------

    @route("GET", "/boards")
    def list_boards(self, call: Call) -> Response:
        """All, or those of a title."""
        return _page(call, [one for one in self.boards.values() if call.query.get("name", one.title) == one.title])

    @route("POST", "/boards")
    def add_board(self, call: Call) -> Response:
        """Whatever its title: it is cut off, and may be another board's."""
        body = _body(call)
        board = Board(f"b{next(self._numbers)}", str(body["title"])[:80], str(body.get("note", "")))
        self.boards[board.id] = board
        return _made("boards", board)

    @route("GET", "/boards/{id}")
    def show_board(self, call: Call) -> Response:
        """One, with its readers."""
        return Response.json(asdict(self._board(call)))

    @route("PATCH", "/boards/{id}")
    def change_board(self, call: Call) -> Response:
        """Its title; readers and note stay."""
        board = self._board(call)
        board.title = str(_body(call)["title"])[:80]
        return Response.json(asdict(board))

    @route("DELETE", "/boards/{id}")
    def delete_board(self, call: Call) -> Response:
        """For good."""
        del self.boards[self._board(call).id]
        return Response(204, content_type=None)

    @route("PUT", "/boards/{id}/readers/{person}")
    def add_reader(self, call: Call) -> Response:
        """Once, however often."""
        board = self._board(call)
        person = self.people.get(call.places["person"])
        if person is None or not person.active:
            raise Refused(404, "no such person")
        board.readers = [*dict.fromkeys([*board.readers, person.id])]
        return Response(204, content_type=None)

    @route("DELETE", "/boards/{id}/readers/{person}")
    def remove_reader(self, call: Call) -> Response:
        """Also who does not read it."""
        board = self._board(call)
        board.readers = [one for one in board.readers if one != call.places["person"]]
        return Response(204, content_type=None)

    def _person(self, call: Call) -> Person:
        require_login(call)
        if (found := self.people.get(call.places["id"])) is None:
            raise Refused(404, "no such person")
        return found

    def _board(self, call: Call) -> Board:
        require_login(call)
        if (found := self.boards.get(call.places["id"])) is None:
            raise Refused(404, "no such board")
        return found


def _body(call: Call) -> dict[str, Any]:
    require_login(call)
    if not isinstance(call.body, dict):
        raise Refused(400, "an object is missing")
    return call.body


def _page(call: Call, entries: list[Any]) -> Response:
    require_login(call)
    first = (int(call.query.get("page", "1")) - 1) * PAGE
    return Response.json({"entries": [asdict(one) for one in entries[first : first + PAGE]], "total": len(entries)})


def _made(where: str, entry: Person | Board) -> Response:
    made = Response.json(asdict(entry), 201)
    made.headers.append(("Location", f"/api/{where}/{entry.id}"))
    return made
