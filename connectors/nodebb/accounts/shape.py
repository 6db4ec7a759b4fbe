"""Accounts: what they look like over there, and what can be done with their fields. Pure.

Without our companion plugin a token can't change an address, every new account is written to, and nothing tells the
full names of all (observed on NodeBB 4.15).
"""

import re
from typing import Final

from connectors.nodebb.client import Entry, number_of, text
from connectors.nodebb.slugs import slug
from provisioner.model.inventory import UNKNOWN, Remote, Unknown
from provisioner.model.resources import FieldName, Mode, Value
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {
    "name": Mode.CREATE_ONLY,
    "display_name": Mode.MANAGED,
    "email": Mode.MANAGED,
    "enabled": Mode.MANAGED,
    "login_id": Mode.MANAGED,
}
"""With the companion. The name is given once: what was written to somebody by it would lead nowhere."""
PLAIN_FIELDS: Final[dict[FieldName, Mode]] = {
    "name": Mode.CREATE_ONLY,
    "display_name": Mode.WRITE_ONLY,
    "email": Mode.CREATE_ONLY,
    "enabled": Mode.MANAGED,
}
"""Without it."""

LONGEST_FULL_NAME: Final = 255
_USERNAME: Final = re.compile(r"""['" \-+.*\[\]0-9\u00BF-\u1FFF\u2C00-\uD7FF\w]+""", re.ASCII)


def objection(name: str) -> Text | None:
    """Why the server would refuse this username, or give another one."""
    if not _USERNAME.fullmatch(name) or name != name.strip() or not slug(name):
        return Text.of("nodebb.username_characters", name=name)
    return None


def canonical(field: FieldName, value: Value) -> Value:
    """The form in which a value comes back: addresses in small letters, nothing for what is empty."""
    if field == "enabled":
        return value is not False
    if isinstance(value, str):
        if field == "email":
            return value.strip().lower() or None
        if field == "display_name":
            return value.strip()[:LONGEST_FULL_NAME].rstrip() or None
        return value.strip() or None
    return value


def listed_account(item: Entry) -> Remote | None:
    """One account of the companion's list; None where it does not tell number and name.

    An address that nobody confirmed is none: it would not be written to, nor tie a login.
    """
    remote_id, name = number_of(item), text(item, "username")
    if not remote_id or not name:
        return None
    enabled = item.get("enabled")
    fields: dict[FieldName, Value | Unknown] = {
        "name": name,
        "display_name": canonical("display_name", text(item, "fullname")),
        "email": canonical("email", text(item, "email")) if item.get("confirmed") is True else None,
        "enabled": enabled if isinstance(enabled, bool) else UNKNOWN,
        "login_id": text(item, "id") or None,
    }
    return Remote(remote_id, name, fields, remote_id)


def shown_account(item: Entry) -> Remote | None:
    """One account of the forum's own lists and pages; None where it does not tell number and name."""
    remote_id, name = number_of(item), text(item, "username")
    if not remote_id or not name:
        return None
    banned, confirmed = item.get("banned"), item.get("email:confirmed")
    fields: dict[FieldName, Value | Unknown] = {
        "name": name,
        "email": canonical("email", text(item, "email")) if confirmed in (1, True) else None,
        "enabled": not banned if isinstance(banned, bool) else UNKNOWN,
    }
    if "fullname" in item:
        fields["display_name"] = canonical("display_name", text(item, "fullname"))
    return Remote(remote_id, name, fields, remote_id)
