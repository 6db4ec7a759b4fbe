"""Team folders below `/index.php/apps/groupfolders`. Codes and messages observed on Team folders 22.0.6.

The answers have the envelope of OCS version 1 with the code 100; refusals of the app are plain `{"message": …}`.
A missing right is HTTP 200 with the code 403 in the envelope. Answers in XML and HTML are not imitated.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from connectors.nextcloud.emulation.accounts.state import User
from connectors.nextcloud.emulation.calls import Call, Routes, World
from connectors.nextcloud.emulation.folders.state import ALL, Folder
from connectors.nextcloud.emulation.ocs import OcsError, PlainError, php_keyed

APP = "groupfolders"
VERSION = "22.0.6"
NO_RIGHT = "Logged in user must be an admin, a sub admin or gotten special right to access this setting"
NOT_FOUND = "Groupfolder not found"
TAKEN = "Mount point already exists"
ORDERS = ("mount_point", "quota", "groups", "acl")

BAD_GATEWAY = 502
"""What a proxy makes of a status line with the code 0 or 19: the app passes an exception's code on as the status."""


def add_to(route: Routes) -> None:
    """Register the routes, which are below `/index.php`, or with a tidy web server below `/`."""
    for method, path, handler in (
        ("GET", "", list_folders),
        ("POST", "", create),
        ("GET", "/count", count),
        ("GET", "/{id:\\d+}", get),
        ("PUT", "/{id}", rename_by_put),
        ("DELETE", "/{id}", delete),
        ("POST", "/{id}/mountpoint", rename),
        ("POST", "/{id}/quota", set_quota),
        ("POST", "/{id}/acl", set_acl),
        ("POST", "/{id}/manageACL", set_manager),
        ("POST", "/{id}/groups", add_group),
        ("POST", "/{id}/groups/{group_id:.+}", set_permissions),
        ("DELETE", "/{id}/groups/{group_id:.+}", remove_group),
    ):
        route(method, f"/apps/groupfolders/folders{path}", app=APP)(handler)


def capabilities(call: Call) -> dict[str, Any]:
    """What the app adds to the capabilities of whoever is logged in."""
    return {"appVersion": VERSION, "hasGroupFolders": bool(call.world.folders.of(call.user.groups))}


# --- reading ---------------------------------------------------------------------------------------------------


def list_folders(call: Call) -> Any:
    """All folders by id, or `[]`; whoever has no right sees those of its groups, and only its groups in them."""
    arguments = call.arguments
    limit, offset = arguments.number("limit"), arguments.number("offset") or 0
    order_by, order = arguments.text("orderBy", "mount_point"), arguments.text("order", "asc")
    if limit is not None and limit <= 0:
        raise _status_zero()
    if order_by not in ORDERS:
        raise PlainError(400, "The orderBy is not allowed.")
    if order not in ("asc", "desc"):
        raise PlainError(400, "The order is not allowed.")
    ordered = sorted(call.world.folders.all.values(), key=lambda folder: folder.mount_point.encode())
    keys: dict[str, Any] = {
        "mount_point": lambda folder: folder.mount_point.encode(),
        "quota": lambda folder: folder.quota,
        "groups": lambda folder: len(folder.groups),
        "acl": lambda folder: folder.acl,
    }
    ordered.sort(key=keys[order_by], reverse=order == "desc")
    page = ordered[offset:] if limit is None else ordered[offset : offset + limit]
    applicable = arguments.flag("applicable", False) or not _may(call)
    found: dict[str, Any] = {}
    for place, folder in enumerate(page, start=offset):
        item = _item(call.world, folder, call.user if applicable else None)
        if item is not None:
            found[str(folder.id)] = {**item, "sortIndex": place}
    return php_keyed(found)


def get(call: Call) -> Any:
    """One folder. Somebody else's is not found, with an empty message."""
    item = _item(call.world, _folder(call), None if _may(call) else call.user)
    if item is None:
        raise PlainError(404)
    return item


def count(call: Call) -> Any:
    """How many there are."""
    _demand(call)
    return {"count": len(call.world.folders.all)}


# --- changing --------------------------------------------------------------------------------------------------


def create(call: Call) -> Any:
    """Create a folder. An empty name makes "/", which covers everybody's home; other arguments are ignored."""
    _demand(call)
    mount_point = _tidy(call.arguments.text("mountpoint"))
    no_permission = call.arguments.flag("acl_default_no_permission", False)
    _free(call, mount_point)
    _mishap(call)
    folder = call.world.folders.add(mount_point)
    folder.acl_default_no_permission = no_permission
    return _item(call.world, folder)


def delete(call: Call) -> Any:
    """Delete a folder with all its files."""
    _demand(call)
    folder = _folder(call)
    _mishap(call)
    del call.world.folders.all[folder.id]
    return {"success": True}


def rename(call: Call) -> Any:
    """Move a folder. The name it has is fine, another folder's is not."""
    _demand(call)
    mount_point = _tidy(call.arguments.text("mountpoint"))
    folder = _folder(call)
    if folder.mount_point != mount_point:
        _free(call, mount_point)
        _mishap(call)
        folder.mount_point = mount_point
    return _done(call, folder)


def rename_by_put(call: Call) -> Any:
    """The other way to move one, which refuses the name it has."""
    _demand(call)
    mount_point = _tidy(call.arguments.text("mountPoint"))
    _free(call, mount_point)
    folder = _folder(call)
    _mishap(call)
    folder.mount_point = mount_point
    return _done(call, folder)


