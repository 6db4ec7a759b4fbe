"""Users and addresses over HTTP."""

from typing import Any

from connectors.kit.emulation import route
from connectors.mailman.emulation import parameters
from connectors.mailman.emulation.calls import Call, Calls
from connectors.mailman.emulation.config import boolean, is_address
from connectors.mailman.emulation.refusing import Refused, no_such_path, not_found
from connectors.mailman.emulation.state import Address, User
from provisioner.emulation import Response

_USER = "/users/{user}"
_ADDRESS = "/addresses/{email}"


class People(Calls):
    """Everything below /users and /addresses."""

    @route("GET", "/users")
    def users(self, call: Call) -> Response:
        everybody = sorted(self.world.users.values(), key=lambda one: one.number)
        return self.page(call, everybody, self.views.user)

    @route("POST", "/users")
    def add_user(self, call: Call) -> Response:
        given = call.parameters
        try:
            parameters.known(given, ("email",), ("display_name", "is_server_owner", "password"))
        except Refused as refused:
            raise Refused(400, f"Invalid email address {refused.description}") from None
        made = self.world.add_user(str(given["email"]), str(given.get("display_name", "")))
        return self.created(f"users/{made.id}")

    @route("GET", _USER)
    def user(self, call: Call) -> Response:
        return self.told(self.views.user(self._user(call)))

    @route("PATCH", _USER)
    def change_user(self, call: Call) -> Response:
        user = self._user(call)
        for name in call.parameters:
            if name not in ("display_name", "is_server_owner", "cleartext_password"):
                raise Refused(400, f"Unknown attribute: {name}")
        user.display_name = str(call.parameters.get("display_name", user.display_name))
        user.is_server_owner = boolean(call.parameters.get("is_server_owner", user.is_server_owner))
        return self.nothing()

    @route("DELETE", _USER)
    def remove_user(self, call: Call) -> Response:
        self.world.remove_user(self._user(call))
        return self.nothing()

    @route("GET", _USER + "/addresses")
    def addresses_of(self, call: Call) -> Response:
        those = sorted(self.world.addresses_of(self._below(call)), key=lambda one: one.original)
        return self.page(call, those, self.views.address)

    @route("POST", _USER + "/addresses")
    def add_address(self, call: Call) -> Response:
        user, given = self._below(call), call.parameters
        parameters.known(given, ("email",), ("display_name", "absorb_existing"))
        email = str(given["email"])
        if not is_address(email):
            raise Refused(400, "Invalid email address")
        known = self.world.address(email)
        if known is not None and known.user is not None:
            raise Refused(400, "Address belongs to other user")  # its own one, too
        address = known or self.world.add_address(email, str(given.get("display_name", "")))
        address.user = user
        return self.created(f"addresses/{address.email}")

    @route("GET", _USER + "/preferred_address")
    def preferred(self, call: Call) -> Response:
        preferred = self._below(call).preferred
        if preferred is None:
            raise not_found()
        return self.told(self.views.address(preferred))

    @route("POST", _USER + "/preferred_address")
    def prefer(self, call: Call) -> Response:
        user, given = self._below(call), call.parameters
        parameters.known(given, ("email",))
        address = self.world.address(str(given["email"]))
        if address is None:
            raise Refused(400, f"Address does not exist: {given['email']}")
        if not address.verified_on:
            raise Refused(400, f"{_formatted(address)} must be verified before setting as primary")
        if address.user not in (None, user):
            raise Refused(400, _formatted(address))
        address.user = user
        user.preferred = address
        return self.created(f"addresses/{address.email}")

    @route("GET", "/addresses")
    def addresses(self, call: Call) -> Response:
        everything = sorted(self.world.addresses.values(), key=lambda one: one.original)
        return self.page(call, everything, self.views.address)

    @route("GET", _ADDRESS)
    def address(self, call: Call) -> Response:
        return self.told(self.views.address(self._address(call)))

    @route("PATCH", _ADDRESS)
    def change_address(self, call: Call) -> Response:
        address = self._address(call)
        parameters.known(call.parameters, ("display_name",))
        address.display_name = str(call.parameters["display_name"])
        return self.nothing()

    @route("DELETE", _ADDRESS)
    def remove_address(self, call: Call) -> Response:
        self.world.remove_address(self._address(call))
        return self.nothing()

    @route("POST", _ADDRESS + "/verify")
    def verify(self, call: Call) -> Response:
        address = self.world.address(call.places["email"])
        if address is None:
            raise no_such_path()
        self.world.verify(address)
        return self.nothing()

    def _user(self, call: Call) -> User:
        found = self.world.user(call.places["user"])
        if found is None:
            raise not_found()
        return found

    def _below(self, call: Call) -> User:
        found = self.world.user(call.places["user"])
        if found is None:
            raise no_such_path()
        return found

    def _address(self, call: Call) -> Address:
        found = self.world.address(call.places["email"])
        if found is None:
            raise not_found()
        return found


def _formatted(address: Address) -> Any:
    return f"{address.display_name} <{address.original}>" if address.display_name else address.original
