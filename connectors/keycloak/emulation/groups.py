"""Groups and their members. Codes, words, defaults of paging and what PUT clears observed on Keycloak 26.4."""

from __future__ import annotations

from typing import Any

from connectors.keycloak.emulation.calls import Call, Routes, answer, crash, error, forbidden, nothing, refused
from connectors.keycloak.emulation.searching import like, pairs
from connectors.keycloak.emulation.state import Group, Realm
from connectors.keycloak.emulation.users import PAGE, brief, full
from provisioner.emulation import Response

CHILDREN_PAGE = 10
LONGEST = 255
"""Characters that the database takes in a name, a description and an attribute's value; more is a crash."""


def add_to(route: Routes) -> None:
    """Register the routes."""
    route("GET", "/groups")(list_groups)
    route("POST", "/groups", "GroupRepresentation")(create_at_top)
    route("GET", "/groups/count")(count)
    route("GET", "/groups/{group_id}")(show)
    route("PUT", "/groups/{group_id}", "GroupRepresentation")(update)
    route("DELETE", "/groups/{group_id}")(delete)
    route("GET", "/groups/{group_id}/children")(children)
    route("POST", "/groups/{group_id}/children", "GroupRepresentation")(create_child)
    route("GET", "/groups/{group_id}/members")(members)
    route("GET", "/group-by-path/{path:.+}")(by_path)


def plain(realm: Realm, group: Group, *, whole: bool, size: int | None = None) -> dict[str, Any]:
    """A group without what depends on who asks; ``whole``: with attributes; ``size``: how many are below it."""
    told: dict[str, Any] = {"id": group.id, "name": group.name}
    if group.description is not None:
        told["description"] = group.description
    told["path"] = realm.path(group)
    if group.parent is not None:
        told["parentId"] = group.parent
    if size is not None:
        told["subGroupCount"] = size
    told["subGroups"] = []
    if whole:
        told |= {"attributes": group.attributes, "realmRoles": [], "clientRoles": {}}
    return told


def _told(call: Call, group: Group, *, whole: bool, sizes: bool = True) -> dict[str, Any]:
    may = call.rights.manage_users
    access = {"view": True, "viewMembers": True, "manageMembers": may, "manage": may, "manageMembership": may}
    size = len(call.realm.children(group.id)) if sizes else None
    return plain(call.realm, group, whole=whole, size=size) | {"access": access}


def _needs_view(call: Call) -> None:
    if not call.rights.view_users:
        raise forbidden()


def _needs_manage(call: Call) -> None:
    if not call.rights.manage_users:
        raise forbidden()


def list_groups(call: Call) -> Response:
    """Groups at the top, all of them unless `max` is told; a search shows what it found below its parents."""
    if not call.rights.query_groups:
        raise forbidden()
    if not call.rights.view_users:
        return answer([])
    whole = not call.flag("briefRepresentation", True)
    sizes = call.flag("subGroupsCount", True)
    if not call.query.get("search") and not pairs(call.query.get("q", "")):
        top = call.page(call.realm.children(None), None)
        return answer([_told(call, group, whole=whole, sizes=sizes) for group in top])
    found = call.page(_found(call), None)
    if not call.flag("populateHierarchy", True):
        return answer([_told(call, group, whole=whole, sizes=sizes) for group in found])
    shown: dict[str, dict[str, Any]] = {}
    roots: list[dict[str, Any]] = []
    for group in found:
        below: dict[str, Any] | None = None
        for one in call.realm.lineage(group):
            known = one.id in shown
            told = shown.setdefault(one.id, _told(call, one, whole=whole, sizes=sizes))
            if below is not None:
                told["subGroups"].append(below)
            below = told
            if known:
                break
            if one.parent is None:
                roots.append(told)
    return answer(roots)


def _found(call: Call) -> list[Group]:
    wanted, attributes = call.query.get("search", ""), pairs(call.query.get("q", ""))
    exact = call.flag("exact", False)
    groups = sorted(call.realm.groups.values(), key=lambda group: group.name)
    if attributes:
        return [g for g in groups if all(value in g.attributes.get(name, ()) for name, value in attributes.items())]
    return [g for g in groups if _named(g, wanted, exact=exact)]


def _named(group: Group, wanted: str, *, exact: bool) -> bool:
    return group.name == wanted if exact else like(wanted).search(group.name.lower()) is not None


def count(call: Call) -> Response:
    """All groups of the realm, those below others, too."""
    if not call.rights.query_groups:
        raise forbidden()
    groups = list(call.realm.groups.values())
    if "search" in call.query:
        groups = [group for group in groups if _named(group, call.query["search"], exact=False)]
    elif call.flag("top", False):
        groups = call.realm.children(None)
    return answer({"count": len(groups)})


