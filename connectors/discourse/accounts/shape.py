"""What an account is here: its fields, and how an answer tells them. Pure.

The list of all accounts tells less than each account itself, which alone says what a login knows somebody by
(admin_user_list_serializer.rb, admin_detailed_user_serializer.rb, read).
"""

from typing import Final

from connectors.discourse.client import identifier_of
from connectors.kit.client import Entry, text
from provisioner.model.inventory import UNKNOWN, Remote, Unknown
from provisioner.model.resources import FieldName, Mode, Value

_FIELDS: Final[dict[FieldName, Mode]] = {
    "name": Mode.CREATE_ONLY,
    "display_name": Mode.MANAGED,
    "email": Mode.CREATE_ONLY,
    "enabled": Mode.MANAGED,
}
"""The name stands in every link to a person's posts, and a new address takes a mail to it: both are given once."""


def fields(provider: str | None) -> dict[FieldName, Mode]:
    """With the login's id where people log in with one (``provider``, as the forum calls it)."""
    return _FIELDS if provider is None else {**_FIELDS, "login_id": Mode.CREATE_ONLY}


def canonical(field: FieldName, value: Value) -> Value:
    """Addresses in lower case, nothing for what is empty."""
    if field == "enabled":
        return value is not False
    if isinstance(value, str):
        return (value.strip().lower() if field == "email" else value.strip()) or None
    return value


def remote_of(entry: Entry, provider: str | None, *, is_tied: bool = False) -> Remote | None:
    """An account as the planner knows it; None where it tells no id or name. Nothing else is taken over.

    ``is_tied``: as a list tells it, without whose login it is; of what is ours that is known.
    """
    identifier, name = identifier_of(entry), text(entry, "username")
    if not identifier or not name:
        return None
    told: dict[FieldName, Value | Unknown] = {
        "name": name,
        "display_name": text(entry, "name").strip() or None if "name" in entry else UNKNOWN,
        "email": text(entry, "email").lower() or None if "email" in entry else UNKNOWN,
        "enabled": not entry.get("suspended_till"),
    }
    if provider is not None:
        told["login_id"] = UNKNOWN if is_tied else _login_of(entry, provider)
    return Remote(identifier, name, told, fingerprint=identifier)


def groups_in(entry: Entry) -> frozenset[str]:
    """The groups of an account that was read itself."""
    groups = entry.get("groups")
    known = groups if isinstance(groups, list) else []
    return frozenset(identifier_of(one) for one in known if isinstance(one, dict)) - {""}


def is_person(entry: Entry) -> bool:
    """Whether it is somebody's account: no bot, and more than a mail that came once."""
    identifier = identifier_of(entry)
    return not identifier.startswith("-") and identifier != "0" and entry.get("staged") is not True


def _login_of(entry: Entry, provider: str) -> Value | Unknown:
    external = entry.get("external_ids")
    if not isinstance(external, dict):
        return UNKNOWN
    told = external.get(provider)
    return str(told) if told else None
