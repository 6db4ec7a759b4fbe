"""What hangs on a user: links, memberships, realm roles, password, mails. Observed on Keycloak 26.4."""

from __future__ import annotations

from typing import Any

from connectors.keycloak.emulation.calls import Call, Routes, answer, crash, error, forbidden, nothing, refused
from connectors.keycloak.emulation.groups import plain
from connectors.keycloak.emulation.roles import told_role
from connectors.keycloak.emulation.state import ACTIONS, Group, Link, Mail, Role
from connectors.keycloak.emulation.users import links_of
from provisioner.emulation import Response

NO_SENDER = (
    "Failed to send execute actions email: Invalid sender address 'null'. If the address contains UTF-8 characters in"
    " the local part please ensure the SMTP server supports the SMTPUTF8 extension and enable 'Allow UTF-8' in the"
    " email realm configuration."
)
UNSENT = (
    "Failed to send execute actions email: Error when attempting to send the email to the server."
    " More information is available in the server log."
)


def add_to(route: Routes) -> None:
    """Register the routes."""
    route("GET", "/users/{user_id}/groups")(groups)
    route("GET", "/users/{user_id}/groups/count")(groups_count)
    route("PUT", "/users/{user_id}/groups/{membership}")(join)
    route("DELETE", "/users/{user_id}/groups/{membership}")(leave)
    route("GET", "/users/{user_id}/federated-identity")(links)
    route("POST", "/users/{user_id}/federated-identity/{alias}", "FederatedIdentityRepresentation")(link)
    route("DELETE", "/users/{user_id}/federated-identity/{alias}")(unlink)
    route("GET", "/users/{user_id}/role-mappings/realm")(mappings)
    route("POST", "/users/{user_id}/role-mappings/realm", "RoleRepresentation[]")(map_roles)
    route("DELETE", "/users/{user_id}/role-mappings/realm", "RoleRepresentation[]")(unmap_roles)
    route("PUT", "/users/{user_id}/execute-actions-email", "words")(send_actions)
    route("PUT", "/users/{user_id}/reset-password", "CredentialRepresentation")(set_password)
    route("POST", "/users/{user_id}/logout")(log_out)


def _reading(call: Call) -> None:
    if not call.rights.view_users:
        raise forbidden()


def _writing(call: Call) -> None:
    if not call.rights.manage_users:
        raise forbidden()


def groups(call: Call) -> Response:
    """All of them unless `max` is told, by name."""
    _reading(call)
    wanted = call.query.get("search", "").lower()
    found = [group for group in call.realm.groups_of(call.user) if wanted in group.name.lower()]
    whole = not call.flag("briefRepresentation", True)
    return answer([plain(call.realm, group, whole=whole) for group in call.page(found, None)])


def groups_count(call: Call) -> Response:
    """How many."""
    _reading(call)
    return answer({"count": len(call.user.groups)})


def _membership(call: Call) -> Group:
    group = call.realm.groups.get(call.places["membership"])
    if group is None:
        raise error(404, "Group not found")
    return group


def join(call: Call) -> Response:
    """Twice is fine; a body is ignored."""
    _writing(call)
    group = _membership(call)
    call.user.groups.add(group.id)
    return nothing()


def leave(call: Call) -> Response:
    """Twice is fine."""
    _writing(call)
    group = _membership(call)
    call.user.groups.discard(group.id)
    return nothing()


def links(call: Call) -> Response:
    """Links to providers that exist."""
    _reading(call)
    return answer(links_of(call.realm, call.user))


def link(call: Call) -> Response:
    """Tie to a provider: neither its alias nor whether somebody else has that id is looked at (observed)."""
    _writing(call)
    if call.places["alias"] in call.user.links:
        raise refused(409, "User is already linked with provider")
    if call.body is None:
        raise crash()
    call.user.links[call.places["alias"]] = Link(call.body.get("userId"), call.body.get("userName"))
    return nothing()


def unlink(call: Call) -> Response:
    """Untie."""
    _writing(call)
    if call.user.links.pop(call.places["alias"], None) is None:
        raise error(404, "Link not found")
    return nothing()


def mappings(call: Call) -> Response:
    """Realm roles that are given directly, by name."""
    _reading(call)
    found = sorted((call.realm.roles[role] for role in call.user.roles), key=lambda role: role.name)
    return answer([told_role(call.realm, role) for role in found])


def _roles(call: Call) -> list[Role]:
    """Those of the body: id and name have to fit both."""
    found = []
    for one in call.body:
        role = call.realm.roles.get(one.get("id") or "")
        if role is None or role.name != one.get("name"):
            raise error(404, "Role not found")
        found.append(role)
    return found


def map_roles(call: Call) -> Response:
    """Twice is fine."""
    _writing(call)
    if call.body is None:
        raise crash()
    call.user.roles.update(role.id for role in _roles(call))
    return nothing()


def unmap_roles(call: Call) -> Response:
    """Without a body all realm roles go, the default ones among them (observed)."""
    _writing(call)
    gone: set[str] = set(call.user.roles) if call.body is None else {role.id for role in _roles(call)}
    call.user.roles -= gone
    return nothing()


def send_actions(call: Call) -> Response:
    """Mail a link with required actions; nothing is remembered of it."""
    _writing(call)
    user, actions = call.user, [word for word in call.body or () if word is not None]
    if not user.email:
        raise refused(400, "User email missing")
    if not user.enabled:
        raise refused(400, "User is disabled")
    client, target = call.query.get("client_id"), call.query.get("redirect_uri")
    if target and not client:
        raise refused(400, "Client id missing")
    call.number("lifespan")
    known: dict[str, Any] | None = next((one for one in call.realm.clients if one["clientId"] == client), None)
    if client and known is None:
        raise refused(400, "Client doesn't exist")
    if target and known is not None and target not in known["redirectUris"]:
        raise refused(400, "Invalid redirect uri.")
    if not ACTIONS.issuperset(actions):
        raise refused(400, "Provided invalid required actions")
    if not call.realm.settings.get("smtpServer"):
        raise refused(500, NO_SENDER)
    if not call.realm.mail_works:
        raise refused(500, UNSENT)
    call.realm.mails.append(Mail(user.email, tuple(actions)))
    return nothing()


def set_password(call: Call) -> Response:
    """A temporary one has to be changed at the next login."""
    _writing(call)
    password = (call.body or {}).get("value")
    if password is None:
        raise error(400, "No password provided")
    if not password.strip():
        raise error(400, "Empty password not allowed")
    if call.user.federation is not None:
        raise error(400, "Can't reset password as account is read only")
    call.user.password = password
    if call.body.get("temporary"):
        call.user.required_actions.add("UPDATE_PASSWORD")
    return nothing()


def log_out(call: Call) -> Response:
    """End its sessions."""
    _writing(call)
    return nothing()
