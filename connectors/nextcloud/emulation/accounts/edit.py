"""Changing an account: PUT with one key, PATCH with many. What is checked first and what only fails half-way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.nextcloud.emulation.accounts import fields
from connectors.nextcloud.emulation.accounts.details import user_details
from connectors.nextcloud.emulation.accounts.state import User
from connectors.nextcloud.emulation.calls import ADMIN_GROUP, Call, Routes
from connectors.nextcloud.emulation.ocs import NOT_FOUND, OcsError, crash

INVALID_FIELDS = 422
NO_SUCH_FIELD = 113
MAX_DISPLAY_NAME = 64
SCOPES = frozenset({"v2-private", "v2-local", "v2-federated", "v2-published"})
NOT_SUPPORTED = "Setting the password is not supported by the users backend"
TOO_LONG = "Invalid password value"


def add_to(route: Routes) -> None:
    """Register PUT and PATCH. Each has a rate limit of its own, for each acting account (observed)."""
    route("PUT", "/cloud/users/{user_id}", limit="edit")(put)
    route("PATCH", "/cloud/users/{user_id}", "subadmin", limit="patch")(patch)
    route("PUT", "/cloud/users/{user_id}/{collection:[a-zA-Z0-9_]*}", limit="collection")(put_collection)


def put(call: Call) -> Any:
    """Set one field by `key` and `value`."""
    key, value = call.arguments.text("key"), call.arguments.text("value")
    user = call.target()
    if user is not call.user and not call.may_change(user):
        raise OcsError(NOT_FOUND)
    if call.mishap is not None:
        raise crash()
    try:
        edit_field(call, user, key, value)
    except ValueError:
        raise crash() from None
    return []


def edit_field(call: Call, user: User, key: str, value: str) -> None:
    """Set one field.

    Raises OcsError with the code PUT shows, and ValueError where the server's own code falls over.
    """
    if key == "displayname" and not user.backend.set_display_name:
        raise OcsError(NO_SUCH_FIELD)
    if key.endswith("Scope") and user is call.user:
        if value not in SCOPES:
            raise OcsError(101, "Invalid scope")
        user.scopes[key] = value
        return
    if key in fields.PROFILE:
        try:
            user.profile[key] = fields.PROFILE[key](value) if value else ""
        except ValueError:
            raise OcsError(101, f"Invalid {key}") from None
        return
    setter = _SETTERS.get(key)
    if setter is None:
        raise OcsError(NO_SUCH_FIELD)
    setter(call, user, value)


def _set_display_name(call: Call, user: User, value: str) -> None:
    name = value.strip()
    if len(name) > MAX_DISPLAY_NAME:
        raise OcsError(101, "Invalid displayname")
    if name and name != user.display_name:  # an empty one is a 200 that changes nothing (observed)
        user.name = name


def _set_email(call: Call, user: User, value: str) -> None:
    address = value.strip().lower()
    if address and not fields.is_email(address):
        raise OcsError(101)
    change_email(call, user, address)


def _add_mail(call: Call, user: User, value: str) -> None:
    address = value.strip().lower()
    if not fields.is_email(address) or address == user.email or address in user.additional_mail:
        raise OcsError(101)
    user.additional_mail = [*user.additional_mail, address]


def _set_notify_email(call: Call, user: User, value: str) -> None:
    if value:  # only a verified additional address would do, and there are none (read)
        raise OcsError(101)


def _set_quota(call: Call, user: User, value: str) -> None:
    if user is call.user and not call.sees_all:
        raise OcsError(NO_SUCH_FIELD)
    try:
        quota = fields.parse_quota(value)
    except ValueError as problem:
        raise OcsError(101, str(problem)) from None
    store_quota(user, quota)


def store_quota(user: User, quota: str) -> None:
    """Keep a parsed quota. Raises ValueError for "?", which a negative one was parsed to (observed)."""
    if quota == "?":
        raise ValueError("Failed to set quota to invalid value ?")
    user.quota = quota


def _set_language(call: Call, user: User, value: str) -> None:
    if value not in fields.LANGUAGES:
        raise OcsError(101, "Invalid language")
    user.language = value


def _set_locale(call: Call, user: User, value: str) -> None:
    if value not in fields.LOCALES:
        raise OcsError(101, "Invalid locale")
    user.locale = value


def _set_timezone(call: Call, user: User, value: str) -> None:
    if not fields.is_timezone(value):
        raise OcsError(101, "Invalid timezone")
    user.timezone = value


def _set_manager(call: Call, user: User, value: str) -> None:
    user.manager = value


def _set_first_day_of_week(call: Call, user: User, value: str) -> None:
    if value not in {"-1", "0", "1", "2", "3", "4", "5", "6"}:
        raise OcsError(101, "Invalid first day of week")


def _set_password(call: Call, user: User, value: str) -> None:
    if not user.backend.set_password:
        raise OcsError(112, NOT_SUPPORTED)
    if len(value.encode()) > fields.MAX_PASSWORD:
        raise OcsError(101, TOO_LONG)
    if (complaint := call.world.password_policy.complaint(value)) is not None:
        raise OcsError(107, complaint)
    change_password(call, user, value)


_SETTERS: dict[str, Callable[[Call, User, str], None]] = {
    "displayname": _set_display_name,
    "email": _set_email,
    "additional_mail": _add_mail,
    "notify_email": _set_notify_email,
    "quota": _set_quota,
    "language": _set_language,
    "locale": _set_locale,
    "timezone": _set_timezone,
    "first_day_of_week": _set_first_day_of_week,
    "manager": _set_manager,
    "password": _set_password,
}


def change_email(call: Call, user: User, address: str) -> None:
    """Set or clear the address; whoever has logged in before is told at the old one (read)."""
    old = user.email
    user.email = address or None
    if user.email != old and user.last_login:
        call.world.send(old, "email-changed", user)


def change_password(call: Call, user: User, password: str) -> None:
    """Set a password; an account with an address is told (read)."""
    user.password = password
    call.world.send(user.email, "password-changed", user)


def patch(call: Call) -> Any:
    """Set many fields: checked together, applied one by one; lists replace; unknown fields are ignored."""
    text, texts = call.arguments.text, call.arguments.texts
    wish = {name: text(name, None) for name in ("displayName", "password", "email", "quota", "language", "manager")}
    groups, subadmin = texts("groups"), texts("subadminGroups")
    user = call.target()
    if user is not call.user and not call.may_change(user):
        raise OcsError(403, "Insufficient permissions to edit this user")
    errors = _complaints(call, user, wish, groups, subadmin)
    if errors:
        raise OcsError(INVALID_FIELDS, "", {"errors": errors})
    if call.mishap is not None:
        raise crash()
    try:
        _apply(call, user, wish, groups, subadmin)
    except ValueError:
        raise crash() from None
    return user_details(call, user)


def _complaints(
    call: Call, user: User, wish: dict[str, str | None], groups: list[str] | None, subadmin: list[str] | None
) -> dict[str, str]:
    errors: dict[str, str] = {}
    others = call.sees_all
    if wish["displayName"] is not None and not user.backend.set_display_name:
        errors["displayName"] = "Cannot change display name for this user"
    if (password := wish["password"]) is not None:
        if not user.backend.set_password:
            errors["password"] = NOT_SUPPORTED
        elif len(password.encode()) > fields.MAX_PASSWORD:
            errors["password"] = TOO_LONG
    if wish["email"] and not fields.is_email(wish["email"]):
        errors["email"] = "Invalid email address"
    if wish["language"] is not None and wish["language"] not in fields.LANGUAGES:
        errors["language"] = "Invalid language"
    if wish["quota"] is not None:
        if not call.may_change(user):
            errors["quota"] = "Insufficient permissions to change quota"
        else:
            try:
                wish["quota"] = fields.parse_quota(wish["quota"])
            except ValueError as problem:
                errors["quota"] = str(problem)
    for name, chosen, word in (("groups", groups, "groups"), ("subadminGroups", subadmin, "sub-admin groups")):
        if chosen is not None and not others:
            errors[name] = f"Insufficient permissions to change {word}"
        elif unknown := [group for group in chosen or [] if group not in call.accounts.groups]:
            errors[name] = f"Group {unknown[0]} does not exist"
    if wish["manager"] is not None and not call.may_change(user):
        errors["manager"] = "Insufficient permissions to change manager"
    # The policy speaks only when nothing else was wrong, before anything is applied.
    if not errors and password is not None and (complaint := call.world.password_policy.complaint(password)):
        errors["password"] = complaint
    return errors


def _apply(
    call: Call, user: User, wish: dict[str, str | None], groups: list[str] | None, subadmin: list[str] | None
) -> None:
    """In the server's order: what comes before the field it falls over is done (observed)."""
    if (password := wish["password"]) is not None:
        change_password(call, user, password)
    if (name := wish["displayName"]) is not None:
        # An empty name is reset to the id as it was written in the address.
        name = (name or call.places["user_id"]).strip()
        if len(name) > MAX_DISPLAY_NAME:
            raise ValueError(name)
        if name:
            user.name = name
    if (email := wish["email"]) is not None:
        change_email(call, user, email.strip().lower())
    if (quota := wish["quota"]) is not None:
        store_quota(user, quota)
    if (language := wish["language"]) is not None:
        user.language = language
    if (manager := wish["manager"]) is not None:
        user.manager = manager
    accounts = call.accounts
    if groups is not None:
        for group_id in [group for group in user.groups if group not in groups]:
            if not accounts.groups[group_id].directory:
                accounts.leave(user.id, group_id)
        for group_id in groups:
            # A delegated account can't grant admin, and isn't told.
            if group_id == ADMIN_GROUP and not call.is_admin:
                continue
            if group_id not in user.groups and not accounts.groups[group_id].directory:
                accounts.join(user.id, group_id)
    if subadmin is not None:
        for group_id in [group for group in user.subadmin if group not in subadmin]:
            accounts.drop_subadmin(user.id, group_id)
        for group_id in subadmin:
            if group_id != ADMIN_GROUP:
                accounts.make_subadmin(user.id, group_id)


def put_collection(call: Call) -> Any:
    """Replace or remove one additional address: `key` is the old one, `value` the new one or nothing."""
    key, value = call.arguments.text("key"), call.arguments.text("value")
    user = call.target()
    if user is not call.user and not call.may_change(user):
        raise OcsError(NOT_FOUND)
    if call.places["collection"] != "additional_mail":
        raise OcsError(103)
    kept = [address for address in user.additional_mail if address != key]
    user.additional_mail = [*kept, value.strip().lower()] if value else kept
    return []