def show(call: Call) -> Response:
    """One group; `subGroups` is always empty."""
    _needs_view(call)
    return answer(_told(call, call.group, whole=True))


def children(call: Call) -> Response:
    """What is right below, by name: ten of them unless `max` is told."""
    _needs_view(call)
    wanted, exact = call.query.get("search"), call.flag("exact", False)
    found = call.realm.children(call.group.id)
    if wanted is not None:
        found = [group for group in found if _named(group, wanted, exact=exact)]
    whole, sizes = not call.flag("briefRepresentation", False), call.flag("subGroupsCount", True)
    return answer([_told(call, group, whole=whole, sizes=sizes) for group in call.page(found, CHILDREN_PAGE)])


def members(call: Call) -> Response:
    """By user name, a hundred unless `max` is told; all attributes, also those that the profile does not name."""
    _needs_view(call)
    page = call.page(call.realm.members(call.group.id), PAGE)
    if call.flag("briefRepresentation", False):
        return answer([brief(user) for user in page])
    return answer([full(user, user.attributes) for user in page])


def by_path(call: Call) -> Response:
    """The group of a path."""
    group = call.realm.by_path(call.places["path"])
    if group is None:
        raise error(404, "Group path does not exist")
    _needs_view(call)
    size = len(call.realm.children(group.id))
    return answer(plain(call.realm, group, whole=True, size=size))


def create_at_top(call: Call) -> Response:
    """Make a group; one whose id is told is moved to the top instead."""
    return _create(call, None, "Top level group named")


def create_child(call: Call) -> Response:
    """Make a group below another one; one whose id is told is moved there, and nothing else of it changes."""
    return _create(call, call.group, "Sibling group named")


def _create(call: Call, parent: Group | None, words: str) -> Response:
    _needs_manage(call)
    if call.body is None:
        raise crash()
    name, identifier = call.body.get("name"), call.body.get("id")
    if not name or not name.strip():
        raise refused(400, "Group name is missing")
    above = None if parent is None else parent.id
    if identifier is not None:
        _move(call, identifier, parent, f"{words} '{name}' already exists.")
        return nothing()
    _refuse_taken(call.realm, above, name, words)
    attributes = _kept(call.body.get("attributes") or {})
    _refuse_long(name, call.body.get("description"), attributes)
    group = call.realm.add_group(name, above, description=call.body.get("description"), attributes=attributes)
    address = f"{call.address}/groups/{group.id}"
    return nothing(201, address, None if parent is None else _told(call, group, whole=True, sizes=False))


def _move(call: Call, identifier: str, parent: Group | None, words: str) -> None:
    group = call.realm.groups.get(identifier)
    if group is None:
        raise error(404, "Could not find child by id")
    if parent is group:
        return
    if parent is not None and group in call.realm.lineage(parent):
        raise crash()
    above = None if parent is None else parent.id
    if above != group.parent and call.realm.named(above, group.name) is not None:
        # In the words of the body, whose name is not looked at otherwise.
        raise refused(409, words)
    group.parent = above


def update(call: Call) -> Response:
    """Rename, and set or clear the description; attributes are replaced when given."""
    _needs_manage(call)
    if call.body is None:
        raise crash()
    group, name = call.group, call.body.get("name")
    if not name or not name.strip():
        raise refused(400, "Group name is missing")
    if call.body.get("id") not in (None, group.id):
        raise refused(400, "Invalid group id")
    if name != group.name:
        _refuse_taken(call.realm, group.parent, name, "Sibling group named")
    attributes = call.body.get("attributes")
    kept = group.attributes if attributes is None else _kept(attributes)
    _refuse_long(name, call.body.get("description"), kept)
    group.name, group.description, group.attributes = name, call.body.get("description"), kept
    return nothing()


def delete(call: Call) -> Response:
    """With all below it."""
    _needs_manage(call)
    call.realm.remove_group(call.group)
    return nothing()


def _kept(attributes: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: values for name, values in attributes.items() if values}


def _refuse_taken(realm: Realm, parent: str | None, name: str, words: str) -> None:
    if realm.named(parent, name) is not None:
        raise refused(409, f"{words} '{name}' already exists.")


def _refuse_long(name: str, description: str | None, attributes: dict[str, list[str]]) -> None:
    texts = [name, description or "", *(value for values in attributes.values() for value in values)]
    if any(len(text) > LONGEST for text in texts):
        raise crash()
