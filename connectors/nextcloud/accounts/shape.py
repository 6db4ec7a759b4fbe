"""Accounts: what they look like over there, with the groups that each is in."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.nextcloud import quota
from connectors.nextcloud.accounts import languages
from connectors.nextcloud.accounts.oidc.providers import HASHED
from connectors.nextcloud.listing import identifier_of
from provisioner.model.inventory import UNKNOWN, Epoch, Remote, Unknown
from provisioner.model.resources import FieldName, Mode, Value
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
USER_OIDC: Final = "user_oidc"
"""The backend of those that a login through Keycloak makes; ids differ there by case (observed)."""

_EPOCH: Final = re.compile(r"readi epoch ([0-9]{1,18}) (\S{1,64})", re.ASCII)

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


def objection_at_login(name: str) -> Text | None:
    """Why nobody who logs in through Keycloak could ever come to an account of this id: user names are lower case."""
    return Text.of("nextcloud.oidc_capitals", name=name) if name != name.lower() else objection(name)


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
    note: str = ""
    """What stands in its profile's field "role": ours to keep the epoch in, unless somebody else wrote there."""
    quota: int = quota.UNLIMITED
    """Bytes of files that it may keep."""

    @property
    def epoch(self) -> Epoch | None:
        """What the last run left there about itself."""
        found = _EPOCH.fullmatch(self.note)
        return None if found is None else Epoch(database=found[2], number=int(found[1]))

    @property
    def note_is_ours(self) -> bool:
        """Whether the field may be written: it is empty, or holds what a run left."""
        return not self.note.strip() or self.epoch is not None

    @property
    def sees_only_its_groups(self) -> bool:
        """A sub-admin without more rights gets a shorter list, with 200 and no word about it."""
        return self.is_sub_admin and "admin" not in self.groups


def note_of(epoch: Epoch) -> str:
    """An epoch as it is kept in our account's profile."""
    return f"readi epoch {epoch.number} {epoch.database}"


def own_of(item: object) -> Own | None:
    """The answer of ``/cloud/user``; None where it does not tell who we are."""
    account = account_of(item, quota.UNLIMITED)
    if account is None or not isinstance(item, dict):
        return None
    note, room = item.get("role"), account.remote.fields.get("quota")
    return Own(
        account.remote.remote_id,
        account.groups or frozenset(),
        bool(item.get("subadmin")),
        note if isinstance(note, str) else "",
        room if isinstance(room, int) else quota.UNLIMITED,
    )


def account_of(item: object, default_quota: int, *, upserts: bool = False) -> Account | None:
    """One object of ``/cloud/users/details``, or of ``/cloud/users/{id}``; None where it does not tell its id.

    ``upserts``: whether we may write to accounts of user_oidc by its own call.
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
        writable=None if upserts and is_upserted(identifier, backend) else _writable(item, backend),
        backend=backend,
        exact=backend == USER_OIDC,
    )
    groups = item.get("groups")
    named = {identifier_of(group) for group in groups} if isinstance(groups, list) else {""}
    return Account(remote, None if "" in named else frozenset(named))


def is_upserted(identifier: str, backend: str) -> bool:
    """Whether user_oidc's call reaches this account: one with a hashed id it would hash once more."""
    return backend == USER_OIDC and HASHED.fullmatch(identifier) is None


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
