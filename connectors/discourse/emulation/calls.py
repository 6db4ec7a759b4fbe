"""What all parts of the emulated Discourse ask of a request."""

from typing import Any

from connectors.discourse.emulation.refusing import invalid_parameters, no_access, not_found
from connectors.discourse.emulation.state import User, World
from connectors.kit.emulation import Call


class Part:
    """Some controllers of the server."""

    def __init__(self, world: World) -> None:
        self.world = world

    def asker(self, call: Call) -> User | None:
        """Who asks; None: a stranger."""
        return None if call.user is None else self.world.user_named(call.user)

    def require_user(self, call: Call) -> User:
        user = self.asker(call)
        if user is None:
            raise no_access("You need to be logged in to do that.")
        return user

    def require_admin(self, call: Call) -> User:
        """Below /admin there is nothing for anybody else (AdminConstraint in config/routes.rb)."""
        user = self.asker(call)
        if user is None or not user.admin:
            raise not_found()
        return user

    def require_editor(self, call: Call) -> User:
        """What the guardian lets administrators alone do, at an address that everybody finds."""
        user = self.require_user(call)
        if not user.admin:
            raise no_access()
        return user


def body_of(call: Call) -> dict[str, Any]:
    """The parameters of a write; a body that is no object has none."""
    found = call.body
    return found if isinstance(found, dict) else {}


def number_in(call: Call, name: str, default: int = 0) -> int:
    """A number of the address; what is none counts as 0, as Ruby's to_i has it."""
    said = call.query.get(name, "")
    return int(said) if said.isdigit() else default


def required(given: dict[str, Any], name: str) -> Any:
    """Raises what ``params.require`` makes of a missing one."""
    if given.get(name) in (None, "", {}, []):
        raise invalid_parameters(f"param is missing or the value is empty: {name}")
    return given[name]
