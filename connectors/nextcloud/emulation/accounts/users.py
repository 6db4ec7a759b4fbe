"""Reading, creating, enabling and deleting accounts. Codes, messages and their order observed on Nextcloud 34."""

from __future__ import annotations

import secrets
from typing import Any

from connectors.nextcloud.emulation.accounts import fields
from connectors.nextcloud.emulation.accounts.details import keyed_details, own_details, user_details
from connectors.nextcloud.emulation.accounts.edit import edit_field
from connectors.nextcloud.emulation.accounts.state import User
from connectors.nextcloud.emulation.calls import ADMIN_GROUP, Call, Routes
from connectors.nextcloud.emulation.ocs import NOT_FOUND, OcsError, crash, php_key


def add_to(route: Routes) -> None:
    """Register the routes about accounts, in the order the server tries them."""
    route("GET", "/cloud/users", "subadmin")(list_ids)
    route("GET", "/cloud/users/details", "subadmin")(list_details)
    route("GET", "/cloud/users/disabled", "subadmin")(list_disabled)
    route("GET", "/cloud/users/recent", "delegated")(list_recent)
    route("POST", "/cloud/users", "subadmin")(create)
    route("GET", "/cloud/users/{user_id}")(show)
    route("GET", "/cloud/user")(show_oneself)
    route("DELETE", "/cloud/users/{user_id}", "subadmin")(delete)
    route("PUT", "/cloud/users/{user_id}/enable", "subadmin")(enable)
    route("PUT", "/cloud/users/{user_id}/disable", "subadmin")(disable)
    route("POST", "/cloud/users/{user_id}/welcome", "subadmin")(welcome)


def list_ids(call: Call) -> Any:
    """Ids; a decimal one comes as a JSON number, for it was an array key in PHP."""
    return {"users": [php_key(user.id) for user in _page(call)]}


def list_details(call: Call) -> Any:
    """A page of accounts in full."""
    return {"users": keyed_details(call, _page(call))}


def list_disabled(call: Call) -> Any:
    """Disabled accounts in full."""
    search, limit, offset = call.arguments.window()
    users = [user for user in call.accounts.page(search) if not user.enabled]
    return {"users": keyed_details(call, users[offset:] if limit is None else users[offset : offset + limit])}


def list_recent(call: Call) -> Any:
    """Accounts that have logged in, the latest first; 25 unless told otherwise, 100 at most (read)."""
    search, limit, offset = call.arguments.window()
    users = [user for user in call.accounts.page(search) if user.last_login]
    users.sort(key=lambda user: -user.last_login)
    return {"users": keyed_details(call, users[offset : offset + min(100, limit or 25)])}


def show(call: Call) -> Any:
    """One account, found in any case and by e-mail: compare the id that comes back."""
    user = call.target(404, "User does not exist")
    # Only the exact own id shows the scopes, as in the server's comparison of strings.
    data = own_details(call) if call.places["user_id"] == call.user.id else user_details(call, user)
    if data is None:
        raise OcsError(NOT_FOUND)
    return data


def show_oneself(call: Call) -> Any:
    """The acting account."""
    return own_details(call)


