"""One account as the provisioning API shows it. Field names, order and types observed on Nextcloud 34."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from connectors.nextcloud.emulation.accounts import fields
from connectors.nextcloud.emulation.accounts.state import Group, User
from connectors.nextcloud.emulation.calls import Call
from connectors.nextcloud.emulation.ocs import OcsError, php_keyed

FEDERATED = frozenset({"avatar", "email", "displayname", "pronouns"})
"""Properties whose scope is v2-federated by default; the others are v2-local."""


def user_details(call: Call, user: User) -> dict[str, Any] | None:
    """The account for the acting one; None when it may not see it. Read on every page, so kept plain and quick."""
    everything = call.sees_all
    data: dict[str, Any] = {}
    if not everything and user is not call.user and not call.world.is_subadmin_over(call.user, user):
        return None
    data["enabled"] = user.enabled
    if everything:
        data["storageLocation"] = f"{call.world.data_directory}/{user.id}"
    profile = user.profile
    manager = user.manager if everything or call.user.subadmin else ""
    data |= {
        "id": user.id,
        "firstLoginTimestamp": user.first_login,
        "lastLoginTimestamp": user.last_login,
        "lastLogin": user.last_login * 1000,
        "backend": user.backend.name,
        "subadmin": list(user.subadmin),
        "quota": fields.storage(user.quota, user.used),
        "manager": manager,
        "email": user.email,
        "additional_mail": list(user.additional_mail),
        "displayname": user.display_name,
        "display-name": user.display_name,
    }
    for name in fields.PROFILE:
        data[name] = profile.get(name, "1" if name == "profile_enabled" else "")
    data |= {
        "groups": list(user.groups),
        "language": user.language or "en",
        "locale": user.locale,
        "timezone": user.timezone,
        "notify_email": None,
        "backendCapabilities": {
            "setDisplayName": user.backend.set_display_name,
            "setPassword": user.backend.set_password,
        },
    }
    return data


def own_details(call: Call) -> dict[str, Any]:
    """The acting account as it sees itself: with the scope of every property."""
    shown: dict[str, Any] = {}
    for name, value in (user_details(call, call.user) or {}).items():
        if name == "email":
            shown["avatarScope"] = _scope(call.user, "avatar")
        shown[name] = value
        if name in {"email", "display-name"} or name in fields.PROFILE:
            stem = "displayname" if name == "display-name" else name
            shown[f"{stem}Scope"] = _scope(call.user, stem)
        elif name == "additional_mail":
            shown["additional_mailScope"] = ["v2-local" for _ in call.user.additional_mail]
    return shown


def keyed_details(call: Call, users: list[User]) -> Any:
    """A page: a dict by id, which PHP turns into a list when it is empty or its keys count up from 0."""
    return php_keyed({user.id: user_details(call, user) or {"id": user.id} for user in users})


def group_details(call: Call, group: Group) -> dict[str, Any]:
    """One group with its numbers."""
    users = call.accounts.users
    return {
        "id": group.id,
        "displayname": group.display_name,
        "usercount": len(group.members),
        "disabled": sum(not users[member].enabled for member in group.members),
        "canAdd": not group.directory,
        "canRemove": not group.directory,
    }


def group_by_path(call: Call, code: int, message: str) -> Group:
    """The group named in the path, which most group routes decode a second time (observed).

    So `R%2BD` means "R D" there; "R+D" is `R%252BD`. Raises OcsError with the code and message given.
    """
    found = call.accounts.groups.get(unquote_plus(call.places["group_id"]))
    if found is None:
        raise OcsError(code, message)
    return found


def _scope(user: User, name: str) -> str:
    return user.scopes.get(f"{name}Scope", "v2-federated" if name in FEDERATED else "v2-local")
