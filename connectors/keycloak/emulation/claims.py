"""What a client is told of somebody who logs in: the claims of the ID token. Observed on Keycloak 26.4.

Seen through the direct grant of a client with the default scopes and a group-membership mapper.
"""

from __future__ import annotations

from typing import Any

from connectors.keycloak.emulation.state import Realm, User

LIFESPAN = 300


class LoginRefused(Exception):
    """The server's own words for why nobody is logged in."""


def claims(
    realm: Realm, user: User, *, issuer: str, client: str, now: float, groups: str | None, full_path: bool
) -> dict[str, Any]:
    """The claims that matter. ``groups`` names the claim of the mapper, None for a client without one.

    Groups come by name also with the full path, those above them only if the user is in them, too; who is in none has
    no such claim at all. Raises LoginRefused.
    """
    if not user.enabled:
        raise LoginRefused("Account disabled")
    # The default profile demands these of people, though not of administrators: a user made without has to fill them
    # in at the first login.
    if user.required_actions or not (user.email and user.first_name and user.last_name):
        raise LoginRefused("Account is not fully set up")
    told: dict[str, Any] = {
        "exp": int(now) + LIFESPAN,
        "iat": int(now),
        "iss": issuer,
        "aud": client,
        "sub": user.id,
        "typ": "ID",
        "azp": client,
        "email_verified": user.email_verified,
        "name": f"{user.first_name} {user.last_name}",
    }
    found = realm.groups_of(user)
    if groups is not None and found:
        told[groups] = [realm.path(group) if full_path else group.name for group in found]
    return told | {
        "preferred_username": user.username,
        "given_name": user.first_name,
        "family_name": user.last_name,
        "email": user.email,
    }