def create(call: Call) -> Any:
    """Create an account. What fails late leaves an account behind: see the order below."""
    text, accounts, world = call.arguments.text, call.accounts, call.world
    user_id, password, email = text("userid"), text("password", ""), text("email", "")
    display_name, quota, language = text("displayName", ""), text("quota", ""), text("language", "")
    manager = text("manager", None)
    groups, subadmin = call.arguments.texts("groups") or [], call.arguments.texts("subadmin") or []
    if accounts.find(user_id) is not None:
        raise OcsError(102, "User already exists")
    _check_groups(call, groups)
    _check_subadmin(call, subadmin)
    if len(password.encode()) > fields.MAX_PASSWORD:
        raise OcsError(101, "Invalid password value")
    if not password:
        if not email:
            raise OcsError(108, "An email address is required, to send a password link to the user.")
        password = secrets.token_urlsafe(24)
    email = email.strip().lower()
    homes = frozenset(world.homes)
    if (complaint := fields.login_complaint(user_id, homes)) is not None:
        raise OcsError(101, complaint)
    if not password.strip():
        raise OcsError(101, "A valid password must be provided")
    if (complaint := world.password_policy.complaint(password)) is not None:
        raise OcsError(107, complaint)
    if call.mishap == "database-lock-nothing":
        raise OcsError(101, "Bad request")
    user = accounts.add_user(user_id, password)
    if call.mishap is not None:
        raise crash() if call.mishap == "database-lock-500" else OcsError(101, "Bad request")
    for group_id in groups:
        _join(call, user, group_id)
    for group_id in subadmin:
        accounts.make_subadmin(user.id, group_id)
    if display_name:
        try:
            edit_field(call, user, "displayname", display_name)
        except OcsError:
            accounts.remove_user(user.id)
            raise
    try:
        if quota:
            edit_field(call, user, "quota", quota)
        if language:
            edit_field(call, user, "language", language)
        if manager is not None:
            edit_field(call, user, "manager", manager)
    except ValueError as problem:  # here an exception's own words get out; in PUT it is 500/996 (observed)
        raise OcsError(101, str(problem)) from None
    if email:
        user.email = email
        if world.welcome_mails:
            world.send(email, "welcome", user)
    return {"id": user_id}


def delete(call: Call) -> Any:
    """Delete an account; oneself and what a directory still has: 400/101."""
    user = call.target()
    if user is call.user:
        raise OcsError(101)
    if not call.may_change(user):
        raise OcsError(NOT_FOUND)
    _perhaps_locked(call)
    if not user.backend.delete:
        raise OcsError(101)
    call.accounts.remove_user(user.id)
    return []


def enable(call: Call) -> Any:
    """Enable an account, once or more often."""
    return _set_enabled(call, True)


def disable(call: Call) -> Any:
    """Disable an account, once or more often."""
    return _set_enabled(call, False)


def welcome(call: Call) -> Any:
    """Send the welcome mail again."""
    user = call.target()
    if not call.may_change(user) and not call.sees_all:
        raise OcsError(NOT_FOUND)
    if not user.email:
        raise OcsError(101, "Email address not available")
    call.world.send(user.email, "welcome", user)
    return []


def _set_enabled(call: Call, enabled: bool) -> Any:
    user = call.target(101)
    if user is call.user:
        raise OcsError(101)
    if not call.may_change(user):
        raise OcsError(NOT_FOUND)
    _perhaps_locked(call)
    user.enabled = enabled
    return []


def _page(call: Call) -> list[User]:
    search, limit, offset = call.arguments.window()
    if call.sees_all:
        return call.accounts.page(search, limit, offset)
    # A sub-admin gets a shorter list with 200: the members of its groups, cut in every group on its own.
    users: dict[str, User] = {}
    for group_id in call.user.subadmin:
        members = sorted(call.accounts.groups[group_id].members)
        chosen = [call.accounts.users[member] for member in members if search.lower() in member.lower()]
        chosen = chosen[offset:] if limit is None else chosen[offset : offset + limit]
        users |= {user.id: user for user in chosen}
    return list(users.values())


def _check_groups(call: Call, groups: list[str]) -> None:
    if not groups and not call.sees_all:
        raise OcsError(106, "No group specified (required for sub-admins)")
    for group_id in groups:
        if group_id not in call.accounts.groups:
            raise OcsError(104, f"Group {group_id} does not exist")
        delegated = call.is_delegated and group_id != ADMIN_GROUP
        if not call.is_admin and not delegated and group_id not in call.user.subadmin:
            raise OcsError(105, f"Insufficient privileges for group {group_id}")


def _check_subadmin(call: Call, groups: list[str]) -> None:
    for group_id in groups:
        if group_id not in call.accounts.groups:
            raise OcsError(109, "Sub-admin group does not exist")
        if group_id == ADMIN_GROUP:
            raise OcsError(103, "Cannot create sub-admins for admin group")
        if not call.sees_all and group_id not in call.user.subadmin:
            raise OcsError(403, "No permissions to promote sub-admins")


def _join(call: Call, user: User, group_id: str) -> None:
    if not call.accounts.groups[group_id].directory:
        call.accounts.join(user.id, group_id)


def _perhaps_locked(call: Call) -> None:
    if call.mishap is not None:
        raise crash()
