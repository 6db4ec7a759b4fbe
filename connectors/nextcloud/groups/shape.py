"""Groups: what they look like over there. The id is made once; what people read and we rename is the display name."""

from typing import Final

from connectors.nextcloud.listing import identifier_of
from provisioner.model.inventory import UNKNOWN, Remote
from provisioner.model.resources import FieldName, Mode, Value
from provisioner.model.text import Text

FIELDS: Final[dict[FieldName, Mode]] = {"name": Mode.CREATE_ONLY, "display_name": Mode.MANAGED}
LONGEST: Final = 64
"""Characters. A longer id is accepted, and silently replaced by its hash."""
LONGEST_DISPLAY_NAME: Final = 255

ADMIN: Final = "admin"
"""The group whose members may do everything; the server itself does not let it go."""


def objection(name: str) -> Text | None:
    """Why we do not make a group of this id. Most of these the server would accept, and regret."""
    if not name or name == "0" or name in (".", ".."):
        return Text.of("nextcloud.group_name_reserved", name=name)
    if len(name) > LONGEST:
        return Text.of("nextcloud.name_too_long", name=name, limit=LONGEST)
    if name != name.strip() or not name.isprintable():
        return Text.of("nextcloud.name_unprintable", name=name)
    return None


def canonical(field: FieldName, value: Value) -> Value:
    """A display name comes back without spaces around it and at most 255 characters long."""
    if field == "display_name" and isinstance(value, str):
        return value.strip()[:LONGEST_DISPLAY_NAME].strip()
    return value


def remote_of(item: object) -> Remote | None:
    """One object of ``/cloud/groups/details``; None where it does not even tell its id."""
    if not isinstance(item, dict):
        return None
    identifier = identifier_of(item.get("id"))
    if not identifier:
        return None
    display_name = item.get("displayname")
    # A group of another backend (LDAP) can't be filled, renamed or emptied by us; the server says so in canAdd.
    ours = item.get("canAdd") is not False
    return Remote(
        remote_id=identifier,
        name=identifier,
        fields={"name": identifier, "display_name": display_name if isinstance(display_name, str) else UNKNOWN},
        writable=None if ours else frozenset(),
        backend="" if ours else "other",
    )


def nameless(identifier: str) -> Remote:
    """A group that exists, and of which the details do not tell more."""
    return Remote(identifier, identifier, {"name": identifier, "display_name": UNKNOWN})
