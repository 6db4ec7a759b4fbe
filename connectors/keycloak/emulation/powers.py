"""Who administers the realm: roles of the client realm-management, which here the service account alone has.

Observed on Keycloak 26.4.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

from connectors.keycloak.emulation.calls import Call, Routes, answer, error, forbidden
from connectors.keycloak.emulation.roles import told_role
from connectors.keycloak.emulation.state import Realm
from provisioner.emulation import Response

MANAGEMENT: Final = "realm-management"


def add_to(route: Routes) -> None:
    """Register the routes."""
    route("GET", "/roles-by-id/{role_id}")(role_by_id)
    route("GET", "/users/{user_id}/role-mappings")(mappings)
    route("GET", "/users/{user_id}/role-mappings/clients/{client}/composite")(effective)
    route("GET", "/users/{user_id}/credentials")(credentials)
    route("GET", "/default-groups")(default_groups)


def management_id(realm: Realm) -> str:
    """The id of the client whose roles these are."""
    return str(uuid.uuid5(uuid.UUID(realm.id), MANAGEMENT))


def role_by_id(call: Call) -> Response:
    """With attributes."""
    if not call.rights.view_realm:
        raise forbidden()
    role = call.realm.roles.get(call.places["role_id"])
    if role is None:
        raise error(404, "Could not find role with id")
    return answer(told_role(call.realm, role, whole=True))


def mappings(call: Call) -> Response:
    """Realm roles, and roles of clients by the client's name."""
    _reading(call)
    realm = call.realm
    told: dict[str, Any] = {"realmMappings": [told_role(realm, realm.roles[role]) for role in call.user.roles]}
    powers = _powers(call)
    if powers:
        client = {"id": management_id(realm), "client": MANAGEMENT, "mappings": powers}
        told["clientMappings"] = {MANAGEMENT: client}
    return answer(told)


def effective(call: Call) -> Response:
    """Roles of one client, also through groups and other roles."""
    _reading(call)
    if call.places["client"] != management_id(call.realm):
        raise error(404, "Client not found")
    return answer(_powers(call))


def credentials(call: Call) -> Response:
    """The password, if one was set; never the password itself."""
    _reading(call)
    return answer([] if call.user.password is None else [{"type": "password"}])


def default_groups(call: Call) -> Response:
    """Into which everybody new comes by himself: here none."""
    if not call.rights.view_realm:
        raise forbidden()
    return answer([])


def _powers(call: Call) -> list[dict[str, Any]]:
    if not call.user.service_account:
        return []
    container = management_id(call.realm)
    return [
        {"id": str(uuid.uuid5(uuid.UUID(container), name)), "name": name, "composite": False}
        | {"clientRole": True, "containerId": container}
        for name in sorted(call.rights.roles)
    ]


def _reading(call: Call) -> None:
    if not call.rights.view_users:
        raise forbidden()
