"""What user_oidc answers over HTTP. Everything here is for administrators alone, and an app password will do.

Observed on user_oidc 8.11 with Nextcloud 34: hardly anything is checked.
"""

from __future__ import annotations

from typing import Any

from connectors.nextcloud.emulation.accounts import fields
from connectors.nextcloud.emulation.accounts.edit import change_email
from connectors.nextcloud.emulation.accounts.state import USER_OIDC
from connectors.nextcloud.emulation.calls import Call, Routes
from connectors.nextcloud.emulation.ocs import OcsError, crash
from connectors.nextcloud.emulation.oidc.state import APP

API = f"/apps/{APP}/api/v1"


def add_to(route: Routes) -> None:
    """Register the routes."""
    route("GET", f"{API}/provider", "admin", app=APP)(providers)
    route("POST", f"{API}/user", "admin", app=APP, confirm=False)(upsert)
    route("DELETE", f"{API}/user/{{user_id}}", "admin", app=APP, confirm=False)(delete)


def providers(call: Call) -> Any:
    """All providers with their settings."""
    return [provider.shown() for provider in call.world.oidc.providers.values()]


def upsert(call: Call) -> Any:
    """Make an account, or change one. What is empty stays as it was; a disabled account stays disabled."""
    arguments, oidc = call.arguments, call.world.oidc
    provider_id, name = arguments.required_number("providerId"), arguments.text("userId")
    user = oidc.account(provider_id, name)
    if not user.id or call.mishap is not None:
        raise crash()  # and the account exists
    if display_name := arguments.text("displayName", ""):
        user.name = display_name.strip()
    if email := arguments.text("email", ""):
        change_email(call, user, email.strip().lower())
    if quota := arguments.text("quota", ""):
        try:
            kept = fields.parse_quota(quota)
        except ValueError:
            raise crash() from None
        user.quota = "none" if kept == "?" else kept
    oidc.skeletons.append(user.id)
    return {"user_id": user.id}


def delete(call: Call) -> Any:
    """Delete one of its own accounts; what that covered is seen again."""
    user = call.accounts.find(call.places["user_id"])
    if user is None or user.backend is not USER_OIDC:
        raise OcsError(404, "", {"message": "User not found"})
    call.accounts.remove_user(user.id)
    return {"user_id": call.places["user_id"]}
