"""Our companion plugin over HTTP: accounts listed with what is compared, tied to the login, suspended; no mails."""

import re
from collections.abc import Mapping
from typing import Any, Final

from connectors.kit.emulation import Call, Refused, route
from connectors.nodebb.emulation.calls import Part, body_of, done, text, uid_of
from connectors.nodebb.emulation.things import User
from connectors.nodebb.emulation.users import valid_username
from provisioner.emulation import Response

_PROVIDER: Final = "/api/v3/plugins/readi-ties/{provider}"
A_PAGE: Final = 500


class Ties(Part):
    """Everything below the plugin's own address."""

    @route("GET", _PROVIDER)
    def all(self, call: Call) -> Response:
        key = self._key(call)
        return done({"ties": {user.more[key]: str(user.uid) for user in self.world.users.values() if key in user.more}})

    @route("GET", _PROVIDER + "/users")
    def listed(self, call: Call) -> Response:
        """A page, in the order in which people came; or one, by number, name or confirmed address."""
        key, page, query = self._key(call), max(1, int(call.query.get("page", "1"))), call.query
        if query.keys() & {"uid", "username", "email"}:
            uid, email = query.get("uid", ""), query.get("email", "")
            one = self.world.users.get(int(uid)) if uid.isdigit() else None
            one = one or self.world.user_named(query.get("username", "")) or self.world.user_confirmed(email)
            return done({"accounts": [] if one is None else [self._shown(key, one)], "pageCount": 1})
        everybody = sorted(self.world.users.values(), key=lambda one: one.joined)
        told = [self._shown(key, one) for one in everybody[(page - 1) * A_PAGE : page * A_PAGE]]
        return done({"accounts": told, "pageCount": -(-len(everybody) // A_PAGE)})

    @route("POST", _PROVIDER + "/users")
    def add(self, call: Call) -> Response:
        key, body = self._key(call), body_of(call)
        username = text(body, "username").strip()
        self._demand_free(key, body, None)
        if username and self.world.is_taken(username):
            raise Refused(409, "username-taken")
        if not valid_username(username):
            raise Refused(400, "Invalid Username")
        user = self.world.add_user(username, fullname=text(body, "fullname").strip())
        return self._settled(key, user, body)

    @route("PUT", _PROVIDER + "/users/{uid}")
    def change(self, call: Call) -> Response:
        key, user = self._key(call, changing=True), self.user(call)
        self._demand_free(key, body_of(call), user)
        if body_of(call).get("enabled") is False:
            self.world.ban(user)
        return self._settled(key, user, body_of(call))

    def _shown(self, key: str, user: User) -> dict[str, Any]:
        return {
            "uid": user.uid,
            "username": user.username,
            "fullname": user.fullname,
            "email": user.email,
            "confirmed": user.confirmed,
            "enabled": not user.banned,
            "id": user.more.get(key, ""),
        }

    def _key(self, call: Call, *, changing: bool = False) -> str:
        """Where the SSO plugin keeps its id with a user. Raises `Refused` for who may not."""
        self.logged_in(call)
        of_admin = changing and call.places["uid"].isdigit() and self.world.is_admin(int(call.places["uid"]))
        rights = ("admin:users", "ban") if body_of(call).get("enabled") is False else ("admin:users",)
        if of_admin or not all(self.world.has(uid_of(call), right) for right in rights):
            raise Refused(403)
        if not re.fullmatch(r"[\w-]+", call.places["provider"], re.ASCII):
            raise Refused(404)
        return f"{call.places['provider']}Id"

    def _demand_free(self, key: str, body: Mapping[str, Any], user: User | None) -> None:
        email, login = text(body, "email").strip(), text(body, "id").strip()
        holder = self.world.user_confirmed(email) if email else None
        if holder is not None and holder is not user:
            raise Refused(409, "email-taken")
        tied = next((one for one in self.world.users.values() if login and one.more.get(key) == login), None)
        if tied is not None and tied is not user:
            raise Refused(409, "login-taken")
        if login and user is not None and user.more.get(key, login) != login:
            raise Refused(409, "tied-otherwise")

    def _settled(self, key: str, user: User, body: Mapping[str, Any]) -> Response:
        email, login = text(body, "email").strip(), text(body, "id").strip()
        if email:
            self.world.confirm(user, email)
        if login:
            user.more[key] = login
        return done({"uid": user.uid, "username": user.username})
