"""Users over HTTP."""

from __future__ import annotations

import itertools
import re
from typing import Any, Final

from connectors.kit.emulation import Call, Refused, route
from connectors.nodebb.emulation.calls import Part, body_of, done, number, text, uid_of
from connectors.nodebb.emulation.refusing import Plain, no_privileges
from connectors.nodebb.emulation.things import BANNED, REGISTERED, UNVERIFIED, VERIFIED, Mail, User
from connectors.nodebb.slugs import slug
from provisioner.emulation import Response

_USERNAME: Final = re.compile(r"""['" \-+.*\[\]0-9\u00BF-\u1FFF\u2C00-\uD7FF\w]+""", re.ASCII)
LONGEST_RENAMED: Final = 16
"""Letters; a new account may have more (observed)."""
_PAGE_SIZES: Final = (50, 100, 250, 500)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuv"


def valid_username(username: str) -> bool:
    """Whether the server takes it."""
    return bool(_USERNAME.fullmatch(username) and slug(username))


class Users(Part):
    """Everything below /users, and who somebody is."""

    @route("GET", "/api/config")
    def config(self, _: Call) -> Response:
        """What everybody is told of the forum."""
        told = {"relative_path": "", "siteTitle": "NodeBB", "userLang": "en-GB", "loggedIn": False}
        return Response.json({**told, "csrf_token": "emulated", "maintenanceMode": False})

    @route("GET", "/api/self")
    def own(self, call: Call) -> Response:
        if uid_of(call) <= 0 or uid_of(call) not in self.world.users:
            return Response.json("not-authorized", 401)
        return Response.json(
            {**self.shown(self.world.users[uid_of(call)]), "isAdmin": self.world.is_admin(uid_of(call))}
        )

    @route("GET", "/api/user/uid/{uid}")
    def by_uid(self, call: Call) -> Response:
        return self._page(call, self.world.users.get(number(call, "uid")))

    @route("GET", "/api/user/username/{name}")
    def by_name(self, call: Call) -> Response:
        return self._page(call, self.world.user_named(call.places["name"]))

    @route("GET", "/api/user/email/{email}")
    def by_email(self, call: Call) -> Response:
        """Only of those who confirmed it, and to administrators alone."""
        if not self.world.is_admin(uid_of(call)):
            raise Plain(call.request)
        return self._page(call, self.world.user_confirmed(call.places["email"]))

    @route("GET", "/api/admin/manage/users")
    def listed(self, call: Call) -> Response:
        """Pages in the order in which people came; without their full names."""
        self.page_of(call, "admin:users")
        query = call.query
        wanted = int(query.get("resultsPerPage", "50"))
        size, page = wanted if wanted in _PAGE_SIZES else 50, max(1, int(query.get("page", "1")))
        everybody = sorted(self.world.users.values(), key=lambda one: one.joined)
        if query.get("sortDirection", "desc") == "desc":
            everybody.reverse()
        those = everybody[(page - 1) * size : page * size]
        count = max(1, -(-len(everybody) // size))
        told: dict[str, Any] = {"users": [self._in_list(one) for one in those], "page": page, "pageCount": count}
        return Response.json({**told, "resultsPerPage": size, "userCount": len(everybody)})

    @route("POST", "/api/v3/users")
    def add(self, call: Call) -> Response:
        self.logged_in(call)
        self.required(call, "username")
        self.administrates(call, "admin:users")
        username, email = text(body_of(call), "username").strip(), text(body_of(call), "email").strip()
        if email and ("@" not in email or "," in email or ";" in email):
            raise Refused(400, "Invalid Email")
        if not valid_username(username):
            raise Refused(400, "Invalid Username")
        if email and self.world.user_confirmed(email) is not None:
            raise Refused(400, "Email address is already taken.")
        user = self.world.add_user(self._free(username), fullname=text(body_of(call), "fullname"))
        user.password = text(body_of(call), "password")
        self.greet(user, email)
        return done(self.shown(user))

    def greet(self, user: User, email: str) -> None:
        """An address waits until it is confirmed, and the person is written to; switched off, it is not even kept."""
        if email and self.world.sends_validation:
            user.pending = email.lower()
            self.world.mails.append(Mail(email, "welcome"))

    def _free(self, username: str) -> str:
        """The name, or one with a suffix where a user, group or category has it: nobody is told."""
        if not self.world.is_taken(username):
            return username
        others = (f"{username} {_digits(number)}" for number in itertools.count())
        return next(name for name in others if not self.world.is_taken(name))

    @route("HEAD", "/api/v3/users/{uid}")
    @route("GET", "/api/v3/users/{uid}")
    def read(self, call: Call) -> Response:
        self.logged_in(call)
        told, user = self.shown(self.user(call)), self.user(call)
        if not self.world.is_admin(uid_of(call)) and uid_of(call) != user.uid:
            told |= {"email": "", "fullname": ""}
        return done(told)

    @route("PUT", "/api/v3/users/{uid}")
    def change(self, call: Call) -> Response:
        """The full name and the username; an address asks for a password, which a token has not."""
        self.logged_in(call)
        user = self.user(call)
        if text(body_of(call), "email"):
            raise Refused(401)
        if not self.world.has(uid_of(call), "admin:users") and uid_of(call) != user.uid:
            raise no_privileges()
        username = text(body_of(call), "username").strip()
        if username and username != user.username:
            if len(username) > LONGEST_RENAMED:
                raise Refused(400, "Username too long")
            if not valid_username(username):
                raise Refused(400, "Invalid Username")
            others = (one.slug for one in self.world.users.values() if one is not user)
            if slug(username) in others:
                raise Refused(400, "Username taken")
            user.username = username
        fullname = body_of(call).get("fullname")
        if isinstance(fullname, str):
            if len(fullname) > 255:
                raise Refused(400, "Invalid Fullname")
            user.fullname = fullname.strip()
        return done(self.shown(user))

    @route("DELETE", "/api/v3/users/{uid}/account")
    def forget(self, call: Call) -> Response:
        """The account; posts stay, of a former user."""
        self.administrates(call, "admin:users")
        user = self.user(call)
        if self.world.is_admin(user.uid):
            raise Refused(400, "[[error:cant-delete-admin]")
        self.world.remove_user(user.uid)
        return done()

    @route("DELETE", "/api/v3/users/{uid}")
    @route("DELETE", "/api/v3/users/{uid}/content")
    def forget_posts(self, call: Call) -> Response:
        """With all that they wrote."""
        self.administrates(call, "admin:users")
        user = self.user(call)
        for tid in [topic.tid for topic in self.world.topics.values() if topic.uid == user.uid]:
            del self.world.topics[tid]
        if call.request.path.endswith("/content"):
            return done()
        return self.forget(call)

    @route("PUT", "/api/v3/users/{uid}/ban")
    def ban(self, call: Call) -> Response:
        self.administrates(call, "ban")
        user = self.user(call)
        if self.world.is_admin(user.uid):
            raise Refused(400, "You can't ban other admins!")
        self.world.ban(user)
        if user.confirmed:
            self.world.mails.append(Mail(user.email, "banned"))
        return done()

    @route("DELETE", "/api/v3/users/{uid}/ban")
    def unban(self, call: Call) -> Response:
        """Needs a body, be it an empty one (observed)."""
        self.administrates(call, "ban")
        user = self.user(call)
        if not call.request.body:
            raise Refused(400, "Cannot read properties of undefined (reading 'reason')")
        user.banned = False
        self.world.groups[BANNED].members.pop(user.uid, None)
        self.world.groups[REGISTERED].members[user.uid] = None
        self.world.groups[VERIFIED if user.confirmed else UNVERIFIED].members[user.uid] = None
        return done()

    @route("POST", "/api/v3/users/{uid}/emails")
    def add_address(self, call: Call) -> Response:
        self.logged_in(call)
        raise Refused(401)

    @route("POST", "/api/v3/users/{uid}/emails/{email}/confirm")
    def confirm(self, call: Call) -> Response:
        """The one that waits, or the one that the user has."""
        self.logged_in(call)
        user, email = self.user(call), call.places["email"]
        self.administrates(call, "admin:users")
        if email not in (user.pending, user.email) or not email:
            raise Refused(404)
        self.world.confirm(user, email)
        return done()

    # --- how they are shown ------------------------------------------------------------------------------------

    def shown(self, user: User) -> dict[str, Any]:
        """One user by themselves."""
        more = {name: user.more.get(name) for name in self.world.plugin_fields}
        return {**self._common(user), "fullname": user.fullname or None, **more}

    def in_group(self, user: User, *, owner: bool) -> dict[str, Any]:
        """One of a group's members: without address and full name."""
        told = {name: value for name, value in self._common(user).items() if name != "email"}
        return {**told, "isOwner": True} if owner else told

    def _in_list(self, user: User) -> dict[str, Any]:
        """Fields that plugins asked for come along; the full name does not."""
        waiting = {"email:pending": True, "email:expired": False} if user.pending else {}
        told = {**self._common(user), "emailToConfirm": user.pending or user.email, **waiting}
        return {**told, "administrator": self.world.is_admin(user.uid), "ips": [], "ip": None}

    def _common(self, user: User) -> dict[str, Any]:
        return {
            "uid": user.uid,
            "username": user.username,
            "userslug": user.slug,
            "displayname": user.username,
            "email": user.email,
            "email:confirmed": int(user.confirmed),
            "joindate": user.joined,
            "lastonline": user.joined,
            "banned": user.banned,
            "banned:expire": 0,
            "postcount": 0,
            "reputation": 0,
        }

    def _page(self, call: Call, user: User | None) -> Response:
        if user is None:
            raise Plain(call.request)
        told = self.shown(user)
        if not self.world.is_admin(uid_of(call)) and uid_of(call) != user.uid:
            told = {**told, "email": "", "fullname": ""}
        return Response.json(told)


def _digits(number: int) -> str:
    """JavaScript's toString(32)."""
    found = ""
    while True:
        number, rest = divmod(number, 32)
        found = _DIGITS[rest] + found
        if not number:
            return found
