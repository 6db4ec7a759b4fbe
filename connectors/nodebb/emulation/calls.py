"""What all parts of the API have in common: who asks, the envelope, and what is demanded of both."""

from collections.abc import Mapping
from typing import Any

from connectors.kit.emulation import Call, Refused
from connectors.nodebb.emulation.refusing import ForbiddenPage, no_privileges
from connectors.nodebb.emulation.state import World
from connectors.nodebb.emulation.things import Category, Group, Topic, User
from provisioner.emulation import Response


def done(value: Any = None) -> Response:
    """The envelope."""
    return Response.json({"status": {"code": "ok", "message": "OK"}, "response": {} if value is None else value})


def uid_of(call: Call) -> int:
    """Who asks; 0: a guest, -1: a crawler."""
    return int(call.user or 0)


def body_of(call: Call) -> dict[str, Any]:
    """The body's fields; none where it is no object."""
    body = call.body if call.request.content_type == "application/json" else None
    return body if isinstance(body, dict) else {}


def number(call: Call, place: str) -> int:
    """An id in the address; -9 for what is no number, which nothing has."""
    said = call.places[place]
    return int(said) if said.lstrip("-").isascii() and said.lstrip("-").isdigit() else -9


def text(body: Mapping[str, Any], name: str) -> str:
    """What stands there, as a text; "" for nothing."""
    value = body.get(name)
    return "" if value is None else str(value)


def switch(value: Any) -> bool:
    """1, "1" and true are yes."""
    return value is True or str(value) in ("1", "true")


class Part:
    """A part of the API."""

    def __init__(self, world: World) -> None:
        self.world = world

    # --- what is demanded --------------------------------------------------------------------------------------

    def logged_in(self, call: Call) -> None:
        """Raise `Refused` for strangers; a crawler is told something else."""
        uid = uid_of(call)
        if uid <= 0:
            raise Refused(403 if uid < 0 else 401)

    def administrates(self, call: Call, right: str) -> None:
        """Raise `Refused` for whoever lacks this right."""
        self.logged_in(call)
        if not self.world.has(uid_of(call), right):
            raise no_privileges()

    def page_of(self, call: Call, right: str) -> None:
        """The same of a page, which is refused in another form."""
        if not self.world.has(uid_of(call), right):
            raise ForbiddenPage(call.request, logged_in=uid_of(call) > 0)

    def required(self, call: Call, *fields: str) -> None:
        """Raise `Refused` where one is not said."""
        body = body_of(call)
        missing = [name for name in fields if name not in body]
        if missing:
            raise Refused(400, f"Required parameters were missing from this API call: {' '.join(missing)}")

    # --- what is meant -----------------------------------------------------------------------------------------

    def user(self, call: Call) -> User:
        found = self.world.users.get(number(call, "uid"))
        if found is None:
            raise Refused(404, "User does not exist")
        return found

    def group(self, call: Call) -> Group:
        found = self.world.group_by_slug(call.places["slug"])
        if found is None:
            raise Refused(404, "Group does not exist")
        return found

    def category(self, call: Call) -> Category | None:
        return self.world.categories.get(number(call, "cid"))

    def topic(self, call: Call) -> Topic:
        found = self.world.topics.get(number(call, "tid"))
        if found is None:
            raise Refused(404, "Topic does not exist")
        return found
