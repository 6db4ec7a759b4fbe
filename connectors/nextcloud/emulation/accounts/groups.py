"""Groups, memberships and sub-admins. Codes, messages and their order observed on Nextcloud 34."""

from __future__ import annotations

from typing import Any

from connectors.nextcloud.emulation.accounts.details import group_by_path, group_details, keyed_details
from connectors.nextcloud.emulation.accounts.state import Group, group_id_for
from connectors.nextcloud.emulation.calls import ADMIN_GROUP, Call, Routes
from connectors.nextcloud.emulation.ocs import NOT_FOUND, UNKNOWN_ERROR, OcsError, crash

MAX_GROUP_NAME = 255
NOT_THERE = "The requested group could not be found"


def add_to(route: Routes) -> None:
    """Register the routes about groups, in the order the server tries them; a group's id may hold slashes."""
    route("GET", "/cloud/groups", "subadmin")(list_ids)
    route("GET", "/cloud/groups/details", "delegated")(list_details)
    route("GET", "/cloud/groups/{group_id:.+}/users", "user")(members)
    route("GET", "/cloud/groups/{group_id:.+}/users/details", "subadmin")(members_details)
    route("GET", "/cloud/groups/{group_id:.+}/subadmins", "delegated")(subadmins_of_group)
    route("POST", "/cloud/groups", "delegated")(create)
    route("GET", "/cloud/groups/{group_id:.+}", "subadmin")(members)
    route("PUT", "/cloud/groups/{group_id:.+}", "delegated")(rename)
    route("DELETE", "/cloud/groups/{group_id:.+}", "delegated")(delete)
    route("GET", "/cloud/users/{user_id}/groups")(groups_of_user)
    route("GET", "/cloud/users/{user_id}/groups/details")(groups_of_user_details)
    route("POST", "/cloud/users/{user_id}/groups", "subadmin")(join)
    route("DELETE", "/cloud/users/{user_id}/groups", "subadmin")(leave)
    route("GET", "/cloud/users/{user_id}/subadmins", "delegated")(subadmin_groups)
    route("GET", "/cloud/users/{user_id}/subadmins/details")(subadmin_groups_details)
    route("POST", "/cloud/users/{user_id}/subadmins", "delegated")(add_subadmin)
    route("DELETE", "/cloud/users/{user_id}/subadmins", "delegated")(remove_subadmin)


def _page(call: Call) -> list[Group]:
    search, limit, offset = call.arguments.window()
    needle = search.lower()
    found = sorted(
        (g for g in call.accounts.groups.values() if needle in g.id.lower() or needle in g.display_name.lower()),
        key=lambda group: group.id,
    )
    return found[offset:] if limit is None else found[offset : offset + limit]


def list_ids(call: Call) -> Any:
    """Ids, in the order of their code points."""
    return {"groups": [group.id for group in _page(call)]}


def list_details(call: Call) -> Any:
    """Groups with display names and numbers."""
    return {"groups": [group_details(call, group) for group in _page(call)]}


def members(call: Call) -> Any:
    """Ids of a group's members."""
    group = group_by_path(call, 404, NOT_THERE)
    if not call.sees_all and group.id not in call.user.subadmin and group.id not in call.user.groups:
        raise OcsError(403)
    return {"users": sorted(group.members)}


def members_details(call: Call) -> Any:
    """A group's members in full, cut by id."""
    search, limit, offset = call.arguments.window()
    group = group_by_path(call, NOT_FOUND, NOT_THERE)
    if not call.sees_all and group.id not in call.user.subadmin:
        raise OcsError(NOT_FOUND, NOT_THERE)
    users = [call.accounts.users[member] for member in sorted(group.members)]
    users = [user for user in users if search.lower() in f"{user.id}\n{user.name or ''}\n{user.email or ''}".lower()]
    return {"users": keyed_details(call, users[offset:] if limit is None else users[offset : offset + limit])}


def create(call: Call) -> Any:
    """Create a group. Ids differ by case here, unlike accounts'."""
    name, display_name = call.arguments.text("groupid"), call.arguments.text("displayname", "")
    if name in {"", "0"}:  # PHP takes "0" for empty
        raise OcsError(101, "Invalid group name")
    if name in call.accounts.groups:
        raise OcsError(102, "group exists")
    if len(name) > MAX_GROUP_NAME or call.mishap is not None:
        raise crash()
    if group_id_for(name) in call.accounts.groups:  # a long name's hash is noticed only by the database (read)
        raise OcsError(103, "Not supported by backend")
    call.accounts.add_group(name, display_name or name)
    return []


