"""Groups: app/controllers/groups_controller.rb, admin/groups_controller.rb, app/models/group.rb."""

from typing import Any, Final

from connectors.discourse.emulation.calls import Part, body_of, number_in, required
from connectors.discourse.emulation.names import complaint
from connectors.discourse.emulation.refusing import invalid_parameters, no_access, not_found, unprocessable
from connectors.discourse.emulation.state import Group, User
from connectors.kit.emulation import Call, route
from provisioner.emulation import Response

PAGE: Final = 36
MOST_MEMBERS: Final = 1000
"""Members of one answer, and users that one request adds."""
_SETTINGS: Final = ("full_name", "visibility_level", "members_visibility_level", "public_admission", "bio_raw")


class Circles(Part):
    """Groups and who is in them."""

    @route("GET", "/groups.json")
    def index(self, call: Call) -> Response:
        """By name; automatic ones among them for staff, but never everyone (Group.visible_groups)."""
        asker = self.asker(call)
        found = sorted((one for one in self.world.groups.values() if self._is_listed(one, asker)), key=self._name)
        first = number_in(call, "page") * PAGE
        page = [self._basic(one) for one in found[first : first + PAGE]]
        return Response.json({"groups": page, "extras": {"type_filters": []}, "total_rows_groups": len(found)})

    @route("GET", r"/groups/by-id/{id:\d+}.json")
    def by_id(self, call: Call) -> Response:
        group = self._group(call)
        if not self._may_see(group, self.asker(call)):
            raise not_found()
        return Response.json({"group": self._basic(group), "extras": {"visible_group_names": []}})

    @route("GET", "/groups/{name}.json")
    def show(self, call: Call) -> Response:
        return Response.json({"group": self._basic(self._named(call)), "extras": {"visible_group_names": []}})

    @route("GET", "/groups/{name}/members.json")
    def members(self, call: Call) -> Response:
        """Owners first; humans alone, and no addresses."""
        group, asker = self._named(call), self.asker(call)
        if not self._may_see_members(group, asker):
            raise no_access()
        limit, offset = number_in(call, "limit", 50), number_in(call, "offset")
        if limit > MOST_MEMBERS:
            raise invalid_parameters("limit")
        people = [one for number in group.members if (one := self.world.users[number]).is_human]
        people.sort(key=lambda one: one.username.lower(), reverse=not call.query.get("asc"))
        people.sort(key=lambda one: one.id not in group.owners)
        owners = [self._member(one) for one in people if one.id in group.owners]
        page = [self._member(one) for one in people[offset : offset + limit]]
        meta = {"total": len(people), "limit": limit, "offset": offset}
        return Response.json({"members": page, "owners": owners, "meta": meta})

    @route("POST", "/admin/groups.json")
    def create(self, call: Call) -> Response:
        self.require_admin(call)
        given = required(body_of(call), "group")
        name = str(given.get("name") or "").strip()
        self._check_name(name)
        group = self.world.add_group(name)
        self._set(group, given)
        return Response.json({"basic_group": self._basic(group)})

    @route("PUT", r"/groups/{id:\d+}.json")
    def update(self, call: Call) -> Response:
        """What is not sent stays, but for what members watch by default.

        Leaving that out means taking it back, and is refused while it concerns somebody (count_existing_users).
        """
        self.require_editor(call)
        group, body = self._group(call), body_of(call)
        given = required(body, "group")
        if group.watched and group.members and not given.get("watching_category_ids"):
            if not body.get("update_existing_users"):
                words = "Invalid parameter: update_existing_users"
                return Response.json({"user_count": len(group.members), "errors": [words]}, 422)
            group.watched = set()
        name = str(given.get("name") or group.name).strip()
        if "name" in given and not group.automatic and name != group.name:
            self._check_name(name, but=group)
            group.name = name
        self._set(group, given)
        return Response.json({"success": "OK"})

    @route("DELETE", r"/admin/groups/{id:\d+}.json")
    def destroy(self, call: Call) -> Response:
        self.require_admin(call)
        group = self._group(call)
        if group.automatic:
            raise unprocessable("You can not modify an automatic group")
        del self.world.groups[group.id]
        for category in self.world.categories.values():  # dependent: destroy; what nobody may read stays closed
            category.permissions.pop(group.id, None)
        return Response.json({"success": "OK"})

    @route("PUT", r"/groups/{id:\d+}/members.json")
    def add(self, call: Call) -> Response:
        """All of them in it already: refused; some of them: those are named as if they had been added.

        Unknown names are passed over, unless all are; unknown addresses are invited.
        """
        self.require_editor(call)
        group, given = self._group(call), body_of(call)
        users, invited = self._meant(given), []
        for email in str(given.get("emails") or "").split(","):
            if email:
                known = self.world.user_with(email)
                users.append(known) if known is not None else invited.append(email)
        if not users and not invited:
            raise invalid_parameters("You must provide usernames or emails")
        if len(users) > MOST_MEMBERS:
            raise unprocessable(f"Maximum {MOST_MEMBERS} users can be added at once.")
        inside = [one.username for one in users if one.id in group.members]
        if inside and len(inside) == len(users) and not invited:
            raise unprocessable(f"{', '.join(sorted(inside))} are already members of this group.")
        for user in users:
            if user.id not in group.members and given.get("notify_users") in (True, "true"):
                self.world.mails.append((user.email, "user_added_to_group_as_member"))
            group.members.add(user.id)
        self.world.mails.extend((email, "invite") for email in invited)
        names = list(dict.fromkeys(one.username for one in users))
        return Response.json({"success": "OK", "usernames": names, "emails": invited})

    @route("DELETE", r"/groups/{id:\d+}/members.json")
    def remove(self, call: Call) -> Response:
        self.require_editor(call)
        group = self._group(call)
        users = self._meant(body_of(call))
        if not users:
            raise invalid_parameters("user_ids or usernames or user_emails must be present")
        gone = [one.username for one in users if one.id in group.members]
        skipped = [one.username for one in users if one.id not in group.members]
        group.members -= {one.id for one in users}
        group.owners -= {one.id for one in users}
        return Response.json({"success": "OK", "usernames": gone, "skipped_usernames": skipped})

    def _meant(self, given: dict[str, Any]) -> list[User]:
        """Those among the named who exist; nobody of them: refused (users_from_params)."""
        for key in ("usernames", "user_ids"):
            said = [one for one in str(given.get(key) or "").split(",") if one]
            if said:
                found = [self._one(key, one) for one in said]
                users = [one for one in found if one is not None]
                if not users:
                    raise invalid_parameters(key)
                return users
        return []

    def _one(self, key: str, said: str) -> User | None:
        if key == "usernames":
            return self.world.user_named(said)
        return self.world.users.get(int(said)) if said.isdigit() else None

    def _check_name(self, name: str, but: Group | None = None) -> None:
        wrong = complaint(name, self.world.site.username_length)
        if wrong is not None:
            raise unprocessable(wrong.replace("Username", "Name"))
        holder = self.world.group_named(name)
        if self.world.is_taken(name) and (but is None or holder is not but):
            raise unprocessable("Name has already been taken")

    def _set(self, group: Group, given: dict[str, Any]) -> None:
        for key in _SETTINGS:
            if key in given:
                setattr(group, key, given[key])

    def _is_listed(self, group: Group, asker: User | None) -> bool:
        if group.id == 0 or (group.automatic and (asker is None or not asker.admin)):
            return False
        return self._may_see(group, asker)

    def _may_see(self, group: Group, asker: User | None) -> bool:
        return _allows(group.visibility_level, group, asker)

    def _may_see_members(self, group: Group, asker: User | None) -> bool:
        return _allows(group.members_visibility_level, group, asker)

    def _group(self, call: Call) -> Group:
        found = self.world.groups.get(int(call.places["id"]))
        if found is None:
            raise not_found()
        return found

    def _named(self, call: Call) -> Group:
        found = self.world.group_named(call.places["name"])
        if found is None or not self._may_see(found, self.asker(call)):
            raise not_found()
        return found

    def _name(self, group: Group) -> str:
        return self.world.name_of(group)

    def _basic(self, group: Group) -> dict[str, object]:
        return {
            "id": group.id,
            "automatic": group.automatic,
            "name": self.world.name_of(group),
            "user_count": len(group.members),
            "visibility_level": group.visibility_level,
            "members_visibility_level": group.members_visibility_level,
            "full_name": group.full_name,
            "bio_raw": group.bio_raw,
            "public_admission": group.public_admission,
        }

    @staticmethod
    def _member(user: User) -> dict[str, object]:
        seen = "2026-01-01T08:00:00.000Z"
        return {"id": user.id, "username": user.username, "name": user.name, "last_seen_at": seen, "added_at": seen}


def _allows(level: int, group: Group, asker: User | None) -> bool:
    """0 everybody, 1 who is logged in, 2 members, 3 staff, 4 owners; administrators always."""
    if level == 0 or (asker is not None and asker.admin):
        return True
    if asker is None:
        return False
    return level == 1 or (level == 2 and asker.id in group.members) or asker.id in group.owners
