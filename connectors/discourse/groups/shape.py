"""What a group is here, and what a new one may be done with. Pure."""

from collections.abc import Mapping
from typing import Final

from connectors.discourse.client import identifier_of
from connectors.discourse.names import forum_name
from connectors.kit.client import Entry, text
from provisioner.model.inventory import Remote
from provisioner.model.resources import FieldName, Mode, Value

FIELDS: Final[dict[FieldName, Mode]] = {"name": Mode.MANAGED, "display_name": Mode.MANAGED}
KEYS: Final[Mapping[FieldName, str]] = {"name": "name", "display_name": "full_name"}
"""What the server calls them."""
BEGINNINGS: Final[Mapping[str, object]] = {
    "visibility_level": 2,
    "members_visibility_level": 2,
    "mentionable_level": 3,
    "messageable_level": 3,
    "public_admission": False,
    "public_exit": False,
    "allow_membership_requests": False,
}
"""Members alone (2) see that it is there and who is in it; members and staff (3) may call all of it. Nobody enters or
leaves by themselves. What people make of this later stays."""


def canonical(field: FieldName, value: Value, longest: int) -> Value:
    """Names as they are over there, nothing for what is empty."""
    if not isinstance(value, str):
        return value
    return forum_name(value, longest) if field == "name" else value.strip() or None


def is_automatic(entry: Entry) -> bool:
    """Whether the server keeps it by itself."""
    return entry.get("automatic") is True


def remote_of(entry: Entry) -> Remote | None:
    """A group as the planner knows it; None where it tells no id or name. Ids are never used again."""
    identifier, name = identifier_of(entry), text(entry, "name")
    if not identifier or not name:
        return None
    return Remote(
        identifier, name, {"name": name, "display_name": text(entry, "full_name").strip() or None}, identifier
    )