def rename(call: Call) -> Any:
    """Set the display name; the id can't change."""
    key, value = call.arguments.text("key"), call.arguments.text("value")
    if key != "displayname":
        raise OcsError(UNKNOWN_ERROR)
    group = group_by_path(call, NOT_FOUND, "Group does not exist")
    if call.mishap is not None:
        raise crash()
    if not value:
        raise OcsError(101, "Not supported by backend")
    group.display_name = value
    return []


def delete(call: Call) -> Any:
    """Delete a group with its memberships."""
    group = group_by_path(call, 101, "")
    if group.id == ADMIN_GROUP or group.directory:
        raise OcsError(102)
    if call.mishap is not None:
        raise crash()
    call.accounts.remove_group(group.id)
    return []


def _groups_shown(call: Call) -> list[Group]:
    user = call.target()
    groups = [call.accounts.groups[group_id] for group_id in user.groups]
    if user is call.user or call.sees_all:
        return groups
    if not call.world.is_subadmin_over(call.user, user):
        raise OcsError(NOT_FOUND)
    return [group for group in groups if group.id in call.user.subadmin]


def groups_of_user(call: Call) -> Any:
    """Ids of an account's groups; a sub-admin sees only its own among them."""
    return {"groups": [group.id for group in _groups_shown(call)]}


def groups_of_user_details(call: Call) -> Any:
    """The same with display names and numbers."""
    return {"groups": [group_details(call, group) for group in _groups_shown(call)]}


def join(call: Call) -> Any:
    """Put an account into a group; twice is fine. The group is looked at first."""
    group_id = call.arguments.text("groupid", "")
    if not group_id:
        raise OcsError(101)
    group = call.accounts.groups.get(group_id)
    if group is None:
        raise OcsError(102)
    user = call.target(103)
    _may_change_members(call, group)
    if call.mishap is not None:
        raise crash()
    if not group.directory:  # a directory's group says 200 and stays as it is (read)
        call.accounts.join(user.id, group.id)
    return []


def leave(call: Call) -> Any:
    """Take an account out of a group; twice is fine."""
    group_id = call.arguments.text("groupid")
    if not group_id.strip():
        raise OcsError(101)
    group = call.accounts.groups.get(group_id)
    if group is None:
        raise OcsError(102)
    user = call.target(103)
    _may_change_members(call, group)
    if user is call.user and call.sees_all and group.id == ADMIN_GROUP:
        raise OcsError(105, "Cannot remove yourself from the admin group")
    if not call.sees_all:
        if user is call.user:
            raise OcsError(105, "Cannot remove yourself from this group as you are a sub-admin")
        if sum(group_id in user.groups for group_id in call.user.subadmin) <= 1:
            raise OcsError(105, "Not viable to remove user from the last group you are sub-admin of")
    if call.mishap is not None:
        raise crash()
    if not group.directory:
        call.accounts.leave(user.id, group.id)
    return []


def _may_change_members(call: Call, group: Group) -> None:
    delegated = call.is_delegated and group.id != ADMIN_GROUP
    if not call.is_admin and not delegated and group.id not in call.user.subadmin:
        raise OcsError(104)


def subadmin_groups(call: Call) -> Any:
    """Ids of the groups an account administers."""
    return list(call.target(404, "User does not exist").subadmin)


def subadmin_groups_details(call: Call) -> Any:
    """The same with display names and numbers."""
    user = call.target()
    if user is not call.user and not call.sees_all:
        raise OcsError(NOT_FOUND)
    return {"groups": [group_details(call, call.accounts.groups[group_id]) for group_id in user.subadmin]}


def subadmins_of_group(call: Call) -> Any:
    """Ids of a group's sub-admins. This route decodes the path once, unlike its neighbours."""
    group = call.accounts.groups.get(call.places["group_id"])
    if group is None:
        raise OcsError(101, "Group does not exist")
    return [user.id for user in call.accounts.users.values() if group.id in user.subadmin]


def add_subadmin(call: Call) -> Any:
    """Make an account a sub-admin of a group; twice is fine."""
    group = call.accounts.groups.get(call.arguments.text("groupid"))
    user = call.target(101, "User does not exist")
    if group is None:
        raise OcsError(102, "Group does not exist")
    if group.id == ADMIN_GROUP:
        raise OcsError(103, "Cannot create sub-admins for admin group")
    if call.mishap is not None:
        raise crash()
    call.accounts.make_subadmin(user.id, group.id)
    return []


def remove_subadmin(call: Call) -> Any:
    """End that right; when there was none, 400/102."""
    group = call.accounts.groups.get(call.arguments.text("groupid"))
    user = call.target(101, "User does not exist")
    if group is None:
        raise OcsError(101, "Group does not exist")
    if group.id not in user.subadmin:
        raise OcsError(102, "User is not a sub-admin of this group")
    if call.mishap is not None:
        raise crash()
    call.accounts.drop_subadmin(user.id, group.id)
    return []
