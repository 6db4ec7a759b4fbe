"""Accounts: what they look like over there, and reading them, with the groups that each is in."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.nextcloud import languages, quota
from connectors.nextcloud.client import CLOUD, Client, OcsRefusal, segment
from connectors.nextcloud.listing import identifier_of, identifiers, pages, reconcile
from provisioner.model.errors import Garbled, LoginRefused, TargetError
from provisioner.model.inventory import (
    UNKNOWN,
    Absent,
    Complete,
    Level,
    Observation,
    Partial,
    Present,
    Reading,
    Remote,
    Scope,
    Unknown,
    Unreadable,
)
from provisioner.model.resources import FieldName, Kind, Mode, Value
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {
    "name": Mode.CREATE_ONLY,
    "display_name": Mode.MANAGED,
    "email": Mode.MANAGED,
    "quota": Mode.MANAGED,
    "language": Mode.MANAGED,
    "enabled": Mode.MANAGED,
}
"""The organisation is only read: neither POST nor PATCH knows it, so each would cost one of the 50 limited writes."""

MANAGED: Final = frozenset(name for name, mode in FIELDS.items() if mode is Mode.MANAGED)
LONGEST: Final = 64
LONGEST_DISPLAY_NAME: Final = 64
LOCAL_BACKEND: Final = "Database"
"""The backend of the accounts that `POST /cloud/users` makes."""

_ALLOWED: Final = re.compile(r"[A-Za-z0-9 _.@'-]+")
_IN_THE_WAY: Final = frozenset({"files_external", "avatar", "audit.log", "nextcloud.log", "updater.log"})
"""Names in the data directory: "Login is invalid because files already exist for this user"."""


def hand_over(account: str, other: str) -> Text:
    """How files get another owner: the owner does it, or an administrator on the server. No API offers it."""
    return Text.of("nextcloud.hand_over", command=shlex.join(["occ", "files:transfer-ownership", account, other]))


def objection(name: str) -> Text | None:
    """Why the server would refuse this user id (observed, 400/101)."""
    if len(name) > LONGEST:
        return Text.of("nextcloud.name_too_long", name=name, limit=LONGEST)
    if name != name.strip() or _ALLOWED.fullmatch(name) is None:
        return Text.of("nextcloud.user_id_characters", name=name)
    if not name.strip(".") or name.lower() in _IN_THE_WAY or name.lower().startswith("appdata_"):
        return Text.of("nextcloud.user_id_reserved", name=name)
    return None


def canonical(field: FieldName, value: Value, default_quota: int) -> Value:
    """The form in which the server gives a value back. ``default_quota`` in bytes: a default is shown as its effect."""
    if field == "email":
        return value.strip().lower() or None if isinstance(value, str) else value
    if field == "display_name" and isinstance(value, str):
        return value.strip()[:LONGEST_DISPLAY_NAME].strip()
    if field == "quota":
        if value is None:
            return default_quota
        if isinstance(value, int) and not isinstance(value, bool):
            return quota.stored(value)
    if field == "language" and isinstance(value, str):
        return languages.held(value)
    return value


@dataclass(frozen=True, slots=True)
class Account:
    """One account and its groups; ``groups`` None: they could not be read."""

    remote: Remote
    groups: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Own:
    """Our technical account."""

    id: str
    groups: frozenset[str]
    is_sub_admin: bool

    @property
    def sees_only_its_groups(self) -> bool:
        """A sub-admin without more rights gets a shorter list, with 200 and no word about it."""
        return self.is_sub_admin and "admin" not in self.groups


def account_of(item: object, default_quota: int) -> Account | None:
    """One object of ``/cloud/users/details``, or of ``/cloud/users/{id}``; None where it does not tell its id.

    A field of another shape than expected is Unknown, not an error. The last log-in is not taken over.
    """
    if not isinstance(item, dict):
        return None
    identifier = identifier_of(item.get("id"))
    if not identifier:
        return None
    backend = item.get("backend")
    backend = backend if isinstance(backend, str) else ""
    fields: dict[FieldName, Value | Unknown] = {
        "name": identifier,
        "display_name": _text(item, "displayname"),
        "email": _email(item),
        "quota": _quota(item, default_quota),
        "language": _language(item),
        "organisation": _text(item, "organisation"),
        "enabled": enabled if isinstance(enabled := item.get("enabled"), bool) else UNKNOWN,
    }
    remote = Remote(
        remote_id=identifier,
        name=identifier,
        fields=fields,
        # The server has no lasting account id. That another backend answers for this id (an OIDC account shadows a
        # local one of the same id) is the one replacement that it shows.
        fingerprint=backend,
        writable=_writable(item, backend),
        backend=backend,
    )
    groups = item.get("groups")
    named = {identifier_of(group) for group in groups} if isinstance(groups, list) else {""}
    return Account(remote, None if "" in named else frozenset(named))


class Accounts:
    """The accounts of one target."""

    def __init__(self, client: Client, target: str, page_size: int, default_quota: int) -> None:
        self._client = client
        self._scope = Scope(target, Kind.ACCOUNT)
        self._page_size = page_size
        self._default_quota = default_quota

    def own(self) -> Own:
        """Our technical account as the server sees it (one request). Raises `TargetError`."""
        path = f"{CLOUD}/user"
        item = self._client.get(path)
        account = account_of(item, self._default_quota)
        if account is None or not isinstance(item, dict):
            raise Garbled(Text.of("nextcloud.garbled", path=path))
        return Own(account.remote.remote_id, account.groups or frozenset(), bool(item.get("subadmin")))

    def observe(self, own: Own) -> tuple[Observation, Mapping[str, frozenset[str]] | None]:
        """All accounts, and for each the groups it is in (None: not known of everybody, so of no group's members).

        ⌈P / page size⌉ + 2 requests. Complete when pages and the list of all ids agree, our own account is among
        them, and we are not a mere sub-admin.
        """
        seen: dict[str, Account] = {}
        try:
            for _, item in pages(self._client, f"{CLOUD}/users/details", "users", self._page_size):
                account = account_of(item, self._default_quota)
                if account is not None and account.groups is not None:  # else it is read by itself below
                    seen[account.remote.remote_id] = account
            stated = identifiers(self._client, f"{CLOUD}/users", "users")
            found, disputed = reconcile(seen, stated, self.read, _keep)
        except LoginRefused:
            raise
        except TargetError as error:
            return self._partial(seen, error.text)
        if disputed:
            return self._partial(found, Text.of("nextcloud.list_moved", count=disputed))
        if own.sees_only_its_groups:
            return self._partial(found, Text.of("nextcloud.only_sub_admin", user=own.id))
        if own.id not in found:
            return self._partial(found, Text.of("nextcloud.own_account_missing", user=own.id))
        objects = {identifier: account.remote for identifier, account in found.items()}
        groups = {identifier: account.groups for identifier, account in found.items() if account.groups is not None}
        whole = len(groups) == len(found)
        level = Level.FIELDS if whole else Level.KEYS
        return Observation(Complete(self._scope, level), objects), groups if whole else None

    def read(self, identifier: str) -> Reading:
        """One account with its groups, typed. Raises `LoginRefused` alone."""
        try:
            account = self.read_account(identifier)
        except LoginRefused:
            raise
        except TargetError as error:
            return Unreadable(error.text)
        return Absent() if account is None else Present(account.remote, account.groups)

    def read_account(self, identifier: str) -> Account | None:
        """One account; None when there is none of exactly this id.

        Another case or an e-mail address finds somebody too (observed): then the list of ids decides. Raises
        `TargetError`.
        """
        path = f"{CLOUD}/users/{segment(identifier)}"
        try:
            account = account_of(self._client.get(path), self._default_quota)
        except OcsRefusal as refusal:
            # 404/404 "User does not exist"; 404/998 is what somebody without rights gets for those who do exist.
            if refusal.code == 404:
                return None
            raise
        if account is None:
            raise Garbled(Text.of("nextcloud.garbled", path=path))
        if account.remote.remote_id == identifier:
            return account
        if identifier in identifiers(self._client, f"{CLOUD}/users", "users", search=identifier):
            raise Garbled(Text.of("nextcloud.garbled", path=path))
        return None

    def _partial(
        self, found: Mapping[str, Account], why: Text
    ) -> tuple[Observation, Mapping[str, frozenset[str]] | None]:
        objects = {identifier: account.remote for identifier, account in found.items()}
        return Observation(Partial(self._scope, why), objects), None


def _keep(present: Present) -> Account:
    return Account(present.remote, present.edges)


def _text(item: Mapping[str, object], key: str) -> str | Unknown:
    value = item.get(key)
    return value if isinstance(value, str) else UNKNOWN


def _language(item: Mapping[str, object]) -> str | Unknown:
    """Two letters: "de_DE", the formal German, is German too, and who chose it keeps it."""
    language = _text(item, "language")
    return language.partition("_")[0] if isinstance(language, str) else UNKNOWN


def _email(item: Mapping[str, object]) -> str | Unknown | None:
    value = item.get("email", UNKNOWN)
    if value is None or value == "":
        return None
    return value.lower() if isinstance(value, str) else UNKNOWN


def _quota(item: Mapping[str, object], default_quota: int) -> int | Unknown:
    """``quota.quota`` in bytes, -3, or in words; an account that never logged in may tell its quota in words only."""
    holder = item.get("quota")
    value = holder.get("quota") if isinstance(holder, dict) else None
    if isinstance(value, str):
        if value.strip().lower() == "default":
            return default_quota
        read = quota.bytes_of(value)
        return UNKNOWN if read is None else read
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= quota.MOST:  # NaN never is
        return quota.UNLIMITED if value < 0 else round(value)
    return UNKNOWN


def _writable(item: Mapping[str, object], backend: str) -> frozenset[FieldName] | None:
    """The fields that this account's backend lets us write; None: all. E-mail and quota of LDAP come from there."""
    if backend.upper() == "LDAP":
        return frozenset({"language", "enabled"})
    able = item.get("backendCapabilities")
    if isinstance(able, dict) and able.get("setDisplayName") is False:
        return MANAGED - {"display_name"}
    return None
