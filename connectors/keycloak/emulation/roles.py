"""Realm roles. Observed on Keycloak 26.4; names are told in the address, so a slash in one has to be encoded."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from connectors.keycloak.emulation.calls import Call, Refusal, Routes, answer, crash, error, forbidden, nothing, refused
from connectors.keycloak.emulation.state import Realm, Role
from connectors.keycloak.emulation.users import PAGE, brief, full
from provisioner.emulation import Response


def add_to(route: Routes) -> None:
    """Register the routes."""
    route("GET", "/roles")(list_roles)
    route("POST", "/roles", "RoleRepresentation")(create)
    route("GET", "/roles/{role}")(show)
    route("PUT", "/roles/{role}", "RoleRepresentation")(update)
    route("DELETE", "/roles/{role}")(delete)
    route("GET", "/roles/{role}/users")(users)


def told_role(realm: Realm, role: Role, *, whole: bool = False) -> dict[str, Any]:
    """A role as the server tells it; ``whole``: with attributes."""
    told = {
        "id": role.id,
        "name": role.name,
        "description": role.description,
        "composite": role.composite,
        "clientRole": False,
        "containerId": realm.id,
        "attributes": role.attributes if whole else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _role(call: Call) -> Role:
    role = call.realm.role(call.places["role"])
    if role is None:
        raise error(404, "Could not find role")
    return role


def list_roles(call: Call) -> Response:
    """All in no order, unless `first` and `max` are told both or something is searched for: parts of names."""
    if not call.rights.list_roles:
        raise forbidden()
    wanted = call.query.get("search", "").lower()
    found = [role for role in call.realm.roles.values() if wanted in role.name.lower()]
    paged = bool(wanted) or (call.number("first") is not None and call.number("max") is not None)
    found.sort(key=lambda role: role.name, reverse=not paged)
    whole = not call.flag("briefRepresentation", True)
    page = call.page(found, None) if paged else found
    return answer([told_role(call.realm, role, whole=whole) for role in page])


def show(call: Call) -> Response:
    """With attributes."""
    if not call.rights.view_realm:
        raise forbidden()
    return answer(told_role(call.realm, _role(call), whole=True))


def users(call: Call) -> Response:
    """Who was given the role directly, by user name, also for who may not view users otherwise (observed)."""
    if not call.rights.view_realm:
        raise forbidden()
    role = _role(call)
    found = [user for user in call.realm.users.values() if role.id in user.roles]
    found.sort(key=lambda user: user.username)
    page = call.page(found, PAGE)
    if call.flag("briefRepresentation", False):
        return answer([brief(user) for user in page])
    return answer([full(user, user.attributes) for user in page])


def create(call: Call) -> Response:
    """Needs the right to manage the realm; attributes are ignored."""
    if not call.rights.manage_realm:
        raise forbidden()
    if call.body is None:
        raise crash()
    name = call.body.get("name")
    if name is None:
        raise error(400, "role has no name")
    if call.realm.role(name) is not None:
        raise refused(409, f"Role with name {name} already exists")
    call.realm.add_role(name, call.body.get("description"), attributes=call.body.get("attributes") or {})
    return nothing(201, f"{call.address}/roles/{quote(name, safe='')}".rstrip("/"))


def update(call: Call) -> Response:
    """Takes name and description from the body, also where they are missing; attributes only when given."""
    if not call.rights.manage_realm:
        raise forbidden()
    role = _role(call)
    if call.body is None or call.body.get("name") is None:
        raise crash()
    found = call.realm.role(call.body["name"])
    if found is not None and found is not role:
        raise Refusal(409, {"error": "conflict", "error_description": "Duplicate resource error"})
    role.name, role.description = call.body["name"], call.body.get("description")
    if call.body.get("attributes") is not None:
        role.attributes = call.body["attributes"]
    return nothing()


def delete(call: Call) -> Response:
    """With its mappings."""
    if not call.rights.manage_realm:
        raise forbidden()
    call.realm.remove_role(_role(call))
    return nothing()
