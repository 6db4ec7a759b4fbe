"""Users: app/controllers/users_controller.rb, admin/users_controller.rb, lib/admin_user_index_query.rb."""

from typing import Any, Final

from connectors.discourse.emulation.calls import Part, body_of, number_in, required
from connectors.discourse.emulation.names import RESERVED, complaint
from connectors.discourse.emulation.refusing import No, invalid_parameters, no_access, not_found
from connectors.discourse.emulation.state import User
from connectors.kit.emulation import Call, route
from provisioner.emulation import Response

PAGE: Final = 100
"""Users of a page of the list (AdminUserIndexQuery#find_users)."""
_LONG_AGO = "2026-01-01T08:00:00.000Z"
_ADMIN_USER = r"/admin/users/{id:-?\d+}"


class People(Part):
    """Everybody with an account, and those who only wrote a mail once (staged)."""

    @route("GET", "/session/current.json")
    def current(self, call: Call) -> Response:
        user = self.asker(call)
        if user is None:
            return Response(404, b"", "text/plain")
        return Response.json({"current_user": self._detailed(user)})

    @route("GET", "/admin/users/list/{flag}.json")
    def index(self, call: Call) -> Response:
        """All users, bots and staged ones among them; an unknown order is the one by creation."""
        self.require_admin(call)
        found = [one for one in self.world.users.values() if self._fits(one, call)]
        if call.query.get("order") == "username":
            found.sort(key=lambda one: one.username, reverse=not call.query.get("asc"))
        else:
            found.sort(key=lambda one: one.id, reverse=not call.query.get("asc"))
        first = (max(number_in(call, "page"), 1) - 1) * PAGE
        emails = call.query.get("show_emails") == "true"
        return Response.json([self._listed(one, emails=emails) for one in found[first : first + PAGE]])

    @route("GET", _ADMIN_USER + ".json")
    def show(self, call: Call) -> Response:
        self.require_admin(call)
        return Response.json(self._detailed(self._user(call)))

    @route("POST", "/users.json")
    def create(self, call: Call) -> Response:
        """Always 200. What is refused says ``success: false``, and a taken address may say nothing at all."""
        given, site = body_of(call), self.world.site
        admin = self.asker(call)
        email, username = str(required(given, "email")).strip(), str(required(given, "username"))
        if admin is None or not admin.admin:  # strangers get a friendly lie (respond_to_suspicious_request)
            return Response.json({"success": True, "active": False, "message": "You're almost done!"})
        if username.lower() in RESERVED:
            return self._failed("That username is not allowed.")
        external = given.get("external_ids")
        for provider in external if isinstance(external, dict) else {}:
            if provider not in site.providers:
                raise invalid_parameters("external_ids")
        staged = next((one for one in self.world.users.values() if one.staged and one.email == email.lower()), None)
        wrong = complaint(username, site.username_length)
        if wrong is None and self._is_taken(username, staged):
            wrong = "Username must be unique"
        if wrong is not None:
            return self._failed(wrong, {"username": [wrong]})
        holder = self.world.user_with(email)
        if holder is not None and holder is not staged:
            if site.hide_email_address_taken:
                self.world.mails.append((holder.email, "account_exists"))
                return Response.json({"success": True, "active": False, "message": "You're almost done!"})
            return self._failed("Primary email has already been taken", {"email": ["has already been taken"]})
        if "@" not in email:
            return self._failed("Primary email is invalid", {"email": ["is invalid"]})
        return self._made(given, username, email.lower(), staged)

    def _made(self, given: dict[str, Any], username: str, email: str, staged: User | None) -> Response:
        site = self.world.site
        name, active = str(given.get("name") or ""), given.get("active") in (True, "true")
        if staged is None:
            user = self.world.add_user(username, email, name, active=active)
        else:  # who once wrote a mail becomes a user (User#unstage!)
            user = staged
            user.username, user.name, user.active, user.staged = username, name, active, False
            self.world.groups[10].members.add(user.id)
        external = given.get("external_ids")
        for provider, uid in (external if isinstance(external, dict) else {}).items():
            for other in self.world.users.values():  # the tie moves, whosever it was (find_or_initialize_by, update!)
                if other.associations.get(provider) == str(uid):
                    del other.associations[provider]
            user.associations[provider] = str(uid)
        if not active:
            self.world.mails.append((email, "signup"))
        elif not site.must_approve_users and site.send_welcome_message:
            self.world.mails.append((email, "welcome_user"))
        told = {} if site.hide_email_address_taken else {"user_id": user.id}
        return Response.json({"success": True, "active": active, "message": "Your account is activated."} | told)

    def _is_taken(self, username: str, staged: User | None) -> bool:
        holder = self.world.user_named(username)
        return self.world.is_taken(username) and (holder is None or holder is not staged)

    @staticmethod
    def _failed(words: str, errors: dict[str, list[str]] | None = None) -> Response:
        said: dict[str, object] = {"success": False, "message": words}
        return Response.json(said if errors is None else said | {"errors": errors, "is_developer": False})

    @route("GET", "/u/by-external/{provider}/{external}.json")
    def by_external(self, call: Call) -> Response:
        self.require_admin(call)
        provider, external = call.places["provider"], call.places["external"]
        if provider not in self.world.site.providers:
            raise not_found()
        for user in self.world.users.values():
            if user.associations.get(provider) == external:
                return Response.json({"user": self._profile(user)})
        raise not_found()

    @route("GET", "/u/{username}.json")
    def profile(self, call: Call) -> Response:
        user = self.world.user_named(call.places["username"])
        if user is None:
            raise not_found()
        return Response.json({"user": self._profile(user)})

    @route("PUT", "/u/{username}.json")
    def edit(self, call: Call) -> Response:
        """Name and profile; the username is left alone without a word (UsersController#update)."""
        self.require_editor(call)
        user = self.world.user_named(call.places["username"])
        if user is None:
            raise not_found()
        given = body_of(call)
        if "name" in given:
            user.name = str(given["name"] or "")
        return Response.json({"success": "OK", "user": self._profile(user)})

    @route("PUT", _ADMIN_USER + "/suspend.json")
    def suspend(self, call: Call) -> Response:
        self.require_admin(call)
        user, given = self._user(call), body_of(call)
        missing = [name for name in ("reason", "suspend_until") if not given.get(name)]
        if missing:
            return Response.json({"failed": "FAILED", "errors": [f"{missing[0]} can't be blank"]}, 400)
        if user.suspended_till is not None:
            return Response.json({"failed": "FAILED", "message": "User was already suspended."}, 409)
        if user.admin or not user.is_human:
            raise no_access()
        user.suspended_till = str(given["suspend_until"])
        if given.get("message"):
            self.world.mails.append((user.email, "account_suspended"))
        return Response.json({"suspension": {"suspended_till": user.suspended_till, "suspended_at": _LONG_AGO}})

    @route("PUT", _ADMIN_USER + "/unsuspend.json")
    def unsuspend(self, call: Call) -> Response:
        self.require_admin(call)
        self._user(call).suspended_till = None
        return Response.json({"suspension": {"suspended_till": None, "suspended_at": None}})

    @route("PUT", _ADMIN_USER + "/anonymize.json")
    def anonymize(self, call: Call) -> Response:
        """Posts stay, of a nameless user; the tie to the login goes (app/services/user_anonymizer.rb)."""
        self.require_admin(call)
        user = self._user(call)
        if user.admin or not user.is_human:
            raise no_access()
        user.username = f"anon{user.id}{self.world.number('anonymous')}"
        user.email, user.name, user.associations = f"{user.username}@anonymized.invalid", "", {}
        return Response.json({"success": "OK", "username": user.username})

    @route("DELETE", _ADMIN_USER + ".json")
    def destroy(self, call: Call) -> Response:
        self.require_admin(call)
        user = self._user(call)
        if user.admin or not user.is_human:
            raise no_access()
        if user.posts and not body_of(call).get("delete_posts"):
            return Response.json({"deleted": False, "message": f"{user.username} has {user.posts} posts."}, 403)
        del self.world.users[user.id]
        for group in self.world.groups.values():
            group.members.discard(user.id)
        return Response.json({"deleted": True})

    def _user(self, call: Call) -> User:
        found = self.world.users.get(int(call.places["id"]))
        if found is None:
            raise not_found()
        return found

    def _fits(self, user: User, call: Call) -> bool:
        query = call.query
        if query.get("email"):  # before everything else (filter_by_search)
            return user.email.lower() == query["email"].lower()
        term = query.get("filter", "").strip().lower()
        if len(term.split()) > 100:
            raise No(400, "You supplied invalid parameters to the request: filter", "invalid_parameters")
        found = term in user.username.lower() or term in user.email.lower()
        return found and (call.places["flag"] != "suspended" or user.suspended_till is not None)

    def _listed(self, user: User, *, emails: bool) -> dict[str, object]:
        said: dict[str, object] = {
            "id": user.id,
            "username": user.username,
            "name": user.name,
            "avatar_template": "/letter_avatar_proxy/v4/letter/a/{size}.png",
            "active": user.active,
            "admin": user.admin,
            "moderator": False,
            "last_seen_at": _LONG_AGO,
            "created_at": _LONG_AGO,
            "trust_level": 0,
            "staged": user.staged,
            "post_count": user.posts,
        }
        if emails or user.staged:
            said |= {"email": user.email, "secondary_emails": []}
        if user.suspended_till is not None:
            said |= {"suspended_at": _LONG_AGO, "suspended_till": user.suspended_till}
        return said

    def _detailed(self, user: User) -> dict[str, object]:
        """AdminDetailedUserSerializer: with the ties to logins and the groups, without the address."""
        groups = [one for one in self.world.groups.values() if user.id in one.members]
        return {
            **self._listed(user, emails=False),
            "external_ids": dict(user.associations),
            "can_be_anonymized": not user.admin and user.is_human,
            "groups": [{"id": one.id, "name": self.world.name_of(one), "automatic": one.automatic} for one in groups],
        }

    def _profile(self, user: User) -> dict[str, object]:
        return {"id": user.id, "username": user.username, "name": user.name, "trust_level": 0}