def set_quota(call: Call) -> Any:
    """Set the quota in bytes: "5 GB" is cast to 5, "abc" to 0, and negative numbers are taken."""
    _demand(call)
    quota = call.arguments.required_number("quota")
    folder = _folder(call)
    _mishap(call)
    folder.quota = quota
    return _done(call, folder)


def set_acl(call: Call) -> Any:
    """Switch advanced permissions. Off forgets who managed them; the rules stay (read)."""
    _demand(call)
    acl = call.arguments.flag("acl")
    folder = _folder(call)
    _mishap(call)
    folder.acl = acl
    if not acl:
        folder.managers.clear()
    return _done(call, folder)


def set_manager(call: Call) -> Any:
    """Let somebody manage the advanced permissions. Unknown ones are taken silently; once more breaks it."""
    _demand(call)
    subject = (call.arguments.text("mappingType"), call.arguments.text("mappingId"))
    wanted = call.arguments.flag("manageAcl")
    folder = _folder(call)
    _mishap(call)
    if not wanted:
        folder.managers.discard(subject)
    elif subject in folder.managers:
        raise _status_zero()
    else:
        folder.managers.add(subject)
    return _done(call, folder)


def add_group(call: Call) -> Any:
    """Give a folder to a group, which need not exist, with all permissions."""
    _demand(call)
    group_id = call.arguments.text("group")
    folder = _folder(call)
    if group_id in folder.groups:
        raise PlainError(400, "Group already assigned to this Groupfolder")
    _mishap(call)
    folder.groups[group_id] = ALL
    return _done(call, folder)


def set_permissions(call: Call) -> Any:
    """Set a group's bits, any number; on a group that has not the folder nothing happens, silently."""
    _demand(call)
    permissions = call.arguments.required_number("permissions")
    folder = _folder(call)
    _mishap(call)
    if call.places["group_id"] in folder.groups:
        folder.groups[call.places["group_id"]] = permissions
    return _done(call, folder)


def remove_group(call: Call) -> Any:
    """Take a folder from a group; as often as one likes."""
    _demand(call)
    folder = _folder(call)
    _mishap(call)
    folder.groups.pop(call.places["group_id"], None)
    return _done(call, folder)


# --- what they share -------------------------------------------------------------------------------------------


def manages(world: World, user: User, folder: Folder) -> bool:
    """Whether an account manages a folder's advanced permissions: administrators and delegated ones always do."""
    return (
        world.is_admin(user)
        or world.is_delegated(user)
        or ("user", user.id) in folder.managers
        or any(("group", group) in folder.managers for group in user.groups)
    )


def _may(call: Call) -> bool:
    return call.is_admin or call.is_delegated


def _demand(call: Call) -> None:
    if not _may(call):
        raise OcsError(403, NO_RIGHT)


def _folder(call: Call) -> Folder:
    place = call.places["id"]
    folder = call.world.folders.all.get(int(place)) if place.isascii() and place.isdigit() else None
    if folder is None:
        raise PlainError(404, NOT_FOUND)
    return folder


def _free(call: Call, mount_point: str) -> None:
    if call.world.folders.by_mount_point(mount_point) is not None:
        raise PlainError(400, TAKEN)


def _tidy(mount_point: str) -> str:
    """A mount point as the server cleans it: blanks trimmed, letters composed, "." and doubled slashes gone."""
    mount_point = unicodedata.normalize("NFC", mount_point)
    names = [name for name in mount_point.strip(" \t\n\r\0\x0b").replace("\\", "/").split("/") if name not in ("", ".")]
    if not names:
        return "/"
    tidy = "/".join(names)
    if ".." in tidy:
        raise PlainError(400, 'Mount point cannot contain ".."')
    return tidy


def _status_zero() -> PlainError:
    return PlainError(BAD_GATEWAY)


def _mishap(call: Call) -> None:
    if call.mishap is not None:
        raise PlainError(500, "An exception occurred while executing a query: database is locked")


def _done(call: Call, folder: Folder) -> dict[str, Any]:
    return {"success": True, "folder": _item(call.world, folder)}


def _item(world: World, folder: Folder, only: User | None = None) -> dict[str, Any] | None:
    """A folder as it is shown; `only` for an account cuts it down to its groups, None when there are none."""
    groups = sorted(folder.groups.items(), key=lambda pair: pair[0].encode())
    if only is not None:
        groups = [(group, bits) for group, bits in groups if group in only.groups]
        if not groups:
            return None
    known = world.accounts.groups
    details = {
        group: {
            "displayName": known[group].display_name if group in known else group,
            "permissions": bits,
            "type": "group",
        }
        for group, bits in groups
    }
    return {
        "id": folder.id,
        "mount_point": folder.mount_point,
        "quota": folder.shown_quota,
        "acl": folder.acl,
        "acl_default_no_permission": folder.acl_default_no_permission,
        "size": folder.tree.root.size,
        "groups": php_keyed(dict(groups)),
        "group_details": php_keyed(details),
        "manage": [shown for kind, subject in sorted(folder.managers) if (shown := _manager(world, kind, subject))],
    }


def _manager(world: World, kind: str, subject: str) -> dict[str, str] | None:
    if kind == "user" and (user := world.accounts.find(subject)) is not None:
        return {"type": kind, "id": user.id, "displayname": user.display_name}
    if kind == "group" and (group := world.accounts.groups.get(subject)) is not None:
        return {"type": kind, "id": group.id, "displayname": group.display_name}
    return None
