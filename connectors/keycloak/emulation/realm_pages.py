"""What is told of the server and the realm: version, settings, user profile, providers, clients. Keycloak 26.4."""

from __future__ import annotations

from typing import Any

from connectors.keycloak.emulation.calls import Call, Routes, answer, crash, error, forbidden, refused
from connectors.keycloak.emulation.roles import told_role
from connectors.keycloak.emulation.state import Realm
from provisioner.emulation import Response


def add_to(route: Routes) -> None:
    """Register the routes."""
    route("GET", "")(show)
    route("GET", "/users/profile")(profile)
    route("PUT", "/users/profile", "UPConfig")(set_profile)
    route("GET", "/users/profile/metadata")(metadata)
    route("GET", "/identity-provider/instances")(providers)
    route("GET", "/identity-provider/instances/{alias}")(provider)
    route("GET", "/clients")(clients)
    route("GET", "/components")(components)


def server_info() -> dict[str, Any]:
    """What everybody with some role is told of the server; for the version itself other rights are needed."""
    return {
        "profileInfo": {"name": "default", "disabledFeatures": [], "previewFeatures": [], "experimentalFeatures": []}
    }


def settings_of(realm: Realm) -> dict[str, Any]:
    """Settings that matter to accounts and logins."""
    told: dict[str, Any] = {
        "id": realm.id,
        "realm": realm.name,
        "notBefore": 0,
        "accessTokenLifespan": 300,
        "enabled": True,
        "sslRequired": "external",
        "registrationAllowed": False,
        "registrationEmailAsUsername": False,
        "rememberMe": False,
        "verifyEmail": False,
        "loginWithEmailAllowed": True,
        "duplicateEmailsAllowed": False,
        "resetPasswordAllowed": False,
        "editUsernameAllowed": False,
        "bruteForceProtected": False,
        "defaultRole": told_role(realm, realm.default_role),
        "smtpServer": {},
        "eventsEnabled": False,
        "adminEventsEnabled": False,
        "internationalizationEnabled": False,
        "organizationsEnabled": False,
        "adminPermissionsEnabled": False,
    }
    return told | realm.settings


def show(call: Call) -> Response:
    """The realm's settings; a few of them for who may not view the realm."""
    if not call.rights.some:
        raise forbidden()
    if call.rights.view_realm:
        return answer(settings_of(call.realm))
    told = settings_of(call.realm)
    names = ["realm", *(["registrationEmailAsUsername"] if call.rights.view_users else []), "bruteForceProtected"]
    brief = {name: told[name] for name in names}
    return answer(brief | {"supportedLocales": []})


def profile(call: Call) -> Response:
    """For everybody with some role."""
    if not call.rights.some:
        raise forbidden()
    return answer(call.profile.config)


def set_profile(call: Call) -> Response:
    """Replace it; user name and address have to stay."""
    if not call.rights.manage_realm:
        raise forbidden()
    if call.body is None:
        raise crash()
    attributes = call.body.get("attributes") or []
    names = [attribute["name"] for attribute in attributes]
    lost = [f"The attribute '{name}' can not be removed" for name in ("username", "email") if name not in names]
    if lost:
        raise refused(400, f"[{', '.join(lost)}]")
    config = {
        "attributes": [{"multivalued": False} | one for one in attributes],
        "groups": call.body.get("groups") or [],
    }
    call.profile.config = config
    call.profile.allow(call.body.get("unmanagedAttributePolicy"))
    return answer(call.profile.config, content_type="application/json")


def metadata(call: Call) -> Response:
    """The description of a new user's attributes."""
    if not call.rights.some:
        raise forbidden()
    return answer(call.profile.metadata(rename=True))


def providers(call: Call) -> Response:
    """All identity providers; a brief representation leaves their configuration out."""
    if not call.rights.view_providers:
        raise forbidden()
    brief: dict[str, Any] = {"config": {}} if call.flag("briefRepresentation", False) else {}
    return answer([one | brief for one in call.realm.providers.values()])


def provider(call: Call) -> Response:
    """One of them."""
    if not call.rights.view_providers:
        raise forbidden()
    if call.places["alias"] not in call.realm.providers:
        raise error(404, "HTTP 404 Not Found")
    return answer(call.realm.providers[call.places["alias"]])


def clients(call: Call) -> Response:
    """Clients, or the one of that `clientId`; an empty list for who may only query them."""
    if not call.rights.query_clients:
        raise forbidden()
    wanted = call.query.get("clientId")
    found = [one for one in call.realm.clients if wanted is None or one["clientId"] == wanted]
    return answer(call.page(found, None) if call.rights.view_clients else [])


def components(call: Call) -> Response:
    """Directories that users are imported from; other components are not imitated."""
    if not call.rights.view_realm:
        raise forbidden()
    wanted = call.query.get("type")
    kind = "org.keycloak.storage.UserStorageProvider"
    found = sorted({user.federation for user in call.realm.users.values() if user.federation is not None})
    if wanted not in (None, kind):
        found = []
    return answer(
        [
            {
                "id": one,
                "name": "ldap",
                "providerId": "ldap",
                "providerType": kind,
                "parentId": call.realm.id,
                "config": {"editMode": ["READ_ONLY"]},
            }
            for one in found
        ]
    )
