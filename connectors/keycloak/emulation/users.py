"""Users: lists, one of them, creation, change, removal. Codes, words and their order observed on Keycloak 26.4."""

from __future__ import annotations

import secrets
from typing import Any

from connectors.keycloak.emulation.calls import Call, Refusal, Routes, answer, crash, forbidden, nothing, refused
from connectors.keycloak.emulation.profile import FIELDS, Given, Problem
from connectors.keycloak.emulation.searching import find
from connectors.keycloak.emulation.state import ACTIONS, Link, Realm, User
from provisioner.emulation import Response

PAGE = 100


def add_to(route: Routes) -> None:
    """Register the routes."""
    route("GET", "/users")(list_users)
    route("POST", "/users", "UserRepresentation")(create)
    route("GET", "/users/count")(count)
    route("GET", "/users/{user_id}")(show)
    route("PUT", "/users/{user_id}", "UserRepresentation")(update)
    route("DELETE", "/users/{user_id}")(delete)


def brief(user: User) -> dict[str, Any]:
    """What is told of a member in a brief representation."""
    told = {
        "id": user.id,
        "username": user.username,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "email": user.email,
        "emailVerified": user.email_verified,
        "enabled": user.enabled,
        "createdTimestamp": user.created,
    }
    return {name: value for name, value in told.items() if value is not None}


