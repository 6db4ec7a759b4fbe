"""What the server tells about itself: status.php, capabilities, app passwords."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from connectors.nextcloud.emulation.calls import Call, Routes, World
from connectors.nextcloud.emulation.folders import api as folders
from connectors.nextcloud.emulation.login import MAX_FAILURES
from connectors.nextcloud.emulation.ocs import OcsError
from connectors.nextcloud.emulation.talk import capabilities as talk_capabilities

APP_CAPABILITIES: dict[str, Callable[[Call], Any]] = {
    folders.APP: folders.capabilities,
    talk_capabilities.APP: talk_capabilities.capabilities,
}
"""What each app tells of itself while it is switched on."""


def add_to(route: Routes) -> None:
    """Register the routes about the server."""
    route("GET", "/cloud/capabilities", "public")(capabilities)
    route("GET", "/core/getapppassword", confirm=True)(app_password)


def status(world: World) -> dict[str, Any]:
    """The content of `/status.php`, which needs no log-in."""
    major, minor, micro = world.version
    return {
        "installed": True,
        "maintenance": world.maintenance,
        "needsDbUpgrade": False,
        "version": f"{major}.{minor}.{micro}.2",
        "versionstring": f"{major}.{minor}.{micro}",
        "edition": "",
        "productname": "Nextcloud",
        "extendedSupport": False,
    }


def capabilities(call: Call) -> Any:
    """Version and features; without a log-in little more than the version."""
    world = call.world
    major, minor, micro = world.version
    failures = len(world.doorkeeper.failures)
    delay = 0 if not failures else 25_000 if failures > MAX_FAILURES else min(25_000, 100 * 2**failures)
    told: dict[str, Any] = {"bruteforce": {"delay": delay, "allow-listed": False}}
    if call.actor is not None:
        policy = world.password_policy
        rules = {
            "minLength": policy.min_length,
            "enforceNonCommonPassword": policy.non_common,
            "enforceNumericCharacters": policy.numeric,
            "enforceSpecialCharacters": policy.special,
            "enforceUpperLowerCase": policy.upper_lower,
        }
        told["core"] = {
            "pollinterval": 60,
            "webdav-root": "remote.php/webdav",
            "mod-rewrite-working": True,
            "user": {
                "language": call.actor.language,
                "locale": call.actor.locale,
                "timezone": call.actor.timezone or "UTC",
            },
            "can-create-app-token": True,
        }
        told["password_policy"] = {
            "policies": {"account": {**rules, "enforceHaveIBeenPwned": False}},
            **rules,
        }
        told["files_sharing"] = {"api_enabled": world.calendars.shares}
        told["provisioning_api"] = {
            "version": "1.24.0",
            "AccountPropertyScopesVersion": 2,
            "AccountPropertyScopesFederatedEnabled": True,
            "AccountPropertyScopesPublishedEnabled": False,
        }
        told.update({app: tell(call) for app, tell in APP_CAPABILITIES.items() if app in world.apps})
    version = {
        "major": major,
        "minor": minor,
        "micro": micro,
        "string": f"{major}.{minor}.{micro}",
        "edition": "",
        "extendedSupport": False,
    }
    return {"version": version, "capabilities": told}


def app_password(call: Call) -> Any:
    """Make an app password for whoever logged in with the real one."""
    if call.actor is None:
        raise OcsError(997)
    token = secrets.token_urlsafe(54)
    call.world.doorkeeper.app_passwords[token] = call.actor.id
    return {"apppassword": token}
