"""What a login through an identity provider does to accounts and groups: user_oidc's way, step by step.

Observed with user_oidc 8.10 and 8.11 on Nextcloud 34 through the real code flow, its order read in the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from connectors.nextcloud.emulation.accounts import fields
from connectors.nextcloud.emulation.accounts.edit import store_quota
from connectors.nextcloud.emulation.accounts.state import USER_OIDC, User, group_id_for
from connectors.nextcloud.emulation.oidc.state import LONGEST_DISPLAY_NAME, Oidc, Provider

Claims = Mapping[str, Any]
"""The claims of a token: of the ID token at a login, of the access token with a request."""

Refusal = Literal["no-id", "restricted", "conflict", "unknown", "disabled"]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """How a login ended: as which account, or why not."""

    user_id: str | None
    refused: Refusal | None = None


@dataclass(frozen=True, slots=True)
class TokenGroup:
    """A group that a token names: its id here and what people read."""

    id: str
    display_name: str


class SignIn:
    """Logins of one server."""

    def __init__(self, oidc: Oidc, now: int) -> None:
        self._oidc = oidc
        self._accounts = oidc.accounts
        self._now = now

    def at_the_door(self, provider: Provider, claims: Claims) -> SignedIn:
        """A login in the browser. What it writes it writes before it looks whether the account is disabled."""
        raw = claims.get(provider.claim("mappingUid"))
        if not isinstance(raw, str):
            return SignedIn(None, "no-id")
        if provider.is_on("restrictLoginToGroups") and not list(groups_of(self._oidc, provider, claims)):
            return SignedIn(None, "restricted")
        existing = self._accounts.find(raw)  # in all backends, by the claim as it came
        if not self._system("auto_provision", True):
            return SignedIn(None, "unknown") if existing is None else self._enter(existing)
        if existing is not None and existing.backend is not USER_OIDC and not self._system("soft_auto_provision", True):
            return SignedIn(None, "conflict")
        user = self._provision(provider, claims, raw, existing)
        return SignedIn(None, "unknown") if user is None else self._enter(user)

    def with_a_request(self, provider: Provider, claims: Claims) -> SignedIn:
        """A request with a bearer token, whose claims are often fewer: no groups takes all of them away."""
        raw = claims.get(provider.claim("mappingUid"))
        if not provider.is_on("checkBearer") or not isinstance(raw, str) or not raw:
            return SignedIn(None, "no-id")
        if provider.is_on("restrictLoginToGroups") and not list(groups_of(self._oidc, provider, claims)):
            return SignedIn(None, "restricted")
        existing = self._accounts.find(raw)
        if not self._system("auto_provision", True):
            return SignedIn(None, "unknown") if existing is None else self._enter(existing)
        if existing is not None and existing.backend is not USER_OIDC and not self._system("soft_auto_provision", True):
            return SignedIn(None, "conflict")
        user = existing or self._oidc.account(provider.id, raw)  # whatever disable_account_creation says (read)
        if provider.is_on("bearerProvisioning"):
            self._provision(provider, claims, raw, existing)
        return self._enter(user)

    def _system(self, name: str, default: bool) -> bool:
        return self._oidc.system.get(name, default)

    def _provision(self, provider: Provider, claims: Claims, raw: str, existing: User | None) -> User | None:
        if existing is None and self._system("disable_account_creation", False):
            return None
        user = self._oidc.account(provider.id, raw) if existing is None else existing
        if name := _text(claims, provider.claim("mappingDisplayName")):
            user.name = name[:LONGEST_DISPLAY_NAME]
        if email := _text(claims, provider.claim("mappingEmail")):
            user.email = email.strip().lower()
        if quota := _text(claims, provider.claim("mappingQuota")):
            store_quota(user, fields.parse_quota(quota))
        if language := _text(claims, provider.claim("mappingLanguage")):
            user.language = language
        if provider.is_on("groupProvisioning"):
            self._provision_groups(provider, claims, user)
        return user

    def _provision_groups(self, provider: Provider, claims: Claims, user: User) -> None:
        """A token without the claim names no group. What is hashed never looks like what the whitelist allows."""
        wanted = list(groups_of(self._oidc, provider, claims))
        allowed = whitelist(provider)
        for group_id in user.groups:
            if group_id not in {group.id for group in wanted} and (allowed is None or allowed.search(group_id)):
                self._accounts.leave(user.id, group_id)
        for group in wanted:
            self._accounts.join(user.id, group.id)
            self._accounts.groups[group_id_for(group.id)].display_name = group.display_name

    def _enter(self, user: User) -> SignedIn:
        if not user.enabled:
            return SignedIn(None, "disabled")
        user.first_login = user.first_login or self._now
        user.last_login = self._now
        return SignedIn(user.id)


def whitelist(provider: Provider) -> re.Pattern[str] | None:
    """The groups that a login may touch; None: all. Found anywhere in a name, unless it is anchored."""
    written = provider.text("groupWhitelistRegex")
    if not written:
        return None
    if not written.startswith("/"):
        return re.compile(written)
    pattern, _, flags = written[1:].rpartition("/")
    return re.compile(pattern, re.IGNORECASE if "i" in flags else 0)


def groups_of(oidc: Oidc, provider: Provider, claims: Claims) -> Iterator[TokenGroup]:
    """The groups that a token names and the whitelist allows: a list, words with commas, or objects with a gid."""
    told, allowed = claims.get(provider.claim("mappingGroups")), whitelist(provider)
    if isinstance(told, str):
        told = [name.strip() for name in told.split(",") if name.strip()]
    for one in told if isinstance(told, list) else ():
        if isinstance(one, dict):
            name, shown = str(one.get("gid") or ""), str(one.get("displayName") or one.get("gid") or "")
        elif isinstance(one, str):
            name = shown = one
        else:
            continue
        if name and (allowed is None or allowed.search(name)):
            yield TokenGroup(oidc.local_id(provider.id, name), shown)


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