def full(user: User, attributes: Given, metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    """A user without what depends on who asks; ``attributes`` are those to be told."""
    told: dict[str, Any] = brief(user)
    enabled, created = told.pop("enabled"), told.pop("createdTimestamp")
    if attributes:
        told["attributes"] = attributes
    if metadata is not None:
        told["userProfileMetadata"] = metadata
    told["enabled"] = enabled
    if user.federation is not None:
        told["origin"] = user.federation
    told |= {"createdTimestamp": created, "totp": False}
    if user.federation is not None:
        told["federationLink"] = user.federation
    return told | {
        "disableableCredentialTypes": [],
        "requiredActions": sorted(user.required_actions),
        "notBefore": 0,
    }


def links_of(realm: Realm, user: User) -> list[dict[str, Any]]:
    """Links to providers that exist; others are kept and not told (observed)."""
    told = []
    for alias, link in user.links.items():
        if alias in realm.providers:
            parts = {"identityProvider": alias, "userId": link.user_id, "userName": link.user_name}
            told.append({name: value for name, value in parts.items() if value is not None})
    return told


def renames(call: Call) -> bool:
    """Whether the realm lets user names be changed."""
    return bool(call.realm.settings.get("editUsernameAllowed"))


def list_users(call: Call) -> Response:
    """A page of 100 unless told otherwise, by user name; `briefRepresentation` changes nothing (observed)."""
    if not call.rights.query_users:
        raise forbidden()
    found = find(call.realm, call.query)
    page = found if call.query.get("search", "").startswith("id:") else call.page(found, PAGE)
    if not call.rights.view_users:
        page = []
    metadata = call.profile.metadata(rename=renames(call))
    access = {"manage": call.rights.manage_users}
    return answer([full(user, call.profile.visible(user), metadata) | {"access": access} for user in page])


def count(call: Call) -> Response:
    """How many; it does not know links."""
    if not call.rights.query_users:
        raise forbidden()
    return answer(len(find(call.realm, call.query, counting=True)))


def show(call: Call) -> Response:
    """One user, with links and what the caller may do."""
    if not call.rights.view_users:
        raise forbidden()
    metadata = call.profile.metadata(rename=renames(call)) if call.flag("userProfileMetadata", False) else None
    told = full(call.user, call.profile.visible(call.user), metadata)
    may = call.rights.manage_users
    access = dict.fromkeys(("manageGroupMembership", "resetPassword", "mapRoles", "manage"), may)
    not_before = told.pop("notBefore")
    if call.realm.providers:
        told["federatedIdentities"] = links_of(call.realm, call.user)
    told["notBefore"] = not_before
    return answer(told | {"access": access | {"view": True, "impersonate": False}})


def create(call: Call) -> Response:
    """Make a user: unknown actions and undeclared attributes are dropped without a word, realm roles are ignored."""
    if not call.rights.manage_users:
        raise forbidden()
    if call.body is None:
        raise crash()
    wish: dict[str, Any] = call.body
    username, email = wish.get("username") or "", wish.get("email")
    if not username.strip():
        raise refused(400, "User name is missing")
    if call.realm.by_username(username) is not None:
        raise refused(409, "User exists with same username")
    _refuse_taken_address(call, email, None)
    given = _given(wish, call.realm)
    _refuse(call.profile.problems(given, None, rename=True))
    groups = [call.realm.by_path(path or "") for path in wish.get("groups") or ()]
    links = [(one.get("identityProvider"), one) for one in wish.get("federatedIdentities") or ()]
    if len({alias for alias, _ in links}) < len(links) or any(alias is None for alias, _ in links):
        raise refused(409, "User exists with same username or email")
    if None in groups:
        raise crash()
    user = call.realm.add_user(username, email=email, created=wish.get("createdTimestamp"))
    _write(call, user, wish, given)
    user.groups.update(group.id for group in groups if group is not None)
    user.links.update({alias: Link(one.get("userId"), one.get("userName")) for alias, one in links})
    for credential in wish.get("credentials") or ():
        user.password = credential.get("value") or secrets.token_hex(8)
        if credential.get("temporary"):
            user.required_actions.add("UPDATE_PASSWORD")
    return nothing(201, f"{call.address}/users/{user.id}")


def update(call: Call) -> Response:
    """Change what is given. With `attributes`, what is missing goes: other attributes, names and address, too."""
    if not call.rights.manage_users:
        raise forbidden()
    if call.body is None:
        raise refused(400, "Could not update user!")
    wish, user = call.body, call.user
    username = wish.get("username")
    if username is not None and not username.strip():
        raise refused(400, "User name is missing")
    if username and (found := call.realm.by_username(username)) is not None and found is not user:
        raise refused(409, "User exists with same username")
    _refuse_taken_address(call, wish.get("email"), user)
    given = _given(wish, call.realm)
    _refuse(call.profile.problems(given, user, rename=renames(call)))
    if username and username.lower() != user.username:
        call.realm.rename_user(user, username)
    _write(call, user, wish, given)
    return nothing()


def delete(call: Call) -> Response:
    """Remove a user; one from a directory comes back under another id with the next import (observed)."""
    if not call.rights.manage_users:
        raise forbidden()
    user, email = call.user, call.user.email
    call.realm.remove_user(user)
    if user.federation is not None:
        again = call.realm.add_user(user.username, federation=user.federation, enabled=True, email=email)
        again.first_name, again.last_name, again.attributes = user.first_name, user.last_name, user.attributes
    response = nothing()
    response.headers.append(("Cache-Control", "no-cache"))
    return response


def _given(wish: dict[str, Any], realm: Realm) -> Given:
    """The values of a body; the first name and the last name may stand among the attributes, the others not."""
    hidden = {"username", "email"}
    if not realm.settings.get("internationalizationEnabled"):
        hidden.add("locale")
    given: Given = {name: values for name, values in (wish.get("attributes") or {}).items() if name not in hidden}
    for name in FIELDS:
        if (value := wish.get(name)) is not None:
            given[name] = [value.lower() if name in ("username", "email") else value]
    return given


def _refuse_taken_address(call: Call, email: str | None, user: User | None) -> None:
    if not email or call.realm.settings.get("duplicateEmailsAllowed"):
        return
    found = call.realm.by_email(email)
    if found is not None and found is not user:
        raise refused(409, "User exists with same email")


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise Refusal(400, problems[0] if len(problems) == 1 else {"errors": problems})


def _write(call: Call, user: User, wish: dict[str, Any], given: Given) -> None:
    replace = wish.get("attributes") is not None
    if user.federation is None:
        if replace or "email" in given:
            call.realm.set_email(user, given.get("email", [""])[0])
        if replace or "firstName" in given:
            user.first_name = given.get("firstName", [""])[0] or None
        if replace or "lastName" in given:
            user.last_name = given.get("lastName", [""])[0] or None
    call.profile.store(user, given, replace=replace)
    if wish.get("enabled") is not None:
        user.enabled = wish["enabled"]
    if wish.get("emailVerified") is not None:
        user.email_verified = wish["emailVerified"]
    if wish.get("requiredActions") is not None:
        user.required_actions = set(ACTIONS.intersection(wish["requiredActions"]))
