"""Team folders: what they look like over there, and the forms in which the server keeps names and values. Pure.

Observed on Team folders 22.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.kit.graded import seated
from connectors.nextcloud.listing import identifier_of
from connectors.nextcloud.quota import UNLIMITED, bytes_of
from provisioner.model.inventory import UNKNOWN, Remote, Unknown
from provisioner.model.resources import EdgeRole, FieldName, Kind, Mode, Value
from provisioner.model.text import Text

APP: Final = "groupfolders"

FIELDS: Final[dict[FieldName, Mode]] = {
    "name": Mode.MANAGED,
    "quota": Mode.MANAGED,
    "advanced_permissions": Mode.MANAGED,
}
FIELDS_OF_MEMBERS: Final[dict[FieldName, Mode]] = {"layout": Mode.ONCE, "note": Mode.WRITE_ONLY}
"""Written by WebDAV, so only where our account is in a group that sees the folders."""

RIGHTS: Final[Mapping[EdgeRole, int]] = {
    EdgeRole.READER: 1,
    EdgeRole.WRITER: 15,
    EdgeRole.SHARER: 31,
    EdgeRole.MANAGER: 31,
}
"""Bits: read 1, update 2, create 4, delete 8, share 16. A manager may also decide on the advanced permissions."""
ALL_RIGHTS: Final = 31

LONGEST_NAME: Final = 250
"""Bytes that one name in a path may have (observed: more is refused when a file gets it)."""
LONGEST_MOUNT_POINT: Final = 2000
"""Characters. The database takes 4,000."""


def objection(name: str) -> Text | None:
    """Why we don't make or move a folder to this mount point. Most of these the server would take, and regret."""
    names = name.split("/")
    if not name.strip() or name.strip("/. ") == "":
        return Text.of("nextcloud.mount_point_empty")
    if ".." in name or "\\" in name or any(one in ("", ".") or one != one.strip() for one in names):
        return Text.of("nextcloud.mount_point_form", name=name)
    if not name.isprintable():
        return Text.of("nextcloud.name_unprintable", name=name)
    if len(name) > LONGEST_MOUNT_POINT:
        return Text.of("nextcloud.name_too_long", name=name, limit=LONGEST_MOUNT_POINT)
    for one in names:
        if len(one.encode()) > LONGEST_NAME:
            return Text.of("nextcloud.name_too_long", name=one, limit=LONGEST_NAME)
    return None


def canonical_name(name: str) -> str:
    """The server composes letters and their marks (ü from u and ¨); case counts."""
    return unicodedata.normalize("NFC", name)


def canonical(field: FieldName, value: Value) -> Value:
    """The form in which the server gives a value back: bytes are kept exactly, less than none is unlimited."""
    if field == "name" and isinstance(value, str):
        return canonical_name(value)
    if field == "quota":
        size = bytes_of(value) if isinstance(value, str) else UNLIMITED if value is None else value
        if size is None:
            return value  # no quota at all: refused before it is sent
        return UNLIMITED if size < 0 else size
    if field == "layout" and isinstance(value, str):
        return "\n".join("/".join(names) for names in layout_paths(value))
    return value


