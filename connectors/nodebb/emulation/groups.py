"""Groups over HTTP, and who is in them."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from connectors.kit.emulation import Call, Refused, route
from connectors.nodebb.emulation.calls import Part, body_of, done, number, switch, text, uid_of
from connectors.nodebb.emulation.refusing import Plain, no_privileges
from connectors.nodebb.emulation.state import World
from connectors.nodebb.emulation.things import ADMINISTRATORS, BANNED, REGISTERED, UNVERIFIED, VERIFIED, Group
from connectors.nodebb.emulation.users import Users
from connectors.nodebb.slugs import slug
from provisioner.emulation import Response

LONGEST: Final = 255
PAGE, ADMIN_PAGE, MEMBERS_PAGE = 15, 20, 20
_GROUP: Final = "/api/v3/groups/{slug}"
_MEMBER: Final = _GROUP + "/membership/{uid}"
_UNLISTED: Final = (REGISTERED, VERIFIED, UNVERIFIED, BANNED)


class Groups(Part):
    """Everything below /groups."""

    def __init__(self, world: World, users: Users) -> None:
        super().__init__(world)
        self._users = users

    @route("GET", "/api/v3/groups")
    def public(self, call: Call) -> Response:
        """Those that are not hidden, whoever asks."""
        page = max(1, int(call.query.get("page", "1")))
        shown = [group for group in self.world.listed_groups() if not group.hidden and not group.system]
        shown.sort(key=lambda group: group.name.lower())
        start = (page - 1) * PAGE
        told = [self.shown(group) for group in shown[start : start + PAGE]]
        return done({"groups": told, "nextStart": start + PAGE})

    @route("GET", "/api/v3/admin/groups")
    def every(self, call: Call) -> Response:
        """All, hidden ones too, as far as it remembers their names; for administrators, whatever right was given."""
        self.logged_in(call)
        if not self.world.is_admin(uid_of(call)):
            raise Refused(403)
        return done({"groups": [self.shown(group) for group in self.world.listed_groups()]})

    @route("GET", "/api/admin/manage/groups")
    def listed(self, call: Call) -> Response:
        """All but four of the system's, by name."""
        self.page_of(call, "admin:groups")
        page = max(1, int(call.query.get("page", "1")))
        every = sorted((one for one in self.world.groups.values() if one.name not in _UNLISTED), key=_by_name)
        start, count = (page - 1) * ADMIN_PAGE, -(-len(every) // ADMIN_PAGE)
        told = [self.shown(group) for group in every[start : start + ADMIN_PAGE]]
        return Response.json({"groups": told, "pagination": {"currentPage": page, "pageCount": count}})

    @route("POST", "/api/v3/groups")
    def add(self, call: Call) -> Response:
        self.logged_in(call)
        self.required(call, "name")
        self.administrates(call, "group:create")
        name, body = body_of(call)["name"], body_of(call)
        self._check(name)
        if self.world.is_taken(name):
            raise Refused(400, "Group already exists")
        group = Group(
            name,
            self.world.now(),
            description=text(body, "description"),
            user_title=text(body, "userTitle") or name,
            user_title_enabled=switch(body.get("userTitleEnabled")),
            private=switch(body.get("private", 1)),
            hidden=switch(body.get("hidden")),
            no_requests=switch(body.get("disableJoinRequests")),
            no_leaving=switch(body.get("disableLeave")),
            members={uid_of(call): None},
            owners={uid_of(call)},
        )
        self.world.add_group(group)
        return done(self.shown(group))

    def _check(self, name: Any) -> None:
        if not isinstance(name, str):
            raise Refused(400, "[[error:invalid-group-name]]")
        if not name:
            raise Refused(400, "Group name too short")
        if len(name) > LONGEST:
            raise Refused(400, "Group name too long")
        if ":" in name or "/" in name or name == "guests" or not slug(name):
            raise Refused(400, "[[error:invalid-group-name]]")

    @route("GET", _GROUP)
    def exists(self, call: Call) -> Response:
        """With HEAD alone; another reading of it is unknown."""
        if call.request.method != "HEAD":
            raise Refused(404)
        self.group(call)
        return Response(200, b"OK", "text/plain; charset=utf-8")

    @route("PUT", _GROUP)
    def change(self, call: Call) -> Response:
        """What is not said of description and icon is wiped; all else stays."""
        self.logged_in(call)
        group, body = self.group(call), body_of(call)
        self._demand_owner(call, group)
        name = body.get("name")
        if name is not None and slug(name) != group.slug:
            self._check(name)
            if self.world.group_by_slug(slug(name)) is not None:
                raise Refused(400, "Group already exists")
            if group.system:
                raise Refused(400, "[[error:not-allowed-to-rename-system-group]]")
        group.description, group.icon = text(body, "description"), text(body, "icon")
        group.user_title = text(body, "userTitle") if "userTitle" in body else group.user_title
        for key, attribute in _SWITCHES.items():
            if key in body:
                setattr(group, attribute, switch(body[key]))
        if name and name != group.name:
            self.world.rename_group(group, name)
        return done(self.shown(group))

    @route("DELETE", _GROUP)
    def remove(self, call: Call) -> Response:
        self.logged_in(call)
        group = self.group(call)
        self._demand_owner(call, group)
        if group.system:
            raise Refused(400, "[[error:not-allowed]]")
        self.world.remove_group(group)
        return done()

    @route("GET", _GROUP + "/members")
    def members(self, call: Call) -> Response:
        """Twenty from a place on: owners first, then the last who came. Repeats at the seams, and skips nobody."""
        self.logged_in(call)
        group = self.group(call)
        if not self.world.has(uid_of(call), "admin:groups") and uid_of(call) not in group.members:
            raise no_privileges()
        if "query" in call.query:
            return done({"users": self._searched(group, call.query["query"].lower()), "nextStart": None})
        after = max(0, int(call.query.get("after", "0")))
        owners, every = sorted(group.owners), list(reversed(group.members))
        found = owners[after : after + MEMBERS_PAGE]
        start = max(0, after - len(owners))
        found += [uid for uid in every[start:] if uid not in group.owners][: MEMBERS_PAGE - len(found)]
        told = [self._users.in_group(self.world.users[uid], owner=uid in group.owners) for uid in found]
        return done({"users": told, "nextStart": after + MEMBERS_PAGE, "matchCount": None, "timing": None})

    def _searched(self, group: Group, beginning: str) -> list[dict[str, Any]]:
        those = (uid for uid in group.members if self.world.users[uid].username.lower().startswith(beginning))
        return [self._users.in_group(self.world.users[uid], owner=uid in group.owners) for uid in those]

    @route("GET", "/api/groups/{slug}")
    def page(self, call: Call) -> Response:
        """What people see of it; a hidden one is seen by those who are in it, and by who may administer it."""
        group = self.world.group_by_slug(call.places["slug"].lower())
        shown = group is not None and (not group.hidden or uid_of(call) in group.members)
        if group is None or not (shown or self.world.has(uid_of(call), "admin:groups")):
            raise Plain(call.request)
        return Response.json({"title": f"[[pages:group, {group.name}]]", "group": self.shown(group)})

    @route("PUT", _MEMBER)
    def join(self, call: Call) -> Response:
        self.logged_in(call)
        group = self.group(call)
        if group.name == ADMINISTRATORS:
            raise Refused(401)
        if not self.world.has(uid_of(call), "admin:groups"):
            raise Refused(400, "[[error:not-allowed]]")
        uid = number(call, "uid")
        if uid not in self.world.users:
            raise Refused(401, "Invalid User ID")
        group.members.setdefault(uid)
        if self.world.is_admin(uid):
            group.owners.add(uid)
        return done()

    @route("DELETE", _MEMBER)
    def leave(self, call: Call) -> Response:
        self.logged_in(call)
        group, uid = self.group(call), number(call, "uid")
        if group.name == ADMINISTRATORS:
            raise Refused(401)
        if uid not in group.members:
            raise Refused(400, "Not a member of this group")
        if uid == uid_of(call) and group.no_leaving:
            raise Refused(400, "You are not able to leave this group at this time")
        if uid != uid_of(call):
            self._demand_owner(call, group)
        group.members.pop(uid)
        group.owners.discard(uid)
        return done()

    @route("PUT", _GROUP + "/ownership/{uid}")
    @route("DELETE", _GROUP + "/ownership/{uid}")
    def own(self, call: Call) -> Response:
        """Asks for a password, which a token has not."""
        self.logged_in(call)
        self.group(call)
        raise Refused(401)

    def shown(self, group: Group) -> dict[str, Any]:
        return {
            "name": group.name,
            "slug": group.slug,
            "createtime": group.created,
            "userTitle": group.user_title,
            "userTitleEnabled": int(group.user_title_enabled),
            "description": group.description,
            "icon": group.icon,
            "memberCount": len(group.members),
            "hidden": int(group.hidden),
            "system": int(group.system),
            "private": int(group.private),
            "disableJoinRequests": int(group.no_requests),
            "disableLeave": int(group.no_leaving),
            "nameEncoded": quote(group.name, safe="!'()*-._~"),
            "displayName": group.name,
        }

    def _demand_owner(self, call: Call, group: Group) -> None:
        if not self.world.has(uid_of(call), "admin:groups") and uid_of(call) not in group.owners:
            raise no_privileges()


_SWITCHES: Final = {
    "userTitleEnabled": "user_title_enabled",
    "hidden": "hidden",
    "private": "private",
    "disableJoinRequests": "no_requests",
    "disableLeave": "no_leaving",
}


def _by_name(group: Group) -> str:
    return group.name.lower()