def layout_paths(layout: str) -> list[tuple[str, ...]]:
    """The sub-folders of a layout, one path a line, each as its names; without empty lines and doubles."""
    paths = (tuple(one for one in map(str.strip, line.split("/")) if one) for line in layout.splitlines())
    return list(dict.fromkeys(path for path in paths if path))


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder as the app tells it. What has another shape than expected is Unknown or None, not an error."""

    id: str
    name: str | Unknown
    quota: int | Unknown
    advanced_permissions: bool | Unknown
    rights: Mapping[tuple[str, str], int] | None
    """Bits by type ("group", or "circle": a team, which is people's own business) and id."""
    managers: frozenset[tuple[str, str]] | None
    """Type and id of whoever may decide on the advanced permissions."""

    @property
    def remote(self) -> Remote:
        """The folder as the core sees it. Ids are never used again (observed), so there is no fingerprint."""
        fields: dict[FieldName, Value | Unknown] = {
            "name": self.name,
            "quota": self.quota,
            "advanced_permissions": self.advanced_permissions,
        }
        return Remote(self.id, self.name if isinstance(self.name, str) else "", fields)

    def bits_of(self, group: str) -> int | None:
        """The rights of a group; None: it has none, or they can't be told."""
        return None if self.rights is None else self.rights.get(("group", group))

    def is_managed_by(self, group: str) -> bool:
        """Whether a group may decide on the advanced permissions."""
        return self.managers is not None and ("group", group) in self.managers

    def role_of(self, group: str) -> EdgeRole | None:
        """What a group is in it; None: nothing, or it can't be told."""
        bits = self.bits_of(group)
        if bits is None or self.managers is None:
            return None
        if self.is_managed_by(group):
            return EdgeRole.MANAGER if bits == ALL_RIGHTS else EdgeRole.OTHER
        return _ROLES.get(bits, EdgeRole.OTHER)

    def roles(self, ignored: str | None) -> Mapping[tuple[EdgeRole, Kind], frozenset[str]] | None:
        """Its groups by their role, without the ``ignored`` one; None where they can't be told."""
        if self.rights is None or self.managers is None:
            return None
        groups = (group for kind, group in self.rights if kind == "group" and group != ignored)
        return seated((group, role) for group in groups if (role := self.role_of(group)) is not None)


_ROLES: Final = {bits: role for role, bits in RIGHTS.items() if role is not EdgeRole.MANAGER}


def folder_of(item: object) -> Folder | None:
    """One object of the list, or of a write's answer; None where it does not even tell its id."""
    if not isinstance(item, dict):
        return None
    identifier = identifier_of(item.get("id"))
    if not identifier:
        return None
    name, advanced = item.get("mount_point"), item.get("acl")
    return Folder(
        id=identifier,
        name=name if isinstance(name, str) and name else UNKNOWN,
        quota=_quota(item.get("quota")),
        advanced_permissions=advanced if isinstance(advanced, bool) else UNKNOWN,
        rights=_rights(item),
        managers=_managers(item.get("manage")),
    )


def unreadable(identifier: str) -> Folder:
    """One that is there, and nothing else is known of it."""
    return Folder(identifier, UNKNOWN, UNKNOWN, UNKNOWN, None, None)


def _quota(value: object) -> int | Unknown:
    """Bytes; every negative number is unlimited in its effect (-5 is taken and shown)."""
    if not isinstance(value, int) or isinstance(value, bool):
        return UNKNOWN
    return UNLIMITED if value < 0 else value


def _rights(item: Mapping[str, object]) -> Mapping[tuple[str, str], int] | None:
    """``groups`` is a dict of bits by id, ``[]`` when empty; ``group_details`` tells of each whether it is a team."""
    listed, details = item.get("groups"), item.get("group_details")
    if listed == []:
        return {}
    if not isinstance(listed, dict):
        return None
    found: dict[tuple[str, str], int] = {}
    for identifier, bits in listed.items():
        if not isinstance(bits, int) or isinstance(bits, bool):
            return None
        detail = details.get(identifier) if isinstance(details, dict) else None
        kind = detail.get("type") if isinstance(detail, dict) else "group"
        if not isinstance(kind, str):
            return None
        found[kind, str(identifier)] = bits
    return found


def _managers(listed: object) -> frozenset[tuple[str, str]] | None:
    if not isinstance(listed, list):
        return None
    found: set[tuple[str, str]] = set()
    for one in listed:
        kind, identifier = (one.get("type"), identifier_of(one.get("id"))) if isinstance(one, dict) else (None, "")
        if not isinstance(kind, str) or not identifier:
            return None
        found.add((kind, identifier))
    return frozenset(found)
